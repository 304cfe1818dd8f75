"""One row by values that name it: its SQL is compiled once, whatever the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.inspection import inspect

from schema.tables import Base


@dataclass(frozen=True)
class Row:
    """The row of ``model`` whose columns have the ``values``, by the names of its attributes: there is one, or none."""

    model: type[Base]
    values: Mapping[str, Any]

    @property
    def statement(self) -> Select[Any]:
        """The statement of the row."""
        columns = inspect(self.model).columns
        return select(self.model).where(*(columns[name] == value for name, value in self.values.items()))

    @property
    def columns(self) -> list[ColumnElement[Any]]:
        """The columns."""
        columns = inspect(self.model).columns
        return [columns[name] for name in self.values]

    @property
    def key(self) -> Any:
        """The value of the column, a tuple when there are several."""
        values = tuple(self.values.values())
        return values[0] if len(values) == 1 else values
