"""Round trip: a document, its canonical form, and the document of that form have one meaning and the same two hashes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from policy_texts import CARD, TABLE

from policies import Plan, Policy, Refusal, compile_plan, parse
from policies.documents import shipped
from policies.reading import read
from policies.version import canonical, document_hash, semantic_hash

TEXTS = {name: path.read_text(encoding="utf-8") for name, path in shipped().items()} | {"card": CARD, "table": TABLE}
VALUES = {name: read(text).values for name, text in TEXTS.items()}
WORDS = st.text("甲乙铂 aZé09%/.-+_:{}[]#&*!|'\"\\,~?\t\u2028\ufeff𝒜", min_size=1, max_size=8)
SCALARS = st.one_of(
    st.integers(0, 100).map(str),
    st.integers(0, 100).map(lambda number: f"{number}%"),
    st.tuples(st.integers(0, 9), st.integers(1, 9)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    st.sampled_from(["assumed", "left", "right", "absolute", "relative", "pending", "active", "万元", "年", "null", "true"]),
    WORDS,
    st.none(),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every scalar."""
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in places(item, (*path, key))]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in places(item, (*path, index))]
    return [path]


def replaced(value: Any, path: tuple[Any, ...], scalar: Any) -> Any:
    if not path:
        return scalar
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], scalar)
    return copy


def dropped(value: Any, path: tuple[Any, ...]) -> Any:
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = dropped(value[path[0]], path[1:])
    return copy


def holds(document: Policy) -> None:
    again = parse(canonical(document))
    assert again == document
    assert canonical(again) == canonical(document)
    assert (semantic_hash(again), document_hash(again)) == (semantic_hash(document), document_hash(document))
    assert compiled(again) == compiled(document)


def compiled(document: Policy) -> Plan | str:
    """The plan, or the code of the refusal."""
    try:
        return compile_plan(document)
    except Refusal as refusal:
        return refusal.code


@given(name=st.sampled_from(sorted(TEXTS)), data=st.data())
def test_a_changed_document_keeps_both_hashes_through_its_canonical_form(name: str, data: st.DataObject) -> None:
    values = VALUES[name]
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(places(values)))
        if data.draw(st.booleans()):
            values = replaced(values, path, data.draw(SCALARS))
        else:
            values = dropped(values, path[: data.draw(st.integers(1, len(path)))])
        assume(isinstance(values, dict) and "kind" in values and places(values))
    try:
        document = parse(json.dumps(values, ensure_ascii=False))
    except Refusal:
        return
    holds(document)


@given(name=st.sampled_from(sorted(TEXTS)), data=st.data())
def test_the_order_of_keys_and_the_way_of_writing_change_no_hash(name: str, data: st.DataObject) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            start = data.draw(st.integers(0, len(keys))) if keys else 0
            return {key: shuffled(value[key]) for key in [*keys[start:], *keys[:start]]}
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    document = parse(TEXTS[name])
    again = parse(json.dumps(shuffled(VALUES[name]), ensure_ascii=data.draw(st.booleans()), indent=2))
    assert canonical(again) == canonical(document)
    assert semantic_hash(again) == semantic_hash(document)
    holds(again)
