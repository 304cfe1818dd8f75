"""Subscriptions to grades that change and to requests whose time comes, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import world
from listening import does, hub_of, subscribed
from sqlalchemy import Engine, select, update

from api import jobs
from api.commands import appointment as appointments
from api.commands import run as runs
from api.commands import service_record as records
from api.commands.snapshot import today
from api.database import writing
from api.events import announce
from api.hub import MOST_ROWS
from api.settings import settings
from schema.tables import Customer, Grade, Order, Run, ServiceRecord
from schema.tables.base import now

CHANGED = "subscription C($f: GradeFilter) { gradesChanged(filter: $f) { tier effectiveTier customer { number } } }"
RISK = "subscription R($h: Decimal!, $f: ServiceRecordFilter) { requestsAtRisk(hours: $h, filter: $f) { problem closedAt } }"


def tiers(engine: Engine) -> dict[str, str | None]:
    with writing(engine) as session:
        rows = session.execute(
            select(Customer.number, Grade.tier)
            .join(Customer, Customer.id == Grade.customer_id)
            .where(Grade.run_id == select(Run.id).order_by(Run.id.desc()).limit(1).scalar_subquery())
        )
        return {row.number: row.tier for row in rows}


def test_grades_that_a_run_changed_are_told_page_by_page_and_narrowed(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 24)
    key = world.key(made, "sales")
    with writing(engine) as session:
        yesterday = today(settings().zone) - timedelta(days=1)
        job = runs.start(session, made.people["analyst"], world.POLICY, yesterday).job_id
    jobs.run(engine, tmp_path, job)
    before = tiers(engine)
    with writing(engine) as session:
        session.execute(update(Order).values(amount=1, profit=0))
        session.execute(update(Customer).where(Customer.id % 3 == 0).values(owner_id=made.people["sales"].id))

    async def scene() -> tuple[list[Any], list[Any]]:
        owned = {"customer": {"owner": {"login": {"equals": "sales"}}, "not": {"effectiveTier": {"equals": "Z"}}}}
        async with (
            hub_of(made) as heard,
            subscribed(made, heard, key, CHANGED) as everybody,
            subscribed(made, heard, key, CHANGED, {"f": owned}) as owner,
        ):
            await does(world.run, made)
            told = await everybody.rows(), await owner.rows()
            await everybody.quiet(0.3)
            return told

    everybody, owner = asyncio.run(scene())
    after = tiers(engine)
    expected = {number: tier for number, tier in after.items() if tier != before[number]}
    assert expected, "the world must change"
    assert {row["customer"]["number"]: row["tier"] for row in everybody} == expected
    with writing(engine) as session:
        own = set(session.scalars(select(Customer.number).where(Customer.owner_id == made.people["sales"].id)))
    assert {row["customer"]["number"] for row in owner} == expected.keys() & own != expected.keys()


def test_more_changed_grades_than_one_message_holds_come_in_several(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 2 * MOST_ROWS + 20, graded=False)
    key = world.key(made, "sales")

    async def scene() -> list[list[Any]]:
        async with hub_of(made) as heard, subscribed(made, heard, key, CHANGED) as reader:
            await does(world.grade, made)
            messages = [await reader.rows()]
            while sum(map(len, messages)) < len([tier for tier in tiers(sqlite_engine).values() if tier]):
                messages.append(await reader.rows())
            await reader.quiet(0.3)
            return messages

    messages = asyncio.run(scene())
    assert all(len(message) <= MOST_ROWS for message in messages)
    numbers = [row["customer"]["number"] for message in messages for row in message]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) == {number for number, tier in tiers(sqlite_engine).items() if tier}


def test_a_run_whose_start_is_heard_of_when_it_has_finished_is_told_once(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 4, graded=False)
    key = world.key(made, "sales")

    def started() -> None:
        with writing(engine) as session:
            announce(session, "run", [session.scalars(select(Run.id)).one()])

    async def scene() -> None:
        async with hub_of(made) as heard, subscribed(made, heard, key, CHANGED) as reader:
            await does(world.grade, made)
            assert await reader.rows()
            await does(started)
            await reader.quiet(0.5)

    asyncio.run(scene())


def test_a_tier_that_people_give_is_told_with_the_effective_tier(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 8)
    key = world.key(made, "sales")

    def override() -> None:
        with writing(engine) as session:
            customer = session.scalar(select(Customer.id).where(Customer.number == "202601-0003"))
            assert customer is not None
            day = today(settings().zone)
            appointments.override(
                session, made.people["strategy"], customer, world.POLICY,
                tier="S", valid_until=day + timedelta(days=30), reason="x", evidence="y",
            )  # fmt: skip

    async def scene() -> None:
        async with hub_of(made) as heard, subscribed(made, heard, key, CHANGED) as reader:
            await does(override)
            ((row,)) = await reader.rows()
            assert row["customer"] == {"number": "202601-0003"}
            assert row["effectiveTier"] == "S"

    asyncio.run(scene())


def test_requests_are_told_when_their_time_comes_and_when_they_are_closed(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 1, graded=False)
    key = world.key(made, "service")
    service = made.people["service"]
    with writing(engine) as session:
        customer = session.scalars(select(Customer.id)).one()
        session.execute(update(ServiceRecord).values(closed_at=now()))  # the world's own

    def opened(problem: str, hours: float) -> int:
        with writing(engine) as session:
            at = now() - timedelta(hours=hours)
            values = {"opened_at": at, "kind": "complaint", "problem": problem}
            return records.create(session, service, customer, values).id

    def close(record: int) -> None:
        with writing(engine) as session:
            records.update(session, service, record, {"closed_at": now()})

    async def scene() -> None:
        old = opened("old", 30)
        opened("soon", 24 - 2 / 3600)
        opened("young", 1)
        async with (
            hub_of(made) as heard,
            subscribed(made, heard, key, RISK, {"h": "24", "f": {"hoursOpen": {"gt": 0}}}) as reader,
        ):
            assert [row["problem"] for row in await reader.rows()] == ["old"]
            assert [row["problem"] for row in await reader.rows()] == ["soon"]
            await does(opened, "older", 40)
            assert [row["problem"] for row in await reader.rows()] == ["older"]
            await does(close, old)
            ((row,)) = await reader.rows()
            assert row["problem"] == "old"
            assert row["closedAt"]
            await reader.quiet(0.3)

    asyncio.run(scene())


def test_hours_out_of_range_and_personal_filters_are_refused_at_once(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    key = world.key(made, "marketing")
    personal = {"contact": {"mobile": {"contains": "138"}}}

    async def scene() -> None:
        async with hub_of(made) as heard:
            for variables, code in (
                ({"h": "-1"}, "invalid"),
                ({"h": "1e9"}, "invalid"),
                ({"h": "1", "f": personal}, "forbidden"),
            ):
                async with subscribed(made, heard, key, RISK, variables) as reader:
                    message = await reader.told()
                    assert message["errors"][0]["extensions"]["code"] == code
                    assert await reader.told() is None
            assert not heard.feeds

    asyncio.run(scene())
