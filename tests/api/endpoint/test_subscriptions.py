"""Subscriptions: what is written is told, under the reader's own rights, until the reader may read no more."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import world
from listening import does, hub_of, subscribed
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from api import events, hub
from api import jobs as jobs_
from api.commands import api_key as api_keys
from api.commands import improvement as improvements
from api.commands import run as runs
from api.commands import user as users
from api.commands.snapshot import today
from api.database import writing
from api.settings import settings
from schema.tables import Contact, Customer, Event, Improvement, UserRole

ITEMS = "subscription { improvementItems { problem state customer { name contacts { name mobile } } } }"


def report(made: world.World, problem: str, customer: int | None = None) -> int:
    with writing(made.engine) as session:
        key = customer or session.scalar(select(Contact.customer_id).order_by(Contact.id).limit(1))
        assert key is not None
        return improvements.report(
            session, made.people["service"], key, {"reported_on": date(2026, 1, 1), "problem": problem}
        ).id


def step(made: world.World, item: int) -> None:
    with writing(made.engine) as session:
        improvements.agree(session, made.people["service"], item, "培训", "李四", date(2027, 1, 1))


def test_what_is_written_is_told_as_it_is_now_and_masked_fields_stay_masked(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 6, graded=False)
    sales, marketing = world.key(made, "sales"), world.key(made, "marketing")

    async def scene() -> None:
        async with (
            hub_of(made) as heard,
            subscribed(made, heard, sales, ITEMS) as seller,
            subscribed(made, heard, marketing, ITEMS) as marketer,
            subscribed(made, heard, marketing, ITEMS, planning=False) as plain,
        ):
            for expected in ("OPEN", "AGREED"):
                item = await does(report, made, "响应慢") if expected == "OPEN" else item  # noqa: F821  # set before
                if expected == "AGREED":
                    await does(step, made, item)
                (seen,), (masked,), (ordinary,) = await seller.rows(), await marketer.rows(), await plain.rows()
                assert (seen["problem"], seen["state"]) == ("响应慢", expected)
                assert seen["customer"]["contacts"][0]["mobile"].startswith("1380000")
                assert masked["customer"]["contacts"][0]["mobile"].startswith("138****")
                assert masked == ordinary

    asyncio.run(scene())


def test_only_what_matches_is_told_and_a_rolled_back_write_is_not(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 3, graded=False)
    key = world.key(made, "service")
    agreed = "subscription { improvementItems(filter: {state: {equals: AGREED}}) { problem } }"

    def fails() -> None:
        with writing(made.engine) as session:
            customer = session.scalar(select(Customer.id).limit(1))
            assert customer is not None
            improvements.report(
                session, made.people["service"], customer, {"reported_on": date(2026, 1, 1), "problem": "x"}
            )
            session.rollback()

    async def scene() -> None:
        async with hub_of(made) as heard, subscribed(made, heard, key, agreed) as reader:
            item = await does(report, made, "响应慢")
            await does(fails)
            await reader.quiet()
            await does(step, made, item)
            assert await reader.rows() == [{"problem": "响应慢"}]

    asyncio.run(scene())
    with Session(engine) as session:
        assert session.scalar(select(func.count()).where(Event.noun == "improvements")) == 2


def test_a_run_is_told_when_it_starts_and_when_it_ends(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 4)
    key = world.key(made, "analyst")

    def start() -> int | None:
        with writing(made.engine) as session:
            return runs.start(session, made.people["analyst"], world.POLICY, today(settings().zone)).job_id

    async def scene() -> None:
        query = "subscription R($of: String!) { runs(filter: {version: {policy: {key: {equals: $of}}}}) { state version { policy { key } } } }"
        async with (
            hub_of(made) as heard,
            subscribed(made, heard, key, query, {"of": world.POLICY}) as reader,
            subscribed(made, heard, key, query, {"of": "another"}) as other,
        ):
            job = await does(start)
            assert [run["state"] for run in await reader.rows()] == ["QUEUED"]
            await does(jobs_.run, engine, tmp_path, job)
            assert await reader.rows() == [{"state": "FINISHED", "version": {"policy": {"key": world.POLICY}}}]
            await other.quiet(0.3)

    asyncio.run(scene())


def test_a_revoked_key_a_lost_role_and_a_deactivated_user_end_their_subscriptions(
    engine: Engine, tmp_path: Path
) -> None:
    made = world.build(engine, tmp_path, 2, graded=False)

    def revoke(login: str) -> None:
        with writing(engine) as session:
            api_keys.revoke_all(session, made.people["boss"], login)

    def deactivate(login: str) -> None:
        with writing(engine) as session:
            users.deactivate(session, made.people["boss"], login)

    async def scene() -> None:
        async with hub_of(made) as heard:
            for login, end in (("sales", revoke), ("finance", deactivate)):
                async with subscribed(made, heard, world.key(made, login), ITEMS) as reader:
                    await does(end, login)
                    message = await reader.told()
                    assert message["data"] is None
                    assert message["errors"][0]["extensions"]["code"] == "not_signed_in"
                    assert await reader.told() is None
            assert not heard.feeds

    asyncio.run(scene())


def test_a_role_taken_away_holds_from_the_next_event_on(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 3, graded=False)

    def demote() -> None:
        with writing(sqlite_engine) as session:
            session.execute(
                update(UserRole).where(UserRole.user_id == made.people["sales"].id).values(role="marketing")
            )

    async def scene() -> None:
        async with hub_of(made) as heard, subscribed(made, heard, world.key(made, "sales"), ITEMS) as reader:
            await does(demote)
            await does(report, made, "x")
            ((row,)) = await reader.rows()
            assert row["customer"]["contacts"][0]["mobile"].startswith("138****")

    asyncio.run(scene())


def test_a_user_has_only_so_many_subscriptions_and_leaving_frees_them(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "MOST_OF_A_USER", 2)
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    key = world.key(made, "sales")

    async def scene() -> None:
        async with hub_of(made) as heard:
            for _ in range(2):
                async with (
                    subscribed(made, heard, key, ITEMS),
                    subscribed(made, heard, key, ITEMS),
                    subscribed(made, heard, key, ITEMS) as third,
                    subscribed(made, heard, world.key(made, "finance"), ITEMS),
                ):
                    assert len(heard.feeds) == 3
                    message = await third.told()
                    assert message["errors"][0]["extensions"]["code"] == "too_many"
                assert not heard.feeds

    asyncio.run(scene())


def test_a_slow_subscriber_misses_nothing_and_memory_stays_bounded(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "MOST_KEYS", 50)
    made = world.build(engine, tmp_path, 1, graded=False)
    key = world.key(made, "service")
    with writing(engine) as session:
        customer = session.scalars(select(Customer.id)).one()
        items = [Improvement(customer_id=customer, reported_on=date(2026, 1, 1), problem=str(n)) for n in range(300)]
        session.add_all(items)
        session.flush()
        keys = [item.id for item in items]

    def announce_all() -> None:
        for each in keys:
            with writing(engine) as session:
                events.announce(session, "improvements", [each])

    async def scene() -> None:
        async with (
            hub_of(made) as heard,
            subscribed(made, heard, key, "subscription { improvementItems { problem } }") as slow,
        ):
            await does(announce_all)
            while heard.position < 300:
                await asyncio.sleep(0.05)
            assert heard.held <= 50
            assert len(heard.recent) <= 50
            told: list[Any] = []
            messages = 0
            while len(told) < 300:
                rows = await slow.rows()
                assert len(rows) <= hub.MOST_ROWS
                told += rows
                messages += 1
            assert [row["problem"] for row in told] == [str(n) for n in range(300)]
            assert messages < 20

    asyncio.run(scene())


def test_stopping_ends_every_subscription_without_an_error(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 1, graded=False)
    key = world.key(made, "service")

    async def scene() -> None:
        async with hub_of(made) as heard, subscribed(made, heard, key, ITEMS) as reader:
            heard.close()
            assert await reader.told() is None

    asyncio.run(scene())


def test_what_is_written_while_the_database_ends_connections_is_told_afterwards(
    postgres_engine: Engine, tmp_path: Path
) -> None:
    made = world.build(postgres_engine, tmp_path, 1, graded=False)
    key = world.key(made, "service")

    def cut_and_report() -> None:
        others = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()"
        with writing(postgres_engine) as session:
            session.execute(text(others))
            improvements.report(
                session, made.people["service"], 1, {"reported_on": date(2026, 1, 1), "problem": "meanwhile"}
            )

    async def scene() -> None:
        async with hub_of(made) as heard, subscribed(made, heard, key, ITEMS) as reader:
            await does(cut_and_report)
            assert [row["problem"] for row in await reader.rows()] == ["meanwhile"]
            assert heard.hearing

    asyncio.run(scene())


def test_an_event_costs_the_same_statements_whatever_the_number_of_rows(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 12, graded=False)
    key = world.key(made, "service")

    def announce_first(count: int) -> None:
        with writing(engine) as session:
            events.announce(session, "improvements", session.scalars(select(Improvement.id).limit(count)).all())

    async def scene() -> list[int]:
        counted = []
        async with hub_of(made) as heard:
            for count in (1, 10):
                async with subscribed(made, heard, key, ITEMS) as reader:
                    with made.statements() as seen:
                        await does(announce_first, count)
                        assert len(await reader.rows()) == count
                    counted.append(len([each for each in seen if "events" not in each]))
        return counted

    first, second = asyncio.run(scene())
    assert first == second, "the hub's own looks aside"


def test_events_are_swept_after_a_day(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SWEPT_EVERY", 1)
    for noun in ("old", "new"):
        with writing(engine) as session:
            events.announce(session, noun, [1])
        if noun == "old":
            with writing(engine) as session:
                session.execute(update(Event).values(at=events.now() - 2 * events.KEPT))
    with Session(engine) as session:
        assert session.scalars(select(Event.noun)).all() == ["new"]
