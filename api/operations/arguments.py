"""Arguments that several operations take, each described once."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from sqlalchemy import Select, select
from strawberry.types.unset import UNSET

CustomerId = Annotated[strawberry.ID, strawberry.argument(description="Global id of the customer. 客户标识")]
Identity = Annotated[strawberry.ID, strawberry.argument(description="Global id of the row. 标识")]
VersionId = Annotated[strawberry.ID, strawberry.argument(description="Global id of the policy version. 政策版本标识")]
Reason = Annotated[str, strawberry.argument(description="Why; kept with the change. 原因")]
Values = "The values. 内容"


def given(values: Any) -> dict[str, Any]:
    """Return the fields of an input that the caller gave; an explicit null is given."""
    return {name: value for name, value in vars(values).items() if value is not UNSET}


def optional(description: str) -> Any:
    """Declare an input field that may be left out."""
    return strawberry.field(description=description, default=UNSET)


def needed(description: str) -> Any:
    """Declare an input field that must be given."""
    return strawberry.field(description=description)


def one(table: Any, key: Any) -> Select[Any]:
    """Return the statement of one row by id, for the executor to fetch what is selected of it."""
    return select(table).where(table.id == key)
