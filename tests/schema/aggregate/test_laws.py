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
