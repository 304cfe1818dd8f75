"""How customers are asked for by the grade that was in force as of a day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, true

from schema import graded
from schema.filter.inputs import leaf_filter, made
from schema.filter.operators import compared
from schema.select.fetch import Viewer
from schema.select.field import Criterion


def tier_was(table: FromClause, given: Mapping[str, Any], viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on the computed tier by the newest run of the main policy, of the day or before."""
    tier = graded.tier_as_of(table, given["asOf"])
    return and_(true(), *compared(tier, given["tier"], "tierAsOf.tier"))


TIER_AS_OF = Criterion(
    "tier_as_of",
    made(
        "TierAsOfFilter",
        "Conditions on the tier as of a day. 某日等级条件",
        {"asOf": ("date!", "The day. 日期"), "tier": (f"{leaf_filter(str)}!", "The tier on it. 等级")},
    ),
    tier_was,
    "The computed tier as of a day. 某日等级",
)
