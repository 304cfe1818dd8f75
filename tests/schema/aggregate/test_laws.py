"""Laws of groups: whatever the keys, they are different, and their counts, sums and extremes are those of all rows together."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import world
from graphql import GraphQLEnumType, GraphQLObjectType
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from api.operations.root import schema

TYPES = schema._schema.type_map
NOUNS = {"Customer": "customerGroups", "Order": "orderGroups", "ServiceRecord": "serviceRecordGroups", "Contact": "contactGroups",
         "Need": "needGroups", "Survey": "surveyGroups", "Improvement": "improvementGroups", "Grade": "gradeGroups"}  # fmt: skip
PARTS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY")
FILTERS = ("", "{not: {id: {in: []}}}", "{id: {in: []}}")


def fields_of(name: str) -> dict[str, Any]:
    type_ = TYPES[name]
    assert isinstance(type_, GraphQLObjectType)
    return type_.fields


@st.composite
def asked(draw: Any) -> tuple[str, str, str, list[str]]:
    """A noun, its groups with random keys, the same rows in one group, and the keys' names in the answer."""
    noun = draw(st.sampled_from(sorted(NOUNS)))
    fields = TYPES[f"{noun}GroupField"]
    assert isinstance(fields, GraphQLEnumType)
    key_type = fields_of(f"{noun}GroupKey")
    names = {member: key for member, key in zip(fields.values, key_type, strict=True) if not member.endswith("AS_OF")}
    members = draw(st.lists(st.sampled_from(sorted(names)), max_size=3, unique=True))
    by, keys = [], []
    for member in members:
        leaf = getattr(key_type[names[member]].type, "name", "")
        part = f", part: {draw(st.sampled_from(PARTS))}" if leaf == "Date" and draw(st.booleans()) else ""
        by.append(f"{{field: {member}{part}}}")
        keys.append(names[member] + (" { __typename id }" if isinstance(TYPES.get(leaf), GraphQLObjectType) else ""))
    filter = draw(st.sampled_from(FILTERS))
    numbers = " ".join(name for name in fields_of(f"{noun}Numbers")) if f"{noun}Numbers" in TYPES else ""
    measures = (
        f"count {' '.join(f'{m} {{ {numbers} }}' for m in ('known', 'sum', 'min', 'max'))}" if numbers else "count"
    )
    where = f"filter: {filter}, " if filter else ""
    groups = f"{NOUNS[noun]}({where}by: [{', '.join(by)}], first: 1000) {{ totalCount nodes {{ {measures} key {{ __typename {' '.join(keys)} }} }} }}"
    whole = f"{NOUNS[noun]}({where}first: 1) {{ nodes {{ {measures} }} }}"
    return noun, f"{{ groups: {groups} whole: {whole} }}", measures, [key.split()[0] for key in keys]


def test_groups_add_up_to_all_rows_whatever_the_keys(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 7)

    @settings(max_examples=25)
    @given(asked())
    def check(drawn: tuple[str, str, str, list[str]]) -> None:
        _, query, _, keys = drawn
        found = made.data(query)
        nodes, (whole,) = found["groups"]["nodes"], found["whole"]["nodes"]
        assert len(nodes) == found["groups"]["totalCount"]
        assert len({tuple(str(node["key"][key]) for key in keys) for node in nodes}) == len(nodes)
        assert sum(node["count"] for node in nodes) == whole["count"]
        for measure, together in (("known", sum), ("sum", sum), ("min", min), ("max", max)):
            for name, value in whole.get(measure, {}).items():
                parts = [Decimal(node[measure][name]) for node in nodes if node[measure][name] is not None]
                assert (together(parts) if parts else None) == (None if value is None else Decimal(value)) or not nodes

    check()


def test_every_key_and_every_number_of_every_noun_can_be_asked(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 3)
    roots = [name for name in fields_of("Query") if name.endswith("Groups")]
    assert len(roots) == 18
    for root in roots:
        noun = root[0].upper() + root[1:-6]
        fields = TYPES[f"{noun}GroupField"]
        assert isinstance(fields, GraphQLEnumType)
        key_type = fields_of(f"{noun}GroupKey")
        pairs = list(zip(fields.values, key_type, strict=True))
        for start in range(0, len(pairs), 4):
            some = pairs[start : start + 4]
            days = {member: ', asOf: "2026-01-01"' for member, _ in some if member.endswith("TIER_AS_OF")}
            by = ", ".join(f"{{field: {member}{days.get(member, '')}}}" for member, _ in some)
            rows = {key for _, key in some if isinstance(key_type[key].type, GraphQLObjectType)}
            keys = " ".join(f"{key} {{ id }}" if key in rows else key for _, key in some)
            order = ", ".join(f"{{key: {{{key}: DESC}}}}" for _, key in some)
            distinct = " ".join(key for _, key in some if key in fields_of(f"{noun}Distinct"))
            counted = f"distinct {{ {distinct} }}" if distinct else ""
            made.data(
                f"{{ {root}(by: [{by}], orderBy: [{order}]) {{ nodes {{ key {{ {keys} }} count {counted} }} }} }}",
                who="boss",
            )
        for name in fields_of(f"{noun}Extremes") if f"{noun}Extremes" in TYPES else ():
            having = f"{{or: [{{min: {{{name}: {{isNull: true}}}}}}, {{max: {{{name}: {{isNull: false}}}}}}]}}"
            made.data(
                f"{{ {root}(orderBy: [{{max: {{{name}: ASC}}}}], having: {having}) {{ nodes {{ min {{ {name} }} max {{ {name} }} }} }} }}",
                who="boss",
            )
        for name in fields_of(f"{noun}Numbers") if f"{noun}Numbers" in TYPES else ():
            having = f"{{or: [{{sum: {{{name}: {{gte: -5}}}}}}, {{avg: {{{name}: {{isNull: true}}}}}}, {{share: {{{name}: {{lt: 2}}}}}}]}}"
            measures = " ".join(f"{measure} {{ {name} }}" for measure in ("known", "sum", "avg", "min", "max", "share"))
            made.data(
                f"{{ {root}(orderBy: [{{avg: {{{name}: ASC}}}}], having: {having}) {{ nodes {{ {measures} part: share {{ count }} }} }} }}",
                who="boss",
            )
