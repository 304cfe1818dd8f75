"""A grade explains itself: exact contributions, distances, and a cheapest change that really lifts the tier."""

import json
import random
from fractions import Fraction
from typing import Any

import pytest

from policies import Plan, Refusal, compile_plan, explain, grade, load
from policies.plan import outcome

G2 = compile_plan(load("sabcd-weighted"))
P = compile_plan(load("sabc-threshold"))
GOOD: dict[str, Any] = {
    "status": "active", "amount_36m": 200_000_000, "amount_12m": 60_000_000, "margin_rate": 2500, "orders_12m": 7,
    "tenure": 36, "repeat_rate": 7500, "referrals_12m": 1, "amount_growth": 1500, "industry_outlook": 8,
    "purchase_intent": 6, "benchmark_effect": 7, "new_product_willingness": 8, "supply_chain_fit": 5,
}  # fmt: skip


def some_customers(plan: Plan, count: int) -> list[dict[str, Any]]:
    chance = random.Random(11)
    return [
        {"status": "active"} | {axis.word.name: axis.sample(chance.randrange(1, axis.radix)) for axis in plan.axes}
        for _ in range(count)
    ]


def test_contributions_and_dimensions_sum_to_the_total_exactly() -> None:
    for facts in some_customers(G2, 200):
        told = explain(G2, facts)
        assert told.total is not None
        assert sum((part.contribution for part in told.contributions), Fraction(0)) == told.total
        assert sum((part.worst for part in told.dimensions), Fraction(0)) == told.total
        for part in told.contributions:
            assert part.contribution == part.weight * part.points / part.out_of * 100


def test_levels_alone_rebuild_all_but_the_values() -> None:
    result = grade(G2, GOOD)
    full, alone = explain(G2, GOOD, levels=result.levels), explain(G2, levels=result.levels, status="graded")
    assert (alone.total, alone.tier, alone.up, alone.cheapest) == (full.total, full.tier, full.up, full.cheapest)
    assert [part.contribution for part in alone.contributions] == [part.contribution for part in full.contributions]
    assert full.inputs[1].value is not None
    assert full.inputs[1].value.zh == "60万元"
    assert alone.inputs[1].value is None
    assert alone.inputs[1].range.zh == "[50万元, 100万元)"


def test_facts_of_another_day_are_refused() -> None:
    with pytest.raises(Refusal, match="another day") as caught:
        explain(G2, GOOD | {"amount_12m": 0}, levels=grade(G2, GOOD).levels)
    assert caught.value.code == "levels_disagree"
    with pytest.raises(ValueError, match="needs facts or levels"):
        explain(G2)


def test_reasons_stand_in_the_order_of_points_lost_and_distances_are_exact() -> None:
    told = explain(G2, GOOD)
    lost = {part.rung.id: part.lost for part in told.contributions}
    assert [lost[name] for name in told.reasons] == sorted((x for x in lost.values() if x), reverse=True)
    assert told.total is not None
    assert told.up is not None
    assert told.down is not None
    assert (told.up.tier, told.total + told.up.points) == ("S", Fraction(90))
    assert (told.down.tier, told.total - told.down.points) == ("B", Fraction(75))


@pytest.mark.parametrize("plan", [G2, P], ids=lambda plan: plan.id)
def test_the_cheapest_change_lifts_the_tier_and_no_smaller_one_does(plan: Plan) -> None:
    lifted = 0
    for facts in some_customers(plan, 150):
        told, codes = explain(plan, facts), plan.unpack(grade(plan, facts).levels)
        before = outcome(plan, codes)[2]
        steps = [
            abs(code - codes[place])
            for place, axis in enumerate(plan.axes)
            for code in range(1, axis.cells + 1)
            if codes[place] <= axis.cells and outcome(plan, [*codes[:place], code, *codes[place + 1 :]])[2] < before
        ]
        if told.cheapest is None:
            assert not steps
            continue
        lifted += 1
        place = next(i for i, axis in enumerate(plan.axes) if axis.name == told.cheapest.id)
        axis = plan.axes[place]
        reach = next(c for c in range(1, axis.cells + 1) if explain(plan, facts | {axis.word.name: axis.sample(c)}).inputs[place].range == told.cheapest.reach)  # fmt: skip
        assert abs(reach - codes[place]) == min(steps)
        assert grade(plan, facts | {axis.word.name: axis.sample(reach)}).tier == told.cheapest.tier
    assert lifted > 20


def test_an_explanation_is_json_and_sentences_in_both_languages() -> None:
    told = explain(G2, GOOD)
    plain = json.loads(json.dumps(told.to_dict(), ensure_ascii=False))
    assert plain["total"] == {"exact": "77.2", "shown": "77.2"}
    assert plain["contributions"][3]["contribution"] == {"exact": "10", "shown": "10.0"}
    assert "五级加权评分:等级 A" in told.lines()
    assert "  A2 近一年采购金额:60万元,8/10 分 × 15% = 12.0" in told.lines("zh")
    assert "  A2 Amount of one year: 600000 yuan, 8 of 10 points x 15% = 12.0" in told.lines("en")
    assert "距上一级 S 还差 12.8 分" in told.lines()


def test_a_total_just_under_a_band_is_not_shown_as_if_it_had_reached_it() -> None:
    facts = GOOD | {"orders_12m": 1}  # 5 of 15 points: a third of ten
    told = explain(G2, facts)
    assert told.total == Fraction("77.2") - 10 + Fraction(10, 3)
    assert told.to_dict()["total"] == {"exact": "1058/15", "shown": "70.5"}
    assert told.up is not None
    assert "距上一级 A 还差 4.5 分" in told.lines()


def test_what_is_missing_or_impossible_is_named() -> None:
    told = explain(G2, GOOD | {"industry_outlook": None})
    assert (told.status, told.candidates, told.missing, told.up, told.cheapest) == (
        "pending",
        ("A", "B"),
        ("C2",),
        None,
        None,
    )
    assert "尚缺的数据:行业发展前景与渗透空间" in told.lines()
    wrong = explain(G2, GOOD | {"industry_outlook": 11})
    assert (wrong.status, wrong.impossible, wrong.contributions) == ("error", ("industry_outlook",), ())
    assert "Impossible values: industry outlook" in wrong.lines("en")
    unknown = explain(G2, GOOD | {"status": None})
    assert (unknown.candidates, unknown.missing, unknown.total) == (G2.tiers, ("status",), Fraction("77.2"))
    outside = explain(G2, GOOD | {"status": "potential"})
    assert (outside.status, outside.tier, outside.lines("en")) == (
        "not_applicable", None, ["Five-tier weighted scorecard: does not apply to this customer"],
    )  # fmt: skip
    assert explain(G2, levels=0, status="error").status == "error"


def test_rules_say_which_line_decided() -> None:
    facts: dict[str, Any] = {
        "status": "active",
        "amount_12m": 60_000_000,
        "renewal_rate": 8500,
        "satisfaction": 460,
        "months_since_order": 1,
    }
    told = explain(P, facts)
    assert (told.tier, told.matched, [line.holds for line in told.rules]) == (
        "A",
        "important",
        [False, False, True, True, True],
    )
    assert told.cheapest is not None
    assert (told.cheapest.input, told.cheapest.reach.zh, told.cheapest.tier) == ("renewal_rate", "≥ 90%", "S")
    assert "  important 重要客户(A):符合" in told.lines()
    assert explain(P, facts | {"renewal_rate": None}).matched is None
