"""Review routing: a total near a bound from either side, and what is always looked at."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_texts import CARD, TABLE

from policies import compile_plan, explain, load, parse
from policies.review import Reviewed, reasons_to_review

G2 = load("sabcd-weighted")
PLAN = compile_plan(G2)
DORMANT: dict[str, Any] = {
    "status": "lost", "amount_36m": 300_000_000, "amount_12m": 0, "margin_rate": 3000, "orders_12m": 0, "tenure": 60,
    "repeat_rate": 8000, "referrals_12m": 3, "amount_growth": -10_000, "industry_outlook": 10, "purchase_intent": 10,
    "benchmark_effect": 10, "new_product_willingness": 10, "supply_chain_fit": 10, "months_since_contact": 12,
}  # fmt: skip


def codes(
    status: str, tier: str | None, *ends: Fraction, gates: tuple[str, ...] = (), previous: str | None = None
) -> list[str]:
    both = (ends[0], ends[-1]) if ends else None
    return [reason.code for reason in reasons_to_review(G2, Reviewed(status, tier, both, gates), previous)]


@pytest.mark.parametrize(
    ("total", "near"),
    [
        ("92", True),
        ("2761/30", False),
        ("90", True),
        ("88", True),
        ("2639/30", False),
        ("0", False),
        ("100", False),
        ("61", True),
    ],
)
def test_a_total_is_borderline_up_to_the_written_distance_on_both_sides(total: str, near: bool) -> None:
    assert (codes("graded", "A", Fraction(total)) == ["borderline"]) is near


@given(st.fractions(0, 100), st.fractions(0, 100))
def test_a_total_that_is_not_certain_is_borderline_when_either_end_is(one: Fraction, other: Fraction) -> None:
    together = "borderline" in codes("pending", None, one, other)
    assert together == any("borderline" in codes("graded", "A", end) for end in (one, other))


def test_a_changed_tier_a_pending_one_and_a_gate_are_always_looked_at() -> None:
    assert codes("graded", "A", Fraction(80)) == []
    assert codes("graded", "A", Fraction(80), previous="A") == []
    assert codes("graded", "A", Fraction(80), previous="B") == ["tier_changed"]
    assert codes("pending", None, Fraction(50), Fraction(80), previous="B") == ["pending"]
    assert codes("graded", "D", Fraction(70), gates=("dormant",)) == ["gate_fired"]
    assert codes("not_applicable", None, previous="B") == codes("error", None) == []


def test_an_explanation_says_why_somebody_must_look() -> None:
    told = explain(PLAN, DORMANT, previous="B")
    assert [reason.code for reason in told.review_reasons] == ["tier_changed", "gate_fired"]
    assert told.lines("zh")[1] == "需人工复核:等级由 B 变为 D;门槛改变了等级:dormant"
    assert told.lines("en")[1] == "To be looked at: the tier was B and is D; moved by the gate dormant"
    plain = json.loads(json.dumps(told.to_dict()))["review_reasons"]
    assert plain[1] == {
        "code": "gate_fired",
        "text": {"zh": "门槛改变了等级:dormant", "en": "moved by the gate dormant"},
    }
    active = explain(PLAN, DORMANT | {"months_since_contact": 11})
    assert active.review_reasons == ()
    near = explain(PLAN, DORMANT | {"months_since_contact": 11, "repeat_rate": 0, "tenure": 0, "referrals_12m": 0})
    assert near.total is not None
    assert [reason.code for reason in near.review_reasons] == (["borderline"] if 58 <= near.total <= 62 else [])


def test_a_policy_that_asks_for_no_review_gives_no_reason() -> None:
    assert explain(compile_plan(parse(CARD)), {"amount_12m": 10}, previous="B").review_reasons == ()
    rules = compile_plan(parse(TABLE + "review: {always: [tier_changed, pending]}\n"))
    facts = {"status": "active", "amount_12m": 0, "satisfaction": 450}
    assert [reason.code for reason in explain(rules, facts, previous="S").review_reasons] == ["tier_changed"]
    assert [reason.code for reason in explain(rules, {"status": "active"}).review_reasons] == ["pending"]
