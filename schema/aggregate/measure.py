"""What is computed of a group, over known values only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, literal_column, type_coerce

from schema.expressions import ratio
from schema.tables.base import Figure

MOST_WHOLE = 90_000_000_000_000_000  # what ``ratio`` divides by within int64; beyond it both are taken in hundreds
# name -> what it is; each is computed of numbers, least and greatest of days and instants too
MEASURES: Mapping[str, str] = {
    "known": "How many rows have a known value. 已知值个数",
    "sum": "Exact sum of the known values; null where none is known. 合计",
    "avg": "Mean of the known values, rounded half away from zero to four decimals; null where none is known. 平均值",
    "min": "Least known value, of days and instants the earliest. 最小值",
    "max": "Greatest known value, of days and instants the latest. 最大值",
    "share": "Share of the group's sum in the sum of all groups, before having and first, rounded half up to four decimals. 占比",
}


def share(part: Any, whole: Any) -> ColumnElement[Any]:
    """Return a part by its whole as a figure of four decimals, rounded half up; NULL where the whole is not positive."""
    large = whole >= literal_column(str(MOST_WHOLE), BigInteger)
    of, all_ = (case((large, value // literal_column("100", BigInteger)), else_=value) for value in (part, whole))
    return type_coerce(ratio(of, all_), Figure)
