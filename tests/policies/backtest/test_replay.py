"""A replay over a folder of inputs: grades equal the oracle's, figures repeat to the byte, wrong inputs are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from study_inputs import CANDIDATE, DATES, POLICY, facts, write_inputs

from policies.backtest.grade import grade_parquet
from policies.backtest.parameters import checked
from policies.backtest.replay import Replay
from policies.compiler import compile_plan
from policies.loading import parse
from policies.oracle import grade
from policies.refusal import Refusal

PARAMETERS: dict[str, Any] = {"dates": list(DATES), "horizon_months": 6, "tier_of_interest": "A"}


def replay(folder: Path, **other: Any) -> Replay:
    return Replay(folder, checked({**PARAMETERS, **other}))


def test_grades_over_parquet_equal_the_oracle(tmp_path: Path) -> None:
    folder = write_inputs(tmp_path / "it's")
    plan = compile_plan(parse(POLICY))
    with duckdb.connect() as connection:
        rows = grade_parquet(plan, folder / "snapshots" / f"{DATES[0]}.parquet", connection).fetchall()
    assert len(rows) == 40
    for customer, status, tier, total, *_ in rows:
        meant = grade(plan, facts(customer, DATES[0]))
        assert (status, tier, total) == (meant.status, meant.tier, meant.total)


def test_figures_of_a_small_example(tmp_path: Path) -> None:
    found = replay(write_inputs(tmp_path / "inputs")).figures[DATES[1]]
    candidate = {row.place: row.customers for row in found.sides["candidate"].structure}
    champion = {row.place: row.customers for row in found.sides["champion"].structure}
    assert sum(candidate.values()) == sum(champion.values()) == 40
    assert candidate["not_applicable"] == champion["not_applicable"] == 4
    assert candidate["A"] > champion["A"]
    assert found.migration is not None
    assert found.migration.down == 0
    assert found.swap is not None
    assert found.swap.groups["in"].customers == candidate["A"] - champion["A"]
    assert found.sides["candidate"].breaks == ()


def test_two_replays_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = (replay(write_inputs(tmp_path / name)).metrics() for name in ("one", "two"))
    assert first == second
    assert str(tmp_path).encode() not in first


def test_without_a_champion_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    found = replay(write_inputs(tmp_path / "inputs", champion=None)).figures[DATES[0]]
    assert (found.migration, found.swap) == (None, None)
    assert set(found.sides) == {"candidate"}


def test_a_candidate_equal_to_the_champion_moves_nobody(tmp_path: Path) -> None:
    found = replay(write_inputs(tmp_path / "inputs", candidate=CANDIDATE, champion=CANDIDATE)).figures[DATES[0]]
    assert found.migration is not None
    assert found.migration.same == 40


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"horizon_months": 3}, "reach 6 months, not 3"),
        ({"dates": ["2024-12-31"]}, "no snapshot of 2024-12-31; there are 2025-09-30, 2026-03-31"),
        ({"tier_of_interest": "X"}, "no tier 'X'; choose among A, B, C"),
    ],
)
def test_parameters_that_do_not_go_with_the_inputs_are_refused(
    tmp_path: Path, wrong: dict[str, Any], message: str
) -> None:
    folder = write_inputs(tmp_path / "inputs")
    with pytest.raises(Refusal, match=message):
        replay(folder, **wrong)


def test_a_folder_without_inputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"it has no inputs.json; `fenji backtest run` makes one"):
        replay(tmp_path)
