"""Latest value wins: work on a stream of values in one thread, where a newer value takes the place of one that still waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """Calls ``work`` with the newest value that was put; values put while it works wait as one, the last."""

    def __init__(self, work: Callable[[T], None]) -> None:
        self._work = work
        self._changed = threading.Condition()
        self._waiting: list[T] = []
        self._busy = False

    def put(self, value: T) -> None:
        """Hand a value over and return at once; whatever waited before it is dropped."""
        with self._changed:
            self._waiting = [value]
            if not self._busy:
                self._busy = True
                threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._busy = False
                    self._changed.notify_all()
                    return
                value = self._waiting.pop()
            self._work(value)

    def settle(self, seconds: float = 10) -> bool:
        """Wait until nothing waits and nothing works; return whether that came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, seconds)
