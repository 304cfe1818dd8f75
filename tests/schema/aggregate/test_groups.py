"""Groups: what users ask has the answer that the rows give by hand, on both databases and both paths, or a refusal."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import world
from people import finished_backtest
from sqlalchemy import Date, Engine, literal, select

from api.commands import policy as policies
from api.commands.snapshot import today
from api.database import writing
from api.endpoint.context import Context
from api.settings import settings
from policies.documents import shipped
from schema import tables
from schema.aggregate import groups
from schema.aggregate.period import DatePart, period
from schema.aggregate.statement import Statement
from schema.tables.base import UtcDateTime

FOUR = Decimal("0.0001")
KNOWN = datetime(2026, 1, 1, tzinfo=UTC)
TIER_NAMES = ("S", "A", "B", "C", "D", None)


def built(engine: Engine, home: Path, *, graded: bool = True) -> world.World:
    """A graded world with orders to four decimals, one loss, and service records of several kinds around midnight."""
    made = world.build(engine, home, 8, graded=graded)
    with writing(engine) as session:
        customers = list(session.scalars(select(tables.Customer).order_by(tables.Customer.id)))
        for n, customer in enumerate(customers):
            own: dict[str, Any] = {"customer_id": customer.id, "known_at": KNOWN}
            customer.industry_code = [None, "6513", "34", "A", "344"][n % 5]
            customer.region_code = [None, "310000", "440300", "440100"][n % 4]
            for i in range(n):
                day = date(2025, 1, 31) + timedelta(days=47 * i)
                amount = None if i == 3 else Decimal(n * 1000 + i) + Decimal("0.3333")
                profit = None if amount is None else Decimal(i - 2) * Decimal("0.0001")
                session.add(tables.Order(ordered_on=day, amount=amount, profit=profit, **own))
                opened = datetime(2026, 1 + i % 4, 28 + i % 3 if i % 4 != 1 else 28, 15, 59, 59, tzinfo=UTC)
                opened += timedelta(seconds=i % 2)  # the day begins at 16:00 UTC
                kind = ("complaint", "consult", "visit")[(n + i) % 3]
                rated = None if i == 4 else 1 + (n * i) % 5
                closed = opened + timedelta(hours=n + 1)
                session.add(
                    tables.ServiceRecord(opened_at=opened, closed_at=closed, kind=kind, satisfaction=rated, **own)
                )
    return made


def rows(engine: Engine, table: Any) -> list[tuple[Any, Any]]:
    """Every row of a table with its customer."""
    with writing(engine) as session:
        found = session.execute(
            select(table, tables.Customer).join(tables.Customer, tables.Customer.id == table.customer_id)
        )
        return [(row, customer) for row, customer in found]


def tiers(engine: Engine) -> dict[int, str | None]:
    with writing(engine) as session:
        return {grade.customer_id: grade.tier for grade in session.scalars(select(tables.CurrentGrade))}


def grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    found = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found


def mean(values: Iterable[Any]) -> str | None:
    known = [value for value in values if value is not None]
    return str((Decimal(sum(known)) / len(known)).quantize(FOUR, ROUND_HALF_UP)) if known else None


def money(values: Iterable[Decimal | None]) -> str | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    total = sum(known, Decimal(0))
    cents = total.quantize(Decimal("0.01"))
    return str(cents if cents == total else total.quantize(FOUR))


def nodes(made: world.World, query: str, **more: Any) -> list[Any]:
    (answer,) = made.data(query, **more).values()
    found: list[Any] = answer["nodes"]
    return found


def test_number_and_revenue_share_of_customers_by_tier_best_first(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path)
    of = tiers(engine)
    assert nodes(made, "{ customerGroups { nodes { count } } }") == [{"count": 8}]
    assert nodes(made, '{ customerGroups(filter: {name: {equals: "none"}}) { nodes { count } } }') == [{"count": 0}]
    with writing(engine) as session:
        revenue = grouped((of[c.id], c.annual_revenue) for c in session.scalars(select(tables.Customer)))
    whole = sum(value for values in revenue.values() for value in values if value is not None)
    found = nodes(
        made,
        "{ customerGroups(by: [{field: TIER}]) { nodes { key { tier } count share { count annualRevenue } sum { annualRevenue } } } }",
    )
    assert [node["key"]["tier"] for node in found] == [tier for tier in TIER_NAMES if tier in revenue]
    for node in found:
        values = revenue[node["key"]["tier"]]
        assert node["count"] == len(values)
        assert node["share"]["count"] == str((Decimal(len(values)) / 8).quantize(FOUR, ROUND_HALF_UP))
        known = [value for value in values if value is not None]
        assert node["sum"]["annualRevenue"] == money(known)
        part = (sum(known) / whole).quantize(FOUR, ROUND_HALF_UP) if known else None
        assert node["share"]["annualRevenue"] == (None if part is None else str(part))


def test_amount_of_orders_by_quarter_and_industry_section(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path, graded=False)
    section = {None: None, "6513": "I", "34": "C", "A": "A", "344": "C"}
    expected = grouped(
        (((date(o.ordered_on.year, (o.ordered_on.month - 1) // 3 * 3 + 1, 1)), section[c.industry_code]), o.amount)
        for o, c in rows(engine, tables.Order)
    )
    found = nodes(made, "{ orderGroups(by: [{field: ORDERED_ON, part: QUARTER}, {field: CUSTOMER_INDUSTRY_SECTION}]) "
                        "{ nodes { key { orderedOn customerIndustrySection { code nameZh } } count known { amount } sum { amount } } } }")  # fmt: skip
    assert len(found) == len(expected) > 10
    for node in found:
        key = node["key"]["customerIndustrySection"]
        values = expected[date.fromisoformat(node["key"]["orderedOn"]), key and key["code"]]
        known = sum(value is not None for value in values)
        assert (node["count"], node["known"]["amount"], node["sum"]["amount"]) == (len(values), known, money(values))
    order = [
        (node["key"]["orderedOn"], (node["key"]["customerIndustrySection"] or {"code": "~"})["code"]) for node in found
    ]
    assert order == sorted(order)


def test_mean_satisfaction_by_tier_and_kind_of_service(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path)
    of = tiers(engine)
    expected = grouped(((of[c.id], r.kind), r) for r, c in rows(engine, tables.ServiceRecord))
    found = nodes(made, "{ serviceRecordGroups(by: [{field: CUSTOMER_TIER}, {field: KIND}]) { nodes { key { customerTier kind } "
                        "avg { satisfaction } min { satisfaction } max { satisfaction } known { satisfaction } } } }")  # fmt: skip
    assert len(found) == len(expected) > 5
    for node in found:
        values = [record.satisfaction for record in expected[node["key"]["customerTier"], node["key"]["kind"]]]
        known = [value for value in values if value is not None]
        assert node["avg"]["satisfaction"] == mean(values)
        assert node["min"]["satisfaction"] == (str(min(known)) if known else None)
        assert node["max"]["satisfaction"] == (str(max(known)) if known else None)


def test_distinct_customers_with_complaints_per_month_of_the_settings_zone(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path, graded=False)
    zone = ZoneInfo("Asia/Shanghai")
    expected = grouped(
        (r.opened_at.astimezone(zone).date().replace(day=1), c.id)
        for r, c in rows(engine, tables.ServiceRecord)
        if r.kind == "complaint"
    )
    query = ('{ serviceRecordGroups(filter: {kind: {equals: "complaint"}}, by: [{field: OPENED_AT, part: MONTH}]) '
             "{ totalCount nodes { key { openedAt } count distinct { customer } } } }")  # fmt: skip
    found = nodes(made, query)
    shown = {date.fromisoformat(n["key"]["openedAt"]): (n["count"], n["distinct"]["customer"]) for n in found}
    assert shown == {month: (len(ids), len(set(ids))) for month, ids in expected.items()}
    assert any(count > distinct for count, distinct in shown.values())


def test_having_leaves_groups_out_and_shares_stay_those_of_all(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path, graded=False)
    by = grouped((c.region_code, o.amount) for o, c in rows(engine, tables.Order))
    query = "{ orderGroups(by: [{field: CUSTOMER_REGION}], %s) { totalCount nodes { key { customerRegion { code } } count share { count } } } }"
    many = made.data(query % "having: {count: {gte: 10}}")["orderGroups"]
    assert (
        {node["count"] for node in many["nodes"]}
        == {len(v) for v in by.values() if len(v) >= 10}
        != {len(v) for v in by.values()}
    )
    assert sum(Decimal(node["share"]["count"]) for node in many["nodes"]) < 1
    rest = made.data(query % "having: {not: {count: {gte: 10}}}")["orderGroups"]
    assert many["totalCount"] + rest["totalCount"] == len(by)
    least = sorted(sum((a for a in amounts if a is not None), Decimal(0)) for amounts in by.values())[-2]
    deep = f'having: {{or: [{{sum: {{amount: {{gte: "{least}"}}}}}}, {{distinct: {{customer: {{gt: 900}}}}}}]}}'
    assert made.data(query % deep)["orderGroups"]["totalCount"] == 2


def test_top_regions_by_revenue_and_their_names_take_two_statements(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path, graded=False)
    by = grouped((c.region_code, o.amount) for o, c in rows(engine, tables.Order))
    sums = {code: sum((a for a in amounts if a is not None), Decimal(0)) for code, amounts in by.items()}
    query = ("{ orderGroups(by: [{field: CUSTOMER_REGION}], orderBy: [{sum: {amount: DESC}}], first: 2) "
             "{ totalCount nodes { __typename key { customerRegion { code name } also: customerRegion { area } } sum { amount } } } }")  # fmt: skip
    made.collecting = True
    with made.statements() as seen:
        found = made.data(query)["orderGroups"]
    assert len(seen) == 3, seen  # groups, regions, regions again under another name
    assert [(node["key"]["customerRegion"] or {"code": None})["code"] for node in found["nodes"]] == sorted(
        sums, key=lambda c: -sums[c]
    )[:2]
    assert found["totalCount"] == len(sums)
    provinces = nodes(
        made,
        "{ customerGroups(by: [{field: PROVINCE}], orderBy: [{count: DESC}, {key: {province: DESC}}]) { nodes { key { province { name } } count } } }",
    )
    assert [(node["key"]["province"] and node["key"]["province"]["name"], node["count"]) for node in provinces] == [
        ("广东省", 4),
        ("上海市", 2),
        (None, 2),
    ]


def test_amounts_of_several_currencies_are_refused_or_kept_apart(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path, graded=False)
    with writing(engine) as session:
        session.add(
            tables.Order(
                customer_id=8, ordered_on=date(2026, 2, 2), amount=Decimal(500), currency="USD", known_at=KNOWN
            )
        )
        session.add(
            tables.Order(customer_id=8, ordered_on=date(2026, 2, 3), amount=None, currency="EUR", known_at=KNOWN)
        )
    for asked in ("{ nodes { sum { amount } } }", "(by: [{field: CUSTOMER}], having: {sum: {amount: {lt: 0}}}) { nodes { count } }",
                  "(by: [{field: CUSTOMER}], orderBy: [{avg: {profit: ASC}}, {max: {amount: ASC}}], first: 1) { nodes { count } }"):  # fmt: skip
        (error,) = made.ask(f"{{ orderGroups{asked} }}")["errors"]
        assert error["extensions"]["code"] == "mixed_currencies"
        assert "CURRENCY" in error["message"]
    assert nodes(made, "{ orderGroups(by: [{field: CUSTOMER}]) { nodes { count known { amount } } } }", who="sales")
    apart = nodes(
        made,
        "{ orderGroups(by: [{field: CURRENCY}]) { nodes { key { currency } sum { amount } share { amount count } } } }",
    )
    assert [node["key"]["currency"] for node in apart] == ["CNY", "EUR", "USD"]
    assert [node["share"]["amount"] for node in apart] == ["1.0000", None, "1.0000"]
    one = nodes(made, '{ orderGroups(filter: {currency: {equals: "USD"}}) { nodes { sum { amount } } } }')
    assert one == [{"sum": {"amount": "500.00"}}]


def test_groups_of_several_currencies_are_neither_compared_nor_added_to_a_whole_also_where_each_has_one(
    engine: Engine, tmp_path: Path
) -> None:
    made = world.build(engine, tmp_path, 1, graded=False)
    with writing(engine) as session:
        for month, currency, amount in ((1, "CNY", 100), (2, "USD", 300), (3, "EUR", None)):
            own: dict[str, Any] = {"customer_id": 1, "known_at": KNOWN, "currency": currency}
            session.add(tables.Order(ordered_on=date(2026, month, 1), amount=amount, **own))
    asked = "{{ orderGroups({} by: [{{field: ORDERED_ON, part: MONTH}}] {}) {{ nodes {{ sum {{ amount }} {} }} }} }}"
    for more, selected in (
        ("", "share { amount }"),
        ("having: {share: {amount: {gte: 0}}}", ""),
        ("orderBy: [{share: {amount: DESC}}]", ""),
        ("orderBy: [{sum: {amount: DESC}}]", ""),
        ("having: {not: {max: {amount: {gte: 0}}}}", ""),
    ):
        (error,) = made.ask(asked.format("", more, selected))["errors"]
        assert error["extensions"]["code"] == "mixed_currencies", (more, selected)
    for more, selected in (
        ("orderBy: [{known: {amount: DESC}}, {key: {orderedOn: ASC}}]", ""),
        ("having: {count: {gt: 0}}", "share { count }"),
    ):
        sums = [node["sum"]["amount"] for node in nodes(made, asked.format("", more, selected))]
        assert sums == ["100.00", "300.00", None]
    for known in ("USD", "EUR"):  # an unknown amount brings no currency into the whole
        given = f'filter: {{currency: {{in: ["EUR", "{known}"]}}}}'
        shares = [node["share"]["amount"] for node in nodes(made, asked.format(given, "", "share { amount }"))]
        assert shares == {"USD": ["1.0000", None], "EUR": [None]}[known]


def test_sums_shares_and_means_of_the_largest_companies_are_exact(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 5, graded=False)
    revenues = [Decimal("922337203685.4775"), *(Decimal(n) * 10**13 + Decimal("0.0001") for n in (1, 3, 7, 80))]
    with writing(engine) as session:
        for customer, revenue in zip(session.scalars(select(tables.Customer)), revenues, strict=True):
            customer.annual_revenue, customer.status = revenue, "active" if revenue < 10**12 else "lost"
    whole = sum(revenues)
    found = nodes(made, "{ customerGroups(by: [{field: NUMBER}]) { nodes { share { annualRevenue } avg { annualRevenue } } } }")  # fmt: skip
    for node, revenue in zip(found, revenues, strict=True):
        assert node["share"]["annualRevenue"] == str((revenue / whole).quantize(FOUR, ROUND_HALF_UP))
        assert node["avg"]["annualRevenue"] == money([revenue])
    found = nodes(made, "{ customerGroups { nodes { sum { annualRevenue } avg { annualRevenue } share { annualRevenue } } } }")  # fmt: skip
    average = {"annualRevenue": str((whole / 5).quantize(FOUR, ROUND_HALF_UP))}
    assert found == [{"sum": {"annualRevenue": money(revenues)}, "avg": average, "share": {"annualRevenue": "1.0000"}}]


REFUSED = [
    ("{ customerGroups(by: [{field: NAME, part: YEAR}]) { nodes { count } } }", "invalid"),
    ("{ customerGroups(by: [{field: NAME}, {field: NAME}]) { nodes { count } } }", "invalid"),
    ("{ customerGroups(by: [{field: TIER_AS_OF}]) { nodes { count } } }", "invalid"),
    ('{ customerGroups(by: [{field: TIER, asOf: "2026-01-01"}]) { nodes { count } } }', "invalid"),
    ("{ customerGroups(by: [{field: NAME}, {field: TIER}, {field: STATUS}, {field: OWNER}, {field: REGION}]) { nodes { count } } }", "too_large"),
    ("{ customerGroups(by: [{field: NAME}]) { nodes { key { status } } } }", "invalid"),
    ("{ customerGroups(by: [{field: NAME}], orderBy: [{key: {status: ASC}}]) { nodes { count } } }", "invalid"),
    ("{ customerGroups(orderBy: [{count: ASC, sum: {employees: ASC}}]) { nodes { count } } }", "invalid"),
    ("{ customerGroups(orderBy: [{}]) { nodes { count } } }", "invalid"),
    ("{ customerGroups(having: {count: null}) { nodes { count } } }", "invalid"),
    ('{ customerGroups(having: {sum: {employees: {gte: "1.5"}}}) { nodes { count } } }', "invalid"),
    ("{ customerGroups(having: " + "{not: " * 11 + "{count: {gt: 1}}" + "}" * 11 + ") { nodes { count } } }", "too_large"),
    ("{ customerGroups(having: {or: [" + "{count: {gt: 1}}, " * 201 + "]}) { nodes { count } } }", "too_large"),
    ("{ customerGroups(having: {or: [" + f"{{count: {{in: [{'1, ' * 101}]}}}}, " * 10 + "]}) { nodes { count } } }", "too_large"),
    ("{ customerGroups(first: 0) { nodes { count } } }", "invalid"),
    ("{ customerGroups(first: 1001) { nodes { count } } }", "invalid"),
]  # fmt: skip


def test_questions_without_meaning_are_refused_before_any_statement(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = built(sqlite_engine, tmp_path, graded=False)
    for query, code in REFUSED:
        with made.statements() as seen:
            (error,) = made.ask(query)["errors"]
        assert error["extensions"]["code"] == code, query
        assert seen == [], query


def test_keys_of_a_masked_kind_are_forbidden_to_whoever_may_not_see_them(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path, graded=False)
    for query in (
        "{ contactGroups(by: [{field: MOBILE}]) { nodes { count } } }",
        "{ contactGroups { nodes { distinct { mobile } } } }",
        "{ contactGroups(orderBy: [{distinct: {email: ASC}}]) { nodes { count } } }",
        "{ contactGroups(having: {distinct: {name: {gt: 1}}}) { nodes { count } } }",
    ):
        with made.statements() as seen:
            (error,) = made.ask(query, who="analyst")["errors"]
        assert (error["extensions"]["code"], seen) == ("forbidden", [])
        assert "data" in made.ask(query, who="sales")
    twice = "{ contactGroups(by: [{field: MOBILE}], having: {count: {gte: 2}}) { totalCount } }"
    assert made.data(twice, who="sales") == {"contactGroups": {"totalCount": 0}}


def test_a_sum_beyond_64_bits_is_refused(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path, graded=False)
    with writing(engine) as session:
        for _ in range(10):
            session.add(
                tables.Contract(customer_id=1, amount=Decimal(10) ** 14, starts_on=date(2026, 1, 1), known_at=KNOWN)
            )
    (error,) = made.ask("{ contractGroups { nodes { sum { amount } } } }")["errors"]
    assert error["extensions"]["code"] == "too_large"
    assert nodes(made, "{ contractGroups { nodes { max { amount } } } }") == [{"max": {"amount": "100000000000000.00"}}]
    (error,) = made.ask("{ customers(filter: {contracts: {sum: {amount: {gt: 1}}}}) { totalCount nodes { name } } }")[
        "errors"
    ]
    assert error["extensions"]["code"] == "too_large"


def test_parts_of_dates_begin_when_the_calendar_says(engine: Engine) -> None:
    days = [date(2023, 12, 31) + timedelta(days=n) for n in range(0, 800, 7)] + [
        date(2024, 2, 29),
        date(2024, 3, 31),
        date(2024, 12, 30),
    ]
    expected = {
        DatePart.YEAR: lambda d: d.replace(month=1, day=1),
        DatePart.QUARTER: lambda d: d.replace(month=(d.month - 1) // 3 * 3 + 1, day=1),
        DatePart.MONTH: lambda d: d.replace(day=1),
        DatePart.WEEK: lambda d: d - timedelta(days=d.weekday()),
        DatePart.DAY: lambda d: d,
    }
    with engine.connect() as connection:
        for part, first in expected.items():
            found = [connection.scalar(select(period(literal(day, Date), part, None, 2026))) for day in days]
            assert found == [first(day) for day in days], part
        for zone in ("Asia/Shanghai", "America/New_York"):
            for hour in (datetime(2026, 3, 8, 4, 59, 59, 999_999, tzinfo=UTC), datetime(2026, 3, 9, 3, 59, 59, tzinfo=UTC),
                         datetime(2026, 3, 9, 4, 0, tzinfo=UTC), datetime(1988, 6, 30, 15, 30, tzinfo=UTC)):  # fmt: skip
                day = connection.scalar(select(period(literal(hour, UtcDateTime), DatePart.DAY, zone, 2026)))
                assert day == hour.astimezone(ZoneInfo(zone)).date(), (zone, hour)


CORPUS = [
    "{ customerGroups { totalCount nodes { __typename count share { count employees } known { employees } sum { employees annualRevenue } avg { employees completeness total } distinct { tier region industrySection } } } }",
    "{ customerGroups(by: [{field: NAME}], orderBy: [{key: {name: DESC}}]) { nodes { key { name } count } } }",
    "{ customerGroups(by: [{field: STATUS}, {field: OWNER}, {field: FOUNDED_ON, part: WEEK}], first: 7) { totalCount nodes { key { status owner { login roles { role } } foundedOn } } } }",
    "query Q($day: Date!) { customerGroups(by: [{field: TIER_AS_OF, asOf: $day}, {field: EFFECTIVE_TIER}]) { nodes { key { tierAsOf effectiveTier } count } } }",
    "{ orderGroups(by: [{field: CUSTOMER}], orderBy: [{share: {amount: DESC}}, {avg: {profit: ASC}}], first: 3) { nodes { key { customer { number owner { name } orders(first: 1) { amount } } } sum { amount profit } avg { amount profit } min { profit } max { profit } share { amount profit } } } }",
    "{ orderGroups(by: [{field: ORDERED_ON, part: YEAR}, {field: CUSTOMER_TIER}], filter: {customer: {employees: {gte: 100}}}) { nodes { key { orderedOn customerTier } ...F } } } fragment F on OrderGroup { sum { a: amount b: amount } }",
    "{ serviceRecordGroups(by: [{field: OPENED_AT}, {field: CONTACT}]) { nodes { key { openedAt contact { name } } avg { satisfaction } sum { hoursOpen } } } }",
    "{ gradeGroups(by: [{field: RUN}, {field: TIER}]) { nodes { key { run { asOf state } tier } count } } }",
    "{ interactionGroups(by: [{field: HAPPENED_AT, part: WEEK}]) { nodes { key { happenedAt } count share { count } } } }",
    "{ needGroups(by: [{field: URGENCY}]) { nodes { key { urgency } sum { budgetMin } key { __typename } } } }",
    '{ surveyGroups(filter: {score: {gt: 100}}) { totalCount nodes { count sum { score } avg { score } } } none: surveyGroups(filter: {score: {gt: 100}}, by: [{field: SURVEYED_ON}]) { totalCount nodes { count } } }',
]  # fmt: skip


def test_both_databases_give_the_same_bytes(sqlite_engine: Engine, postgres_engine: Engine, tmp_path: Path) -> None:
    answers = []
    for name, engine in (("sqlite", sqlite_engine), ("postgresql", postgres_engine)):
        (tmp_path / name).mkdir()
        made = built(engine, tmp_path / name)
        with writing(engine) as session:
            for at, customer in enumerate(session.scalars(select(tables.Customer).order_by(tables.Customer.id))):
                customer.name = ["a", "B", "é", "公司", "Z", "_", "啊", "a b"][at]
            for record in session.scalars(select(tables.ServiceRecord)):
                record.closed_at = record.opened_at + timedelta(minutes=100)
                record.opened_at = record.opened_at.replace(microsecond=0)
        day = str(today(settings().zone))
        answers.append(
            [
                json.dumps(made.data(query, {"day": day} if "$day" in query else None), ensure_ascii=False)
                for query in CORPUS
            ]
        )
    for query, first, second in zip(CORPUS, *answers, strict=True):
        assert first == second, query


@pytest.mark.parametrize("customers", [1, 20])
def test_groups_take_one_statement_and_one_for_each_key_that_is_a_row(
    sqlite_engine: Engine, tmp_path: Path, customers: int
) -> None:
    made = world.build(sqlite_engine, tmp_path, customers, graded=False)
    query = "{ serviceRecordGroups(by: [{field: CUSTOMER}, {field: KIND}]) { totalCount nodes { key { customer { name region { name } } kind } count avg { satisfaction } } } }"
    with made.statements() as seen:
        assert len(nodes(made, query)) == customers
    assert len(seen) == 2


def test_rows_that_a_role_does_not_see_are_in_no_group(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 2)
    analyst = made.people["analyst"]
    with writing(engine) as session:
        draft = policies.save_draft(session, analyst, shipped()["rfm-retail"].read_text())
        finished_backtest(session, draft, analyst)
    query = "{ policyVersionGroups(by: [{field: STATE}]) { nodes { key { state } count } } backtestGroups { nodes { count distinct { version } } } backtests { totalCount } }"
    shown = {}
    for who in ("sales", "analyst"):
        data = made.data(query, who=who)
        states = {node["key"]["state"]: node["count"] for node in data["policyVersionGroups"]["nodes"]}
        (backtests,) = data["backtestGroups"]["nodes"]
        assert backtests["count"] == backtests["distinct"]["version"] == data["backtests"]["totalCount"]
        shown[who] = states, backtests["count"]
    assert shown == {"sales": ({"ACTIVE": 1}, 1), "analyst": ({"ACTIVE": 1, "DRAFT": 1}, 2)}


def test_the_first_and_last_day_and_instant_of_each_group(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path, graded=False)
    days: dict[str, list[str]] = defaultdict(list)
    for one in made.data("{ orders { nodes { orderedOn customer { id } } } }")["orders"]["nodes"]:
        days[one["customer"]["id"]].append(one["orderedOn"])
    query = (
        "query($having: OrderGroupHaving) { orderGroups(by: [{field: CUSTOMER}], having: $having, "
        "orderBy: [{max: {orderedOn: DESC}}, {min: {orderedOn: ASC}}]) "
        "{ nodes { key { customer { id } } count min { orderedOn } max { orderedOn } } } }"
    )
    found = made.data(query)["orderGroups"]["nodes"]
    assert len(found) == len(days) > 2
    for node in found:
        own = days[node["key"]["customer"]["id"]]
        assert (node["min"], node["max"], node["count"]) == ({"orderedOn": min(own)}, {"orderedOn": max(own)}, len(own))
    last = [node["max"]["orderedOn"] for node in found]
    assert last == sorted(last, reverse=True)
    day = sorted(set(last))[-1]
    silent = made.data(query, {"having": {"max": {"orderedOn": {"lt": day}}}})["orderGroups"]["nodes"]
    assert silent == [node for node in found if node["max"]["orderedOn"] < day]
    assert 0 < len(silent) < len(found)
    ends = "{ interactionGroups { nodes { min { happenedAt } max { happenedAt } } } }"
    instants = [
        one["happenedAt"] for one in made.data("{ interactions { nodes { happenedAt } } }")["interactions"]["nodes"]
    ]
    (whole,) = made.data(ends)["interactionGroups"]["nodes"]
    assert (whole["min"]["happenedAt"], whole["max"]["happenedAt"]) == (min(instants), max(instants))


def test_where_no_day_is_known_there_is_no_first_one(engine: Engine, tmp_path: Path) -> None:
    made = built(engine, tmp_path, graded=False)
    query = "{ customerGroups(filter: {id: {in: []}}) { nodes { count min { foundedOn } max { createdAt } } } }"
    assert made.data(query)["customerGroups"]["nodes"] in (
        [],
        [{"count": 0, "min": {"foundedOn": None}, "max": {"createdAt": None}}],
    )
    unknown = "{ customerGroups(by: [{field: FOUNDED_ON}], having: {min: {foundedOn: {isNull: true}}}) { totalCount } }"
    known = made.data("{ customers(filter: {foundedOn: {isNull: true}}) { totalCount } }")["customers"]["totalCount"]
    assert made.data(unknown)["customerGroups"]["totalCount"] == min(known, 1)


def test_having_computes_what_it_compares_once_however_often_it_does(engine: Engine, tmp_path: Path) -> None:
    small = world.build(engine, tmp_path, 2, graded=False)
    viewer = Context(small.engine, small.home, signed_in=small.people["sales"]).viewer
    sqlite, plans = engine.dialect.name == "sqlite", []
    for times in (1, 20):
        having = {"or": [{"sum": {"total": {"gte": Decimal(n)}}} for n in range(times)]}
        asked = groups(tables.Customer, select(tables.Customer), viewer, having=having)
        made = Statement(asked, {("count", "")}, engine.dialect.name).select
        written = made.compile(engine, compile_kwargs={"literal_binds": True})
        with engine.connect() as connection:
            plan = connection.exec_driver_sql(f"explain {'query plan' if sqlite else ''} {written}").all()
        plans.append(sum(("SUBQUERY" if sqlite else "SubPlan") in str(line) for line in plan))
    assert plans[0] == plans[1] > 0
