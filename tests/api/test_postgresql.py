"""Reads on PostgreSQL: on the event loop, over connections that stay open."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import world
from sqlalchemy import Engine, event
from strawberry.types import ExecutionResult

from api.endpoint import executable
from api.endpoint.context import Context
from api.operations.root import schema
from api.postgresql import Readers

CUSTOMERS = "{ customers { totalCount nodes { number contacts { name } } } }"
IMPROVEMENTS = "{ improvements { totalCount } }"
GROUPS = "{ customerGroups(by: [{field: STATUS}]) { nodes { count } } }"


@pytest.fixture
def made(postgres_engine: Engine, tmp_path: Path) -> world.World:
    return world.build(postgres_engine, tmp_path, 2, graded=False)


def asking(made: world.World) -> Callable[[str], Awaitable[ExecutionResult]]:
    """Return what executes a query as sales would."""
    return lambda query: schema.execute(query, None, Context(made.engine, made.home, signed_in=made.people["sales"]))


def threads(made: world.World, query: str) -> set[bool]:
    """Return whether the statements of a query ran in the thread of the loop."""
    seen = set()

    def executed(*_: Any) -> None:
        seen.add(threading.get_ident() == loop)

    async def asked() -> None:
        nonlocal loop
        loop = threading.get_ident()
        result = await asking(made)(query)
        assert result.errors is None, result.errors

    loop = 0
    readers = Readers.of(made.engine).engine
    event.listen(readers, "before_cursor_execute", executed)
    try:
        asyncio.run(asked())
    finally:
        event.remove(readers, "before_cursor_execute", executed)
    return seen


def test_reads_of_rows_stay_on_the_loop_and_the_rest_goes_to_a_thread(
    made: world.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert threads(made, CUSTOMERS) == {True}
    assert threads(made, GROUPS) == {False}
    monkeypatch.setattr(executable, "LIGHT", 10)
    assert threads(made, CUSTOMERS) == {False}


def test_a_read_that_waits_holds_nobody_up_and_can_be_cancelled(made: world.World) -> None:
    ask = asking(made)

    async def all_of_it() -> None:
        assert (await ask(CUSTOMERS)).errors is None
        with made.engine.begin() as blocking:
            blocking.exec_driver_sql("lock table improvements in access exclusive mode")
            waiting, cancelled = (asyncio.create_task(_result(ask(IMPROVEMENTS))) for _ in range(2))
            for _ in range(5):
                assert (await ask(CUSTOMERS)).errors is None
            await asyncio.sleep(0.2)
            assert not waiting.done()
            cancelled.cancel()
            await asyncio.wait([cancelled], timeout=10)
            assert cancelled.done()
        assert (await waiting).data == {"improvements": {"totalCount": 2}}
        for found in await asyncio.gather(*(ask(IMPROVEMENTS) for _ in range(5))):
            assert found.data == {"improvements": {"totalCount": 2}}

    asyncio.run(all_of_it())
    idle = Readers.of(made.engine).idle
    assert 0 < len(idle) <= 7
    assert all(one.exec_driver_sql("select 1").scalar() == 1 for one in idle)


def test_a_row_that_is_asked_for_again_can_be_cancelled_as_well(made: world.World) -> None:
    query = "query($id: ID!) { improvement(id: $id) { problem } }"
    id = made.data("{ improvements { nodes { id } } }")["improvements"]["nodes"][0]["id"]
    made.data(query, {"id": id})

    async def all_of_it() -> None:
        context = Context(made.engine, made.home, signed_in=made.people["sales"])
        with made.engine.begin() as blocking:
            blocking.exec_driver_sql("lock table improvements in access exclusive mode")
            asked = asyncio.create_task(_result(schema.execute(query, {"id": id}, context)))
            await asyncio.sleep(0.2)
            asked.cancel()
            await asyncio.wait([asked], timeout=10)
            assert asked.done()
        assert (await schema.execute(query, {"id": id}, context)).errors is None

    asyncio.run(all_of_it())


def test_connections_stay_open_and_nobody_notices_when_the_server_has_ended_them(made: world.World) -> None:
    ask = asking(made)

    async def at_once(times: int) -> list[ExecutionResult]:
        return await asyncio.gather(*(ask(CUSTOMERS) for _ in range(times)))

    readers = Readers.of(made.engine)
    assert not any(result.errors for result in asyncio.run(at_once(4)))
    open_now = len(readers.idle)
    for _ in range(3):
        assert not any(result.errors for result in asyncio.run(at_once(1)))
    assert len(readers.idle) == open_now
    others = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    with made.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"select pg_terminate_backend(pid) {others}")
        deadline = time.monotonic() + 20
        while connection.exec_driver_sql(f"select count(*) {others}").scalar() and time.monotonic() < deadline:
            time.sleep(0.02)
    assert not any(result.errors for result in asyncio.run(at_once(4)))


def test_many_first_connections_at_once_do_not_wait_for_each_other(made: world.World) -> None:
    """SQLAlchemy opens the first connection of a pool, and of one that takes its place, under a lock of threads."""
    ask = asking(made)

    async def at_once() -> None:
        answers = await asyncio.gather(*(ask(CUSTOMERS) for _ in range(8)))
        failed.extend(answer.errors for answer in answers if answer.errors)
        rounds.append(len(answers))

    failed: list[Any] = []
    rounds: list[int] = []
    for _ in range(5):
        Readers.of(made.engine).engine.dispose()
        loop = threading.Thread(target=asyncio.run, args=(at_once(),), daemon=True)  # one that hangs hangs for good
        loop.start()
        loop.join(30)
        assert not loop.is_alive()
    assert (rounds, failed) == ([8] * 5, [])


async def _result(found: Awaitable[ExecutionResult]) -> ExecutionResult:
    return await found
