"""A small graded world for tests of the API: people with keys, customers with everything on them, a run; and a caller."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from copied import copied
from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from people import finished_backtest, person
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from api import jobs
from api.access import Actor
from api.commands import api_key as api_keys
from api.commands import policy as policies_
from api.commands import run as runs
from api.commands import user as users
from api.commands.database import upgrade_database
from api.commands.snapshot import today
from api.database import writing
from api.endpoint.context import OPEN, Context
from api.endpoint.guard import Guard
from api.operations.root import schema
from api.postgresql import Readers
from api.settings import settings
from policies.documents import shipped
from schema import tables

POLICY = "sabcd-weighted"
PEOPLE = {
    "sales": ("sales",), "service": ("service",), "marketing": ("marketing",), "finance": ("finance",),
    "analyst": ("analyst",), "strategy": ("strategy",), "boss": ("admin",),
}  # fmt: skip

# The ids of rows of every kind that a world has.
NODES = (
    "{ customers(first: 3) { nodes { id contacts { id } tags { id } needs { id } contracts { id } interactions { id } "
    "surveys { id } improvements { id } statusChanges { id } customerTags { id } assessments { id } orders { id lines { id } } "
    "serviceRecords { id } grades { id } industry { id } region { id } owner { id } grade { run { id snapshot { id } "
    "version { id policy { id } backtests { id } } } } } } }"
)


@dataclass
class World:
    """A database with people in it, and how to ask it."""

    engine: Engine
    home: Path
    people: dict[str, Actor]
    collecting: bool = True
    began: datetime = field(default_factory=lambda: datetime.now(UTC))  # of every operation, on both paths
    guard: Guard = OPEN

    def ask(
        self, query: str, variables: dict[str, Any] | None = None, *, who: str | None = "sales", planning: bool = True
    ) -> Any:
        """Answer an operation as somebody, None for nobody; return the response as JSON gives it.

        Every query that a test asks is asked again, and without planning as well, and must have the same answer, byte
        for byte.
        """
        response = self.answer(query, variables, who, planning)
        if planning and is_query(query):
            self.collecting = False
            try:
                for again in (True, False):  # what is asked again may be answered more directly than the first time
                    assert same(response, self.answer(query, variables, who, again)), query
            finally:
                self.collecting = True
        return json.loads(response)

    def answer(
        self, query: str, variables: dict[str, Any] | None = None, who: str | None = "sales", planning: bool = True
    ) -> str:
        """Answer an operation one way, planned or not; return the response's text."""
        actor = self.people[who] if who else None
        context = Context(
            self.engine, self.home, planning=planning, signed_in=actor, began=self.began, guard=self.guard
        )
        result = schema.answer(query, variables, context)
        response: dict[str, Any] = {"data": result.data}
        if result.errors:
            response["errors"] = [error.formatted for error in result.errors]
        return json.dumps(response)

    def data(
        self, query: str, variables: dict[str, Any] | None = None, *, who: str | None = "sales", planning: bool = True
    ) -> Any:
        """Answer an operation that must have no errors; return its data."""
        response = self.ask(query, variables, who=who, planning=planning)
        assert "errors" not in response, response["errors"]
        return response["data"]

    def ids(self) -> list[str]:
        """Return the ids of some rows of every kind."""
        return sorted(_ids(self.data(NODES)))

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Collect the SQL statements executed, transaction control aside."""
        seen: list[str] = []

        def executed(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if self.collecting and not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
                seen.append(statement)

        reads = [] if self.engine.dialect.name == "sqlite" else [Readers.of(self.engine).engine]
        for engine in (self.engine, *reads):
            event.listen(engine, "before_cursor_execute", executed)
        try:
            yield seen
        finally:
            for engine in (self.engine, *reads):
                event.remove(engine, "before_cursor_execute", executed)


def _ids(value: object) -> set[str]:
    """Every id in an answer."""
    if isinstance(value, dict):
        own = {value["id"]} if isinstance(value.get("id"), str) else set()
        return own.union(*(_ids(one) for one in value.values()))
    return set().union(*(_ids(one) for one in value)) if isinstance(value, list) else set()


def same(planned: str, ordinary: str) -> bool:
    """Say whether two answers are the same bytes.

    A defect has a new id each time, and an answer that is too large is refused by each way where it notices it first.
    """
    if '"too_large"' in planned:
        return '"too_large"' in ordinary
    hidden = [re.sub('(id |"id": ")[0-9a-f]{12}', r"\1…", one) for one in (planned, ordinary)]
    return hidden[0] == hidden[1] if '"internal"' in planned else planned == ordinary


def is_query(text: str) -> bool:
    """Say whether a document holds nothing but queries, so that it can be asked twice."""
    try:
        document = parse(text)
    except GraphQLError:
        return False
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return all(node.operation is OperationType.QUERY for node in found)


def build(engine: Engine, home: Path, customers: int = 12, *, graded: bool = True) -> World:
    """Build a world, or copy one like it; with ``graded`` a policy is in force and one run has graded everybody."""

    def built(engine: Engine, home: Path) -> dict[str, Actor]:
        upgrade_database(engine)
        world = World(engine, home, {login: person(engine, login, *roles) for login, roles in PEOPLE.items()})
        with writing(engine) as session:
            _fill(session, world, customers)
        if graded:
            grade(world)
        return world.people

    return World(engine, home, dict(copied(engine, home, built, customers, graded, today(settings().zone))))


def key(world: World, login: str) -> str:
    """Return a new API key of a person."""
    with writing(world.engine) as session:
        return api_keys.issue(session, users.operator(session), login)[0]


def grade(world: World, addition: str = "") -> int:
    """Put the shipped policy with an addition in force and grade everybody as of today; return the run's id."""
    analyst, strategy = world.people["analyst"], world.people["strategy"]
    day = today(settings().zone)
    with writing(world.engine) as session:
        draft = policies_.save_draft(session, analyst, shipped()[POLICY].read_text() + addition)
        evidence = finished_backtest(session, draft, analyst)
        policies_.submit(session, analyst, draft.id, evidence.id)
        policies_.approve(session, strategy, draft.id, "evidence is sound")
        policies_.put_in_force(session, strategy, draft.id, day)
    return run(world)


def run(world: World) -> int:
    """Grade everybody as of today with the version in force; return the run's id."""
    with writing(world.engine) as session:
        started = runs.start(session, world.people["analyst"], POLICY, today(settings().zone))
    jobs.run(world.engine, world.home, started.job_id)
    return started.id


def _fill(session: Session, world: World, count: int) -> None:
    """Add customers whose values differ, some of them unknown, each with rows of every kind."""
    known = datetime.now(UTC) - timedelta(days=1)
    day = today(settings().zone) - timedelta(days=30)
    sourced: dict[str, Any] = {"known_at": known}
    tags = [tables.Tag(dimension="需求", name=f"采购设备{n}") for n in range(3)]
    session.add_all(tags)
    session.flush()
    for n in range(count):
        customer = tables.Customer(
            number=f"202601-{n + 1:04d}", name=f"公司{n % 7}号", short_name=None if n % 3 else f"简{n}",
            industry_code=[None, "6513", "3441", "A"][n % 4], region_code=[None, "310000", "440300"][n % 3],
            employees=None if n % 4 == 3 else n % 5 * 100, annual_revenue=None if n % 5 == 0 else Decimal(n) * 1000,
            owner_id=world.people["sales"].id if n % 2 else None, status=("active", "intent", "potential")[n % 3],
            founded_on=date(2001, 1, 1 + n % 28), first_contact_on=day, **sourced,
        )  # fmt: skip
        session.add(customer)
        session.flush()
        _hang(session, customer.id, n, day, tags, sourced)


def _hang(
    session: Session, customer_id: int, n: int, day: date, tags: list[tables.Tag], sourced: dict[str, Any]
) -> None:
    own: dict[str, Any] = {"customer_id": customer_id, **sourced}
    instant = sourced["known_at"] - timedelta(days=20)
    session.add_all(
        tables.Contact(
            name=f"王{i}", mobile=f"1380000{n:02d}{i:02d}", landline="021-55556666", email=f"w{i}@a.cn", **own
        )
        for i in range(n % 3)
    )
    session.add_all(tables.CustomerTag(tag_id=tag.id, **own) for tag in tags[: n % 4])
    session.add_all(
        [
            tables.StatusChange(status="active", changed_on=day, reason="成交", **own),
            tables.Need(kind="产品采购", budget_min=Decimal("10.5"), urgency="high", **own),
            tables.Contract(starts_on=day, amount=Decimal("99.99"), **own),
            tables.Interaction(happened_at=instant, kind="call", summary="回访", **own),
            tables.ServiceRecord(opened_at=instant, kind="complaint", problem="延迟", satisfaction=4, **own),
            tables.Survey(surveyed_on=day, score=1 + n % 5, **own),
            tables.Improvement(reported_on=day, problem="响应慢", due_on=None if n % 2 else day, **own),
        ]
    )
    if n % 2 == 0:
        for word, rating in (
            ("industry_outlook", 8),
            ("purchase_intent", 6),
            ("benchmark_effect", 5),
            ("new_product_willingness", 9),
            ("supply_chain_fit", 7),
        ):
            session.add(
                tables.Assessment(word=word, rating=rating, assessed_on=day, valid_until=date(2099, 1, 1), **own)
            )
    for i in range(n % 5):
        order = tables.Order(
            ordered_on=day - timedelta(days=200 * i),
            amount=Decimal(n * 50_000 + i) + Decimal("0.25"),
            profit=Decimal(n * 9_000),
            **own,
        )
        session.add(order)
        session.flush()
        session.add(tables.OrderLine(order_id=order.id, product="泵", quantity=1, amount=order.amount, **sourced))
