"""Standings by SQL against the hold rule customer by customer, on random policies, facts and decisions."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import held
import world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, insert, select
from sqlalchemy.orm import Session

from api.commands import policy as policies_
from api.commands import run as runs
from api.commands import standing as standings
from policies import compile_plan, grade, parse
from policies.hold import Graded, Standing, decided, follow, staying
from policies.states import PENDING
from schema import tables

CUSTOMERS = 8
LABELS = {"zh": "甲", "en": "x"}
GATE = {"id": "late", "when": {"input": "payment_delay_days", "ge": 90}, "effect": {"cap": "B"}}
Row = dict[str, Any]


@st.composite
def holds(draw: st.DrawFn, exits: list[int]) -> dict[str, Any] | None:
    """A hold rule, or none; ``exits`` are how far below their beginning the first three tiers may be left."""
    parts: dict[str, Any] = {
        "demotion_needs_approval": draw(st.lists(st.sampled_from(held.ORDER[:3]), unique=True)),
        "minimum_periods": draw(st.integers(1, 3)),
        "exit": {
            tier: held.CUTS[tier] - less for tier, less in zip(held.ORDER, exits, strict=False) if draw(st.booleans())
        },
    }
    return draw(st.none() | st.just(parts))


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A card or a rule table over the amount, with a gate, a population and a hold rule, each at random."""
    more: dict[str, Any] = {"population": {"applies_to": {"status": ["active", "lost"]}}} if draw(st.booleans()) else {}
    if draw(st.booleans()):
        more["gates"] = [GATE]
    if draw(st.booleans()):
        return held.card(draw(holds(draw(st.lists(st.integers(0, 9), min_size=3, max_size=3)))), **more)
    places = [(tier, cut, "amount_12m") for tier, cut in held.CUTS.items() if tier != "C"]
    rules = [{"id": tier, "when": {"input": word, "ge": cut}, "then": tier} for tier, cut, word in places]
    new = {"id": "new", "when": {"input": "tenure", "lt": 12}, "then": "M"}
    hold = draw(holds([]))
    return json.dumps({
        "kind": "rules", "id": held.POLICY, "title": LABELS, "inputs": {"amount_12m": {"unit": "万元"}}, "rules": [new, *rules],
        "else": "C", "tiers": {"order": held.ORDER, "outside": ["M"]}, **({"hold": hold} if hold else {}), **more,
    })  # fmt: skip


AMOUNTS = st.none() | st.just(PENDING) | st.sampled_from([-1, 0, 57, 59, 60, 73, 74, 76, 82, 87, 89, 90, 95])
FACTS = st.fixed_dictionaries({
    "status": st.sampled_from(["active"] * 6 + ["lost", "potential", "odd", None]),
    "amount_12m": AMOUNTS.map(lambda amount: amount if amount in (None, PENDING) else amount * 1_000_000),
    "payment_delay_days": st.sampled_from([0, 0, 0, 90, None]), "tenure": st.sampled_from([24, 24, 24, 1, None]),
})  # fmt: skip
POPULATIONS = st.lists(st.none() | FACTS, min_size=CUSTOMERS, max_size=CUSTOMERS)


def run_of(
    session: Session, made: world.World, version: tables.PolicyVersion, day: int, rows: dict[int, Row]
) -> tables.Run:
    """A finished run over these facts, made as a worker makes it."""
    as_of = held.FIRST + timedelta(days=day)
    snapshot = tables.Snapshot(as_of=as_of, zone="UTC", rows=len(rows), fingerprint="pending")
    run = tables.Run(version_id=version.id, as_of=as_of, started_by_id=made.people["analyst"].id)
    session.add_all([snapshot, run])
    session.flush()
    if rows:
        known = [{"snapshot_id": snapshot.id, "customer_id": key, **row} for key, row in rows.items()]
        session.execute(insert(tables.facts), known)
    connection, plan = session.connection(), compile_plan(parse(version.document))
    runs.insert_grades(connection, plan, run.id, snapshot.id)
    standings.fill(session, run, plan, snapshot.id, runs.dialect_of(connection))
    run.snapshot_id, run.state = snapshot.id, "finished"
    session.flush()
    return run


def one_by_one(text: str, before: dict[int, Standing], rows: dict[int, Row]) -> dict[int, Standing]:
    """Where the rule leaves each customer, asked by itself."""
    document, found = parse(text), {}
    for key, row in rows.items():
        stood = before.get(key, Standing())
        by = document if stood.tier is None else staying(document, stood.tier)
        here, stays = (grade(compile_plan(each), row) for each in (document, by))
        found[key] = follow(document, stood, Graded(here.status, here.tier), Graded(stays.status, stays.tier))
    return found


def customers(session: Session, count: int) -> list[int]:
    made = [
        tables.Customer(number=f"202601-{n:04d}", name=f"公司{n}", known_at=tables.base.now()) for n in range(count)
    ]
    session.add_all(made)
    session.flush()
    return [customer.id for customer in made]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))  # one database for all examples
@given(st.lists(documents(), min_size=1, max_size=2), st.lists(POPULATIONS, min_size=2, max_size=5), st.data())
def test_standings_by_sql_are_those_of_the_rule_customer_by_customer(
    engine: Engine, tmp_path_factory: Any, texts: list[str], populations: list[list[Row | None]], data: st.DataObject
) -> None:
    made = world_of(engine, tmp_path_factory)
    with Session(engine) as session:
        keys = customers(session, CUSTOMERS)
        versions = [policies_.save_draft(session, made.people["analyst"], text) for text in texts]
        stood: dict[int, Standing] = {}
        for day, population in enumerate(populations):
            version = versions[min(day // 2, len(versions) - 1)]
            rows = {key: row for key, row in zip(keys, population, strict=True) if row is not None}
            run = run_of(session, made, version, day, rows)
            stood = one_by_one(version.document, stood, rows)
            kept = session.scalars(select(tables.Standing).where(tables.Standing.run_id == run.id))
            found = {one.customer_id: Standing(one.tier, one.below, one.held, one.proposed) for one in kept}  # type: ignore[arg-type]  # a constraint holds the words
            assert found == (stood if parse(version.document).hold is not None else {})
            for key, standing in found.items():
                decision = data.draw(st.sampled_from([None, "approved", "refused"])) if standing.proposed else None
                if decision is not None:
                    of = {"run_id": run.id, "customer_id": key, "decided_by_id": made.people["strategy"].id}
                    session.add(tables.FallDecision(decision=decision, reason="x", **of))
                    stood[key] = decided(standing, decision == "approved")
                session.flush()
                assert standings.standing_of(session, run.id, key) == stood[key]
        session.rollback()


WORLDS: dict[str, world.World] = {}


def world_of(engine: Engine, folders: Any) -> world.World:
    """The people of a database, made once: what an example adds is rolled back."""
    address = str(engine.url)
    if address not in WORLDS:
        WORLDS[address] = world.build(engine, folders.mktemp("home"), 0, graded=False)
    return WORLDS[address]


def test_a_run_asks_the_rule_as_often_whatever_the_number_of_customers(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 0, graded=False)
    text = held.card({"minimum_periods": 2, "exit": held.EXITS, "demotion_needs_approval": ["S"]})
    seen: list[tuple[str, int]] = []

    def executed(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        seen.append((statement, len(parameters) if many else 1))

    counted = []
    for count in (4, 400):
        with Session(engine) as session:
            version = policies_.save_draft(session, made.people["analyst"], text)
            keys = customers(session, count)
            for day, totals in enumerate(((95, 80), (61, 89))):
                rows = {key: {"status": "active", "amount_12m": totals[key % 2] * 1_000_000} for key in keys}
                if day == 0:
                    run_of(session, made, version, day, rows)
                    continue
                event.listen(engine, "before_cursor_execute", executed)
                run = run_of(session, made, version, day, rows)
                event.remove(engine, "before_cursor_execute", executed)
                assert standings.counts(session, run.id) == {"A": count // 2, "S": count // 2}
            session.rollback()
        asked = [many for statement, many in seen if statement.lower().startswith("insert into standing_answers")]
        counted.append((len(seen), asked))
        seen.clear()
    assert counted[0] == counted[1]
    assert counted[0][1][0] <= 2
