"""The places of a process for operations: one caller holds at most half, so that its slow ones hold up its own and nobody else's."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar
from weakref import WeakValueDictionary

from anyio import Event, move_on_after

from api.endpoint.context import Context
from api.endpoint.rate import Later
from api.waiting import THREADS

EACH = THREADS // 2
CALLERS = 10_000  # whose keys and sessions are remembered; the oldest is forgotten
AGAIN_SECONDS = 1

T = TypeVar("T")


class Share:
    """What one caller holds, and those of its operations that wait, in their order."""

    def __init__(self) -> None:
        self.held = 0
        self.waiting: deque[Event] = deque()
        self.caller: str | None = None


class Places:
    """The shares of callers; of the event loop alone, so that no lock is needed.

    Whose a key is shows when its first operation has signed in: from then on it has one share with the caller's others.
    """

    def __init__(self, each: int = EACH) -> None:
        self.each = each
        self._shares: dict[int, Share] = {}
        self._named: WeakValueDictionary[str, Share] = WeakValueDictionary()

    async def answered(self, work: Callable[[], Awaitable[T]], context: Context, seconds: float) -> T:
        """Return what ``work`` returns, begun when its caller has room; Later when it has none for so many seconds."""
        given = hash((context.key, context.session, context.address))
        share = self._shares.get(given) or self._new(given)
        if share.held < self.each:
            share.held += 1
        else:
            await _turn(share, seconds)
        try:
            return await work()
        finally:
            _leave(share)
            if share.caller is None:
                self._name(given, share, context)

    def _new(self, given: int) -> Share:
        if len(self._shares) >= CALLERS:
            del self._shares[next(iter(self._shares))]
        return self._shares.setdefault(given, Share())

    def _name(self, given: int, share: Share, context: Context) -> None:
        if context.signed_in is None and (context.key or context.session):
            return  # refused before it was known whose the key is
        known = self._named.get(context.caller)
        if known is not None:
            self._shares[given] = known
        else:
            share.caller = context.caller
            self._named[context.caller] = share


async def _turn(share: Share, seconds: float) -> None:
    """Wait until an operation of the same caller leaves its place to this one."""
    turn, begun = Event(), False
    share.waiting.append(turn)
    try:
        with move_on_after(seconds):
            await turn.wait()
            begun = True
    finally:
        if turn.is_set() and not begun:
            _leave(share)
        elif not begun:
            share.waiting.remove(turn)
    if not begun:
        message = (
            f"{share.held} of your operations were under way for {seconds:g} seconds, and one caller has no more places; "
            "this one was not begun. Send fewer at the same time, or ask for less."
        )
        raise Later(message, code="too_many", seconds=AGAIN_SECONDS)


def _leave(share: Share) -> None:
    if share.waiting:
        share.waiting.popleft().set()  # the place goes on to the next, which counts as held
    else:
        share.held -= 1
