"""Small reads that are asked for at the same moment on PostgreSQL go to the database together."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
import world
from sqlalchemy import Engine, select
from sqlalchemy.util.concurrency import await_, greenlet_spawn
from strawberry.types import ExecutionResult

from api.endpoint.context import Context
from api.operations.root import schema
from api.together import FEW, together
from schema.select.global_id import global_id, key_of
from schema.tables import Contact, Customer

ONE = "query($id: ID!) { customer(id: $id) { id number contacts { name mobile } } }"


@pytest.fixture
def made(postgres_engine: Engine, tmp_path: Path) -> world.World:
    return world.build(postgres_engine, tmp_path, 6, graded=False)


def ids(made: world.World) -> list[str]:
    with made.engine.connect() as connection:
        return [global_id("Customer", id) for id in connection.scalars(select(Customer.id).order_by(Customer.id))]


async def at_once(made: world.World, wanted: list[str], who: tuple[str, ...] = ("sales",)) -> list[ExecutionResult]:
    """Return the answers of one operation for each id and person, asked at the same moment."""
    contexts = [Context(made.engine, made.home, signed_in=made.people[name]) for name in who for _ in wanted]
    asked = zip([*wanted] * len(who), contexts, strict=True)
    return await asyncio.gather(*(schema.execute(ONE, {"id": id}, context) for id, context in asked))


def test_each_gets_its_own_rows_of_the_statements_that_all_share(made: world.World) -> None:
    wanted = [*ids(made), global_id("Customer", 10**9)]

    async def asked() -> tuple[list[Any], list[Any]]:
        alone = [(await at_once(made, [id]))[0].data for id in wanted]
        with made.statements() as seen:
            together = [answer.data for answer in await at_once(made, wanted)]
        assert len(seen) == 2, seen  # customers, contacts
        return alone, together

    alone, together = asyncio.run(asked())
    assert together == alone
    assert sum(len(one["customer"]["contacts"]) for one in together[:-1]) > 1
    assert together[-1] == {"customer": None}


def test_who_sees_masks_shares_no_statement_with_who_does_not(made: world.World) -> None:
    with made.engine.connect() as connection:
        wanted = [global_id("Customer", connection.scalar(select(Contact.customer_id).order_by(Contact.id)))]
    with made.statements() as seen:
        answers = asyncio.run(at_once(made, wanted, ("sales", "analyst")))
    assert len(seen) == 4
    mobiles = [answer.data["customer"]["contacts"][0]["mobile"] for answer in answers if answer.data]
    assert "*" not in mobiles[0]
    assert "*" in mobiles[1]


def test_what_was_committed_before_an_operation_began_is_in_its_answer(made: world.World) -> None:
    """It joins no statement that has left: one waits for a lock, a row changes, and another one asks."""
    wanted = ids(made)[:1]

    async def asked() -> list[Any]:
        await at_once(made, wanted)
        with made.engine.connect() as writer, made.engine.connect() as blocker:
            blocker.exec_driver_sql("lock table contacts in access exclusive mode")
            first = asyncio.create_task(at_once(made, wanted))
            await asyncio.sleep(0.2)  # its statement of contacts has left, and waits
            writer.exec_driver_sql(
                "update customers set number = 'changed' where id = %s", (key_of(wanted[0], "Customer"),)
            )
            writer.commit()
            second = asyncio.create_task(at_once(made, wanted))
            await asyncio.sleep(0.2)
            blocker.rollback()
            return [answer.data["customer"]["number"] for answer in [*await first, *await second] if answer.data]

    before, after = asyncio.run(asked())
    assert (before != "changed", after) == (True, "changed")


def found(keys: Collection[int]) -> Mapping[int, int]:
    asked.append(sorted(keys))
    if 13 in keys:
        raise ValueError("thirteen")
    return {key: key * key for key in keys}


asked: list[list[int]] = []


@pytest.fixture(autouse=True)
def _nothing_asked() -> None:
    asked.clear()


async def joined(*wanted: list[int], seconds: float = 10) -> list[Any]:
    """Return what each of several finds who ask at the same moment."""
    spawned = (greenlet_spawn(together, "squares", keys, found, seconds) for keys in wanted)
    return await asyncio.gather(*spawned, return_exceptions=True)


def test_keys_that_many_want_are_asked_for_once() -> None:
    answers = asyncio.run(joined([1], [2, 3], [1]))
    assert asked == [[1, 2, 3]]
    assert [answer[1] for answer in (answers[0], answers[2])] == [1, 1]


def test_who_comes_in_the_next_turn_of_the_loop_goes_along() -> None:
    async def run() -> list[Any]:
        first = asyncio.create_task(joined([1]))
        await asyncio.sleep(0)  # it has begun
        await asyncio.sleep(0)  # it lets others join
        return [*await joined([2]), *await first]

    assert asyncio.run(run()) == [{1: 1, 2: 4}] * 2
    assert asked == [[1, 2]]


def test_one_that_fails_takes_nobody_along() -> None:
    answers = asyncio.run(joined([13], [2], [3]))
    assert asked == [[2, 3, 13], [2], [3]]
    assert isinstance(answers[0], ValueError)
    assert answers[1:] == [{2: 4}, {3: 9}]


def test_one_that_is_cancelled_takes_nobody_along() -> None:
    async def cancelled() -> list[Any]:
        first, second = (asyncio.create_task(greenlet_spawn(together, "s", [key], found, 10)) for key in (1, 2))
        await asyncio.sleep(0)
        first.cancel()
        return await asyncio.gather(first, second, return_exceptions=True)

    first, second = asyncio.run(cancelled())
    assert isinstance(first, asyncio.CancelledError)
    assert second == {2: 4}


def test_nobody_waits_for_another_longer_than_its_own_time() -> None:
    answers = asyncio.run(joined([1], [2], seconds=0))
    assert asked in ([[1, 2]], [[1, 2], [2]])
    assert answers[1][2] == 4


@pytest.mark.parametrize(("patience", "wanted"), [(10, [[1], [2, 3]]), (0.01, [[1], [2], [3]])])
def test_who_comes_while_a_statement_is_under_way_goes_along_with_the_next(
    monkeypatch: pytest.MonkeyPatch, patience: float, wanted: list[list[int]]
) -> None:
    monkeypatch.setattr("api.together.PATIENCE", patience)

    def slow(keys: Collection[int]) -> Mapping[int, int]:
        asked.append(sorted(keys))
        await_(asyncio.sleep(0.3))
        return {key: key * key for key in keys}

    async def later(key: int) -> Any:
        await asyncio.sleep(0.05 * key)
        return (await greenlet_spawn(together, "slow", [key], slow, 10))[key]

    async def all_of_them() -> list[Any]:
        return await asyncio.gather(*(later(key) for key in (1, 2, 3)))

    assert asyncio.run(all_of_them()) == [1, 4, 9]
    assert asked == wanted


def test_many_keys_are_worth_a_statement_of_their_own() -> None:
    many = list(range(FEW + 100, 2 * FEW + 101))
    asyncio.run(joined([1], many, [2]))
    assert sorted(asked) == [[1, 2], many]
