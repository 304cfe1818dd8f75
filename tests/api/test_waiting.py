"""Greenlets are used again, and nothing of the work before is left in them."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import partial
from typing import Any

import pytest
from greenlet import getcurrent  # type: ignore[import-untyped]  # its stubs are another package
from sqlalchemy.util.concurrency import await_, in_greenlet

from api.waiting import THREADS, aside, spawned

WHO: ContextVar[str] = ContextVar("who", default="nobody")


class Thing:
    """Something that a work holds."""


async def told(value: str) -> str:
    await asyncio.sleep(0)
    return value


def test_a_greenlet_is_used_again_and_several_at_once() -> None:
    async def one() -> Any:
        return await spawned(lambda: (await_(told("x")), getcurrent())[1])

    async def all_of_them() -> tuple[set[Any], set[Any]]:
        in_turn = {await one() for _ in range(5)}
        return in_turn, set(await asyncio.gather(*(one() for _ in range(5))))

    in_turn, at_once = asyncio.run(all_of_them())
    assert len(in_turn) == 1
    assert len(at_once) == 5
    assert in_turn < at_once


def test_what_is_raised_on_either_side_arrives_on_the_other() -> None:
    async def failing() -> None:
        raise ValueError("outside")

    def caught() -> str:
        try:
            await_(failing())
        except ValueError as error:
            raise KeyError(str(error)) from error
        return "nothing was raised"

    async def run() -> str:
        with pytest.raises(KeyError, match="outside"):
            await spawned(caught)
        return await spawned(lambda: await_(told("and on")))

    assert asyncio.run(run()) == "and on"


def test_a_work_that_is_cancelled_ends_and_its_greenlet_goes_on() -> None:
    ended: list[str] = []

    def endless() -> None:
        try:
            await_(asyncio.sleep(60))
        finally:
            ended.append("cleanly")

    async def run() -> str:
        task = asyncio.create_task(spawned(endless))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await spawned(lambda: await_(told("and on")))

    assert asyncio.run(run()) == "and on"
    assert ended == ["cleanly"]


def test_each_work_sees_the_context_of_who_waits_for_it() -> None:
    async def seen(who: str) -> str:
        WHO.set(who)
        return await spawned(lambda: await_(told(WHO.get())) + WHO.get())

    async def run() -> list[str]:
        alone = await asyncio.create_task(seen("a"))
        return [alone, *await asyncio.gather(seen("b"), seen("c"))]

    assert asyncio.run(run()) == ["aa", "bb", "cc"]


def in_a_new_thread(work: Callable[[], None]) -> None:
    """Run something where no greenlet has been made yet."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def test_nothing_of_a_work_is_kept() -> None:
    gone: list[weakref.ref[Thing]] = []

    async def once() -> None:
        thing, result = Thing(), Thing()
        gone.extend(map(weakref.ref, (thing, result)))
        assert isinstance(await spawned(partial(max, thing, result, key=id)), Thing)

    async def run() -> None:
        for _ in range(2):  # in a new greenlet, and in one that is used again
            await once()
            gc.collect()
            assert [one() for one in gone] == [None] * len(gone)

    in_a_new_thread(lambda: asyncio.run(run()))


def test_greenlets_that_are_too_many_are_freed_and_all_with_their_thread() -> None:
    made: list[weakref.ref[Any]] = []

    def work() -> None:
        made.append(weakref.ref(getcurrent()))
        await_(told("x"))

    async def run() -> None:
        for _ in range(3):
            await asyncio.gather(*(spawned(work) for _ in range(3 * THREADS)))
        gc.collect()
        assert len({id(one()) for one in made if one() is not None}) == THREADS

    in_a_new_thread(lambda: asyncio.run(run()))
    in_a_new_thread(lambda: None)  # greenlets of a thread that ended are freed by the next one
    asyncio.run(spawned(lambda: None))
    gc.collect()
    assert len({id(one()) for one in made if one() is not None}) <= 1


def test_greenlets_belong_to_their_thread() -> None:
    found: list[Any] = []

    def loop() -> None:
        found.append(asyncio.run(spawned(lambda: (await_(told("x")), getcurrent(), threading.get_ident()))))

    for _ in range(2):
        thread = threading.Thread(target=loop)
        thread.start()
        thread.join()
    loop()
    assert len({id(one[1]) for one in found}) == 3
    assert found[2][2] == threading.get_ident()


def test_what_takes_its_time_goes_to_a_thread() -> None:
    def run() -> tuple[bool, bool, bool]:
        here = threading.get_ident()
        return in_greenlet(), aside(in_greenlet), aside(threading.get_ident) != here

    assert asyncio.run(spawned(run)) == (True, False, True)
    assert run() == (False, False, False)
