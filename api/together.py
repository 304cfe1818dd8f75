"""What several operations want by key at the same moment is asked of the database once, in one statement.

On its way there and back a small statement costs more than in the database.  So one is under way at a time, as in the
group commit of databases: who comes meanwhile goes along with the next.  An operation joins others only while their
statement has not left, and sees all that was committed before it asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any

from sqlalchemy.util.concurrency import await_, in_greenlet

FEW = 20  # keys of one operation: more of them are worth a statement of their own
MOST = 500  # keys of a statement
TURNS = 2  # of the loop: it reads what has come meanwhile between them, and who asks that way still goes along
PATIENCE = 0.005  # seconds that the next statement waits for the one under way, which may be held up

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
_AWAY: dict[Hashable, Gathering] = {}  # whose statement is under way


def together(what: Hashable, keys: Collection[Any], ask: Callable[[Collection[Any]], Rows], seconds: float) -> Rows:
    """Return what ``ask`` finds for the keys, and maybe for other keys too.

    All who name the same ``what`` within ``TURNS`` of the event loop, or while the statement before is under way, are
    asked together.  When that fails each asks alone, as after ``seconds``, so that it fails for reasons of its own.
    """
    if not in_greenlet() or len(keys) > FEW:
        return ask(keys)
    loop = asyncio.get_running_loop()
    place = (loop, what)
    gathering = _OPEN.get(place)
    if gathering is not None and len(gathering.keys) < MOST:
        rows = gathering.joined(keys, loop, seconds)
        return ask(keys) if rows is None else rows
    return _first(place, Gathering(keys), ask, loop)


def _first(
    place: Hashable, gathering: Gathering, ask: Callable[[Collection[Any]], Rows], loop: asyncio.AbstractEventLoop
) -> Rows:
    """Let others join until the statement under way is back, or for some turns of the loop; ask, and tell them."""
    _OPEN[place], rows = gathering, None
    try:
        try:
            away = _AWAY.get(place)
            if away is None:
                for _ in range(TURNS):
                    await_(asyncio.sleep(0))
            else:
                away.joined((), loop, PATIENCE)
        finally:
            if _OPEN.get(place) is gathering:
                del _OPEN[place]
        _AWAY[place] = gathering
        rows = ask(gathering.keys)
        return rows
    finally:
        if _AWAY.get(place) is gathering:
            del _AWAY[place]
        gathering.found(rows)


def _give(waiting: asyncio.Future[Rows | None], rows: Rows | None) -> None:
    if not waiting.done():
        waiting.set_result(rows)
