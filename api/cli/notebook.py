"""`fenji notebook`: list the notebooks, and run one to a report with its evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel
from rich.table import Table

from api.cli.door import CONSOLE, progress
from api.errors import Invalid
from api.notebook.catalogue import CATALOGUE, NEEDS
from api.notebook.catalogue import notebook as find
from api.notebook.runner import require_extra, run
from api.notebook.staging import Given, stage
from api.settings import settings

DRAFT = "draft.yaml"


@click.group()
def notebook() -> None:
    """List the notebooks, and run one."""


@notebook.command("list")
def list_() -> None:
    """List the notebooks with what each needs and its parameters."""
    table = Table("notebook", "what", "needs", "parameters")
    for one in CATALOGUE.values():
        names = ", ".join(name for name in one.model.model_fields if name != "folder")
        table.add_row(one.name, f"{one.zh}\n{one.en}", NEEDS[one.needs], names)
    CONSOLE.print(table)


@notebook.command("run")
@click.argument("name")
@click.option(
    "-p",
    "--parameter",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter, several times; a value is JSON or text.",
)
@click.option(
    "--inputs", type=click.Path(path_type=Path), help="A folder of inputs, such as .fenji/backtests/1/inputs."
)
@click.option("--snapshot", help="A day that is kept (2026-03-31), or a Parquet file.")
@click.option("--policy", help="A policy by its key (the version in force), its shipped id, or a YAML file.")
@click.option("--run", "run_id", type=int, help="A finished grading by its number.")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="Folder of the report.")
def run_(
    name: str,
    given: tuple[str, ...],
    inputs: Path | None,
    snapshot: str | None,
    policy: str | None,
    run_id: int | None,
    out: Path,
) -> None:
    """Run a notebook: its report, executed notebook, figures and manifest go to a folder."""
    found = find(name)
    parameters = found.checked(values(given, found.model))
    require_extra()
    stage(found, Given(inputs, snapshot, policy, run_id), out)
    with progress(name) as report:
        metrics = run(found.source, parameters, out, cache=settings().home / "cache", report=report)
    CONSOLE.print(f"Report  {out / 'report.html'}")
    CONSOLE.print(f"Figures {out / 'metrics.json'}", style="dim")
    draft = json.loads(metrics).get("document")
    if isinstance(draft, str):
        (out / DRAFT).write_text(draft, encoding="utf-8")
        CONSOLE.print(f"Draft   {out / DRAFT}; keep it with `fenji policy save {out / DRAFT}`")


def values(given: tuple[str, ...], model: type[BaseModel]) -> dict[str, Any]:
    """Return parameters from ``name=value``: JSON where it is JSON, text otherwise; a repeated name is a list.

    Invalid for what has no ``=``, and for ``folder``, which is always ``inputs``.
    """
    found: dict[str, Any] = {}
    repeated: set[str] = set()
    for one in given:
        name, sign, text = one.partition("=")
        if not sign or not name.strip():
            raise Invalid(f"{one!r} is no parameter; write -p name=value.")
        name = name.strip()
        if name == "folder":
            raise Invalid(
                "folder is always inputs here; name what to read with --inputs, --snapshot, --policy or --run."
            )
        value = _value(text, model, name)
        if name in found:
            before = found[name] if name in repeated else [found[name]]
            found[name] = [*before, *(value if isinstance(value, list) else [value])]
            repeated.add(name)
        else:
            found[name] = value
    return {name: _listed(value, model, name) for name, value in found.items()}


def _value(text: str, model: type[BaseModel], name: str) -> Any:
    field = model.model_fields.get(name)
    if (
        field is not None
        and "str" in str(field.annotation)
        and not any(kind in str(field.annotation) for kind in ("list", "dict", "tuple", "int"))
    ):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _listed(value: Any, model: type[BaseModel], name: str) -> Any:
    """Return one value of a list as a list of one."""
    field = model.model_fields.get(name)
    many = field is not None and str(field.annotation).startswith(("list", "tuple"))
    return [value] if many and not isinstance(value, list) else value
