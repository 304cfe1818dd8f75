"""Answers a GraphQL selection with SQL: one statement a level, of exactly the chosen columns.

A resolver returns a ``Select`` or a ``Page``, never rows.  ``field`` declares what each field reads, ``plan`` turns a
selection into levels, ``level`` turns rows into response dictionaries, ``page`` is keyset paging, ``fetch`` runs the
statements, ``moment`` is when they look, ``computed`` what SQL computes of a row, ``connection`` makes Relay pages,
``repeated`` is graphql-core's executor made ready for many requests, ``executor`` the same with these answers, ``direct``
goes past both for one row, ``fallback`` is what they do without a plan.
"""

from schema.select.connection import Connection, Edge, PageInfo
from schema.select.direct import Direct
from schema.select.executor import SelectExecutor
from schema.select.fetch import Context, Lookup, Viewer
from schema.select.field import column, computed, derived, identifier, listed, mapped, personal, related, seen
from schema.select.node import Node
from schema.select.page import Key, Page, page
from schema.select.repeated import READ, Plans, Read

__all__ = [
    "READ", "Connection", "Context", "Direct", "Edge", "Key", "Lookup", "Node", "Page", "PageInfo", "Plans", "Read", "SelectExecutor", "Viewer",
    "column", "computed", "derived", "identifier", "listed", "mapped", "page", "personal", "related", "seen",
]  # fmt: skip
