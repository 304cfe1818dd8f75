"""A dictionary that keeps the entries used last, for threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """Entries that weigh at most ``most`` together, one each unless told; the one not used for longest goes first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._weights: dict[K, int] = {}
        self._weight = 0
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """Return the entry, or None; it becomes the one used last."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key]

    def put(self, key: K, value: V, weight: int = 1) -> V:
        """Keep an entry and return it; one that outweighs all there may be is not kept, and the others stay."""
        with self._lock:
            if weight > self.most:
                self._entries.pop(key, None)
                self._weight -= self._weights.pop(key, 0)
                return value
            self._entries[key] = value
            self._entries.move_to_end(key)
            self._weight += weight - self._weights.get(key, 0)
            self._weights[key] = weight
            while self._weight > self.most:
                oldest, _ = self._entries.popitem(last=False)
                self._weight -= self._weights.pop(oldest)
        return value

    @property
    def weight(self) -> int:
        """What the entries weigh together."""
        return self._weight

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._entries.clear()
            self._weights.clear()
            self._weight = 0

    def __len__(self) -> int:
        return len(self._entries)
