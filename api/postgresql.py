"""Reads on PostgreSQL: connections without transactions, kept open, that wait on the event loop in a greenlet of it.

Only who has the extra ``postgres`` can import this.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from psycopg.abc import PQGen
from psycopg.waiting import wait_async
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.util.concurrency import await_, in_greenlet

from api.waiting import aside

MOST_IDLE = 20
INTERVAL = 0.1  # psycopg's own: how often it looks for signals while it waits

RV = TypeVar("RV")


class WaitingConnection(psycopg.Connection[Any]):
    """psycopg's connection, which waits for the server without holding the event loop up."""

    def wait(self, gen: PQGen[RV], interval: float = INTERVAL, timeout: float | None = None) -> RV:
        """Run a generator of psycopg's to its end."""
        if not in_greenlet():
            return super().wait(gen, interval, timeout)
        try:
            return await_(wait_async(gen, self.pgconn.socket, interval, timeout))
        except asyncio.CancelledError as error:
            self.close()
            raise psycopg.OperationalError("the operation was cancelled in the middle of a statement") from error


class Readers:
    """The connections of an engine's reads, each kept open from one read to the next.

    psycopg forgets what it prepared with every ROLLBACK, so nothing else may use them.
    """

    _OF: ClassVar[WeakKeyDictionary[Engine, Readers]] = WeakKeyDictionary()

    def __init__(self, engine: Engine) -> None:
        self.engine = create_engine(
            engine.url,
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",
            pool_reset_on_return=None,
            pool_size=MOST_IDLE,
            max_overflow=-1,  # who reads is counted before, and nobody may wait here
            use_native_hstore=False,
        )
        self.idle: list[Connection] = []
        event.listen(self.engine, "do_connect", _connected)
        event.listen(self.engine, "engine_disposed", lambda _engine: self._close())
        event.listen(engine, "engine_disposed", lambda _engine: self.engine.dispose())

    @classmethod
    def of(cls, engine: Engine) -> Readers:
        """Return the readers of an engine."""
        found = cls._OF.get(engine)
        if found is None:
            found = cls._OF.setdefault(engine, cls(engine))
        return found

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection; one that broke is not lent again.

        A new one is made aside: SQLAlchemy asks a server its first questions under a lock, which a greenlet would hold
        while it waits, and a server that is away lets one wait.
        """
        connection = self._idle() or aside(self.engine.connect)
        try:
            yield connection
        finally:
            if connection.invalidated or connection.closed or len(self.idle) >= MOST_IDLE:
                connection.close()
            else:
                self.idle.append(connection)

    def _idle(self) -> Connection | None:
        """Return a connection that is not lent, None when there is none; those that the server has closed are closed."""
        with suppress(IndexError):  # another thread may take the last one
            while True:
                connection = self.idle.pop()
                if not _has_spoken(connection):
                    return connection
                _end(connection)
        return None

    def _close(self) -> None:
        """Close what is not lent: the server is gone, or the engine is."""
        while self.idle:
            _end(self.idle.pop())


def _has_spoken(connection: Connection) -> bool:
    """Say whether something has come that nobody asked for: the server says so when it closes a connection."""
    poll, driver = select.poll(), connection.connection.driver_connection
    assert driver is not None
    poll.register(driver.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _end(connection: Connection) -> None:
    connection.detach()  # else it would go back to the pool
    connection.close()


def _connected(_dialect: Any, _record: Any, given: Any, named: Any) -> WaitingConnection:
    return WaitingConnection.connect(*given, **named)
