"""The notebooks' only door: open snapshots and policies, change a draft, and look at backtests as tables and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from api.workbench import filing
from api.workbench.draft import Draft
from api.workbench.exploration import Exploration
from api.workbench.jupyter import settle
from api.workbench.monthly import MonthlyReport
from api.workbench.policy_table import policy_table
from api.workbench.progress import progress
from api.workbench.snapshot import Snapshot, a_day, in_folder
from api.workbench.steps import Place
from api.workbench.study import Study
from policies.backtest.parameters import checked
from policies.backtest.replay import CANDIDATE, CHAMPION, Replay
from policies.document import Policy
from policies.loading import load, parse, read_file
from policies.refusal import Refusal

__all__ = [
    "Draft", "Exploration", "MonthlyReport", "Place", "Snapshot", "Study", "champion", "draft", "explore", "monthly", "open", "policy",
    "policy_table", "progress", "snapshot",
]  # fmt: skip

settle()


def open(
    folder: str | Path, *, dates: Sequence[str], horizon_months: int, tier_of_interest: str,
    limits: Sequence[Mapping[str, Any]] = (), service: Mapping[str, Any] | None = None,
) -> Study:  # fmt: skip
    """Return the study of a folder of inputs (``fenji backtest run`` makes one); Refusal for wrong parameters.

    The parameters are those of policies.backtest.parameters.BacktestParameters.
    """
    values = {"dates": list(dates), "horizon_months": horizon_months, "tier_of_interest": tier_of_interest,
              "limits": list(limits), "service": service}  # fmt: skip
    replay = Replay(Path(folder), checked(values))
    days = replay.parameters.days
    for done, day in enumerate(days, 1):
        replay.panel(day)  # the longest work, and kept: every figure asks for it
        progress(done, len(days), day)
    return Study(replay)


def snapshot(source: str | Path, date: str | None = None) -> Snapshot:
    """Open the facts of a day: a Parquet file, a folder of inputs and a date, or with a database a date alone.

    A folder without a date gives its last day.  Refusal says what there is instead.
    """
    day = a_day(str(source))
    if day is not None:
        return Snapshot(filing.kept_file(day), str(day))
    path = Path(source)
    return in_folder(path, date) if path.is_dir() else Snapshot(path)


def champion(source: str | Path) -> Policy:
    """Load the policy in force: of a folder of inputs, or with a database by the policy's key."""
    path = Path(source)
    if path.is_dir():
        if not (path / CHAMPION).exists():
            raise Refusal(
                f"{path} has no {CHAMPION}: no version was in force; workbench.policy(…) loads another.",
                code="no_policy_in_force",
            )
        return read_file(path / CHAMPION)
    if path.suffix in (".yaml", ".yml", ".json"):
        raise Refusal(
            f"{path} is a document, of which nobody knows whether it is in force; load it with workbench.policy(…).",
            code="invalid",
        )
    text = filing.in_force_text(str(source))
    if text is None:
        raise Refusal(
            f"No version of the policy {str(source)!r} is in force today; workbench.policy({str(source)!r}) loads a shipped one.",
            code="no_policy_in_force",
        )
    return parse(text)


def policy(source: str | Path) -> Policy:
    """Load any policy: a YAML file, a folder of inputs' candidate, or a shipped one by its id."""
    path = Path(source)
    if path.is_dir():
        return read_file(path / CANDIDATE)
    return load(path if isinstance(source, Path) else source)


def draft(original: Policy, on: Snapshot | None = None) -> Draft:
    """Return a copy of a policy to change; ``on`` is the snapshot that effects are shown on."""
    return Draft(original, on)


def explore(opened: Snapshot) -> Exploration:
    """Return the exploration of a snapshot: coverage, distributions, outliers, missing by state."""
    return Exploration(opened)


def monthly(folder: str | Path) -> MonthlyReport:
    """Open the monthly report of a finished run from the folder that ``fenji notebook run monthly_report --run N`` makes."""
    return MonthlyReport(folder)
