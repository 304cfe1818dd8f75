"""Reads on the event loop: synchronous code in a greenlet, which lets the loop go on while PostgreSQL works.

A thread for each operation costs more than a small operation itself: the way there and back, and the fight for the
interpreter's lock.  The same code runs in a thread as well, where it blocks as usual.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy.util.concurrency import await_, greenlet_spawn, in_greenlet

if TYPE_CHECKING:
    from psycopg import Connection

T = TypeVar("T")
THREADS = 10
ASIDE = CapacityLimiter(THREADS)


async def waiting(work: Callable[[], T]) -> T:
    """Return what ``work`` returns, run in a greenlet of the running loop."""
    return await greenlet_spawn(work)


def aside(work: Callable[[], T]) -> T:
    """Return what ``work`` returns: from a worker thread in a greenlet, whose loop it would hold up, else run here."""
    return await_(to_thread.run_sync(work, limiter=ASIDE)) if in_greenlet() else work()


def connection_class() -> type[Connection[Any]]:
    """Return psycopg's connection, which in a greenlet waits by the loop."""
    from psycopg import Connection, OperationalError  # only who has the extra postgres comes here
    from psycopg.waiting import wait_async

    class Waiting(Connection[Any]):
        def wait(self, gen: Any, interval: float = 0.1) -> Any:
            if not in_greenlet():
                return super().wait(gen, interval)
            try:
                return await_(wait_async(gen, self.pgconn.socket, interval))
            except asyncio.CancelledError as error:
                self.close()
                raise OperationalError("The operation was cancelled in the middle of a statement.") from error

    return Waiting
