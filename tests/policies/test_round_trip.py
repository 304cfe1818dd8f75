"""Round trip: a document, its canonical form, and the document of that form have one meaning and the same two hashes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from policy_mutations import TEXTS, VALUES, changed_documents

from policies import Plan, Policy, Refusal, compile_plan, parse
from policies.version import canonical, document_hash, semantic_hash


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


@given(values=changed_documents())
def test_a_changed_document_keeps_both_hashes_through_its_canonical_form(values: dict[str, Any]) -> None:
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
