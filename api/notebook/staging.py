"""Staging: what a notebook reads, brought together in the folder ``inputs`` beside it before it runs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from api.errors import Invalid
from api.notebook.catalogue import NEEDS, Notebook
from policies.backtest.metrics import canonical
from policies.backtest.replay import CHAMPION, DESCRIPTION, SNAPSHOTS

INPUTS = "inputs"


@dataclass(frozen=True)
class Given:
    """What a person named: a ready folder, or a snapshot (date or file), a policy (key, id or file) and a grading run."""

    inputs: Path | None = None
    snapshot: str | None = None
    policy: str | None = None
    run: int | None = None

    @property
    def named(self) -> set[str]:
        """Return the names of what was given."""
        return {name for name, value in vars(self).items() if value is not None}


def stage(notebook: Notebook, given: Given, folder: Path) -> None:
    """Fill ``folder/inputs`` with copies; Refusal when something is missing, too much, or cannot be had."""
    fitting: list[set[str]] = [{"inputs"}]
    if notebook.needs not in ("inputs", "orders"):
        fitting.append(set(notebook.needs.split(" and ")))
    if given.named not in fitting:
        found = ", ".join(f"--{name}" for name in sorted(given.named)) or "nothing"
        raise Invalid(f"{notebook.name} needs {NEEDS[notebook.needs]}; found {found}.")
    inputs = folder / INPUTS
    if inputs.exists():
        raise Invalid(
            f"{inputs} is there already; choose another folder with -o, so that nothing of an older run is mixed in."
        )
    if given.inputs is not None:
        _copy(given.inputs, inputs)
    if given.snapshot is not None:
        _snapshot(given.snapshot, inputs)
    if given.policy is not None:
        (inputs / CHAMPION).write_text(_policy(given.policy), encoding="utf-8")
    if given.run is not None:
        from api.cli.door import open_database
        from api.commands.monthly_report import gather
        from api.settings import settings

        gather(open_database(), settings().home, given.run, inputs)


def _copy(source: Path, inputs: Path) -> None:
    if not source.is_dir():
        raise Invalid(f"{source} is no folder; give the inputs of a backtest, such as .fenji/backtests/1/inputs.")
    if inputs.resolve().is_relative_to(source.resolve()):
        raise Invalid(f"{inputs} lies inside {source}; choose another folder with -o.")
    inputs.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, inputs)


def _snapshot(name: str, inputs: Path) -> None:
    from api import workbench  # its tables and pictures are needed here alone

    found = workbench.snapshot(name)
    (inputs / SNAPSHOTS).mkdir(parents=True)
    shutil.copyfile(found.path, inputs / SNAPSHOTS / f"{found.day}.parquet")
    about = {"snapshots": {found.day: found.fingerprint}, "currency": found.currency}
    (inputs / DESCRIPTION).write_bytes(canonical(about))


def _policy(name: str) -> str:
    """Return the text of a policy: a file, a version in force, or a shipped one."""
    from api.workbench import filing
    from policies.documents import shipped
    from policies.loading import load

    path = Path(name)
    if path.suffix in (".yaml", ".yml", ".json") or path.is_file():
        load(path)
        return path.read_text(encoding="utf-8-sig")
    text = filing.in_force_text(name) if filing.has_database() else None
    if text is None:
        load(name)  # refuses a name that nobody ships
        text = shipped()[name].read_text(encoding="utf-8")
    return text
