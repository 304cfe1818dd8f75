"""How much a caller may ask for in a minute, counted in cost: a bucket each, which fills again all the time."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from time import monotonic

from policies.refusal import Refusal

CALLERS = 10_000
LEAST = 10  # what an operation costs at least, so that one of no rows is not free


class Later(Refusal):
    """Not now: the same operation may pass when it is asked again after so many seconds."""

    def __init__(self, message: str, *, code: str, seconds: int) -> None:
        super().__init__(message, code=code)
        self.seconds = seconds


class RateLimited(Later):
    """The caller has spent what it may; ``seconds`` until this operation would pass."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message, code="rate_limited", seconds=seconds)


class Rates:
    """The buckets of the callers seen last, of this process alone; ``per_minute`` is what a bucket holds."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def charge(self, caller: str, cost: int) -> None:
        """Take the cost of an operation from a caller's bucket; RateLimited when it does not hold so much."""
        cost, now = min(max(cost, LEAST), self.per_minute), monotonic()
        with self._lock:
            left, since = self._buckets.pop(caller, (float(self.per_minute), now))
            left = min(self.per_minute, left + (now - since) * self.per_minute / 60)
            self._buckets[caller] = (left - cost if left >= cost else left, now)
            if len(self._buckets) > CALLERS:
                self._buckets.popitem(last=False)
        if left < cost:
            seconds = int((cost - left) * 60 / self.per_minute) + 1
            message = (
                f"You have asked for a cost of more than {self.per_minute:,} in a minute; this operation costs {cost:,}. "
                f"Ask again in {seconds} s."
            )
            raise RateLimited(message, seconds)
