"""The segment tables that the R package rfm publishes, reproduced exactly from its orders."""

import csv
import json
from collections import defaultdict
from datetime import date
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from policies import compile_plan, load, parse
from policies.document import Policy, Rules
from policies.exact import decimal_text, exact
from policies.offline import by_oracle, grade_file

# The fact of each score, the thresholds it is made of and the letter of its ranges.
SCORES = (
    ("days_since_order", "recency_days", "r"),
    ("orders_total", "transaction_count", "f"),
    ("amount_total", "amount", "m"),
)
Table = dict[str, tuple[int, int, int]]


def published(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "rfm_r/published.json").read_text(encoding="utf-8"))
    return found


def segments_document(ranges: dict[str, Any], thresholds: dict[str, list[float]]) -> Policy:
    """A policy of the package's ranges of scores, its first match written over days, orders and amounts."""
    rules = []
    for place, name in enumerate(ranges["names"]):
        tests = []
        for fact, key, letter in SCORES:
            low, high = ranges[f"{letter}l"][place], ranges[f"{letter}u"][place]
            cuts = [exact(str(cut)) for cut in thresholds[key]]
            if letter == "r":  # few days are a high score, and days are whole
                low, high, cuts = 6 - high, 6 - low, [Fraction(ceil(cut)) for cut in cuts]
            tests += [{"input": fact, "ge": decimal_text(cuts[low - 2])}] if low > 1 else []
            tests += [{"input": fact, "lt": decimal_text(cuts[high - 1])}] if high < 5 else []
        tier = name.replace("Can't", "Cannot")
        rules.append({"id": f"s{place}", "when": {"all": tests} if len(tests) > 1 else tests[0], "then": tier})
    tiers = [rule["then"] for rule in rules]
    inputs = {fact: {} for fact, _, _ in SCORES}
    title = {"zh": "甲", "en": "segments"}
    card = {"kind": "rules", "id": "segments", "title": title, "inputs": inputs, "tiers": {"order": [*tiers, "Others"]}}
    return parse(json.dumps(card | {"rules": rules, "else": "Others"}))


def segment_table(shared: Path, policy: Policy, folder: Path) -> Table:
    """Customers, orders and revenue of each segment, graded by DuckDB and by the oracle to the same bytes."""
    today = date.fromisoformat(published(shared)["analysis_date"])
    orders: dict[str, list[tuple[date, int]]] = defaultdict(list)
    with (shared / "rfm_r/rfm_data_orders.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            orders[row["customer_id"]].append((date.fromisoformat(row["order_date"]), int(row["revenue"])))
    with (folder / "facts.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer", *(fact for fact, _, _ in SCORES)])
        for customer, made in orders.items():
            days = (today - max(day for day, _ in made)).days
            writer.writerow([customer, days, len(made), sum(revenue for _, revenue in made) * 100])
    plan = compile_plan(policy)
    grade_file(plan, folder / "facts.csv", folder / "duckdb.csv")
    grade_file(plan, folder / "facts.csv", folder / "oracle.csv", engine=by_oracle(plan))
    assert (folder / "duckdb.csv").read_bytes() == (folder / "oracle.csv").read_bytes()
    table: Table = {}
    with (folder / "duckdb.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            made = orders[row["customer"]]
            name = row["tier"].replace("Cannot", "Can't")
            customers, count, revenue = table.get(name, (0, 0, 0))
            table[name] = (customers + 1, count + len(made), revenue + sum(amount for _, amount in made))
    return table


def wanted(rows: list[dict[str, Any]]) -> Table:
    for row in rows:
        assert round(row["revenue"] / row["orders"], 2) == row["aov"]
    return {row["seg"]: (row["customers"], row["orders"], row["revenue"]) for row in rows}


def test_the_published_segments_come_out_exactly(shared: Path, tmp_path: Path) -> None:
    table = segment_table(shared, load("rfm-segments"), tmp_path)
    assert table == wanted(published(shared)["published_table_readme"])
    assert sum(customers for customers, _, _ in table.values()) == 995


def test_the_shipped_segments_are_the_published_ranges(shared: Path) -> None:
    found = published(shared)
    made, document = segments_document(found["policy_readme"], found["thresholds"]), load("rfm-segments")
    assert isinstance(made, Rules)
    assert isinstance(document, Rules)
    assert [(rule.when, rule.then) for rule in document.rules[1:]] == [(rule.when, rule.then) for rule in made.rules]


def test_the_segments_of_the_packages_own_test_come_out_exactly_others_too(shared: Path, tmp_path: Path) -> None:
    found = published(shared)
    policy = segments_document(found["policy_test"], found["thresholds"])
    assert segment_table(shared, policy, tmp_path) == wanted(found["table_test"])


@pytest.mark.parametrize("names", [("policy_readme", "published_table_readme"), ("policy_test", "table_test")])
def test_another_order_of_the_segments_gives_another_table(
    names: tuple[str, str], shared: Path, tmp_path: Path
) -> None:
    found = published(shared)
    turned = {key: values[::-1] for key, values in found[names[0]].items()}
    assert segment_table(shared, segments_document(turned, found["thresholds"]), tmp_path) != wanted(found[names[1]])
