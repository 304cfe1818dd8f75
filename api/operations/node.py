"""Any row by its global id."""

from __future__ import annotations

import strawberry

from api.operations.arguments import Identity
from api.operations.declaring import query
from schema.select import Node
from schema.select.node import row_of
from schema.select.row import Row


@strawberry.type
class NodeQueries:
    """Reads of any row."""

    @query(Node | None, "The row with a global id, of whatever type; null when there is none. 按全局标识查询")
    def node(self, id: Identity) -> Row:
        """Return the row that an id names."""
        return row_of(id)
