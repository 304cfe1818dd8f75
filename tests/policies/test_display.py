"""What Jupyter shows of a policy, its findings and an explanation: small tables with escaped text."""

from html.parser import HTMLParser

import pytest
from policy_texts import CARD, TABLE

from policies import check, compile_plan, explain, load, parse
from policies.documents import shipped
from policies.findings import Findings

EVIL = "<script>alert(1)</script>"


class Cells(HTMLParser):
    """The texts of all cells; every tag must be one of a plain table."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"table", "caption", "thead", "tbody", "tr", "th", "td", "div", "p", "strong"}
        assert attrs == []
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_policy_shows_its_tiers_and_each_indicator_or_rule() -> None:
    card = Cells(parse(CARD)._repr_html_()).texts
    assert card[0] == "小 small (small): A ≥ 60 > B ≥ 0"
    assert card[7:] == ["甲", "X1", "近一年采购金额", "100%", "10", "以下 0; ≥ 0万元: 5; ≥ 10万元: 10"]
    table = Cells(parse(TABLE)._repr_html_()).texts
    assert "(近一年采购金额 ≥ 50万元) 且 (满意度 ≥ 4.5分)" in table
    assert table[-3:] == ["else", "其余 all others", "C"]


def test_gates_and_minimum_conditions_stand_under_the_table_in_the_order_they_are_taken() -> None:
    gate = (
        "gates: [{id: idle, title: {zh: 停购, en: idle}, when: {not: {input: orders_12m, ge: 1}}, effect: {cap: B}}]\n"
    )
    condition = "  conditions: {A: {at_least: {k: 1, of: [{input: tenure, ge: 12}, {input: repeat_rate, gt: 0.5}]}}}\n"
    assert Cells(parse(CARD + condition + gate)._repr_html_()).texts[-2:] == [
        "A 的最低条件 minimum condition: 至少 1 项 (合作月数 ≥ 12月; 重复购买率 > 50%)",
        "门槛 gate idle 停购: 非 (近一年订单数 ≥ 1) → cap B",
    ]


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_policy_can_be_shown(name: str) -> None:
    assert load(name).title.zh in Cells(load(name)._repr_html_()).texts[0]


def test_findings_are_a_list_that_shows_itself() -> None:
    assert check(parse(CARD)) == []
    assert check(parse(CARD))._repr_html_() == "<p>没有发现问题 no findings</p>"
    findings = check(parse(CARD.replace("weight: 100%\n        out_of", "weight: 99.99%\n        out_of")))
    texts = Cells(findings._repr_html_()).texts
    assert texts[0] == "检查结果 1"
    assert "错误 error" in texts
    assert "weights_dimension" in texts


def test_an_explanation_shows_the_grade_each_contribution_and_the_way_up() -> None:
    plan = compile_plan(load("sabcd-weighted"))
    known = explain(plan, {"status": "active", "amount_12m": 60_000_000})
    texts = Cells(known._repr_html_()).texts
    assert texts[0] == known.lines("zh")[0]
    assert texts[texts.index("A2 近一年采购金额") :][:5] == ["A2 近一年采购金额", "60万元", "15%", "8/10", "12.0"]
    assert texts[texts.index("A1 近三年累计采购金额") :][1:5] == ["缺失", "15%", "0/10", "0.0 至 15.0"]
    assert any(text.startswith("尚缺的数据") for text in texts)
    assert not any(text.startswith("  A2") for text in texts)
    assert Cells(explain(plan, {"status": "potential"})._repr_html_()).texts
    rules = compile_plan(load("sabc-threshold"))
    explained = explain(rules, {"status": "active", "amount_12m": 60_000_000})
    assert Cells(explained._repr_html_()).texts == explained.lines("zh")


def test_texts_of_a_document_never_become_tags() -> None:
    document = parse(CARD.replace("zh: 甲", f'zh: "{EVIL}"').replace("zh: 小", f'zh: "{EVIL}"'))
    plan = compile_plan(document)
    for html in (document._repr_html_(), explain(plan, {"amount_12m": 5})._repr_html_()):
        assert "<script" not in html
        assert "&lt;script&gt;" in html
    findings = check(parse(CARD.replace("input: amount_12m", "input: amount").replace("id: X1", "id: X1 # <b>")))
    assert "<b>" not in findings._repr_html_()


def test_policies_and_findings_are_plain_in_a_terminal() -> None:
    from IPython.lib.pretty import pretty

    document = load("sabcd-weighted")
    told = pretty(document)
    assert "S ≥ 90 > A ≥ 75" in told.splitlines()[0]
    assert sum(line.startswith("历史贡献度") for line in told.splitlines()) == 3
    assert "dormant" in told
    found = check(load("g2-verbatim"))
    assert pretty(found) == str(found)
    assert len(str(found).splitlines()) == len(found) > 0
    assert "no findings" in str(Findings())
