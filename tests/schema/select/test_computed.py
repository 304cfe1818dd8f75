"""Computed words: the same SQL answers both paths, on both databases, and agrees with what people would count."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import held
import world
from sqlalchemy import Engine, select, update

from api.commands.snapshot import today
from api.database import writing
from api.endpoint.context import Context
from api.operations.root import schema
from api.settings import settings
from schema import graded, tables
from schema.migrations import downgrade, upgrade
from schema.objects.customer import REQUIRED

WORDS = (
    "query Q($day: Date!) { customers(first: 50) { nodes { number completeness tier total effectiveTier tierAsOf(asOf: $day) "
    'never: tierAsOf(asOf: "1999-12-31") grade { tier total } serviceRecords { hoursOpen } } } }'
)


def answers(made: world.World, query: str, variables: dict[str, Any] | None = None) -> Any:
    """Return the answer, the same bytes on both paths."""
    planned = made.data(query, variables)
    assert json.dumps(planned) == json.dumps(made.data(query, variables, planning=False))
    return planned


def close_all(made: world.World) -> None:
    record = tables.ServiceRecord
    with writing(made.engine) as session:
        opened = datetime(2026, 3, 1, 8, 0, 0, 999_999, tzinfo=UTC)
        session.execute(update(record).values(opened_at=opened, closed_at=opened + timedelta(hours=2, seconds=1)))


def test_computed_words_are_the_same_on_both_paths(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path)
    close_all(made)
    nodes = answers(made, WORDS, {"day": str(today(settings().zone))})["customers"]["nodes"]
    assert {node["tier"] for node in nodes} >= {"B", None}
    for node in nodes:
        assert node["tier"] == node["grade"]["tier"] == node["effectiveTier"] == node["tierAsOf"]
        assert node["never"] is None
        assert node["serviceRecords"] == [{"hoursOpen": "2.0002"}]  # 7,201 seconds, rounded down
        exact = node["grade"]["total"]
        assert (node["total"] is None) == (exact is None)
        if exact is not None:
            assert Decimal(node["total"]) * 10_000 == floor(Fraction(exact) * 10_000)


def test_completeness_is_the_share_of_required_fields_that_are_known(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, graded=False)
    rows = {
        row["number"]: row["completeness"] for row in answers(made, WORDS, {"day": "2026-01-01"})["customers"]["nodes"]
    }
    with writing(engine) as session:
        for customer in session.scalars(select(tables.Customer)):
            known = sum(getattr(customer, name) is not None for name in REQUIRED)
            share = (Decimal(known) / len(REQUIRED)).quantize(Decimal("0.0001"), "ROUND_HALF_UP")
            assert rows[customer.number] == str(share)
    assert len(set(rows.values())) > 3


def test_tiers_are_ordered_best_first_and_appointed_ones_stand_where_they_belong(
    engine: Engine, tmp_path: Path
) -> None:
    made = held.build(engine, tmp_path, 5, {"exit": held.EXITS})
    newest = made.run(95, 80, 61, 10, None)
    day = today(settings().zone)
    appointed = tables.Appointment(
        customer_id=4,
        policy_id=1,
        tier="S",
        reason="重点",
        valid_from=day,
        valid_until=day,
        appointed_by_id=1,
    )
    with writing(engine) as session:
        session.add(appointed)
    assert made.effective() == made.effective(planning=False) == ["S", "A", "B", "S", None]
    customers = tables.Customer.__table__
    words = (graded.tier, graded.tier_rank, graded.effective_rank, graded.total)
    at = {"today": day, "now": datetime.now(UTC)}
    with engine.connect() as connection:
        rows = connection.execute(
            select(*(word(customers) for word in words)).select_from(customers).order_by(customers.c.id), at
        ).all()
        as_of = select(graded.tier_rank_as_of(customers, made.first)).select_from(customers).order_by(customers.c.id)
        assert connection.scalars(as_of).all() == [None] * 5  # no run was finished for that day
    assert [(tier, rank) for tier, _, rank, _ in rows] == [("S", 0), ("A", 1), ("B", 2), ("C", 0), (None, None)]
    masks = [mask for _, mask, _, _ in rows]
    assert masks == [1, 2, 4, 8, None]
    assert [str(total) for *_, total in rows[:3]] == ["95.0000", "80.0000", "61.0000"]
    assert newest


def test_a_request_that_is_open_counts_until_the_operation_began(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 1, graded=False)
    began = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
    with writing(engine) as session:
        session.execute(update(tables.ServiceRecord).values(opened_at=began - timedelta(minutes=90)))
    query = "{ customers { nodes { serviceRecords { hoursOpen } } } }"
    for planning in (True, False):
        context = Context(engine, tmp_path, planning=planning, signed_in=made.people["sales"], began=began)
        found = schema.answer(query, None, context).data
        assert found == {"customers": {"nodes": [{"serviceRecords": [{"hoursOpen": "1.5000"}]}]}}


def test_plans_of_runs_from_before_are_kept_by_the_migration(engine: Engine, tmp_path: Path) -> None:
    made = held.build(engine, tmp_path, 1, None)
    made.run(80)
    kept = select(tables.Plan.scale, tables.PlanTier.rank, tables.PlanTier.tier).join(
        tables.PlanTier, tables.PlanTier.document_hash == tables.Plan.document_hash
    )
    with engine.begin() as connection:
        before = connection.execute(kept.order_by(tables.PlanTier.rank)).all()
        downgrade(connection, "0010")
        upgrade(connection)
        assert connection.execute(kept.order_by(tables.PlanTier.rank)).all() == before
    assert [(rank, tier) for _, rank, tier in before] == list(enumerate(held.ORDER))


def test_the_day_of_an_operation_is_that_of_its_instant_whatever_the_clock_says_meanwhile(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    midnight = datetime(2026, 1, 31, 16, tzinfo=UTC)  # in Shanghai
    for began, day in ((midnight - timedelta(microseconds=1), "2026-01-31"), (midnight, "2026-02-01")):
        context = Context(sqlite_engine, tmp_path, began=began)
        assert (context.now, str(context.today)) == (began, day)
