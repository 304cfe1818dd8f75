"""The hub: one thread of each process reads the events that commands of every process wrote, for its subscriptions.

PostgreSQL's NOTIFY wakes it, and on SQLite, or when a notice is lost, it looks by itself.  What it read last stays in
memory for all subscriptions together, up to a bound; one that is slower than that reads the table at its own pace.  So no
subscriber has a queue that could grow, and none misses an event.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from anyio import to_thread
from sqlalchemy import Engine, func, select

from api.database import reading
from api.errors import TooMany
from api.events import CHANNEL
from api.observation import SUBSCRIPTIONS
from api.recent import forget
from schema.tables import Event

LOG = logging.getLogger("fenji.hub")
POLL_SECONDS = 0.2
NOTICE_SECONDS = 1.0
AGAIN_SECONDS = 15.0
BATCH = 200
MOST_KEYS = 100_000
MOST_OF_A_USER = 50
MOST_ROWS = 100


class Heard(NamedTuple):
    """An event as it was read: rows of a noun that one transaction changed."""

    id: int
    noun: str
    keys: list[int]


def keys_of(found: Iterable[Heard], noun: str) -> Iterator[list[int]]:
    """Yield the rows of a noun that events changed, each once, as many at a time as one message tells."""
    keys = sorted({key for heard in found if heard.noun == noun for key in heard.keys})
    for start in range(0, len(keys), MOST_ROWS):
        yield keys[start : start + MOST_ROWS]


class Stopped(Exception):
    """The server stops: no event comes any more."""


class Hub:
    """Hears of events for the subscriptions of one process; ``start`` and ``stop`` belong to its event loop."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.feeds = engine, set[Feed]()
        self.position = self.forgotten = self.held = 0
        self.recent = deque[Heard]()
        self.stopping, self.hearing = threading.Event(), False
        self._users = Counter[int]()
        self._thread = threading.Thread(target=self._listen, name="fenji-events", daemon=True)

    async def start(self) -> None:
        """Begin with the events to come."""
        self._loop = asyncio.get_running_loop()
        self.position = self.forgotten = await to_thread.run_sync(self._newest)
        self._thread.start()

    def close(self) -> None:
        """End every subscription; called on the event loop before its sockets close."""
        self.stopping.set()
        for feed in self.feeds:
            feed.wake.set()

    async def stop(self) -> None:
        """End every subscription, and the thread."""
        self.close()
        await to_thread.run_sync(self._thread.join)

    @contextmanager
    def listening(self, nouns: frozenset[str], user: int, renew: Callable[[], None]) -> Iterator[Feed]:
        """Open a feed of the events of some nouns from now on; TooMany when the user has as many open as allowed.

        ``renew`` signs the user in again, in a thread: at changes of the user, and now and then.
        """
        if self._users[user] >= MOST_OF_A_USER:
            raise TooMany(f"You have {MOST_OF_A_USER} subscriptions open on this server; end one first.")
        feed = Feed(self, nouns, user, renew)
        self.feeds.add(feed)
        self._users[user] += 1
        SUBSCRIPTIONS.inc()
        try:
            yield feed
        finally:
            SUBSCRIPTIONS.dec()
            self.feeds.discard(feed)
            self._users -= Counter((user,))

    def read(self, after: int) -> list[Heard]:
        """Return the next events after one, from the table."""
        statement = select(Event.id, Event.noun, Event.keys).where(Event.id > after).order_by(Event.id).limit(BATCH)
        with reading(self.engine) as connection:
            return [Heard(*row) for row in connection.execute(statement)]

    def _newest(self) -> int:
        with reading(self.engine) as connection:
            return connection.scalar(select(func.max(Event.id))) or 0

    def _listen(self) -> None:
        last = self.position
        while not self.stopping.is_set():
            try:
                with self._waiting() as wait:
                    self.hearing = True
                    while not self.stopping.is_set():
                        found = self.read(last)
                        if found:
                            last = found[-1].id
                            if any(heard.noun == "user" for heard in found):
                                forget(self.engine)
                            with suppress(RuntimeError):  # the loop has ended, and with it who would hear
                                self._loop.call_soon_threadsafe(self._tell, found)
                        if len(found) < BATCH:
                            wait()
            except Exception:  # whatever it is, subscriptions wait for this thread: it begins again where it was
                self.hearing = False
                LOG.exception("events are not heard; trying again")
                self.stopping.wait(1)

    @contextmanager
    def _waiting(self) -> Iterator[Callable[[], object]]:
        """Yield what waits for the next event, or for a moment."""
        if self.engine.dialect.name != "postgresql":
            yield lambda: self.stopping.wait(POLL_SECONDS)
            return
        pooled = self.engine.raw_connection()
        driver: Any = pooled.driver_connection
        pooled.detach()  # it stays open for as long as the hub, so the pool makes another
        try:
            driver.autocommit = True
            driver.execute(f"LISTEN {CHANNEL}")
            yield lambda: list(driver.notifies(timeout=NOTICE_SECONDS, stop_after=1))
        finally:
            driver.close()

    def _tell(self, found: list[Heard]) -> None:
        """Keep events in memory and wake the feeds; on the event loop."""
        for heard in found:
            self.recent.append(heard)
            self.held += len(heard.keys)
        self.position = found[-1].id
        while self.held > MOST_KEYS:
            oldest = self.recent.popleft()
            self.forgotten, self.held = oldest.id, self.held - len(oldest.keys)
        for feed in self.feeds:
            feed.wake.set()


class Feed:
    """The events of one subscription, in order, as fast as it takes them."""

    def __init__(self, hub: Hub, nouns: frozenset[str], user: int, renew: Callable[[], None]) -> None:
        self.hub, self.nouns, self.user, self.renew = hub, nouns, user, renew
        self.position, self.wake = hub.position, asyncio.Event()
        self._renewed = time.monotonic()

    async def next(self, seconds: float | None = None) -> list[Heard]:
        """Return the next events of the feed's nouns, none after some seconds without; Stopped when the server stops.

        Refusal when the user's key is revoked meanwhile.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            if self.hub.stopping.is_set():
                raise Stopped
            self.wake.clear()
            found = await self._take()
            if any(heard.noun == "user" and self.user in heard.keys for heard in found) or self._due() <= 0:
                await to_thread.run_sync(self.renew)
                self._renewed = time.monotonic()
            told = [heard for heard in found if heard.noun in self.nouns]
            if told or (deadline is not None and time.monotonic() >= deadline):
                return told
            patience = self._due() if deadline is None else min(self._due(), deadline - time.monotonic())
            if self.position >= self.hub.position:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.wake.wait(), max(patience, 0))

    def _due(self) -> float:
        """Return the seconds until the user is to be signed in again."""
        return self._renewed + AGAIN_SECONDS - time.monotonic()

    async def _take(self) -> list[Heard]:
        """Return the events after the feed's position, at most a batch, and move on."""
        if self.position >= self.hub.position:
            return []
        if self.position < self.hub.forgotten:
            found = await to_thread.run_sync(self.hub.read, self.position)
            self.position = max(self.position, self.hub.forgotten if not found else 0)
        else:
            found = []
            for heard in reversed(self.hub.recent):
                if heard.id <= self.position:
                    break
                found.append(heard)
            found = found[: -BATCH - 1 : -1]
        if found:
            self.position = found[-1].id
        return found
