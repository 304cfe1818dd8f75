"""Random queries of a schema: every type, argument, fragment, directive and variable that it allows, as Hypothesis draws them.

What is drawn is valid: a field with arguments has an alias of its own, and so has a field under a type condition of an
interface, so that no two selections meet under one name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)
from hypothesis import strategies as st

TEXTS = [
    "",
    "公司",
    "公司1号",
    "号",
    "%",
    "_",
    "'",
    '"',
    "\\",
    "王",
    "采购设备",
    "需求",
    "x",
    "202601-0002",
    "A",
    "S",
    "C",
    "pump 泵",
]
SCALARS: dict[str, list[Any]] = {
    "Int": [-1, 0, 1, 2, 5, 100, 2**31 - 1],
    "Float": [-1.5, 0, 0.5, 3],
    "Boolean": [True, False],
    "String": TEXTS,
    "ID": ["", "abc", "Q3VzdG9tZXI6MQ"],
    "Decimal": ["0", "-1", "1000", "10.25", "99.99", "0.00001", "1e30"],
    "Date": ["2001-01-03", "2026-01-01", "2026-11-01", "1900-01-01", "9999-12-31"],
    "DateTime": ["2026-01-01T00:00:00+00:00", "2026-11-20T12:00:00+08:00"],
    "JSON": [{}, [1], "x"],
    "Exact": ["83.5", "250/3", "0"],
}
MOST_FIELDS, MOST_ALIASES, MOST_DIRECTIVES, MOST_DEPTH = 40, 15, 8, 6


@dataclass
class Known:
    """Values of a world that random values would never hit: its ids, and the cursors of a list."""

    ids: dict[str, list[str]] = field(default_factory=dict)  # by type
    cursors: Callable[[str], list[str]] = lambda _list: []


@dataclass(frozen=True)
class Query:
    """A query with the values of its variables."""

    text: str
    variables: dict[str, Any]


@st.composite
def queries(draw: st.DrawFn, schema: GraphQLSchema, known: Known, roots: list[str] | None = None) -> Query:
    """Draw a query, which asks one of ``roots`` at least."""
    assert schema.query_type is not None
    return _Writing(draw, schema, known).query(draw(st.sampled_from(roots or sorted(schema.query_type.fields))))


class _Writing:
    """One query being written."""

    def __init__(self, draw: st.DrawFn, schema: GraphQLSchema, known: Known) -> None:
        self.draw, self.schema, self.known = draw, schema, known
        self.variables: dict[str, tuple[str, Any]] = {}
        self.fragments: list[str] = []
        self.fields = self.aliases = self.directives = 0
        self.likely: GraphQLObjectType | None = None  # the type of the id that was drawn last

    def query(self, root: str) -> Query:
        """Write the query."""
        type_ = self.schema.query_type
        assert type_ is not None
        parts = [self._field(type_, root, type_.fields[root], MOST_DEPTH, narrow=False)]
        if self._chance(3):
            parts.append(self._selection(type_, MOST_DEPTH - 1, most=2)[2:-2])
        body = "{ " + " ".join(self.draw(st.permutations(parts))) + " }"
        declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in self.variables.items())
        head = f"query Q{f'({declared})' if declared else ''} "
        return Query(
            " ".join([head + body, *self.fragments]), {name: value for name, (_, value) in self.variables.items()}
        )

    def _chance(self, one_in: int) -> bool:
        return self.draw(st.integers(0, one_in - 1)) == one_in - 1

    def _selection(self, type_: Any, depth: int, *, most: int = 4, narrow: bool = False) -> str:
        """Write the selection of a composite type; ``narrow`` below a type condition that other types have beside them."""
        parts = []
        for _ in range(self.draw(st.integers(1, most))):
            kind = self.draw(st.integers(0, 9))
            if kind == 0 or self.fields > MOST_FIELDS:
                parts.append(self._aliased("__typename"))
            elif kind == 1:
                parts.append(f"...{self._directive()} {self._selection(type_, depth, most=2, narrow=narrow)}")
            elif kind in (2, 3) or not isinstance(type_, GraphQLObjectType):
                parts.append(self._fragment(type_, depth, narrow))
            else:
                parts.append(self._any_field(type_, depth, narrow))
        return "{ " + " ".join(parts) + " }"

    def _fragment(self, type_: Any, depth: int, narrow: bool) -> str:
        """Write a fragment, in place or by name, on the type itself, an interface of it or one of its possible types."""
        on = [type_]
        if isinstance(type_, GraphQLObjectType):
            on += [one for one in type_.interfaces if "id" in one.fields]
        else:
            narrow = True
            on = [*sorted(self.schema.get_possible_types(type_), key=lambda one: one.name), *on]
        condition = self.draw(st.sampled_from(on))
        if self.likely in on and self._chance(2):
            condition = self.likely
        if isinstance(condition, GraphQLInterfaceType | GraphQLUnionType):
            body = "{ __typename " + ("id " if isinstance(condition, GraphQLInterfaceType) else "") + "}"
        else:
            body = self._selection(condition, depth, most=3, narrow=narrow)
        if self._chance(2):
            return f"... on {condition.name}{self._directive()} {body}"
        name = f"F{len(self.fragments)}"
        self.fragments.append(f"fragment {name} on {condition.name} {body}")
        return " ".join([f"...{name}{self._directive()}"] * (2 if self._chance(4) else 1))

    def _any_field(self, type_: GraphQLObjectType, depth: int, narrow: bool) -> str:
        names = [
            name for name, one in sorted(type_.fields.items()) if depth > 1 or is_leaf_type(get_named_type(one.type))
        ]
        if not names:
            return "__typename"
        lists = [name for name in names if "first" in type_.fields[name].args]
        name = self.draw(st.sampled_from(lists if lists and self._chance(3) else names))
        return self._field(type_, name, type_.fields[name], depth, narrow=narrow)

    def _field(self, type_: GraphQLObjectType, name: str, one: GraphQLField, depth: int, *, narrow: bool) -> str:
        self.fields += 1
        arguments = self._arguments(type_, name, one)
        shown = f"a{self._next_alias()}: {name}" if arguments or (narrow and name != "id") else self._aliased(name)
        below = get_named_type(one.type)
        body = "" if is_leaf_type(below) else " " + self._selection(below, depth - 1)
        return f"{shown}{arguments}{self._directive()}{body}"

    def _next_alias(self) -> int:
        self.aliases += 1
        return self.aliases

    def _aliased(self, name: str) -> str:
        return f"a{self._next_alias()}: {name}" if self.aliases < MOST_ALIASES and self._chance(5) else name

    def _directive(self) -> str:
        if self.directives >= MOST_DIRECTIVES or not self._chance(9):
            return ""
        self.directives += 1
        word = self.draw(st.sampled_from(["include", "include", "skip"]))
        condition = self._written(
            GraphQLNonNull(self.schema.type_map["Boolean"]), (word == "include") != self._chance(4)
        )
        return f" @{word}(if: {condition})"

    def _arguments(self, type_: GraphQLObjectType, name: str, one: GraphQLField) -> str:
        """Write the arguments: those that must be given, and some of the others; a page forward or backward."""
        if self.aliases >= MOST_ALIASES:
            chosen = [key for key, argument in one.args.items() if is_required_argument(argument)]
        else:
            chosen = [
                key
                for key, argument in one.args.items()
                if is_required_argument(argument) or self._chance(2 if key == "first" else 3)
            ]
        away = {"last", "before"} if self._chance(2) else {"first", "after"}
        if not self._chance(12):  # seldom both, which is refused
            chosen = [key for key in chosen if key not in away]
        texts = [f"{key}: {self._argument(key, one)}" for key in chosen if key not in ("after", "before")]
        for key in ("after", "before"):
            if key in chosen:
                listed = f"{name}({', '.join(text for text in texts if text.split(':')[0] not in ('first', 'last'))})"
                found = (
                    []
                    if "$" in listed or type_ is not self.schema.query_type
                    else self.known.cursors(listed.replace("()", ""))
                )
                cursor = self.draw(st.sampled_from([*found, "W10", "nonsense"]))
                texts.append(f"{key}: {self._written(one.args[key].type, cursor)}")
        return f"({', '.join(texts)})" if texts else ""

    def _argument(self, key: str, of: GraphQLField) -> str:
        argument, shown = of.args[key], get_named_type(of.type)
        if key == "id" and self.known.ids and not self._chance(8):
            types = [shown.name] if shown.name in self.known.ids else sorted(self.known.ids)
            name = self.draw(st.sampled_from(types))
            likely = self.schema.type_map[name]
            self.likely = likely if isinstance(likely, GraphQLObjectType) else None
            return self._written(argument.type, self.draw(st.sampled_from(self.known.ids[name])))
        if key in ("first", "last"):
            return self._written(argument.type, self.draw(st.sampled_from([0, 1, 2, 3, 50, -1])))
        return self._written(argument.type, self._value(argument.type, 3))

    def _written(self, type_: Any, value: Any) -> str:
        """Write a value in place, or as a variable."""
        if not self._chance(3):
            return _literal(type_, value)
        name = f"v{len(self.variables)}"
        self.variables[name] = (str(type_), value)
        return f"${name}"

    def _value(self, type_: Any, depth: int) -> Any:
        """Draw a value of an input type, as JSON gives it."""
        if not isinstance(type_, GraphQLNonNull) and self._chance(40):
            return None
        type_ = _nullable(type_)
        if isinstance(type_, GraphQLList):
            count = self.draw(st.integers(0, 2))
            return [self._value(type_.of_type, depth) for _ in range(count)]
        if isinstance(type_, GraphQLEnumType):
            return self.draw(st.sampled_from(sorted(type_.values)))
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_, depth)
        if type_.name == "ID" and self.known.ids and not self._chance(8):
            return self.draw(st.sampled_from(self.known.ids[self.draw(st.sampled_from(sorted(self.known.ids)))]))
        return self.draw(st.sampled_from(SCALARS[type_.name]))

    def _object(self, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        wanted = [name for name, one in type_.fields.items() if is_required_input_field(one)]
        free = [name for name, one in sorted(type_.fields.items()) if name not in wanted and (depth > 0 or _plain(one))]
        if free:
            wanted += self.draw(st.lists(st.sampled_from(free), max_size=2, unique=True))
        return {name: self._value(type_.fields[name].type, depth - 1) for name in wanted}


def _nullable(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def _plain(one: GraphQLInputField) -> bool:
    return not isinstance(get_named_type(one.type), GraphQLInputObjectType)


def _literal(type_: Any, value: Any) -> str:
    """Write a JSON value as a GraphQL literal of a type."""
    inner = _nullable(type_)
    if value is None:
        return "null"
    if isinstance(inner, GraphQLList):
        return "[" + ", ".join(_literal(inner.of_type, one) for one in value) + "]"
    if isinstance(inner, GraphQLEnumType):
        return str(value)
    if isinstance(inner, GraphQLInputObjectType):
        return "{" + ", ".join(f"{name}: {_literal(inner.fields[name].type, one)}" for name, one in value.items()) + "}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_literal(inner, one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_literal(inner, one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)
