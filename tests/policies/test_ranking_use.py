"""Rankings in use: files, explanations, pictures, tables, impact, and backtests by the cut scores of each population."""

from __future__ import annotations

import csv
import random
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from policy_texts import RANKING

from policies import Plan, check, compile_plan, explain, grade, parse
from policies.backtest.grade import grade_parquet
from policies.boundaries import boundary_cases
from policies.case_text import yaml_text
from policies.coverage import coverage
from policies.cuts import Cuts, NotRanked
from policies.display import policy_html
from policies.impact import impact
from policies.mutation import mutation
from policies.offline import by_oracle, grade_file, rank_file
from policies.picture import waterfall
from policies.ranking import ranked, seats
from policies.ranking_oracle import grade_all
from policies.sql import COLUMNS

PLAN = compile_plan(parse(RANKING))


def customers(count: int, seed: int = 1) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    return [
        {
            "orders_12m": chance.choice([None, 0, 1, 2, 3]),
            "tenure": chance.choice([0, 1, 2, 3, 3]),
            "status": chance.choice(["active"] * 9 + ["lost", None]),
        }
        for _ in range(count)
    ]


def file_of(path: Path, rows: list[dict[str, Any]], **more: list[Any]) -> Path:
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    pq.write_table(pa.table({"customer_id": list(range(len(rows))), **columns, **more}), path)
    return path


def test_a_file_is_ranked_in_itself_and_every_engine_writes_the_same_bytes(tmp_path: Path) -> None:
    rows = customers(300)
    facts = file_of(tmp_path / "facts.parquet", rows)
    by_duckdb, by_fractions = tmp_path / "a.csv", tmp_path / "b.csv"
    graded = grade_file(PLAN, facts, by_duckdb)
    cut = rank_file(PLAN, facts, by_fractions)
    assert cut == graded.plan
    grade_file(cut, facts, by_fractions, engine=by_oracle(cut))
    assert by_duckdb.read_bytes() == by_fractions.read_bytes()
    with by_duckdb.open(encoding="utf-8") as file:
        written = [(row["status"], row["candidates"]) for row in csv.DictReader(file)]
    assert written == [(result.status, "|".join(PLAN.names(result.candidates))) for result in grade_all(PLAN, rows)]
    assert sum(graded.counts.values()) == 300
    assert {"VVIP", "General", "pending", "not_applicable"} < set(graded.counts)


def test_a_file_may_be_graded_by_the_cuts_of_another(tmp_path: Path) -> None:
    cut = ranked(PLAN, [(300, 300, 0, 5), (250, 250, 0, 10), (0, 0, 0, 85)])
    rows = [{"orders_12m": orders, "tenure": 3, "status": "active"} for orders in (3, 2, 0)]
    facts = file_of(tmp_path / "facts.parquet", rows)
    assert grade_file(cut, facts, tmp_path / "out.csv").counts == {"VVIP": 1, "VIP": 1, "KA": 1}


def test_a_parquet_snapshot_is_ranked_in_itself(tmp_path: Path) -> None:
    rows = customers(200, 2)
    facts = file_of(tmp_path / "facts.parquet", rows)
    with duckdb.connect() as connection:
        found = sorted(grade_parquet(PLAN, facts, connection).fetchall())
    expected = [tuple(getattr(result, name) for name in COLUMNS[1:]) for result in grade_all(PLAN, rows)]
    assert [row[1:] for row in found] == expected


def test_the_impact_of_another_share_is_counted(tmp_path: Path) -> None:
    rows = [{"orders_12m": place % 4, "tenure": place // 4 % 4, "status": "active"} for place in range(160)]
    facts = file_of(tmp_path / "facts.parquet", rows, amount_12m=[100] * len(rows))
    wider = compile_plan(parse(RANKING.replace("VVIP: 5%", "VVIP: 10%")))
    moves = {(str(move.old), str(move.new)): move.customers for move in impact(PLAN, wider, facts).moved}
    before, after = (
        Counter(PLAN.names(result.candidates) for result in grade_all(plan, rows)) for plan in (PLAN, wider)
    )
    assert moves == {("VIP", "VVIP"): after["VVIP",] - before["VVIP",]}
    assert moves["VIP", "VVIP"] > 0


POPULATION = [(300, 300, 0, 2), (200, 200, 0, 8), (100, 250, 0, 4), (0, 0, 0, 26), (50, 150, 1, 3)]


def small() -> Plan:
    cut = ranked(PLAN, POPULATION)
    assert cut.scale == 300
    return cut


def test_an_explanation_tells_the_ranks_figures_and_the_way_to_the_next_cut() -> None:
    told = explain(small(), {"orders_12m": 2, "tenure": 2, "status": "active"})
    assert told.rank is not None
    assert (told.rank.population, told.rank.unknown, told.rank.better) == (40, 3, None)
    assert [(line.tier, line.seats, line.sure, line.possible, line.overflow) for line in told.rank.tiers] == [
        ("VVIP", 2, 2, 14, 0), ("VIP", 6, 2, 14, 0), ("KA", 16, 40, 40, 24),
    ]  # fmt: skip
    lines = told.lines("zh")
    assert "参加排名 40 户,另有 3 户是否适用尚不明" in lines
    assert "  VVIP(前 5%)的分数线 100.0,名额 2,入围 2 至 14" in lines
    assert "  Cut score of KA (first 40%) 0.0, seats 16, there by rank 40, 24 beyond the seats in a tie" in told.lines(
        "en"
    )


def test_an_explanation_without_pending_others_gives_both_distances() -> None:
    cut = ranked(PLAN, [(300, 300, 0, 1), (250, 250, 0, 3), (150, 150, 0, 4), (0, 0, 0, 12)])
    told = explain(cut, {"orders_12m": 2, "tenure": 3, "status": "active"})
    assert (told.tier, told.up and (told.up.tier, told.up.points), told.down and (told.down.tier, told.down.points)) == (
        "VIP", ("VVIP", Fraction(50, 3)), ("KA", 0),
    )  # fmt: skip
    assert told.cheapest is not None
    assert (told.cheapest.input, told.cheapest.tier) == ("orders_12m", "VVIP")
    assert "  VIP(前 15%)的分数线 83.4,名额 3,入围 4,并列多出 1" in told.lines("zh")
    assert explain(cut, levels=grade(cut, {"orders_12m": 2, "tenure": 3, "status": "active"}).levels).tier == "VIP"
    picture = waterfall(cut, told, "zh", "K1")
    assert [name in picture for name in ("VVIP ≥ 100", "VIP ≥ 250/3", "KA ≥ 50")] == [True] * 3


def test_nobody_certain_leaves_every_tier_open_and_no_cut_in_the_picture() -> None:
    cut = ranked(PLAN, [(0, 300, 1, 4)])
    facts = {"orders_12m": 3, "tenure": 3, "status": "active"}
    assert grade(cut, facts).candidates == PLAN.everything
    assert [line.cut for line in seats(cut)] == [None] * 3
    assert "VVIP ≥" not in waterfall(cut, explain(cut, facts), "en")


def test_a_ranking_shows_its_shares_as_a_table() -> None:
    assert "VVIP 前 first 5% &gt; VIP 前 first 15% &gt; KA 前 first 40% &gt; General" in policy_html(PLAN.document)


def test_the_cases_of_a_ranking_are_generated_counted_and_mutated() -> None:
    case = "  - {name: c, given: {status: active, orders_12m: 3, tenure: 2}, cuts: {VVIP: 90, VIP: 80, KA: 40}, expect: {tier: VIP}}"
    plan = compile_plan(
        parse(
            f"{RANKING}cases:\n{case}\n  - {{name: n, given: {{status: lost}}, expect: {{status: not_applicable}}}}\n"
        )
    )
    generated = boundary_cases(plan)
    again = parse(RANKING + yaml_text(generated))
    assert again.cases == generated
    assert check(again) == []
    assert {case.expect.tier for case in generated} >= set(PLAN.tiers)
    assert any("VIP 的起点" in case.name for case in generated)
    told = coverage(plan)
    assert {part.title.en for part in told.parts if "c" in part.cases} == {
        "I1: ≥ 3", "I2: [2 months, 3 months)", "graded VIP", "the population: applies",
    }  # fmt: skip
    figure = mutation(plan)
    assert 0 < figure.killed < figure.tried


def test_fixed_cuts_need_no_population() -> None:
    assert Cuts.fixed([90, 50]).places(60, 95) == (0, 1)
    with pytest.raises(NotRanked):
        _ = PLAN.begins
