"""Standings: where real runs leave customers by the hold rule, on both databases, and who may not touch them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import held
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

SWINGS = [1, -1, 0, -1, 1, -1, 0, -1]


def changes(tiers: list[Any]) -> int:
    return sum(one != other for one, other in pairwise(tiers))


@pytest.mark.parametrize("hold", [{"exit": held.EXITS}, {"minimum_periods": 2, "exit": {"A": "74"}}])
def test_a_total_that_swings_around_a_bound_over_eight_runs_changes_its_tier_at_most_once(
    engine: Engine, tmp_path: Path, hold: dict[str, Any]
) -> None:
    made = held.build(engine, tmp_path, 3, hold)
    for swing in SWINGS:
        made.run(*(bound + swing for bound in (90, 75, 60)))
    query = "{ customers { nodes { effectiveTier grade { effectiveTier } grades { tier effectiveTier standing { tier held } run { standingCounts } } } } }"
    answer = made.made.data(query)
    assert answer == made.made.data(query, planning=False)
    for node in answer["customers"]["nodes"]:
        computed, effective = ([grade[name] for grade in node["grades"]] for name in ("tier", "effectiveTier"))
        assert (len(computed), changes(computed)) == (8, 7)
        assert changes(effective) <= 1, effective
        assert node["effectiveTier"] == node["grade"]["effectiveTier"] == effective[-1]
        assert [grade["standing"]["tier"] for grade in node["grades"]] == effective
        assert node["grades"][-1]["run"]["standingCounts"] == {"S": 1, "A": 1, "B": 1}


def test_a_fall_needs_its_periods_and_a_pending_result_keeps_the_tier_and_counts_for_nothing(
    engine: Engine, tmp_path: Path
) -> None:
    made = held.build(engine, tmp_path, 1, {"minimum_periods": 3})
    found = [made.standings(made.run(total)) for total in (80, 61, None, 61, 61, 95)]
    assert [one for (one,) in found] == [
        ("A", 0, None, None),
        ("A", 1, "periods", None),
        ("A", 1, "pending", None),
        ("A", 2, "periods", None),
        ("B", 0, None, None),
        ("S", 0, None, None),
    ]


def test_a_grade_says_why_its_computed_tier_does_not_take_effect(engine: Engine, tmp_path: Path) -> None:
    made = held.build(engine, tmp_path, 2, {"minimum_periods": 2, "exit": {"S": "88"}})
    made.run(95, 95)
    made.run(89, 61)
    query = (
        "{ customers { nodes { grade { tier effectiveTier explanationZh explanationEn explanation { held { en } } "
        "standing { tier below held proposed reasonZh reasonEn decision { reason } run { asOf } customer { number } } } } } }"
    )
    answer = made.made.data(query)
    assert answer == made.made.data(query, planning=False)
    first, second = (node["grade"] for node in answer["customers"]["nodes"])
    assert (first["tier"], first["effectiveTier"], first["standing"]["held"]) == ("A", "S", "EXIT")
    said = "S stays: the total is not below its exit bound 88"
    assert first["standing"]["reasonEn"] == said == first["explanation"]["held"]["en"]
    assert said in first["explanationEn"]
    assert (second["tier"], second["effectiveTier"], second["standing"]["below"]) == ("B", "S", 1)
    assert second["standing"]["reasonZh"] == "保留 S:连续第 1 期偏低,满 2 期才降级"
    assert second["standing"]["reasonZh"] in second["explanationZh"]
    with made.made.statements() as seen:
        made.made.data("{ customers { nodes { effectiveTier grade { effectiveTier standing { tier reasonEn } } } } }")
    assert len(seen) == 2, seen  # customers with grades and standings; appointments in the run


def test_without_a_hold_rule_no_standing_is_kept_and_the_next_rule_begins_with_the_computed_tier(
    engine: Engine, tmp_path: Path
) -> None:
    made = held.build(engine, tmp_path, 2, {"minimum_periods": 2})
    made.run(95, 80)
    made.run(61, 80)
    assert made.effective() == ["S", "A"]
    made.put(held.card(None))
    plain = made.run(61, 80)
    assert (made.standings(plain), made.counts(plain)) == ([], (None, None))
    assert made.effective() == made.effective(planning=False) == ["B", "A"]
    made.put(held.card({"minimum_periods": 3}))
    assert made.standings(made.run(10, 10)) == [("B", 1, "periods", None), ("A", 1, "periods", None)]


def test_run_again_on_the_same_day_the_standings_are_the_same(engine: Engine, tmp_path: Path) -> None:
    made = held.build(engine, tmp_path, 2, {"minimum_periods": 2, "demotion_needs_approval": ["S"]})
    made.run(95, 80)
    second = made.run(61, 61)
    again = made.run(61, 61, again=True)
    assert made.standings(again) == made.standings(second) == [("S", 1, "periods", None), ("A", 1, "periods", None)]
    assert made.counts(again) == made.counts(second)
    third = made.run(61, 61)
    assert made.standings(third) == [("S", 2, "approval", "B"), ("B", 0, None, None)]


def test_both_databases_leave_everybody_alike(sqlite_engine: Engine, postgres_engine: Engine, tmp_path: Path) -> None:
    found = []
    for engine in (sqlite_engine, postgres_engine):
        made = held.build(engine, tmp_path / engine.dialect.name, 3, {"minimum_periods": 2, "exit": {"S": "88"}})
        found.append([made.counts(made.run(*totals)) for totals in ((95, 80, None), (88, 61, 20), (None, 61, 20))])
    assert found[0] == found[1]
    assert [counts for counts, _ in found[0]] == [
        {"A": 1, "S": 1, "pending": 1},
        {"A": 1, "C": 1, "S": 1},
        {"B": 1, "C": 1, "S": 1},
    ]
    assert all(str(fingerprint).startswith("sha256:") for _, fingerprint in found[0])


def test_standings_and_decisions_are_not_altered_added_or_taken_away_by_hand(engine: Engine, tmp_path: Path) -> None:
    made = held.build(engine, tmp_path, 3, {"demotion_needs_approval": ["S"]})
    made.run(95, 95, 80)
    second = made.run(61, 61, 61)
    assert made.decide(second, 1)["__typename"] == "Standing"
    decision = "insert into fall_decisions select {run}, {customer}, decision, reason, decided_by_id, decided_at from fall_decisions"
    statements = [
        "update standings set tier = 'S', held = null", "update standings set proposed = null", "delete from standings",
        "insert into standings select 1, 9, tier, below, held, proposed from standings where run_id = 2 and customer_id = 1",
        "update runs set standing_counts = null", "update runs set standings_fingerprint = 'x'",
        "update fall_decisions set decision = 'refused'", "update fall_decisions set reason = 'x'", "delete from fall_decisions",
        decision.format(run=second, customer=1),  # a second one
        decision.format(run=second, customer=3),  # where nothing is proposed
        decision.format(run=1, customer=1),
    ]  # fmt: skip
    if engine.dialect.name == "sqlite":
        statements += [
            "insert or replace into standings select run_id, customer_id, 'C', 0, null, null from standings",
            "insert or replace into fall_decisions select run_id, customer_id, 'refused', reason, decided_by_id, decided_at from fall_decisions",
        ]
    else:
        statements += ["truncate fall_decisions", "truncate standings, fall_decisions"]
    for statement in statements:
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(statement))
    made.run(61, 61, 61)  # overtaken: the second customer's fall of the second run is not decided any more
    with pytest.raises(IntegrityError, match="newest run"), engine.begin() as connection:
        connection.execute(text(decision.format(run=second, customer=2)))
