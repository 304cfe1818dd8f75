"""What several operations want by key at the same moment is asked of the database once, in one statement.

On its way there and back a small statement costs more than in the database.  An operation joins others only while their
statement has not left, so it sees all that was committed before it asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any

from sqlalchemy.util.concurrency import await_, in_greenlet

FEW = 20  # keys of one operation: more of them are worth a statement of their own
MOST = 500  # keys of a statement

Rows = Mapping[Any, Any]


class Gathering:
    """The keys that are asked together, and those who wait for what the first of them finds."""

    def __init__(self, keys: Collection[Any]) -> None:
        self.keys = set(keys)
        self.others: list[asyncio.Future[Rows | None]] = []

    def joined(self, keys: Collection[Any], loop: asyncio.AbstractEventLoop, seconds: float) -> Rows | None:
        """Return what the first one found; None when it failed or was ended, or after ``seconds``."""
        self.keys.update(keys)
        waiting: asyncio.Future[Rows | None] = loop.create_future()
        self.others.append(waiting)
        timer = loop.call_later(seconds, _give, waiting, None)
        try:
            return await_(waiting)
        finally:
            timer.cancel()

    def found(self, rows: Rows | None) -> None:
        """Tell the others."""
        for other in self.others:
            _give(other, rows)


_OPEN: dict[Hashable, Gathering] = {}


def together(what: Hashable, keys: Collection[Any], ask: Callable[[Collection[Any]], Rows], seconds: float) -> Rows:
    """Return what ``ask`` finds for the keys, and maybe for other keys too.

    All who name the same ``what`` in one turn of the event loop are asked together.  When that fails each asks alone,
    as after ``seconds``, so that it fails for reasons of its own.
    """
    if not in_greenlet() or len(keys) > FEW:
        return ask(keys)
    loop = asyncio.get_running_loop()
    place = (loop, what)
    gathering = _OPEN.get(place)
    if gathering is not None and len(gathering.keys) < MOST:
        rows = gathering.joined(keys, loop, seconds)
        return ask(keys) if rows is None else rows
    return _first(place, Gathering(keys), ask)


def _first(place: Hashable, gathering: Gathering, ask: Callable[[Collection[Any]], Rows]) -> Rows:
    """Let others join for the rest of the loop's turn, ask, and tell them."""
    _OPEN[place] = gathering
    rows = None
    try:
        try:
            await_(asyncio.sleep(0))
        finally:
            if _OPEN.get(place) is gathering:
                del _OPEN[place]
        rows = ask(gathering.keys)
        return rows
    finally:
        gathering.found(rows)


def _give(waiting: asyncio.Future[Rows | None], rows: Rows | None) -> None:
    if not waiting.done():
        waiting.set_result(rows)
