"""Synchronous code on the event loop: in a greenlet, which lets the loop go on where it waits.

A thread for each operation costs more than a small operation itself: the way there and back, and the fight for the
interpreter's lock.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import local
from typing import Any, Generic, TypeVar

from anyio import CapacityLimiter, WouldBlock, to_thread
from greenlet import GreenletExit, getcurrent, greenlet  # type: ignore[import-untyped]  # its stubs are another package
from sqlalchemy.util.concurrency import await_, in_greenlet

T = TypeVar("T")
THREADS = 20  # of which one caller takes at most half
_ASIDE = CapacityLimiter(THREADS)


async def waiting(work: Callable[[], T], limiter: CapacityLimiter) -> T:
    """Return what ``work`` returns, run in a greenlet of the running loop, as soon as the limiter has room."""
    borrower = object()
    try:
        limiter.acquire_on_behalf_of_nowait(borrower)  # without the turn of the loop that the other one takes
    except WouldBlock:
        await limiter.acquire_on_behalf_of(borrower)
    try:
        return await spawned(work)
    finally:
        limiter.release_on_behalf_of(borrower)


def aside(work: Callable[[], T]) -> T:
    """Return what ``work`` returns: of a worker thread when this is a greenlet, whose loop it would hold up; else it runs here."""
    return await_(to_thread.run_sync(work, limiter=_ASIDE)) if in_greenlet() else work()


class _Done(Generic[T]):
    """What came of a work."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.value: T | None = None
        self.error: BaseException | None = None
        try:
            self.value = work()
        except GreenletExit:  # nobody waits for it any more
            raise
        except BaseException as error:  # noqa: BLE001  # it is raised where the work is waited for
            self.error = error

    def taken(self) -> T:
        """Return the value or raise the error, and keep neither."""
        value, error, self.value, self.error = self.value, self.error, None, None
        if error is not None:
            try:
                raise error
            finally:
                del error
        return value  # type: ignore[return-value]  # None is a value


class _Worker(greenlet):  # type: ignore[misc]  # as above
    """Does one work after the other: a new greenlet maps memory, and gives it back when it ends."""

    __sqlalchemy_greenlet_provider__ = True  # so that SQLAlchemy's ``await_`` switches to its parent


def _work() -> None:
    """Do what each switch here brings, and switch back with what came of it.

    A greenlet keeps what it was begun with, so the first switch brings nothing; and one that is named in its own frame is
    never freed.
    """
    done: _Done[Any] | None = None
    while True:
        work = getcurrent().parent.switch(done)
        done = _Done(work)
        del work  # nothing of a caller is kept until the next one comes


def _begun() -> _Worker:
    worker = _Worker(_work)
    worker.switch()
    return worker


class _Idle(local):
    """The greenlets of a thread that have nothing to do."""

    def __init__(self) -> None:
        self.workers: list[_Worker] = []


_IDLE = _Idle()


async def spawned(work: Callable[[], T]) -> T:
    """Return what ``work`` returns, run in a greenlet in which ``await_`` waits, as SQLAlchemy's greenlet_spawn does."""
    idle, driver = _IDLE.workers, getcurrent()
    worker = idle.pop() if idle else _begun()
    worker.parent, worker.gr_context = driver, driver.gr_context
    found = worker.switch(work)
    while not isinstance(found, _Done):
        try:
            value = await found
        except BaseException:  # noqa: BLE001  # it is the work's to handle
            found = worker.throw(*sys.exc_info())
        else:
            found = worker.switch(value)
    worker.gr_context = None
    if len(idle) < THREADS:
        idle.append(worker)
    done: _Done[T] = found
    return done.taken()
