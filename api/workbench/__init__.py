"""The notebooks' only door: open a folder of inputs and look at a backtest as tables and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from api.workbench.progress import progress
from api.workbench.study import Study
from policies.backtest.parameters import checked
from policies.backtest.replay import Replay

__all__ = ["Study", "open", "progress"]


def open(
    folder: str | Path, *, dates: Sequence[str], horizon_months: int, tier_of_interest: str,
    limits: Sequence[Mapping[str, Any]] = (), service: Mapping[str, Any] | None = None,
) -> Study:  # fmt: skip
    """Return the study of a folder of inputs (``fenji backtest run`` makes one); Refusal for wrong parameters.

    The parameters are those of policies.backtest.parameters.BacktestParameters.
    """
    values = {"dates": list(dates), "horizon_months": horizon_months, "tier_of_interest": tier_of_interest,
              "limits": list(limits), "service": service}  # fmt: skip
    return Study(Replay(Path(folder), checked(values)))
