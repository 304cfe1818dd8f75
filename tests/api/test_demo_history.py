"""The demonstration's history: valid in every format, the same every time, shaped as its description says."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from api.demo.history import COLUMNS, FILES, HistorySummary, write_history
from api.demo.places import PANEL, SALES
from policies.vocabulary import RATINGS
from schema import formats
from schema.reference import industries, regions

UNTIL = date(2025, 12, 31)
Tables = dict[str, list[dict[str, str]]]

MOMENTS = ("known_at", "paid_known_at", "happened_at", "opened_at", "closed_at")
# What happened, by file: the row, as exported, cannot have been known before any of these.
HAPPENED = {
    "customers": ("first_contact_on",),
    "orders": ("ordered_on",),
    "contracts": ("starts_on",),
    "interactions": ("happened_at",),
    "service_records": ("opened_at", "closed_at"),
    "surveys": ("surveyed_on",),
    "assessments": ("assessed_on",),
    "status_changes": ("changed_on",),
    "improvements": ("reported_on",),
}
# Days that may lie before the window (the former system) or behind it (plans).
OUTSIDE = {
    "founded_on",
    "first_contact_on",
    "starts_on",
    "ends_on",
    "payment_due_on",
    "wanted_on",
    "valid_until",
    "due_on",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[HistorySummary, Tables]:
    """A history of 60 customers."""
    return _history(tmp_path_factory.mktemp("small"), 60)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[HistorySummary, Tables]:
    """A history of 1,000 customers, for shares."""
    return _history(tmp_path_factory.mktemp("large"), 1000)


def _history(folder: Path, customers: int) -> tuple[HistorySummary, Tables]:
    summary = write_history(folder, customers=customers, until=UNTIL)
    tables = {}
    for name in FILES:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            tables[name] = list(csv.DictReader(file))
    return summary, tables


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for folder, seed in (("one", 1), ("again", 1), ("other", 2)):
        write_history(tmp_path / folder, seed=seed, customers=60, until=UNTIL)
    for name in FILES:
        one, again, other = ((tmp_path / folder / f"{name}.csv").read_bytes() for folder in ("one", "again", "other"))
        assert one == again
        assert one != other


def test_the_summary_counts_what_was_written(small: tuple[HistorySummary, Tables]) -> None:
    summary, tables = small
    assert summary.rows == {name: len(rows) for name, rows in tables.items()}
    assert summary.rows["customers"] == len(summary.kinds) == 60
    assert all(summary.rows.values())
    assert summary.size == sum(path.stat().st_size for path in summary.folder.iterdir())
    assert summary.revenue == sum(Decimal(row["amount"]) for row in tables["orders"])
    assert summary.start == date(2023, 1, 1)


def test_headers_are_the_canonical_fields_and_keys_are_unique(small: tuple[HistorySummary, Tables]) -> None:
    for name, rows in small[1].items():
        assert tuple(rows[0]) == COLUMNS[name]
        assert len({row["source_key"] for row in rows}) == len(rows)


def test_every_reference_names_a_row_that_exists(large: tuple[HistorySummary, Tables]) -> None:
    tables = large[1]
    customers = [row["source_key"] for row in tables["customers"]]
    for name in FILES[1:]:
        assert {row["customer_key"] for row in tables[name]} <= set(customers)
    order = {key: place for place, key in enumerate(customers)}
    referred = [row for row in tables["customers"] if row["referrer_key"]]
    assert referred
    assert all(order[row["referrer_key"]] < order[row["source_key"]] for row in referred)
    seen: set[str] = set()
    for row in tables["contracts"]:
        assert row["renewal_of"] in seen | {""}
        seen.add(row["source_key"])


def test_every_code_number_and_address_is_valid_and_already_normal(large: tuple[HistorySummary, Tables]) -> None:
    classes = {row.code for row in industries() if row.level == 4}
    cities = {row.code for row in regions() if row.is_city}
    tables = large[1]
    for row in tables["customers"]:
        assert formats.clean_company_name(row["name"]) == row["name"]
        assert row["industry_code"] in classes | {"待确认"}
        assert row["region_code"] in cities
        if row["uscc"]:
            assert formats.normalise_uscc(row["uscc"]) == row["uscc"]
            assert formats.organisation_code(row["uscc"])
            assert row["uscc"][2:8] == row["region_code"]
        assert row["owner"] in SALES
    for row in tables["contacts"]:
        assert not row["mobile"] or formats.normalise_mobile(row["mobile"]) == row["mobile"]
        assert not row["landline"] or formats.normalise_landline(row["landline"]) == row["landline"]
        assert not row["email"] or formats.normalise_email(row["email"]) == row["email"]
        assert row["email"].endswith(".example") or row["mobile"]
        assert row["role"] in ("decision_maker", "influencer", "user", "gatekeeper", "")
    assert len({row["name"] for row in tables["customers"]}) == len(tables["customers"])
    for field, rows in (("uscc", tables["customers"]), ("mobile", tables["contacts"])):
        given = [row[field] for row in rows if row[field]]
        assert len(set(given)) == len(given)


def test_every_customer_has_one_primary_contact(small: tuple[HistorySummary, Tables]) -> None:
    primary = [row["customer_key"] for row in small[1]["contacts"] if row["is_primary"] == "yes"]
    assert sorted(primary) == [row["source_key"] for row in small[1]["customers"]]


def test_amounts_scores_and_words_are_in_their_ranges(large: tuple[HistorySummary, Tables]) -> None:
    tables = large[1]
    for row in tables["orders"]:
        assert Decimal(row["amount"]) >= 50
        assert Decimal(row["amount"]).as_tuple().exponent == -2
        assert not row["profit"] or Decimal(row["profit"]) < Decimal(row["amount"])
        assert row["product_line"] in ("设备", "备件", "软件", "服务", "耗材")
    for row in tables["assessments"]:
        assert row["word"] in {word.name for word in RATINGS}
        assert 0 <= int(row["rating"]) <= 10
        assert row["proposed_by"] in SALES
        assert row["settled_by"] in PANEL
    assert {row["score"] for row in tables["surveys"]} == {"1", "2", "3", "4", "5"}
    assert {row["satisfaction"] for row in tables["service_records"]} == {"", "1", "2", "3", "4", "5"}
    assert {row["kind"] for row in tables["interactions"]} == {"visit", "call", "mail", "event", "web"}
    kinds = {"consult", "complaint", "visit", "technical_support"}
    assert {row["kind"] for row in tables["service_records"]} == kinds
    assert {row["urgency"] for row in tables["needs"]} == {"high", "medium", "low"}


def test_nothing_is_known_before_it_happened_or_before_its_customer(large: tuple[HistorySummary, Tables]) -> None:
    known = {row["source_key"]: row["known_at"] for row in large[1]["customers"]}
    for name, rows in large[1].items():
        for row in rows:
            assert row["known_at"] >= known[row.get("customer_key", row["source_key"])]
            for field in HAPPENED.get(name, ()):
                happened = row[field]
                assert row["known_at"][: len(happened) if "T" not in happened else None] >= happened, (name, row)
            if row.get("paid_on"):
                assert row["paid_known_at"] >= max(row["known_at"], row["paid_on"])
                assert row["paid_on"] >= row["ordered_on"]


def test_every_day_and_moment_is_valid_and_inside_the_window(large: tuple[HistorySummary, Tables]) -> None:
    for rows in large[1].values():
        for row in rows:
            for field, text in row.items():
                if field in MOMENTS and text:
                    moment = datetime.fromisoformat(text)
                    assert text.endswith("+08:00")
                    assert date(2023, 1, 1) <= moment.date() <= UNTIL
                elif (field.endswith("_on") or field in ("valid_until", "status_since")) and text:
                    day = date.fromisoformat(text)
                    assert field in OUTSIDE or date(2023, 1, 1) <= day <= UNTIL, (field, row)


def test_a_status_history_is_entered_in_order_and_ends_with_the_customers_status(
    large: tuple[HistorySummary, Tables],
) -> None:
    allowed = {
        ("potential", "intent"),
        ("potential", "active"),
        ("intent", "active"),
        ("active", "lost"),
        ("potential", "lost"),
        ("intent", "lost"),
        ("lost", "intent"),
    }
    history = defaultdict(list)
    for row in large[1]["status_changes"]:
        history[row["customer_key"]].append(row)
    for customer in large[1]["customers"]:
        changes = history[customer["source_key"]]
        assert (changes[-1]["status"], changes[-1]["changed_on"]) == (customer["status"], customer["status_since"])
        for former, later in pairwise(changes):
            assert (former["status"], later["status"]) in allowed
            assert former["changed_on"] <= later["changed_on"]


def test_a_fifth_of_the_buyers_makes_three_quarters_of_the_revenue(large: tuple[HistorySummary, Tables]) -> None:
    assert Decimal("0.74") <= large[0].top_fifth <= Decimal("0.81")


def test_the_hidden_kind_foretells_the_next_year(large: tuple[HistorySummary, Tables]) -> None:
    summary, tables = large
    revenue: dict[str, Decimal] = defaultdict(Decimal)
    growth: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in tables["orders"]:
        kind = summary.kinds[row["customer_key"]]
        growth[kind][row["ordered_on"][:4]] += Decimal(row["amount"])
        if row["ordered_on"] >= "2025":
            revenue[kind] += Decimal(row["amount"])
    number = {kind: list(summary.kinds.values()).count(kind) for kind in set(summary.kinds.values())}
    mean = {kind: revenue[kind] / number[kind] for kind in number}
    assert mean["strategic"] > 5 * mean["growing"]
    assert min(mean["growing"], mean["steady"]) > 1.5 * float(mean["declining"])
    assert mean["declining"] > mean["dormant"] > mean["prospect"] == 0
    assert growth["growing"]["2025"] > 2 * growth["growing"]["2023"]
    assert growth["declining"]["2025"] < growth["declining"]["2023"] / 2


def test_most_active_customers_are_rated_and_good_ones_better(large: tuple[HistorySummary, Tables]) -> None:
    summary, tables = large
    active = {row["customer_key"] for row in tables["orders"] if row["ordered_on"] >= "2025"}
    rated = {row["customer_key"] for row in tables["assessments"] if row["valid_until"] >= "2026"}
    assert 0.78 <= len(active & rated) / len(active) <= 0.92
    ratings = defaultdict(list)
    for row in tables["assessments"]:
        ratings[summary.kinds[row["customer_key"]]].append(int(row["rating"]))
    mean = {kind: sum(values) / len(values) for kind, values in ratings.items()}
    assert mean["strategic"] > mean["growing"] > mean["steady"] > mean["declining"] > mean["dormant"]


def test_events_are_entered_with_the_stated_delays(large: tuple[HistorySummary, Tables]) -> None:
    old = {row["source_key"] for row in large[1]["customers"] if row["known_at"] < "2023-01-02"}
    lags = [
        (date.fromisoformat(row["known_at"][:10]) - date.fromisoformat(row["ordered_on"])).days
        for row in large[1]["orders"]
        if row["customer_key"] in old
    ]
    assert 0.57 <= sum(lag == 0 for lag in lags) / len(lags) <= 0.63
    assert 0.96 <= sum(lag <= 10 for lag in lags) / len(lags) <= 0.99
    assert max(lags) <= 60


def test_the_spring_festival_leaves_a_dip(large: tuple[HistorySummary, Tables]) -> None:
    days = [row["ordered_on"] for row in large[1]["orders"]]
    festival = sum("2025-01-24" <= day <= "2025-02-05" for day in days)
    usual = sum("2025-03-07" <= day <= "2025-03-19" for day in days)
    assert festival < usual / 4


def test_some_optional_fields_are_unknown(large: tuple[HistorySummary, Tables]) -> None:
    customers = large[1]["customers"]
    for field in ("industry_code", "employees", "annual_revenue"):
        assert 0 < sum(row[field] == "待确认" for row in customers) < len(customers) / 4
    assert 0 < sum(not row["profit"] for row in large[1]["orders"]) < len(large[1]["orders"]) / 20


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"customers": 5}, "5 customers are too few"),
        ({"months": 3}, "3 months are not between"),
        ({"until": date(2040, 1, 1)}, "stay between 2015 and 2031"),
    ],
)
def test_a_history_that_cannot_be_told_is_refused_and_nothing_is_written(
    tmp_path: Path, arguments: dict[str, object], words: str
) -> None:
    options: dict[str, object] = {"customers": 60, "until": UNTIL} | arguments
    with pytest.raises(ValueError, match=words):
        write_history(tmp_path / "new", **options)  # type: ignore[arg-type]  # each case names real arguments
    assert not (tmp_path / "new").exists()
