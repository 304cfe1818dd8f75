"""One row by values that name it: its SQL is compiled once, whatever the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, select
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
    def shape(self) -> tuple[str, ...]:
        """What all rows named in the same way have in common."""
        return tuple(self.values)

    def unbound(self) -> Select[Any]:
        """Return the statement of all rows of this shape, whose parameters have the attributes' names."""
        columns = inspect(self.model).columns
        named = (
            (columns[name], bindparam(f"row_{name}", type_=columns[name].type, required=True)) for name in self.values
        )
        return select(self.model).where(*(column == parameter for column, parameter in named))

    @property
    def given(self) -> dict[str, Any]:
        """The values of the parameters."""
        return {f"row_{name}": value for name, value in self.values.items()}
