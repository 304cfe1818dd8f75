"""Synchronous code on the event loop: in a greenlet, which lets the loop go on where it waits.

A thread for each operation costs more than a small operation itself: the way there and back, and the fight for the
interpreter's lock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, WouldBlock, to_thread
from sqlalchemy.util.concurrency import await_, greenlet_spawn, in_greenlet

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
        return await greenlet_spawn(work)
    finally:
        limiter.release_on_behalf_of(borrower)


def aside(work: Callable[[], T]) -> T:
    """Return what ``work`` returns: of a worker thread when this is a greenlet, whose loop it would hold up; else it runs here."""
    return await_(to_thread.run_sync(work, limiter=_ASIDE)) if in_greenlet() else work()
