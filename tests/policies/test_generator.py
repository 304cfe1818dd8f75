"""The generator of random policies writes every part of the language and reaches every status: what it lost would go untested."""

import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from test_composition import compositions
from test_engines import by_duckdb, customers, rankings, scorecards, tables
from unique_tables import unique_tables

from policies import compile_plan, parse
from policies.editor import schema_text
from policies.sql import select_statement

# Keys that change neither plan nor result: they label, document, test or govern.
SILENT = {
    "alternatives", "always", "appointments", "by", "evidence", "longest_months", "borderline", "candidates", "cases", "clause", "demotion_needs_approval", "document", "exit",
    "expect", "given", "hold", "interpretations", "minimum_periods", "name", "otherwise", "reading", "review", "source",
    "tier", "total", "direction", "zero",
}  # fmt: skip
# Keys that are replaced when a document is read, so that no plan knows them (tests/policies/test_parameters.py).
REPLACED = {"parameters", "value"}


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Random scorecards and rules, as many of each."""
    return [*gathered(scorecards(), 100), *gathered(tables(), 100)]


def gathered(strategy: st.SearchStrategy[str], most: int) -> list[str]:
    """Return random documents."""
    found: list[str] = []

    @settings(max_examples=most, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
    @given(strategy)
    def gather(text: str) -> None:
        found.append(text)

    gather()
    return found


def keys(value: Any) -> Counter[str]:
    """Count the keys of a document."""
    parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return sum((keys(part) for part in parts), Counter([*value] if isinstance(value, dict) else ()))


def language(schema: Any) -> set[str]:
    """Return every key that the schema for editors knows."""
    parts = list(schema.values()) if isinstance(schema, dict) else schema if isinstance(schema, list) else []
    own = set(schema.get("properties", ())) if isinstance(schema, dict) else set()
    return own.union(*(language(part) for part in parts))


def test_random_policies_use_every_part_of_the_language(texts: list[str]) -> None:
    others = [*gathered(rankings(), 20), *gathered(compositions(), 20), *gathered(unique_tables(), 20)]
    written = sum((keys(json.loads(text)) for text in [*texts, *others]), Counter[str]())
    wanted = language(json.loads(schema_text())) - SILENT - REPLACED
    rare = {key: written[key] for key in sorted(wanted) if written[key] < 5}
    assert not rare, (
        f"hardly or never generated: {rare}; extend tests/policies/test_engines.py, or say in SILENT why not"
    )


def test_random_policies_use_every_word_that_a_part_may_have(texts: list[str]) -> None:
    joined = "\n".join(texts)
    counted = {
        f"{key}: {word}": len(re.findall(f'"{key}": "{word}"', joined))
        for key, words in {"closed": ["left", "right"], "weights": ["absolute", "relative", "points"], "missing": ["pending"]}.items()
        for word in words
    }  # fmt: skip
    assert min(counted.values()) >= 5, counted
    ladders = [part for text in texts for part in re.findall(r'"ladder": \{[^}]*\}', text)]
    assert 5 <= sum("below" in ladder for ladder in ladders) <= len(ladders) - 5


def test_random_policies_reach_every_status_and_every_shape_of_the_statement(texts: list[str]) -> None:
    statuses, shapes = Counter[str](), Counter[str]()
    for seed, text in enumerate(texts):
        plan = compile_plan(parse(text))
        if seed % 5 == 0:
            statuses.update(row[1] for row in by_duckdb(plan, customers(plan, seed)))
        statement = select_statement(plan, "duckdb")
        shapes["levels in a sum of their own"] += " AS l" in statement
        shapes["first certain line"] += " AS f" in statement
        shapes["no population"] += not plan.population
        shapes["several steps"] += len(plan.steps) > 1
    assert min(statuses[status] for status in ("graded", "pending", "not_applicable", "error")) > 20, statuses
    assert min(shapes[shape] for shape in ("levels in a sum of their own", "first certain line", "no population", "several steps")) >= 5, shapes  # fmt: skip
