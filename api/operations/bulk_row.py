"""How a row of an input becomes an entry of a bulk command: its global ids, and what the command takes for itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any

from strawberry.utils.str_converters import to_camel_case, to_snake_case

from api.commands.bulk.batch import Entry
from api.commands.bulk.batch import RowError as Wrong
from policies import refusal
from schema.select.global_id import key_of

ON_CUSTOMER = {"customer_id": "Customer"}


@dataclass(frozen=True)
class Taken:
    """How a row of an input becomes an entry of a command.

    ``key`` is the type whose global id stands in ``id``; ``ids`` are other ids by the type they are of; ``own`` are fields
    that the action takes for itself; ``named`` are fields that the command knows under another name; ``listed`` is a
    field that holds rows of its own; an explicit null of a ``cleared`` one of ``own`` is given, of the others it says nothing.
    """

    key: str | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    own: tuple[str, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    listed: str = ""
    cleared: tuple[str, ...] = ()

    def entries(self, rows: Sequence[Mapping[str, Any]]) -> tuple[list[Entry], list[Wrong]]:
        """Return the entries of rows, given by GraphQL's names of fields, and what is wrong with their ids."""
        entries, errors = [], []
        types = {"id": self.key, **self.ids} if self.key else dict(self.ids)
        for index, row in enumerate(rows):
            values = {self.named.get(name, name): value for name, value in python_names(row).items()}
            entry = Entry(index, values)
            for name in self.own:
                there, value = name in values, values.pop(name, None)
                if value is not None or (there and name in self.cleared):
                    entry.own[name] = value.value if isinstance(value, Enum) else value
            if lines := values.pop(self.listed, None):
                entry.own[self.listed] = [python_names(line) for line in lines]
            for name, type_name in types.items():
                identity = values.pop(name, None)
                if identity is None:
                    continue
                try:
                    key = key_of(identity, str(type_name))
                except refusal.Refusal as refused:
                    errors.append(Wrong(index, (name,), refused.code, refused.message))
                    continue
                if name == "id":
                    entry.key = key
                else:
                    entry.own[name] = key
            entries.append(entry)
        return entries, errors

    def path(self, error: Wrong) -> list[str]:
        """Return where an error is, by GraphQL's names of fields."""
        given = {known: name for name, known in self.named.items()}
        return [to_camel_case(given.get(part, part)) for part in error.path]


def as_given(_type: type, value: Mapping[str, Any], _context: Any) -> Mapping[str, Any]:
    """Leave an input as it was coerced, for Strawberry's ``from_input``."""
    return value


def python_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an input by their names in Python."""
    return {_python_name(name): value for name, value in row.items()}


@cache
def _python_name(name: str) -> str:
    return to_snake_case(name)
