"""Differences between two versions: in text, in sentences, and as the number that follows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_texts import CARD, RANKING, TABLE

from policies import Refusal, load, parse
from policies.differences import next_version, step, structure_differences, text_difference
from policies.documents import shipped
from policies.version import differences, semantic_hash

G2 = shipped()["sabcd-weighted"].read_text(encoding="utf-8")
P = shipped()["sabc-threshold"].read_text(encoding="utf-8")


def told(text: str, *changes: tuple[str, str]) -> list[tuple[str, str]]:
    """The sentences about a text and the same text with some parts replaced."""
    changed = text
    for before, after in changes:
        assert before in changed
        changed = changed.replace(before, after, 1)
    return [(one.zh, one.en) for one in structure_differences(parse(text), parse(changed))]


def test_a_text_difference_is_unified_and_names_both() -> None:
    found = text_difference("a\nb\n", "a\nc\n", "1", "2")
    assert found == "--- 1\n+++ 2\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
    assert text_difference(G2, G2) == ""


@pytest.mark.parametrize(
    ("text", "before", "after", "zh", "en"),
    [
        (G2, "[0, 10, 50, 100]", "[0, 10, 60, 100]", "A2 第三档分界 50万元 → 60万元", "A2's third cut 50 → 60 万元"),
        (G2, "cuts: [30%, 60%,", "cuts: [35%, 60%,", "B3 第一档分界 30% → 35%", "B3's first cut 30% → 35%"),
        (G2, "points: [0, 5, 10, 15]", "points: [1, 5, 10, 15]", "B1 第一档得分 0 → 1", "B1's points of the first rung 0 → 1"),
        (G2, "weight: 15%", "weight: 14.5%", "A1 权重 15% → 14.5%", "A1's weight 15% → 14.5%"),
        (G2, "out_of: 15", "out_of: 20", "B1 满分 15 → 20", "B1's full points 15 → 20"),
        (G2, "weight: 40%", "weight: 41%", "维度 HC 权重 40% → 41%", "dimension HC's weight 40% → 41%"),
        (G2, "below: 0}", "below: 1}", "A1 最低分界以下的得分 0 → 1", "A1's points below the first cut 0 → 1"),
        (G2, "S: 90", "S: 88.5", "S 的起点 90 → 88.5", "S begins at 90 → 88.5"),
        (G2, "bands: {closed: left", "bands: {closed: right", "分数段的闭端 左闭 → 右闭", "closed side of the bands left → right"),
        (G2, "[active, lost, intent]", "[active, lost]", "适用范围的客户状态 active, lost, intent → active, lost", "population by customer status active, lost, intent → active, lost"),
        (G2, "missing: pending", "missing: {points: 0}", "缺失处理 待确认 → 计0分", "treatment of what is missing pending → 0 points"),
        (G2, "        not_applicable: {points: 2}", "        missing: {points: 2}\n        not_applicable: {points: 2}", "B2 缺失处理 无 → 计2分",
         "B2's treatment of what is missing none → 2 points"),
        (G2, "not_applicable: {points: 2}", "not_applicable: {points: 3}", "B2 不适用处理 计2分 → 计3分", "B2's treatment of what is not applicable 2 points → 3 points"),
        (G2, "input: referrals_12m", "input: complaints_12m", "B4 输入 近一年推荐成功次数 → 近一年投诉数", "B4's input successful referrals of 12 months → complaints of 12 months"),
        (G2, "weights: absolute", "weights: relative", "权重方式 占总分 → 占本维度", "way of weighting absolute → relative"),
        (G2, "raters: 3", "raters: 5", "C2 评审人数 3 → 5", "C2's number of raters 3 → 5"),
        (G2, "name: 满分为 S", "name: 满分", "用例 新增 满分 / 删除 满分为 S", "cases added 满分 / removed 满分为 S"),
        (G2, "effect: {cap: D}", "effect: {cap: C}", "门槛 dormant 效果 不高于 D → 不高于 C", "gate dormant's effect not above D → not above C"),
        (G2, "ge: 12}, {input: months_since_contact, is: not_applicable}]}", "ge: 6}]}",
         "门槛 dormant 条件 近一年订单数 = 0 且 (距上次联系月数 ≥ 12月 或 距上次联系月数 不适用) → 近一年订单数 = 0 且 (距上次联系月数 ≥ 6月)",
         "gate dormant's condition orders of 12 months = 0 and (months since the last contact ≥ 12 月 or months since the last contact is "
         "not applicable) → orders of 12 months = 0 and (months since the last contact ≥ 6 月)"),
        (P, "tiers: {order: [S, A, B, C]}", "tiers: {order: [S, A, B, C], conditions: {S: {not: {input: tenure, lt: 12}}}}",
         "S 的最低条件 无 → 非(合作月数 < 12月)", "minimum condition of S none → not (tenure < 12 月)"),
        (RANKING, "VIP: 15%", "VIP: 20%", "VIP 的累计比例 15% → 20%", "cumulative share of VIP 15% → 20%"),
        (P, "else: C", "else: B", "其余客户的等级 C → B", "tier of all others C → B"),
        (P, "then: A", "then: S", "规则 important 等级 A → S", "rule important's tier A → S"),
        (P, "all:\n        - {input: amount_12m, ge: 5}", "any:\n        - {input: amount_12m, gt: 6}",
         "规则 usual 条件 近一年采购金额 ≥ 5万元 且 (续约率 ≥ 60% 或 续约率 不适用) 且 满意度 ≥ 3.5分 → "
         "近一年采购金额 > 6万元 或 (续约率 ≥ 60% 或 续约率 不适用) 或 满意度 ≥ 3.5分",
         "rule usual's condition amount of 12 months ≥ 5 万元 and (renewal rate ≥ 60% or renewal rate is not applicable) and satisfaction ≥ 3.5 分 → "
         "amount of 12 months > 6 万元 or (renewal rate ≥ 60% or renewal rate is not applicable) or satisfaction ≥ 3.5 分"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) and len(value) < 100 else "",
)  # fmt: skip
def test_each_change_is_one_sentence(text: str, before: str, after: str, zh: str, en: str) -> None:
    assert told(text, (before, after)) == [(zh, en)]


def test_a_change_of_unit_shows_every_cut_and_which_of_them_stay() -> None:
    unit = ("amount_12m: {type: money, unit: 万元}", "amount_12m: {type: money, unit: 元}")
    same = [zh for zh, _ in told(G2, unit, ("[0, 10, 50, 100]", "[0, 100000, 500000, 1200000]"))]
    assert same == [
        "A2 第一档分界 0万元 → 0元(数值不变)",
        "A2 第二档分界 10万元 → 100000元(数值不变)",
        "A2 第三档分界 50万元 → 500000元(数值不变)",
        "A2 第四档分界 100万元 → 1200000元",
        "近一年采购金额 书写单位 万元 → 元",
    ]
    assert "A2's third cut 50 万元 → 50 元" in [en for _, en in told(G2, unit)]


def test_parts_that_come_and_go_are_named_with_what_they_are() -> None:
    added = "\n  - {id: vip, when: {input: referrals_12m, ge: 3}, then: S}\nelse: C"
    assert told(P, ("\nelse: C", added)) == [
        ("新增规则 vip(近一年推荐成功次数 ≥ 3 → S)", "rule vip added (successful referrals of 12 months ≥ 3 → S)")
    ]
    gone = P[: P.index("  - id: idle")] + P[P.index("  - id: core") :]
    (one,) = structure_differences(parse(P), parse(gone))
    assert one.zh == "删除规则 idle(连续 3 个月无合作;距上次采购月数 ≥ 3月 → C)"
    assert (one.path, one.new) == ("rules.idle", None)
    kinds = [one.zh for one in structure_differences(parse(G2), parse(P))]
    assert "类型 scorecard → rules" in kinds
    assert "删除维度 HC(历史贡献度;权重 40%;A1, A2, A3)" in kinds


def test_what_decides_stands_before_what_does_not() -> None:
    assert (
        told(G2, ("zh: 五级加权评分", "zh: 评分"), ("满分为 S", "满分"), ("S: 90", "S: 91"))[0][0] == "S 的起点 90 → 91"
    )


def test_what_only_moves_is_told_too() -> None:
    idle, core, important = (P.index(f"  - id: {name}") for name in ("idle", "core", "important"))
    moved = parse(P[:idle] + P[core:important] + P[idle:core] + P[important:])
    assert differences(parse(P), moved) == []
    assert [one.zh for one in structure_differences(parse(P), moved)] == [
        "规则顺序 idle, core, important, usual → core, idle, important, usual"
    ]
    start, end = G2.index("      - id: B4"), G2.index("  - id: GP")
    place = G2.index("      - id: C1")
    other = parse(G2[:start] + G2[end:place] + G2[start:end].replace("weight: 5%", "weight: 6%") + G2[place:])
    assert [one.en for one in structure_differences(parse(G2), other)] == [
        "B4's dimension AL → GP", "B4's weight 5% → 6%",
    ]  # fmt: skip


def test_an_indicator_that_moves_into_a_new_dimension_keeps_the_changes_made_to_it() -> None:
    start, end = G2.index("      - id: B4"), G2.index("  - id: GP")
    new = "  - id: NEW\n    title: {zh: 新, en: new}\n    weight: 6%\n    indicators:\n"
    other = parse(G2[:start] + new + G2[start:end].replace("weight: 5%", "weight: 6%") + G2[end:])
    assert [one.en for one in structure_differences(parse(G2), other)] == [
        "dimension NEW added (new; weight 6%)", "B4's dimension AL → NEW", "B4's weight 5% → 6%",
    ]  # fmt: skip
    assert [one.en for one in structure_differences(other, parse(G2))] == [
        "B4's dimension NEW → AL", "B4's weight 6% → 5%", "dimension NEW removed (new; weight 6%)",
    ]  # fmt: skip


SHIPPED = {name: path.read_text(encoding="utf-8") for name, path in shipped().items()}
DIGITS = {name: [i for i, letter in enumerate(text) if letter.isdigit()] for name, text in SHIPPED.items()}


@settings(deadline=None)  # the machine is shared
@given(name=st.sampled_from(sorted(SHIPPED)), data=st.data())
def test_nothing_that_differs_goes_untold(name: str, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.sampled_from(DIGITS[name]), min_size=1, max_size=3))
    letters = list(SHIPPED[name])
    for place in places:
        letters[place] = data.draw(st.sampled_from("0123456789"))
    try:
        changed = parse("".join(letters))
    except Refusal:
        return
    old = load(name)
    found = structure_differences(old, changed)
    paths = [one.path for one in found]
    for path, _, _ in differences(old, changed):
        assert any(path == known or path.startswith(f"{known}.") for known in paths), path
    assert all(one.zh and one.en for one in found)
    if semantic_hash(old) != semantic_hash(changed):
        assert found
        assert step(old, changed) in ("major", "minor")


@pytest.mark.parametrize(
    ("text", "before", "after", "number"),
    [
        (G2, "满分为 S", "满分", "1.2.4"),
        (G2, "weight: 15%", "weight: 0.15", "1.2.4"),
        (G2, "S: 90", "S: 91", "1.3.0"),
        (G2, "out_of: 15", "out_of: 20", "2.0.0"),
        (G2, "input: referrals_12m", "input: complaints_12m", "2.0.0"),
        (P, "then: A", "then: S", "1.3.0"),
        (RANKING, "VIP: 15%", "VIP: 0.15", "1.2.4"),
        (RANKING, "VIP: 15%", "VIP: 20%", "1.3.0"),
        (RANKING, "out_of: 3", "out_of: 6", "2.0.0"),
        (P, "order: [S, A, B, C]", "order: [A, S, B, C]", "2.0.0"),
        (P, "order: [S, A, B, C]", "order: [S, A, B, C, D]", "1.3.0"),
        (TABLE, "{input: satisfaction, ge: 4.5}", "{input: tenure, ge: 4}", "2.0.0"),
        (TABLE, "{input: satisfaction, ge: 4.5}", "{input: satisfaction, ge: 4.5}, {input: tenure, ge: 4}", "1.3.0"),
    ],
)
def test_the_number_says_how_far_a_version_goes(text: str, before: str, after: str, number: str) -> None:
    assert before in text
    assert next_version(parse(text), parse(text.replace(before, after, 1)), "1.2.3") == number


def test_the_first_version_is_1_0_0_and_a_wrong_number_is_refused() -> None:
    card = parse(CARD)
    assert next_version(None, card, None) == "1.0.0"
    assert next_version(None, card, "3.1.4") == "1.0.0"
    assert next_version(card, card, None) == "1.0.0"
    assert next_version(card, parse(TABLE), "1.9.9") == "2.0.0"
    for wrong in ("1.2", "v1.2.3", "1.2.3.4", "01.2.3", "1.2.-3", "１.2.3", ""):
        with pytest.raises(Refusal, match="write three whole numbers"):
            next_version(card, card, wrong)
