"""The waterfall picture: valid XML, exact lengths, nothing outside the canvas, readable without seeing it."""

import re
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

import pytest

from policies import Refusal, compile_plan, explain, load, parse
from policies.documents import shipped
from policies.lettering import extent, fold
from policies.picture import FIGURES, LABELS, LEFT, RIGHT, WIDTH, waterfall

TEXT = shipped()["sabcd-weighted"].read_text(encoding="utf-8")
G2 = compile_plan(parse(TEXT))
SVG = "{http://www.w3.org/2000/svg}"
KNOWN: dict[str, Any] = {
    "status": "active", "amount_36m": 200_000_000, "amount_12m": 60_000_000, "margin_rate": 2500, "orders_12m": 1,
    "tenure": 36, "repeat_rate": 7500, "referrals_12m": 1, "amount_growth": 1500, "industry_outlook": 8,
    "purchase_intent": 6, "benchmark_effect": 7, "new_product_willingness": 8, "supply_chain_fit": 5,
}  # fmt: skip
LONG = TEXT.replace("zh: 近一年采购金额", f"zh: {'含税不含运费但包含全部退货与换货的' * 9}净额").replace(
    "zh: 五级加权评分", f"zh: {'超长名称的评分办法' * 12}"
)


def drawn(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def bars(root: ElementTree.Element) -> list[tuple[str, float, float]]:
    """Fill, left edge and width of every bar, in points."""
    points = (RIGHT - LEFT) / 100
    return [
        (str(box.get("fill")), (float(box.get("x", 0)) - LEFT) / points, float(box.get("width", 0)) / points)
        for group in root.iter(f"{SVG}g")
        for box in group.iter(f"{SVG}rect")
    ]


def test_the_sure_bars_follow_each_other_up_to_the_total() -> None:
    told = explain(G2, KNOWN)
    sure = [bar for bar in bars(drawn(waterfall(G2, told))) if bar[0] != "#dde2e7"]
    *parts, total = sure
    at = Fraction(0)
    for (_, left, width), part in zip(parts, told.contributions, strict=True):
        assert left == pytest.approx(float(at), abs=0.03)
        assert width == pytest.approx(float(part.contribution), abs=0.03)
        at += part.contribution
    assert total[2] == pytest.approx(float(told.worst), abs=0.03)


def test_a_missing_input_is_hatched_from_its_worst_to_its_best() -> None:
    told = explain(G2, KNOWN | {"industry_outlook": None, "amount_12m": None})
    root = drawn(waterfall(G2, told))
    hatched = [bar for bar in bars(root) if bar[0].startswith("url(#")]
    assert [round(width, 1) for _, _, width in hatched] == [15.0, 10.0, 25.0]  # A2, C2, and the total's span
    pattern = root.find(f".//{SVG}pattern")
    assert pattern is not None
    assert hatched[0][0] == f"url(#{pattern.get('id')})"
    words = "".join(root.itertext())
    assert "待确认" in words
    assert "0.0 至 15.0" in words
    assert "待确认(最低至最高)" not in "".join(drawn(waterfall(G2, explain(G2, KNOWN))).itertext())


def test_every_tier_above_the_lowest_has_its_line() -> None:
    root = drawn(waterfall(G2, explain(G2, KNOWN)))
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert {"S ≥ 90", "A ≥ 75", "B ≥ 60", "C ≥ 40"} <= set(words)
    assert sum(line.get("stroke-dasharray") is not None for line in root.iter(f"{SVG}line")) == 4
    right = compile_plan(parse(TEXT.replace("bands: {closed: left", "bands: {closed: right")))
    assert "S > 90" in waterfall(right, explain(right, KNOWN)).replace("&gt;", ">")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "text",
    [TEXT, LONG.replace("S: 90, A: 75, B: 60", "S: 91, A: 90, B: 89").replace("exit: {S: 88}", "exit: {S: 90.5}")],
    ids=["G2", "long"],
)
def test_no_text_leaves_the_canvas_or_its_column(text: str, language: str) -> None:
    plan = compile_plan(parse(text))
    heading = "K1 <" + "上海某某国际贸易发展集团股份有限公司" * 8 + "> & \x00\x1b"
    root = drawn(waterfall(plan, explain(plan, KNOWN | {"tenure": None}), language, heading))
    height = float(root.get("height", 0))
    places = []
    for text_ in root.iter(f"{SVG}text"):
        size, x, y = (float(text_.get(name, 0)) for name in ("font-size", "x", "y"))
        width = extent(text_.text or "", size)
        left = x - width * {"start": 0, "middle": 0.5, "end": 1}[text_.get("text-anchor", "start")]
        assert left >= 0
        assert left + width <= WIDTH
        assert size <= y <= height
        places.append((left, left + width, y - size * 0.8, y + size * 0.2, text_.text))
    for index, one in enumerate(places):
        for other in places[index + 1 :]:
            apart = one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]
            assert apart, (one, other)
    for group in root.iter(f"{SVG}g"):
        for text_ in group.iter(f"{SVG}text"):
            if text_.get("text-anchor") == "start":
                assert extent(text_.text or "", float(text_.get("font-size", 0))) <= LABELS
            else:
                assert extent(text_.text or "", float(text_.get("font-size", 0))) <= FIGURES


def test_it_can_be_read_without_being_seen() -> None:
    told = explain(G2, KNOWN)
    root = drawn(waterfall(G2, told, "zh", "K1 甲公司"))
    assert (root.get("role"), root.get("lang")) == ("img", "zh")
    title, description = (root.find(f"{SVG}{name}") for name in ("title", "desc"))
    assert title is not None
    assert description is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "五级加权评分:评分瀑布图"
    assert description.text is not None
    for sentence in ("K1 甲公司", *told.lines("zh")):
        assert " ".join(sentence.split()) in " ".join(description.text.split())
    assert any("A1 近三年累计采购金额" in (one.text or "") for one in root.iter(f"{SVG}title"))


def test_a_picture_is_the_same_every_time_and_two_have_different_marks() -> None:
    one, other = explain(G2, KNOWN), explain(G2, KNOWN | {"tenure": None})
    assert waterfall(G2, one) == waterfall(G2, one)
    marks = [set(re.findall(r'id="([^"]+)"', waterfall(G2, told))) for told in (one, other)]
    assert not marks[0] & marks[1]
    assert "http" not in waterfall(G2, one).replace("http://www.w3.org/2000/svg", "")


def test_gates_that_move_the_tier_or_may_are_named() -> None:
    idle = KNOWN | {"orders_12m": 0, "months_since_contact": 20}
    gate = "门槛 dormant 长期停采且无联系(不高于 D)"
    words = [text.text for text in drawn(waterfall(G2, explain(G2, idle))).iter(f"{SVG}text")]
    assert f"{gate}:符合,已改变等级" in words
    assert any(str(word).startswith("等级 D · 总分") for word in words)
    maybe = waterfall(G2, explain(G2, idle | {"months_since_contact": None}))
    assert f">{gate}:待确认<" in maybe
    assert f">{gate}" not in waterfall(G2, explain(G2, KNOWN))


def test_where_there_is_no_total_there_is_no_picture() -> None:
    table = compile_plan(load("sabc-threshold"))
    with pytest.raises(Refusal, match=r"rules, graded"):
        waterfall(table, explain(table, {"status": "active", "months_since_order": 5}))
    with pytest.raises(Refusal, match="not_applicable"):
        waterfall(G2, explain(G2, {"status": "potential"}))


def test_lines_are_folded_by_their_width_and_words_stay_whole() -> None:
    assert fold("采购 purchase amount 金额", 100, 13) == ["采购 purchase", "amount 金额"]
    assert fold("", 100, 13) == [""]
    cut = fold("一二三四五六七八九十" * 9, 100, 10, 2)
    assert (len(cut), cut[1][-1]) == (2, "…")
    assert all(extent(line, 10) <= 100 for line in cut)
    assert fold("abcdefghijklnopqrstuvxyz", 60, 10, 9) == ["abcdefghij", "klnopqrstu", "vxyz"]
