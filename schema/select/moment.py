"""When an operation looks: its day and its instant, as parameters that every statement may name."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import Date, bindparam

from schema.tables.base import UtcDateTime

# Named, never literal: a plan is kept longer than a day.
TODAY: Any = bindparam("today", type_=Date)
NOW: Any = bindparam("now", type_=UtcDateTime)


class Looking(Protocol):
    """Whoever looks, at a moment."""

    @property
    def today(self) -> date:
        """The day that the viewer lives in."""

    @property
    def now(self) -> datetime:
        """The instant at which the operation began."""


def moment(viewer: Looking) -> dict[str, Any]:
    """Return the values of both parameters, for whoever executes a statement."""
    return {"today": viewer.today, "now": viewer.now}
