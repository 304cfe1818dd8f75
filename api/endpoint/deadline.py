"""Ends an operation that takes too long: its statements are interrupted on SQLite and cancelled on PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection

from policies.refusal import Refusal

CANCEL_SECONDS = 5.0
ENDING_SECONDS = 60.0  # how long what does not end is told to
AGAIN_SECONDS = 0.05
LOG = logging.getLogger("fenji.deadline")


class Deadline:
    """The time that one operation has; ``expire`` may be called from any thread, once it is over."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.at = seconds, monotonic() + seconds
        self._open: set[Any] = set()
        self._lock = Lock()
        self._expired = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def passed(self) -> bool:
        """Whether the time is over."""
        return self._expired or monotonic() >= self.at

    def check(self) -> None:
        """Raise the Refusal ``timed_out`` when the time is over."""
        if self.passed:
            raise Refusal(
                f"The operation took more than {self.seconds:g} seconds and was ended; ask for less.", code="timed_out"
            )

    @contextmanager
    def over(self, connection: Connection) -> Iterator[Connection]:
        """Let what runs on a connection end with the time; then it is thrown away, for a late cancel could hit another."""
        driver = connection.connection.driver_connection
        with self._lock:
            self._open.add(driver)
        try:
            self.check()  # now that ``expire`` finds it
            yield connection
        except Exception:
            if self._closed(connection, driver):
                self.check()
            raise
        if self._closed(connection, driver):
            self.check()

    def _closed(self, connection: Connection, driver: Any) -> bool:
        with self._lock:
            self._open.discard(driver)
            if self._expired:
                connection.invalidate()
            return self._expired

    def __enter__(self) -> None:
        """Expire when the time is over, by the running event loop, unless the block ends before."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self.at - monotonic(), loop.run_in_executor, None, self.expire)

    def __exit__(self, *error: object) -> None:
        assert self._timer is not None
        self._timer.cancel()

    def expire(self) -> None:
        """End what runs; blocks until it has ended, or for some time.

        Not once: a statement that was about to begin is not there yet to be interrupted or cancelled, and would run on.
        """
        self._expired = True
        until = monotonic() + ENDING_SECONDS
        while self._end() and monotonic() < until:
            sleep(AGAIN_SECONDS)

    def _end(self) -> bool:
        """End what runs now; say whether something does."""
        with self._lock:
            running = list(self._open)
            for driver in running:
                if hasattr(driver, "interrupt"):
                    driver.interrupt()
        for driver in running:  # without the lock, on which the event loop would wait as long as the server
            if hasattr(driver, "cancel_safe"):
                try:
                    driver.cancel_safe(timeout=CANCEL_SECONDS)
                except Exception:  # it may have ended meanwhile, and be closed
                    LOG.warning("a statement whose time is over could not be cancelled", exc_info=True)
        return bool(running)
