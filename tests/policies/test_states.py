"""The five states of a fact: a value, missing, pending, not applicable, impossible; each told apart, none taken for a number."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from policy_texts import CARD, TABLE

from policies import check, compile_plan, explain, grade, load, parse
from policies.backtest.panel import OUTCOMES, Panel
from policies.difference_sentences import condition_text
from policies.differences import structure_differences
from policies.documents import shipped
from policies.impact import Mover, impact
from policies.offline import by_oracle, grade_file
from policies.picture import waterfall
from policies.reading import DocumentError
from policies.states import NOT_APPLICABLE, PENDING, known, state, stored_state
from policies.version import canonical, semantic_hash

APART = CARD.replace("out_of: 10\n", "out_of: 10\n        not_applicable: {points: 2}\n")
ASKED = TABLE.replace("{input: satisfaction, ge: 4.5}", "{any: [{input: satisfaction, ge: 4.5}, {input: satisfaction, is: not_applicable}]}")  # fmt: skip
EVERY = (
    (None, "missing"),
    (PENDING, "pending"),
    (NOT_APPLICABLE, "not_applicable"),
    (0, "value"),
    (PENDING + 1, "value"),
)


@pytest.mark.parametrize(("stored", "named"), EVERY)
def test_each_stored_fact_is_in_one_state(stored: int | None, named: str) -> None:
    assert state(stored) == named
    assert known(stored) == (stored if named == "value" else None)


def test_a_state_is_written_in_chinese_or_english_and_nothing_else_is_one() -> None:
    assert [stored_state(text, False) for text in ("不适用", " not_applicable ", "待确认", "pending", "N/A", "")] == [
        NOT_APPLICABLE, NOT_APPLICABLE, PENDING, PENDING, None, None,
    ]  # fmt: skip
    assert stored_state("不适用", True) == "not_applicable"


def test_pending_counts_like_missing_and_not_applicable_as_the_document_reads_it() -> None:
    plain, apart = compile_plan(parse(CARD)), compile_plan(parse(APART))
    for plan, read in ((plain, False), (apart, True)):
        missing, pending, outside = (grade(plan, {"amount_12m": fact}) for fact in (None, PENDING, NOT_APPLICABLE))
        assert missing == pending
        assert (missing.status, missing.worst, missing.best) == ("pending", 0, plan.scale)
        assert (outside.status, outside.total) == (("graded", plan.scale // 5) if read else ("pending", None))
    assert (apart.axes[0].radix, apart.axes[0].outside) == (5, 4)
    above = compile_plan(parse(CARD.replace("points: [5, 10], below: 0}", "points: [5, 6], below: 1}\n        not_applicable: {points: 10}")))  # fmt: skip
    least, most = grade(above, {"amount_12m": None}).worst, grade(above, {"amount_12m": None}).best
    assert (Fraction(least, above.scale), Fraction(most, above.scale)) == (Fraction(1, 10), 1)  # it may turn out so


def test_a_document_may_read_every_indicator_at_once_and_one_otherwise() -> None:
    whole = CARD.replace("missing: pending\n", "missing: pending\nnot_applicable: {points: 10}\n")
    both = APART.replace("missing: pending\n", "missing: pending\nnot_applicable: {points: 10}\n")
    shares = [Fraction(grade(plan, {"amount_12m": NOT_APPLICABLE}).worst, plan.scale) for plan in map(compile_plan, map(parse, (whole, both)))]  # fmt: skip
    assert shares == [1, Fraction(1, 5)]


def test_a_comparison_with_what_is_not_applicable_is_not_known_unless_it_is_asked() -> None:
    plain, asked = compile_plan(parse(TABLE)), compile_plan(parse(ASKED))
    rich: dict[str, Any] = {"status": "active", "amount_12m": 50_000_000}
    ends = {}
    for name, fact in (("value", 449), ("missing", None), ("pending", PENDING), ("not_applicable", NOT_APPLICABLE)):
        ends[name] = [plan.names(grade(plan, rich | {"satisfaction": fact}).candidates) for plan in (plain, asked)]
    assert ends == {
        "value": [("C",), ("C",)],
        "missing": [("S", "C"), ("S", "C")],
        "pending": [("S", "C"), ("S", "C")],
        "not_applicable": [("S", "C"), ("S",)],
    }


def test_the_states_are_told_apart_in_words_and_in_the_picture() -> None:
    plan = compile_plan(parse(CARD))
    told = {fact: explain(plan, {"amount_12m": fact}) for fact in (None, PENDING, NOT_APPLICABLE)}
    assert [one.inputs[0].state for one in told.values()] == ["missing", "pending", "not_applicable"]
    assert [one.lines()[-1] for one in told.values()] == [
        "尚缺的数据:近一年采购金额", "尚缺的数据:近一年采购金额(待确认)", "尚缺的数据:近一年采购金额(不适用)",
    ]  # fmt: skip
    assert "  X1 amount of 12 months: asked, not answered yet, counts 0.0 to 100.0" in told[PENDING].lines("en")
    apart = compile_plan(parse(APART))
    read = explain(apart, {"amount_12m": NOT_APPLICABLE})
    assert read.lines() == [
        "小:等级 B", "总分 20.0", "甲(权重 100%):20.0", "  X1 近一年采购金额:不适用,2/10 分 × 100% = 20.0",
        "距上一级 A 还差 40.0 分", "失分最多:X1 80.0",
    ]  # fmt: skip
    assert explain(apart, levels=4, status="graded").inputs == read.inputs
    assert (read.missing, read.cheapest) == ((), None)  # nobody can change what cannot exist
    for one, fact in ((plan, PENDING), (apart, NOT_APPLICABLE)):
        texts = [
            *explain(one, {"amount_12m": fact}).lines("zh"), *explain(one, {"amount_12m": fact}).lines("en"),
            explain(one, {"amount_12m": fact})._repr_html_(), json.dumps(explain(one, {"amount_12m": fact}).to_dict()),
            waterfall(one, explain(one, {"amount_12m": fact})),
        ]  # fmt: skip
        assert not any("922" in text for text in texts)


def test_a_file_says_not_applicable_and_pending_in_words(tmp_path: Path) -> None:
    plan = compile_plan(parse(APART))
    facts, output = tmp_path / "facts.csv", tmp_path / "out.csv"
    facts.write_text("customer,amount_12m\na,不适用\nb, not_applicable \nc,待确认\nd,pending\ne,\nf,12.5\n")
    for units in ("stored", "written"):
        if units == "stored":
            facts.write_text(facts.read_text().replace("12.5", "1250"))
        grade_file(plan, facts, output, units=units)
        rows = [line.split(",")[1:4] for line in output.read_text().splitlines()[1:]]
        assert rows == [["graded", "B", "20"]] * 2 + [["pending", "", ""]] * 3 + [["graded", "B", "50"]]
    by_words = output.read_bytes()
    stored = [NOT_APPLICABLE, NOT_APPLICABLE, PENDING, PENDING, None, 1250]
    pq.write_table(
        pa.table({"customer": list("abcdef"), "amount_12m": pa.array(stored, pa.int64())}), tmp_path / "facts.parquet"
    )
    for engine in (None, by_oracle(plan)):
        grade_file(plan, tmp_path / "facts.parquet", output, engine=engine)
        assert output.read_bytes() == by_words


def test_the_status_of_a_customer_can_be_pending_too(tmp_path: Path) -> None:
    plan = compile_plan(parse(TABLE))
    facts, output = tmp_path / "facts.csv", tmp_path / "out.csv"
    facts.write_text(
        "customer,status,amount_12m,satisfaction\na,待确认,1,450\nb,active,1,450\nc,不适用,1,450\nd,vip,1,450\n"
    )
    grade_file(plan, facts, output)
    assert [line.split(",")[1] for line in output.read_text().splitlines()[1:]] == [
        "pending",
        "graded",
        "pending",
        "error",
    ]
    assert explain(plan, {"status": "pending", "amount_12m": 1}).missing[0] == "status"
    assert explain(plan, {"status": "pending", "amount_12m": 1}).impossible == ()


def test_a_case_gives_states_and_the_reserved_integers_are_no_amounts() -> None:
    cases = "cases:\n  - {name: n, given: {amount_12m: not_applicable}, expect: {status: graded, total: 20}}\n"
    assert check(parse(APART + cases)) == []
    cases = cases.replace("not_applicable}", "待确认}").replace("graded, total: 20", "pending")
    assert check(parse(APART + cases)) == []
    (finding,) = check(parse(APART + cases.replace("待确认", "'-92233720368547.75808'")))
    assert (finding.code, "outside the 64-bit integers" in finding.message) == ("case_invalid", True)
    (finding,) = check(parse(CARD.replace("cuts: [0, 10]", "cuts: ['-92233720368547.75806', 10]")))
    assert finding.code == "not_exact"


def test_points_for_what_is_not_applicable_are_checked_and_semantic_and_told() -> None:
    (finding,) = check(parse(APART.replace("{points: 2}", "{points: 11}")))
    assert (finding.code, finding.path) == ("points_range", "dimensions[0].indicators[0].not_applicable")
    assert len({semantic_hash(parse(text)) for text in (CARD, APART, APART.replace("{points: 2}", "{points: 3}"))}) == 3
    assert semantic_hash(parse(TABLE)) != semantic_hash(parse(ASKED))
    for text in (APART, ASKED):
        assert parse(canonical(parse(text))) == parse(text)
    (told,) = structure_differences(parse(CARD), parse(APART))
    assert (told.zh, told.en) == (
        "X1 不适用处理 无 → 计2分",
        "X1's treatment of what is not applicable none → 2 points",
    )
    (told,) = structure_differences(parse(TABLE), parse(ASKED))
    assert "满意度 ≥ 4.5分 或 满意度 不适用" in told.zh
    assert condition_text({"input": "satisfaction", "is": "not_applicable"}, True) == "satisfaction is not applicable"
    assert "满意度 不适用 not applicable" in parse(ASKED)._repr_html_()


@pytest.mark.parametrize("asked", ["missing", "pending", "value"])
def test_nobody_can_ask_whether_a_fact_is_missing(asked: str) -> None:
    with pytest.raises(DocumentError, match="not_applicable"):
        parse(ASKED.replace("is: not_applicable", f"is: {asked}"))


def test_a_declared_value_cannot_be_called_like_a_state() -> None:
    own = "inputs: {amount_12m: {unit: 万元}, kind: {type: category, title: {zh: 类, en: kind}, values: [a, pending]}}"
    text = TABLE.replace("inputs: {amount_12m: {unit: 万元}}", own).replace("satisfaction, ge: 4.5", "kind, eq: a")
    assert [finding.code for finding in check(parse(text))] == ["declared_wrong"]


def test_sums_of_amounts_leave_out_what_has_no_value(tmp_path: Path) -> None:
    facts = tmp_path / "facts.parquet"
    amounts = pa.array([NOT_APPLICABLE, PENDING, None, 700], pa.int64())
    unknown = pa.array([None] * 4, pa.int64())
    others = {"profit_12m": unknown, "orders_12m": unknown}
    pq.write_table(pa.table({"customer_id": [1, 2, 3, 4], "amount_12m": amounts, **others}), facts)
    found = impact(compile_plan(parse(CARD)), compile_plan(parse(APART)), facts)
    assert (found.amount, found.customers, sum(move.unknown for move in found.moves)) == (700, 4, 3)
    (move,) = found.moved
    assert ([str(move.old), str(move.new)], move.listed) == (["pending", "B"], (Mover(1, None),))
    panel, bought = Panel(), tmp_path / "outcomes.parquet"
    pq.write_table(pa.table({name: [4 if name == "customer_id" else 1] for name in ("customer_id", *OUTCOMES)}), bought)
    panel.load(facts, bought)
    assert panel.rows("select amount from customers order by customer_id") == [(None,), (None,), (None,), (700,)]


@pytest.mark.parametrize("name", shipped())
def test_no_figure_of_a_file_is_a_state_taken_for_a_number(name: str, tmp_path: Path) -> None:
    plan = compile_plan(load(name))
    rows = [{word.name: (word.values[0] if word.values and chance else PENDING if chance % 2 else NOT_APPLICABLE) for word in plan.words}
            for chance in range(4)]  # fmt: skip
    columns = {
        word.name: [str(row[word.name]) if word.values else row[word.name] for row in rows] for word in plan.words
    }
    columns = {name: ["active"] * 4 if name == "status" else values for name, values in columns.items()}
    pq.write_table(pa.table({"customer": [1, 2, 3, 4], **columns}), tmp_path / "facts.parquet")
    grade_file(plan, tmp_path / "facts.parquet", tmp_path / "out.csv")
    assert "922" not in (tmp_path / "out.csv").read_text()
    assert duckdb.connect().read_csv(str(tmp_path / "out.csv")).aggregate("count(*)").fetchall() == [(4,)]
