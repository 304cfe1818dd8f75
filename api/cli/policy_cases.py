"""`fenji policy cases`: the cases of a policy, or generated ones at its boundaries, each with what comes out."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.door import CONSOLE
from api.errors import Invalid
from policies import compile_plan, load
from policies.boundaries import boundary_cases, settled
from policies.case_text import csv_text, yaml_text


@click.command("cases")
@click.argument("source", metavar="POLICY")
@click.option("--boundaries", is_flag=True, help="Generate a customer at, below and above every cut and every band.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="A file, .yaml or .csv; YAML to paste when not given."
)
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Of the names.")
def policy_cases(source: str, boundaries: bool, output: Path | None, language: str) -> None:
    """Write the cases of POLICY, a file or the id of a shipped policy, with what the policy makes of each."""
    if output is not None and output.suffix not in (".yaml", ".yml", ".csv"):
        raise Invalid(f"{output} is neither .yaml nor .csv; name the file by what it shall hold.")
    plan = compile_plan(load(source))
    try:
        cases = boundary_cases(plan, language) if boundaries else [settled(plan, case) for case in plan.document.cases]
    except ValueError as error:
        raise Invalid(f"{source}: {error}; see `fenji policy check`.") from None
    if output is None:
        click.echo(yaml_text(cases), nl=False)
        return
    # A table is opened by spreadsheets, which take UTF-8 by its mark only.
    table = output.suffix == ".csv"
    try:
        output.write_text(csv_text(cases) if table else yaml_text(cases), encoding="utf-8-sig" if table else "utf-8")
    except OSError as error:
        raise Invalid(f"cannot write {output}: {error.strerror}.") from error
    CONSOLE.print(f"{len(cases)} cases written into {output}.", markup=False)
