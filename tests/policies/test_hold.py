"""The hold rule: rises at once, falls when they are allowed, and a total that swings around a bound stays where it is."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_texts import CARD, TABLE

from policies import DocumentError, Policy, compile_plan, grade, load, parse
from policies.case import Case
from policies.check import outcome_of
from policies.hold import Graded, Standing, decided, follow, held_text, staying
from policies.version import semantic_hash

ORDER = ("S", "A", "B", "C")
CUTS = {"S": 90, "A": 75, "B": 60, "C": 0}
G2 = load("sabcd-weighted")


def card(hold: dict[str, Any] | None, gates: list[dict[str, Any]] | None = None) -> Policy:
    """A card whose total is the number of orders, in four tiers."""
    points = list(range(1, 101))
    indicator = {
        "id": "I", "input": "orders_12m", "weight": "100%", "out_of": 100,
        "ladder": {"cuts": points, "points": points, "below": 0},
    }  # fmt: skip
    return parse(json.dumps({
        "kind": "scorecard", "id": "held", "title": {"zh": "甲", "en": "x"}, "weights": "absolute", "missing": "pending",
        "dimensions": [{"id": "D", "title": {"zh": "甲", "en": "d"}, "weight": "100%", "indicators": [indicator]}],
        "tiers": {"order": ORDER, "bands": {"closed": "left", "cuts": CUTS}},
        "gates": gates or [], **({"hold": hold} if hold else {}),
    }))  # fmt: skip


def of_total(document: Policy, total: int | None) -> Graded:
    result = grade(compile_plan(document), {"orders_12m": total})
    return Graded(result.status, result.tier)


EXITS = {"S": "88", "A": "73", "B": "58"}


def tier_at(total: int, lowered: str | None = None) -> str:
    """The tier of a total, where ``lowered`` begins two points lower."""
    cuts = {tier: cut - 2 * (tier == lowered) for tier, cut in CUTS.items()}
    return next(tier for tier in ORDER if total >= cuts[tier])


def walk(document: Policy, totals: list[int]) -> list[Standing]:
    """Follow a customer through gradings with these totals."""
    standing, found = Standing(), []
    for total in totals:
        stays = Graded("graded", tier_at(total, standing.tier))
        standing = follow(document, standing, Graded("graded", tier_at(total)), stays)
        found.append(standing)
    return found


def changes(document: Policy, totals: list[int]) -> int:
    tiers = [standing.tier for standing in walk(document, totals)]
    return sum(one != other for one, other in pairwise(tiers))


BOUND = st.sampled_from([90, 75, 60])
RESULTS = st.lists(
    st.one_of(
        st.sampled_from(ORDER).map(lambda tier: Graded("graded", tier)),
        st.sampled_from(["pending", "not_applicable", "error"]).map(Graded),
    ),
    max_size=8,
)
HOLDS = st.fixed_dictionaries(
    {},
    optional={
        "demotion_needs_approval": st.lists(st.sampled_from(ORDER[:3]), unique=True, min_size=1),
        "minimum_periods": st.integers(2, 4),
        "exit": st.just(EXITS),
    },
).filter(bool)


def test_the_staying_document_is_the_same_policy_with_the_tier_begun_earlier() -> None:
    document = card({"exit": EXITS})
    for tier in ORDER[:3]:
        for total in range(101):
            assert of_total(staying(document, tier), total).tier == tier_at(total, tier)
    assert staying(document, "C") is document
    assert staying(parse(TABLE), "S").kind == "rules"


@given(BOUND, st.lists(st.integers(-1, 1), min_size=8, max_size=8))
def test_with_exit_bounds_a_total_within_one_point_of_a_bound_changes_its_tier_at_most_once(
    bound: int, swings: list[int]
) -> None:
    assert changes(card({"exit": EXITS}), [bound + swing for swing in swings]) <= 1


@given(BOUND, HOLDS, st.booleans())
def test_any_hold_rule_lets_a_total_that_swings_to_and_fro_change_its_tier_at_most_once(
    bound: int, hold: dict[str, Any], first: bool
) -> None:
    hold = {"minimum_periods": 2, **hold}
    totals = [bound + (1 if (n % 2 == 0) is first else -1) for n in range(8)]
    assert changes(card(hold), totals) <= 1
    assert changes(card(None), totals) == 7


@given(HOLDS, RESULTS, st.booleans())
def test_the_hold_rule_never_moves_anyone_up_and_never_delays_a_rise(
    hold: dict[str, Any], results: list[Graded], approved: bool
) -> None:
    document, standing = card(hold), Standing()
    for computed in results:
        after = follow(document, standing, computed, computed, approved=approved)
        if computed.status == "graded":
            assert after.tier in (standing.tier, computed.tier)
            assert ORDER.index(str(after.tier)) <= ORDER.index(str(computed.tier))
            if standing.tier is None or ORDER.index(str(computed.tier)) <= ORDER.index(standing.tier):
                assert after == Standing(computed.tier)
        elif computed.status == "not_applicable":
            assert after == Standing()
        else:
            assert (after.tier, after.below) == (standing.tier, standing.below)
        assert (held_text(document, after) is None) == (after.held is None)
        standing = after


@given(RESULTS)
def test_without_a_hold_rule_the_computed_tier_takes_effect(results: list[Graded]) -> None:
    document, standing = card(None), Standing()
    for computed in results:
        standing = follow(document, standing, computed)
        assert standing == Standing(computed.tier)


def test_a_fall_needs_so_many_lower_results_in_a_row_and_a_pending_one_counts_for_nothing() -> None:
    document, low, pending = card({"minimum_periods": 3}), Graded("graded", "B"), Graded("pending")
    standing = follow(document, Standing(), Graded("graded", "A"))
    for result, tier, below in (
        (low, "A", 1),
        (pending, "A", 1),
        (low, "A", 2),
        (Graded("error"), "A", 2),
        (low, "B", 0),
    ):
        standing = follow(document, standing, result)
        assert (standing.tier, standing.below) == (tier, below)
    standing = Standing("A", 2)
    assert follow(document, standing, Graded("graded", "A")) == Standing("A")


def test_a_fall_out_of_a_guarded_tier_is_proposed_until_it_is_approved() -> None:
    document = card({"demotion_needs_approval": ["S"]})
    proposed = follow(document, Standing("S"), Graded("graded", "B"))
    assert proposed == Standing("S", 1, "approval", "B")
    assert follow(document, proposed, Graded("graded", "C")) == Standing("S", 2, "approval", "C")
    assert follow(document, proposed, Graded("graded", "C"), approved=True) == Standing("C")
    assert follow(document, proposed, Graded("graded", "S"), approved=True) == Standing("S")
    assert follow(document, Standing("A"), Graded("graded", "B")) == Standing("B")
    text = held_text(document, proposed)
    assert text is not None
    assert (text.zh, text.en) == ("保留 S:降为 B 有待批准", "S stays: the fall to B waits for approval")


def test_a_decided_fall_is_taken_or_its_count_begins_anew() -> None:
    document = card({"demotion_needs_approval": ["S"], "minimum_periods": 2})
    low = Graded("graded", "B")
    proposed = follow(document, follow(document, Standing("S"), low), low)
    assert proposed == Standing("S", 2, "approval", "B")
    approved, refused = decided(proposed, True), decided(proposed, False)
    assert (approved, held_text(document, approved)) == (Standing("B"), None)
    assert refused == Standing("S", 0, "refused")
    told = held_text(document, refused)
    assert told is not None
    assert (told.zh, told.en) == ("保留 S:降级未获批准", "S stays: its fall was refused")
    again = follow(document, refused, low)
    assert again == Standing("S", 1, "periods")
    assert follow(document, again, low) == proposed


def test_a_tier_outside_the_order_is_neither_a_rise_nor_a_fall() -> None:
    rule = {"id": "new", "when": {"input": "tenure", "lt": 12}, "then": "M"}
    document = parse(json.dumps({
        "kind": "rules", "id": "r", "title": {"zh": "甲", "en": "x"}, "rules": [rule], "else": "B",
        "tiers": {"order": ["A", "B"], "outside": ["M"]}, "hold": {"minimum_periods": 2},
    }))  # fmt: skip
    assert follow(document, Standing("A"), Graded("graded", "M")) == Standing("M")
    assert follow(document, Standing("M"), Graded("graded", "B")) == Standing("B")


def test_an_exit_bound_does_not_hold_against_a_gate_and_a_total_that_may_lie_above_it_is_pending() -> None:
    gates = [{"id": "late", "when": {"input": "payment_delay_days", "ge": "90"}, "effect": {"cap": "B"}}]
    document = card({"exit": EXITS}, gates)
    computed, stays = (compile_plan(document), compile_plan(staying(document, "S")))

    def after(facts: dict[str, Any]) -> Standing:
        results = [grade(plan, facts) for plan in (computed, stays)]
        return follow(document, Standing("S"), *(Graded(result.status, result.tier) for result in results))

    assert after({"orders_12m": 89, "payment_delay_days": 0}) == Standing("S", held="exit")
    assert after({"orders_12m": 89, "payment_delay_days": 90}) == Standing("B")
    assert after({"orders_12m": 87, "payment_delay_days": 0}) == Standing("A")
    # 88 is S for whoever is in S; whether the gate holds is not known
    assert after({"orders_12m": 88}) == Standing("S", held="pending")


def test_a_tier_that_the_policy_no_longer_has_is_not_held() -> None:
    assert follow(card({"minimum_periods": 2}), Standing("钻石"), Graded("graded", "C")) == Standing("C")


def test_the_hold_of_g2_says_what_it_holds() -> None:
    stays = follow(G2, Standing("S"), Graded("graded", "A"), Graded("graded", "S"))
    told = held_text(G2, stays)
    assert told is not None
    assert told.zh == "保留 S:总分未低于退出界线 88"
    lower = follow(G2, Standing("A"), Graded("graded", "B"))
    assert (told := held_text(G2, lower)) is not None
    assert told.en == "A stays: 1 of the 2 gradings in a row that a fall needs came out lower"
    case = Case(name="x", given={"total": "88"}, expect={})
    assert outcome_of(compile_plan(staying(G2, "S")), case)["tier"] == "S"
    assert outcome_of(compile_plan(G2), case)["tier"] == "A"


def test_what_holds_belongs_to_the_meaning_and_a_document_without_it_keeps_its_hash() -> None:
    plain = parse(CARD)
    hashes = {
        semantic_hash(parse(CARD + text))
        for text in (
            "appointments: {tiers: [A], by: strategy_group, longest_months: 6}\n",
            "appointments: {tiers: [A, B], by: strategy_group, longest_months: 6}\n",
            "appointments: {tiers: [A], by: strategy_group, longest_months: 6, evidence: optional}\n",
            "", "hold: {minimum_periods: 2}\n", "hold: {minimum_periods: 3}\n", "hold: {exit: {A: 55}}\n",
            "hold: {exit: {A: 50}}\n", "hold: {demotion_needs_approval: [A]}\n", "review: {always: [pending]}\n",
            "review: {borderline: {points: 2}}\n", "review: {borderline: {points: 3}}\n",
        )
    }  # fmt: skip
    assert len(hashes) == 12
    assert semantic_hash(plain) == "sha256:270cec16ad6b395b0b081f53b55099e4c1147ced8d55f229cfcb394663630831"
    assumed = parse(CARD + "hold: {minimum_periods: 2, status: assumed}\n")
    assert semantic_hash(assumed) == semantic_hash(parse(CARD + "hold: {minimum_periods: 2}\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hold: {exits: {A: 55}}\n", "did you mean exit"),
        ("hold: {minimum_periods: 1.5}\n", "1.5 is not a whole number"),
        ("hold: {exit: {A: about 50}}\n", "not an exact number"),
        ("review: {always: [changed]}\n", "tier_changed"),
        ("review: {borderline: 2}\n", "borderline"),
    ],
)
def test_a_part_that_cannot_be_read_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(DocumentError, match=said) as caught:
        parse(CARD + text)
    assert "line 21" in str(caught.value)
