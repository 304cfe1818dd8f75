"""Segments of a file of orders: each customer graded by recency, frequency and amount on a day, and each segment added up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import duckdb
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from policies.compiler import compile_plan
from policies.document import Policy, Rules
from policies.faults import faults
from policies.loading import load
from policies.plan import Plan
from policies.ranking import ranked
from policies.refusal import Refusal
from policies.sql import histogram_statement, select_statement
from policies.version import semantic_hash

COLUMNS = ("customer_id", "order_date", "revenue")
FACTS = ("days_since_order", "orders_total", "amount_total")
ORDERS = "orders.csv"


def _day(text: object) -> str:
    try:
        if isinstance(text, str) and len(text) == 10:
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise ValueError(f"{text!r} is not a date; write it as 2026-03-31")


class SegmentParameters(BaseModel):
    """What a segmentation is run with: a folder that holds orders.csv, the day, and a policy by its shipped id or file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    folder: str = Field("inputs", min_length=1, description="folder that holds orders.csv")
    date: Annotated[str, BeforeValidator(_day)] = Field(description="day at whose end the facts are taken")
    policy: str = Field("rfm-segments", min_length=1, description="shipped policy, or the path of a file")


def checked(**values: Any) -> SegmentParameters:
    """Return the parameters; Refusal naming every wrong one and its value."""
    try:
        return SegmentParameters.model_validate(values)
    except ValidationError as error:
        told = faults(error, ", ".join(SegmentParameters.model_fields))
        raise Refusal(f"The parameters are not valid: {told}.", code="invalid") from None


@dataclass(frozen=True)
class Segment:
    """One tier of the policy, or one of the places outside: its customers, their orders, and the revenue in fen."""

    name: str
    zh: str
    customers: int
    orders: int
    revenue: int

    @property
    def average(self) -> Fraction | None:
        """Return the revenue of an order, None of no order."""
        return Fraction(self.revenue, self.orders) if self.orders else None


@dataclass(frozen=True)
class Segmentation:
    """Every customer with an order up to a day in exactly one segment, in the order of the policy's tiers."""

    parameters: SegmentParameters
    policy: Policy
    segments: tuple[Segment, ...]

    def metrics(self) -> bytes:
        """Return the figures as JSON: the same bytes for the same orders, day and policy."""
        found = {
            "schema": "fenji.segments/1",
            "date": self.parameters.date,
            "policy": {"id": self.policy.id, "semantic_hash": semantic_hash(self.policy)},
            "segments": [
                {"segment": each.name, "customers": each.customers, "orders": each.orders, "revenue": each.revenue}
                for each in self.segments
            ],
        }
        return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def segmented(parameters: SegmentParameters) -> Segmentation:
    """Return the segments of the orders up to the day.

    ``orders.csv`` has the columns customer_id, order_date (2026-03-31) and revenue (at most two decimals); others are not
    read.  Refusal names the first row that cannot be read, and a policy that needs other facts than days_since_order,
    orders_total and amount_total.
    """
    document = load(parameters.policy)
    plan = compile_plan(document)
    others = [word for word in plan.inputs if word not in FACTS]
    if others:
        raise Refusal(
            f"The policy {document.id} needs {', '.join(others)}, but orders give {', '.join(FACTS)} alone.",
            code="invalid",
        )
    with duckdb.connect() as connection:
        _read(connection, Path(parameters.folder) / ORDERS)
        _gather(connection, parameters.date)
        return Segmentation(parameters, document, _added_up(connection, plan, _titles(document)))


def _read(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Fill the table ``orders`` (customer, day, fen)."""
    try:
        connection.execute("create table raw as select *, row_number() over () + 1 as line from read_csv(?, all_varchar=true, header=true)",
                           [str(path)])  # fmt: skip
    except duckdb.Error as error:
        raise Refusal(f"{path} cannot be read as CSV: {str(error).splitlines()[0]}", code="file_invalid") from None
    present = [row[0] for row in connection.execute("describe raw").fetchall()]
    missing = [name for name in COLUMNS if name not in present]
    if missing:
        raise Refusal(
            f"{path} has no column {', '.join(missing)}; it has {', '.join(present[:-1])}.", code="file_invalid"
        )
    wrong = connection.execute(
        "select line, customer_id, order_date, revenue from raw where coalesce(trim(customer_id), '') = '' "
        "or try_cast(order_date as date) is null or not regexp_full_match(coalesce(revenue, ''), '-?[0-9]{1,14}(\\.[0-9]{1,2})?') "
        "order by line limit 1"
    ).fetchone()
    if wrong:
        line, *cells = wrong
        raise Refusal(
            f"{path}, line {line}: {', '.join(f'{name} {cell!r}' for name, cell in zip(COLUMNS, cells, strict=True))}; "
            "each order needs a customer, a date such as 2026-03-31 and a revenue of at most two decimals.",
            code="file_invalid",
        )
    connection.execute(
        "create table orders as select trim(customer_id) as customer, order_date::date as day, "
        "(revenue::decimal(18, 2) * 100)::bigint as fen from raw"
    )


def _gather(connection: duckdb.DuckDBPyConnection, day: str) -> None:
    """Fill the table ``facts`` with a row for each customer who has ordered up to the day; Refusal when nobody has."""
    connection.execute(
        "create table facts as select row_number() over (order by customer) as customer_id, $day::date - max(day) as days_since_order, "
        "count(*) as orders_total, sum(fen)::bigint as amount_total from orders where day <= $day::date group by customer",
        {"day": day},
    )
    if connection.execute("select count(*) from facts").fetchone() == (0,):
        raise Refusal(f"No order is of {day} or before; choose a later date.", code="invalid")


def _added_up(connection: duckdb.DuckDBPyConnection, plan: Plan, titles: dict[str, str]) -> tuple[Segment, ...]:
    if plan.shares and plan.cuts is None:
        plan = ranked(plan, connection.execute(histogram_statement(plan, "duckdb", "facts")).fetchall())
    rows = connection.execute(
        "select coalesce(tier, status), count(*), sum(orders_total)::bigint, sum(amount_total)::bigint "  # noqa: S608 - the plan's own statement
        f"from ({select_statement(plan, 'duckdb', 'facts')}) join facts using (customer_id) group by 1 order by 1"
    ).fetchall()
    found = {name: tuple(map(int, sums)) for name, *sums in rows}
    names = [*plan.tiers, *(name for name in found if name not in plan.tiers)]
    return tuple(Segment(name, titles.get(name, ""), *found.get(name, (0, 0, 0))) for name in names)


def _titles(document: Policy) -> dict[str, str]:
    """Return the Chinese title of the first rule that leads to a tier, by tier; none for the rest, which has many reasons."""
    if not isinstance(document, Rules):
        return {}
    titled = [rule for rule in reversed(document.rules) if rule.title is not None and rule.then != document.else_]
    return {rule.then: rule.title.zh for rule in titled if rule.title is not None}
