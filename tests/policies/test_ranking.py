"""Rankings: exact percentile tiers, sound and tight candidates for tiny populations, and the same on every engine."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from policy_texts import RANKING

from policies import Plan, check, compile_plan, explain, grade, parse
from policies.cuts import Cuts, NotRanked
from policies.ranking import ranked, seats
from policies.ranking_oracle import grade_all
from policies.sql import select_statement

LIGHT = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
VALUES = (0, 1, 2, 3)


def text(shares: list[Fraction] | None = None, conditions: str = "") -> str:
    values = ["1/20", "3/20", "2/5"] if shares is None else [str(share) for share in shares]
    listed = ", ".join(f"{tier}: {share}" for tier, share in zip(("VVIP", "VIP", "KA"), values, strict=True))
    return RANKING.replace("{VVIP: 5%, VIP: 15%, KA: 40%}", f"{{{listed}}}") + conditions


def customer(orders: int | None, tenure: int | None = 0, status: str | None = "active") -> dict[str, Any]:
    return {"orders_12m": orders, "tenure": tenure, "status": status}


def histogram(plan: Plan, population: list[dict[str, Any]]) -> list[tuple[int, int, int, int]]:
    """What phase one counts, by the oracle: totals of who is neither outside nor impossible."""
    free = compile_plan(
        parse(
            RANKING.replace("shares", "bands")
            .replace("{VVIP: 5%, VIP: 15%, KA: 40%}", "{closed: left, cuts: {VVIP: 90, VIP: 80, KA: 70, General: 0}}")
            .replace("kind: ranking", "kind: scorecard")
        )
    )
    assert (free.scale, free.axes) == (plan.scale, plan.axes)
    found: Counter[tuple[int, int, int]] = Counter()
    for facts in population:
        result = grade(free, facts)
        if result.status in ("graded", "pending"):
            found[result.worst, result.best, int(facts["status"] is None)] += 1
    return [(*key, customers) for key, customers in found.items()]


def tiers(plan: Plan, population: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [plan.names(result.candidates) for result in grade_all(plan, population)]


def test_a_tier_is_the_first_whose_share_the_better_ones_do_not_fill() -> None:
    plan = compile_plan(parse(RANKING))
    population = [customer(3, 3), customer(3, 2), *[customer(2, 2)] * 2, *[customer(1, 1)] * 4, *[customer(0, 0)] * 12]
    assert Counter(tier for (tier,) in tiers(plan, population)) == {"VVIP": 1, "VIP": 3, "KA": 4, "General": 12}
    cut = ranked(plan, histogram(plan, population))
    assert cut.cuts == Cuts((300, 200, 100), (300, 200, 100), (300, 200, 100), 20, 0, (1, 4, 8), (1, 4, 8))
    assert [(line.tier, line.cut, line.seats, line.sure, line.overflow) for line in seats(cut)] == [
        ("VVIP", 100, 1, 1, 0), ("VIP", Fraction(200, 3), 3, 4, 1), ("KA", Fraction(100, 3), 8, 8, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("customers", "first", "second"), [(100, 7, 14), (101, 8, 15), (99, 7, 14), (1, 1, 1), (14, 1, 2)]
)
def test_seven_percent_of_a_hundred_are_seven_seats(customers: int, first: int, second: int) -> None:
    plan = ranked(
        compile_plan(parse(text([Fraction(7, 100), Fraction(14, 100), Fraction(1, 2)]))), [(0, 0, 0, customers)]
    )
    assert [line.seats for line in seats(plan)][:2] == [first, second]
    assert [line.overflow for line in seats(plan)][:2] == [
        customers - first,
        customers - second,
    ]  # all tie for the best


def test_who_ties_stays_together_and_the_next_seats_are_taken() -> None:
    plan = compile_plan(parse(text([Fraction(1, 10), Fraction(2, 10), Fraction(5, 10)])))
    population = [*[customer(3, 3)] * 3, *[customer(2, 2)] * 2, *[customer(0, 0)] * 5]
    assert Counter(tier for (tier,) in tiers(plan, population)) == {"VVIP": 3, "KA": 2, "General": 5}


def test_conditions_drop_tier_by_tier_and_no_seat_is_refilled() -> None:
    demanded = RANKING.replace(
        "shares:", "conditions: {VVIP: {input: referrals_12m, ge: 1}, VIP: {input: referrals_12m, ge: 0}}\n  shares:"
    )
    plan = compile_plan(parse(demanded.replace("5%, VIP: 15%", "25%, VIP: 50%").replace("40%", "75%")))
    population = [
        customer(orders) | {"referrals_12m": referrals} for orders, referrals in ((3, 0), (2, 1), (1, 1), (0, 1))
    ]
    assert tiers(plan, population) == [("VIP",), ("VIP",), ("KA",), ("General",)]


def test_an_impossible_value_and_a_stranger_are_not_ranked() -> None:
    plan = compile_plan(parse(text([Fraction(1, 2), Fraction(2, 3), Fraction(3, 4)])))
    population = [customer(-1, 3), customer(3, 3, "lost"), customer(2), customer(1)]
    assert [result.status for result in grade_all(plan, population)] == ["error", "not_applicable", "graded", "graded"]
    assert tiers(plan, population)[2:] == [("VVIP",), ("VIP",)]


def test_a_ranking_without_cuts_refuses_to_grade_one_customer() -> None:
    plan = compile_plan(parse(RANKING))
    for ask in (
        lambda: grade(plan, customer(1)),
        lambda: select_statement(plan, "duckdb"),
        lambda: explain(plan, customer(1)),
    ):
        with pytest.raises(NotRanked, match="compares customers, so one alone has no tier"):
            ask()
    assert grade(plan, customer(1, 1, "lost")).status == "not_applicable"
    assert grade(plan, customer(-1)).status == "error"


ONE = st.builds(
    customer,
    st.sampled_from([None, *VALUES]),
    st.sampled_from([0, 0, 0, None]),
    st.sampled_from(["active", "active", "active", "lost", None]),
)
SHARES = st.lists(
    st.fractions(Fraction(1, 20), Fraction(19, 20), max_denominator=20), min_size=3, max_size=3, unique=True
).map(sorted)


def completions(facts: dict[str, Any]) -> list[tuple[bool, int]]:
    """Whether one is ranked, and the total, in every completion of what is missing."""
    orders = VALUES if facts["orders_12m"] is None else (facts["orders_12m"],)
    tenure = VALUES if facts["tenure"] is None else (facts["tenure"],)
    inside = {None: (True, False), "active": (True,), "lost": (False,)}[facts["status"]]
    return sorted({(known, a + b) for known in inside for a in orders for b in tenure})


@LIGHT
@given(st.lists(ONE, min_size=1, max_size=4), SHARES)
def test_the_candidates_hold_every_completions_tier_and_their_ends_occur(
    population: list[dict[str, Any]], shares: list[Fraction]
) -> None:
    plan = compile_plan(parse(text(shares)))
    found = grade_all(plan, population)
    occurring: list[set[int]] = [set() for _ in population]
    for world in itertools.product(*map(completions, population)):
        there = [total for known, total in world if known]
        for i, (known, total) in enumerate(world):
            if known:
                ahead = Fraction(sum(other > total for other in there), len(there))
                occurring[i].add(next((place for place, share in enumerate(shares) if ahead < share), 3))
    for facts, result, places in zip(population, found, occurring, strict=True):
        if facts["status"] == "lost":
            assert result.status == "not_applicable"
        elif facts["status"] is None:
            assert result.candidates == plan.everything  # as for every policy while it is not known whether it applies
        else:
            assert result.candidates == (2 << max(places)) - (1 << min(places))


@LIGHT
@given(st.lists(ONE, min_size=1, max_size=12), SHARES)
def test_cut_scores_say_of_each_customer_what_counting_says(
    population: list[dict[str, Any]], shares: list[Fraction]
) -> None:
    plan = compile_plan(parse(text(shares)))
    cut = ranked(plan, histogram(plan, population))
    found = grade_all(plan, population)
    assert [grade(cut, facts) for facts in population] == found
    known = [result for facts, result in zip(population, found, strict=True) if facts["status"] == "active"]
    for i, line in enumerate(seats(cut)):
        assert line.possible == sum(bool(result.candidates & ((2 << i) - 1)) for result in known)
        assert line.sure == sum(not result.candidates >> (i + 1) for result in known)
    assert Cuts.of_json(json.loads(json.dumps(cut.frozen.to_json()))) == cut.cuts


BROKEN = [
    ("shares_tiers", "KA: 40%", "General: 40%", "tiers without a share: KA; shares too many: General"),
    ("shares_tiers", ", KA: 40%", "", "tiers without a share: KA"),
    ("shares_range", "KA: 40%", "KA: 100%", "KA is for the first 100% of the customers"),
    ("shares_range", "VVIP: 5%", "VVIP: 0", "VVIP is for the first 0%"),
    ("shares_order", "VIP: 15%", "VIP: 5%", "VIP ends at 5%, not after VVIP at 5%"),
]


@pytest.mark.parametrize(("code", "before", "after", "message"), BROKEN)
def test_wrong_shares_are_found_with_their_line(code: str, before: str, after: str, message: str) -> None:
    assert check(parse(RANKING)) == []
    assert before in RANKING
    (finding,) = (one for one in check(parse(RANKING.replace(before, after, 1))) if one.code == code)
    assert message in finding.message
    assert finding.line == 16


def test_tiers_in_which_all_tie_are_found() -> None:
    same = RANKING.replace("points: [0, 1, 2, 3]", "points: [3, 3, 3, 3]")
    found = [one for one in check(parse(same)) if one.code == "tier_unreachable"]
    assert [one.message for one in found] == [
        f"no customer can be {tier}: every total is 100.0, and all tie for VVIP" for tier in ("VIP", "KA", "General")
    ]


CASE = "cases: [{name: c, given: {%s}, cuts: {%s}, expect: {%s}}]\n"


@pytest.mark.parametrize(
    ("given_", "cuts", "expected"),
    [
        ("total: 80", "VVIP: 90, VIP: 80, KA: 60", "tier: VIP"),
        ("status: active, orders_12m: 3, tenure: 2", "VVIP: 250/3, VIP: 80, KA: 60", "tier: VVIP, total: 250/3"),
        (
            "status: active, orders_12m: 3",
            "VVIP: 90, VIP: 80, KA: 60",
            "status: pending, candidates: [VVIP, VIP, KA, General]",
        ),
        ("status: lost", "VVIP: 90, VIP: 80, KA: 60", "status: not_applicable"),
    ],
)
def test_a_case_gives_its_cuts(given_: str, cuts: str, expected: str) -> None:
    assert check(parse(RANKING + CASE % (given_, cuts, expected))) == []


@pytest.mark.parametrize(
    ("cuts", "message"),
    [
        ("VVIP: 90, VIP: 80", "cuts name VVIP, VIP, and must name VVIP, VIP, KA"),
        ("VVIP: 90, VIP: 80, KA: 81", "the cut of VIP 80 lies under that of KA 81"),
    ],
)
def test_wrong_cuts_of_a_case_are_found(cuts: str, message: str) -> None:
    (finding,) = check(parse(RANKING + CASE % ("total: 80", cuts, "tier: VIP")))
    assert (finding.code, message in finding.message) == ("case_invalid", True)
    (finding,) = check(parse(RANKING + (CASE % ("total: 80", "", "tier: VIP")).replace("cuts: {}, ", "")))
    assert (finding.code, "compares customers" in finding.message) == ("case_invalid", True)
