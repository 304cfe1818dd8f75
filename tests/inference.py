"""Probes for masked values: operations generated from the schema, each with a guess at what its asker may not see."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
)
from graphql import get_nullable_type as bare
from strawberry.utils.str_converters import to_snake_case

from api.operations.root import schema
from schema.select.field import TYPES, Derived, source_of

CORE = schema._schema
TOLD = "{ totalCount }"
BLIND = "marketing"  # sees every kind masked, and may change customers
SEES = "sales"
# kind -> what stands there in one database, and what in the other: the same mask, another order
SECRETS = {
    "person": ("王建国", "王大明"),
    "mobile": ("13811110100", "13899990100"),
    "landline": ("021-51116666", "021-59996666"),
    "email": ("wa@a.cn", "wz@a.cn"),
    "text": ("打 13811110100", "打 13899990100"),
}


class Probe(NamedTuple):
    """An operation, and the personal field that it asks about: type and name."""

    document: str
    about: tuple[str, str]


def _personal() -> dict[str, dict[str, str]]:
    """Return type -> its personal fields -> their kind."""
    found: dict[str, dict[str, str]] = {}
    for type_ in TYPES.values():
        definition = type_.__strawberry_definition__
        for field in definition.fields:
            source = source_of(field)
            if isinstance(source, Derived) and source.kind is not None:
                name = schema.config.name_converter.get_graphql_name(field)
                found.setdefault(definition.name, {})[name] = source.kind
    return found


PERSONAL = _personal()


def guesses(kind: str) -> list[str]:
    """Every operator of text with a guess that is right in one database and wrong in the other."""
    value = SECRETS[kind][0]
    return [
        f'{{equals: "{value}"}}', f'{{not: "{value}"}}', f'{{in: ["{value}"]}}', f'{{notIn: ["{value}", "x"]}}',
        f'{{contains: "{value[1:-1]}"}}', f'{{startsWith: "{value[:6]}"}}', f'{{endsWith: "{value[-9:]}"}}', "{isNull: false}",
    ]  # fmt: skip


def filters(type_: Any) -> dict[str, list[str]]:
    """Return the shortest way from an input type to every filter type below it, as names of fields."""
    ways: dict[str, list[str]] = {type_.name: []}
    waiting = deque([type_])
    while waiting:
        here = waiting.popleft()
        for name, field in here.fields.items():
            below = get_named_type(field.type)
            if (
                isinstance(below, GraphQLInputObjectType)
                and name not in ("and", "or", "not", "count")
                and below.name not in ways
            ):
                ways[below.name] = [*ways[here.name], name]
                waiting.append(below)
    return ways


def nested(way: list[str], inner: str) -> str:
    """Return a literal of input objects inside each other."""
    for name in reversed(way):
        inner = f"{{{name}: {inner}}}"
    return inner


def variants(way: list[str]) -> Iterator[list[str]]:
    """Yield a way through to-many relations by each of their words."""
    yield way
    if "some" in way:
        for word in ("every", "none"):
            yield [word if name == "some" else name for name in way]
        place = len(way) - 1 - way[::-1].index("some")
        yield [*way[:place], "count", "filter", *way[place + 1 :]]


def conditions(type_: Any, *, all_: bool) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield literals of a filter type that compare each personal field below it; ``all_`` with every operator and word."""
    for name, way in filters(type_).items():
        for field, kind in PERSONAL.get(name.removesuffix("Filter"), {}).items():
            about = name.removesuffix("Filter"), field
            if field not in CORE.type_map[name].fields:  # type: ignore[union-attr]  # an input type
                continue
            for guess in guesses(kind) if all_ or not way else guesses(kind)[4:5]:
                yield nested([*way, field], guess), about
            for other in [*variants(way)][1:] if all_ else ():
                inner = nested([*other, field], guesses(kind)[0])
                if other[-1] == "filter":  # a count takes a number beside its filter
                    inner = nested(other[:-1], f"{{filter: {nested([field], guesses(kind)[0])}, gte: 1}}")
                elif "filter" in other:
                    continue
                yield inner, about
            if all_:
                plain = nested([*way, field], guesses(kind)[0])
                yield f"{{not: {plain}}}", about
                yield f"{{or: [{plain}, {{and: [{plain}]}}]}}", about


def _input(argument: GraphQLArgument) -> GraphQLInputObjectType | None:
    found = get_named_type(argument.type)
    return found if isinstance(found, GraphQLInputObjectType) else None


def of_queries() -> Iterator[Probe]:
    """Yield every filter of a root field, with guesses."""
    assert CORE.query_type is not None
    for name, field in CORE.query_type.fields.items():
        argument = field.args.get("filter")
        if argument is not None and (type_ := _input(argument)) is not None:
            for literal, about in conditions(type_, all_=name == "customers"):
                yield Probe(f"{{ r: {name}(filter: {literal}) {TOLD} }}", about)


def of_searches() -> Iterator[Probe]:
    """Yield every search, on each way from a root field to it, in a type whose texts are personal."""
    assert CORE.query_type is not None
    for name, field in CORE.query_type.fields.items():
        argument = field.args.get("filter")
        if argument is None or (type_ := _input(argument)) is None:
            continue
        for below, way in filters(type_).items():
            noun = below.removesuffix("Filter")
            if noun in PERSONAL and "search" in CORE.type_map[below].fields:  # type: ignore[union-attr]  # an input type
                for kind in sorted(set(PERSONAL[noun].values()) & {"person", "text"}):
                    literal = nested([*way, "search"], f'"{SECRETS[kind][0]}"')
                    yield Probe(f"{{ r: {name}(filter: {literal}) {TOLD} }}", (noun, "search"))


def of_relations() -> Iterator[Probe]:
    """Yield every filter and order of a relation or count of customers."""
    customer = CORE.type_map["Customer"]
    assert isinstance(customer, GraphQLObjectType)
    for name, field in customer.fields.items():
        below = "" if is_leaf_type(get_named_type(field.type)) else " { id }"
        for key in ("filter", "orderBy"):
            argument = field.args.get(key)
            type_ = None if argument is None else _input(argument)
            if type_ is None:
                continue
            found = conditions(type_, all_=False) if key == "filter" else orders(type_)
            for literal, about in found:
                yield Probe(f"{{ customers {{ nodes {{ {name}({key}: {literal}){below} }} }} }}", about)


def orders(type_: GraphQLInputObjectType) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield a list order by each personal field, of the type itself and through to-one relations."""
    field = type_.fields.get("field")
    enum = None if field is None else get_named_type(field.type)
    if isinstance(enum, GraphQLEnumType):
        for value in enum.values:
            for about in _named(type_.name.removesuffix("Order"), value):
                yield f"[{{field: {value}, direction: DESC}}]", about


def _named(own: str, value: str) -> list[tuple[str, str]]:
    """Return the personal fields that an enum value or a field's name ends with."""
    flat = value.replace("_", "").lower()
    return [
        (name, field)
        for name, fields in PERSONAL.items()
        for field in fields
        if (name == own and flat == field.lower()) or flat.endswith((name + field).lower())
    ]


def of_orders() -> Iterator[Probe]:
    """Yield every order of a list by a personal field, with cursors."""
    assert CORE.query_type is not None
    for name, field in CORE.query_type.fields.items():
        argument = field.args.get("orderBy")
        if argument is not None and "after" in field.args and (type_ := _input(argument)) is not None:
            for literal, about in orders(type_):
                yield Probe(f"{{ r: {name}(orderBy: {literal}) {{ edges {{ cursor node {{ id }} }} }} }}", about)


def of_groups() -> Iterator[Probe]:
    """Yield groups by each personal field, conditions and orders of groups on it, and what is counted of it."""
    assert CORE.query_type is not None
    for name, field in CORE.query_type.fields.items():
        if "having" not in field.args:
            continue
        own = name[0].upper() + name[1:].removesuffix("Groups")
        for key in ("by", "having", "orderBy"):
            type_ = _input(field.args[key])
            assert type_ is not None
            for literal, about in _leaves(type_, own):
                shown = f"[{literal}]" if is_list_type(bare(field.args[key].type)) else literal
                if literal.startswith("{key: "):  # groups are ordered by a key that they have
                    word = literal.removeprefix("{key: {").split(":")[0]
                    shown += f", by: [{{field: {to_snake_case(word).upper()}}}]"
                yield Probe(f"{{ r: {name}({key}: {shown}) {{ totalCount nodes {{ count }} }} }}", about)
        for path, about in _shown(get_named_type(field.type), own, 3):
            yield Probe(f"{{ r: {name} {path} }}", about)


def _leaves(type_: GraphQLInputObjectType, own: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield literals that name a personal field in an input of groups: as an enum value or as a field."""
    for name, field in type_.fields.items():
        below = get_named_type(field.type)
        if isinstance(below, GraphQLEnumType) and name == "field":
            for value in below.values:
                for about in _named(own, value):
                    yield f"{{field: {value}}}", about
        elif isinstance(below, GraphQLInputObjectType) and name not in ("and", "or", "not"):
            for inner, about in _leaves(below, own):
                yield f"{{{name}: {inner}}}", about
            for about in _named(own, name):
                yield f"{{{name}: {{gte: 1}}}}", about
        elif isinstance(below, GraphQLEnumType):
            for about in _named(own, name):
                yield f"{{{name}: DESC}}", about


def _shown(type_: Any, own: str, depth: int) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield selections of numbers about a personal field."""
    for name, field in type_.fields.items():
        below = get_named_type(field.type)
        if any(is_required_argument(argument) for argument in field.args.values()) or name == "key":
            continue
        if is_leaf_type(below):
            for about in _named(own, name):
                yield f"{{ {name} }}", about
        elif depth and isinstance(below, GraphQLObjectType) and below.name not in PERSONAL:
            for inner, about in _shown(below, own, depth - 1):
                yield f"{{ {name} {inner} }}", about


# mutation by a filter -> its other arguments; run as dry, for they tell how many rows they would write
WRITES = {
    "updateCustomersWhere": 'expected: 1, dryRun: true, input: {department: "x"}',
    "assignTagWhere": 'expected: 1, dryRun: true, input: {dimension: "需求", name: "x"}',
    "updateContactsWhere": 'expected: 1, dryRun: true, input: {title: "x", reason: "x"}',
    "deleteContactsWhere": 'expected: 1, dryRun: true, reason: "x"',
    "updateNeedsWhere": 'expected: 1, dryRun: true, input: {kind: "x"}',
    "deleteNeedsWhere": 'expected: 1, dryRun: true, reason: "x"',
    "deleteInteractionsWhere": 'expected: 1, dryRun: true, reason: "x"',
}


def of_mutations() -> Iterator[Probe]:
    """Yield bulk mutations by filter."""
    assert CORE.mutation_type is not None
    for name, more in WRITES.items():
        type_ = _input(CORE.mutation_type.fields[name].args["filter"])
        assert type_ is not None
        for literal, about in conditions(type_, all_=False):
            yield Probe(
                f"mutation {{ r: {name}(filter: {literal}, {more}) {{ __typename ... on Refusal {{ code message }} }} }}",
                about,
            )


def of_subscriptions() -> Iterator[Probe]:
    """Yield every subscription, narrowed by each personal field below its filter."""
    assert CORE.subscription_type is not None
    for name, field in CORE.subscription_type.fields.items():
        if "filter" not in field.args:
            continue
        type_, more = _input(field.args["filter"]), ", hours: 1" if "hours" in field.args else ""
        assert type_ is not None
        for literal, about in conditions(type_, all_=False):
            yield Probe(f"subscription {{ {name}(filter: {literal}{more}) {{ __typename }} }}", about)
