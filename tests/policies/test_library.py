"""The library of schemes: every part of a shipped policy is reached by a case of its own, and every change noticed."""

import pytest

from policies import compile_plan, coverage, load, mutation
from policies.documents import shipped

# Bounds inside a range that the segments above have taken already: no customer tells them apart.
IDLE = {
    "rfm-segments": {
        "rule promising: orders in all < 6 → 7",
        "rule promising: orders in all < 6 → 5",
        "rule cannot_lose_them: days since the last order ≥ 298 days → 297 days",
        "rule at_risk: days since the last order ≥ 298 days → 297 days",
        "rule need_attention: days since the last order ≥ 181 days → 182 days",
        "rule need_attention: days since the last order ≥ 181 days → 180 days",
        "rule about_to_sleep: days since the last order ≥ 181 days → 180 days",
    }
}
OURS = ("rfm-retail", "rfm-wholesale")  # of no source


@pytest.mark.parametrize("name", [name for name in shipped() if load(name).kind != "ranking"])
def test_the_cases_of_a_policy_reach_every_part_and_notice_every_change(name: str) -> None:
    plan = compile_plan(load(name))
    made = mutation(plan)
    assert [part.title.en for part in coverage(plan).missed] == []
    assert {survivor.change.en for survivor in made.survivors} == IDLE.get(name, set())
    assert made.killed > 3


@pytest.mark.parametrize("name", [name for name in shipped() if name not in OURS])
def test_a_policy_names_its_source_and_every_reading_its_clause(name: str) -> None:
    document = load(name)
    assert document.source is not None
    assert document.interpretations
    for reading in document.interpretations:
        assert reading.clause.strip()
        assert reading.reading.strip()
