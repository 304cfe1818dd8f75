"""Round trip: a document, its canonical form, and the document of that form have one meaning and the same two hashes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from policy_mutations import TEXTS, VALUES, changed_documents

from policies import Plan, Policy, Refusal, compile_plan, parse
from policies.version import canonical, document_hash, semantic_hash


def holds(document: Policy) -> None:
    again = parse(canonical(document))
    assert again == document
    assert canonical(again) == canonical(document)
    assert (semantic_hash(again), document_hash(again)) == (semantic_hash(document), document_hash(document))
    plan = compiled(document)
    assert plan is None or compiled(again) == plan


def compiled(document: Policy) -> Plan | None:
    """The plan, None for a document with errors: some are of the writing (1% of an amount) and not in the canonical form."""
    try:
        return compile_plan(document)
    except Refusal:
        return None


@settings(deadline=None)  # the machine is shared
@given(values=changed_documents())
def test_a_changed_document_keeps_both_hashes_through_its_canonical_form(values: dict[str, Any]) -> None:
    try:
        document = parse(json.dumps(values, ensure_ascii=False))
    except Refusal:
        return
    holds(document)


@settings(deadline=None)  # the machine is shared
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
