"""Missing answers: how many pending customers each one settles, counted exactly, against asking the oracle every answer."""

import random
import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from policy_texts import CARD, COMPOSED, RANKING, TABLE

from policies import Plan, compile_plan, explain, grade, load, parse
from policies.answers import by_value, counts_statement, rank, unknown_population
from policies.cuts import Cuts
from policies.documents import shipped
from policies.offline import grade_file
from policies.states import state

G2, P = compile_plan(load("sabcd-weighted")), compile_plan(load("sabc-threshold"))
PLACES = replace(compile_plan(parse(RANKING)), cuts=Cuts.fixed([250, 150, 50]))
PLANS = [PLACES, G2, P, compile_plan(parse(CARD)), compile_plan(parse(TABLE)), compile_plan(parse(COMPOSED))]


def some_customers(plan: Plan, count: int, seed: int = 3) -> list[dict[str, Any]]:
    """Customers who lack some facts, a few of them the status."""
    chance = random.Random(seed)
    rows = []
    for _ in range(count):
        row: dict[str, Any] = {axis.word.name: axis.sample(chance.randrange(1, axis.radix)) for axis in plan.axes}
        row |= {
            part.word: chance.choice([*part.applies, *part.applies, part.values[0], None]) for part in plan.population
        }
        rows.append({name: None if chance.random() < 0.25 else value for name, value in row.items()})
    return rows


def grouped(plan: Plan, rows: list[dict[str, Any]]) -> list[tuple[int, int, int, int | None]]:
    counted: Counter[tuple[int, int]] = Counter()
    for row in rows:
        result = grade(plan, row)
        if result.status == "pending":
            counted[
                result.levels, unknown_population(plan, [name for name in plan.inputs if row.get(name) is None])
            ] += 1
    return [(levels, open_, number, None) for (levels, open_), number in counted.items()]


def every_answer(plan: Plan, word: str) -> list[Any]:
    """A value of every cell and between: what the oracle is asked."""
    values: set[Any] = set(plan.document.fact(word).values)
    for axis in plan.axes:
        if axis.word.name == word:
            values |= {axis.sample(code) for code in range(1, axis.radix)}
    return sorted(values, key=str)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.id)
def test_each_answer_is_counted_as_the_oracle_answers_it(plan: Plan) -> None:
    rows = some_customers(plan, 300)
    pending = [row for row in rows if grade(plan, row).status == "pending"]
    found = {one.input: (one.lacking, one.settled, one.may_settle) for one in rank(plan, grouped(plan, rows)).ranked}
    expected: dict[str, tuple[int, int, int]] = {}
    for word in plan.inputs:
        lacking = [row for row in pending if state(row[word]) == "missing"]
        ends = [
            {grade(plan, row | {word: value}).status != "pending" for value in every_answer(plan, word)}
            for row in lacking
        ]
        if lacking:
            expected[word] = (len(lacking), sum(end == {True} for end in ends), sum(True in end for end in ends))
    assert found == expected
    assert sum(may for _, _, may in found.values()) > 0


def test_the_ranking_begins_with_what_settles_most_and_carries_amounts() -> None:
    rows = some_customers(P, 400)
    groups = [(levels, open_, number, number * 100) for levels, open_, number, _ in grouped(P, rows)]
    answers = rank(P, groups)
    assert answers.pending == sum(number for _, _, number, _ in groups)
    assert answers.amount == answers.pending * 100
    keys = [(one.settled, one.may_settle, one.lacking) for one in answers.ranked]
    assert keys == sorted(keys, reverse=True)
    for one in answers.ranked:
        assert (one.lacking_amount, one.settled_amount, one.may_settle_amount) == tuple(100 * number for number in (one.lacking, one.settled, one.may_settle))  # fmt: skip
        assert one.settled <= one.may_settle <= one.lacking
    assert rank(P, []).ranked == ()
    first = answers.ranked[0]
    assert answers.lines("zh", 1) == [f"{first.title.zh}:{first.lacking} 个待定客户缺少,无论答案如何都能定级的 {first.settled} 个,可能定级的 {first.may_settle} 个"]  # fmt: skip
    assert f"<td>{first.title.zh} {first.title.en}</td><td>{first.lacking}</td>" in answers._repr_html_()


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.id)
def test_the_counts_come_from_one_statement_of_any_engine(plan: Plan) -> None:
    rows = some_customers(plan, 300)
    types = {word.name: pa.string() if word.values else pa.int64() for word in plan.words}
    columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in types.items()}
    duck = duckdb.connect()
    duck.register("facts", pa.table({"customer_id": range(len(rows)), **columns}))
    by_duckdb = duck.execute(counts_statement(plan, "duckdb")).fetchall()
    lite = sqlite3.connect(":memory:")
    lite.execute(f"create table facts (customer_id, {', '.join(plan.inputs)})")
    values = [[number, *(row[name] for name in plan.inputs)] for number, row in enumerate(rows)]
    lite.executemany(f"insert into facts values ({', '.join('?' * (len(plan.inputs) + 1))})", values)  # noqa: S608 - question marks only
    by_sqlite = lite.execute(counts_statement(plan, "sqlite")).fetchall()
    lite.close()
    expected = sorted((open_, levels, number) for levels, open_, number, _ in grouped(plan, rows))
    assert sorted(by_duckdb) == sorted(by_sqlite) == expected


@pytest.mark.parametrize("name", shipped())
def test_one_customer_is_told_its_most_valuable_answer_first(name: str) -> None:
    plan = compile_plan(load(name))
    if plan.shares:
        plan = replace(plan, cuts=Cuts.fixed([plan.scale * part // 8 for part in (6, 5, 4)]))
    compared = 0
    for row in some_customers(plan, 80, 9):
        told = explain(plan, row)
        if told.status != "pending" or len(told.missing) < 2:
            continue
        rungs = {rung.id: rung.input for rung in told.inputs}
        words = [rungs.get(one, one) for one in told.missing]
        shares = []
        for word in words:
            ends = [grade(plan, row | {word: value}).status != "pending" for value in every_answer(plan, word)]
            shares.append(sum(ends) / len(ends))
        best = max(shares)
        compared += 1
        assert shares[0] == best or len({axis.word.name for axis in plan.axes}) < len(plan.axes)
    # A policy of one input has nobody who lacks two answers.
    assert compared > 5 or len(plan.inputs) <= 2


def test_a_population_that_is_not_known_is_asked_first() -> None:
    facts = {"status": None, "amount_12m": 50_000_000, "satisfaction": None}
    plan = compile_plan(parse(TABLE))
    levels = grade(plan, facts).levels
    assert by_value(plan, plan.unpack(levels), 1) == ("status", "satisfaction")
    (status, satisfaction) = rank(plan, [(levels, 1, 1, None)]).ranked
    assert (status.input, status.settled, status.may_settle) == (
        "status",
        0,
        1,
    )  # potential settles it, active does not
    assert (satisfaction.input, satisfaction.lacking, satisfaction.may_settle) == ("satisfaction", 1, 0)


def test_grading_a_file_ranks_the_answers_when_it_is_asked(tmp_path: Path) -> None:
    rows = some_customers(P, 200)
    types = {word.name: pa.string() if word.values else pa.int64() for word in P.words}
    columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in types.items()}
    pq.write_table(pa.table({"customer": range(len(rows)), **columns}), tmp_path / "facts.parquet")
    graded = grade_file(P, tmp_path / "facts.parquet", tmp_path / "out.csv", answers=True)
    assert graded.answers == rank(P, grouped(P, rows))
    assert graded.answers.pending == graded.counts["pending"]
    assert grade_file(P, tmp_path / "facts.parquet", tmp_path / "out.csv").answers is None
