"""The door to personal values that one's roles see masked: for a reason, on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry
from strawberry.schema.config import StrawberryConfig

from api.commands import reveal as commands
from api.endpoint.context import Info
from api.errors import Invalid
from api.operations.declaring import Refusal, mutation
from schema.select import Viewer
from schema.select.field import IDENTITIES, Derived, source_of
from schema.select.global_id import parts_of
from schema.select.node import row_of
from schema.select.visibility import restricted


@strawberry.type(description="One personal value as it is. 一项个人信息")
class RevealedValue:
    """One personal value as it is."""

    id: strawberry.ID = strawberry.field(description="Global id of the row. 记录标识")
    field: str = strawberry.field(description="Name of the field, such as mobile. 字段")
    value: str | None = strawberry.field(description="The value; null is not known. 值")


@strawberry.type(description="Personal values as they are; that you saw them is on record. 已查看的个人信息(已留痕)")
class Revealed:
    """Personal values as they are."""

    values: list[RevealedValue] = strawberry.field(description="The values, row by row. 各项值")


RevealResult = Annotated[
    Revealed | Refusal, strawberry.union("RevealResult", description="The values, or why not. 个人信息或原因")
]


def wanted(config: StrawberryConfig, viewer: Viewer, identity: str, fields: Sequence[str] | None) -> commands.Wanted:
    """Return the personal columns of the row that a global id names; Invalid for a type or a field without any."""
    row = row_of(identity)
    name, *keys = parts_of(identity)
    found = IDENTITIES[name]
    columns = {}
    for field in found.type_.__strawberry_definition__.fields:  # type: ignore[attr-defined]  # made by Strawberry
        source = source_of(field)
        if isinstance(source, Derived) and source.kind is not None:
            columns[config.name_converter.get_graphql_name(field)] = source.columns[0]
    if not columns:
        raise Invalid(f"{identity!r:.100} is the id of a {name}, which has no personal fields.")
    unknown = [field for field in fields or () if field not in columns]
    if unknown or fields == []:
        raise Invalid(f"{unknown or 'Nothing'} is no personal field of {name}; choose among {', '.join(columns)}.")
    chosen = {field: column for field, column in columns.items() if fields is None or field in fields}
    return commands.Wanted(
        identity, ":".join(keys), name, found.table, restricted(row.statement, viewer, found.table), chosen
    )


@strawberry.type
class RevealMutations:
    """Personal values on record."""

    @mutation(
        RevealResult,
        "Show personal values that your roles see masked, of at most 20 rows, for a reason; each row is on record. "
        "查看个人信息并留痕",
    )
    def reveal(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Global ids of contacts, interactions, service records … 标识"),
        ],
        reason: Annotated[str, strawberry.argument(description="Why you need them; kept with the record. 理由")],
        fields: Annotated[
            list[str] | None,
            strawberry.argument(description="Names of fields, such as mobile; every personal one when left out. 字段"),
        ] = None,
    ) -> Revealed:
        """Show personal values."""
        rows = [wanted(info.schema.config, info.context.viewer, identity, fields) for identity in dict.fromkeys(ids)]
        found = info.context.write(commands.reveal, rows, reason)
        return Revealed(
            values=[RevealedValue(id=strawberry.ID(one.identity), field=one.field, value=one.value) for one in found]
        )
