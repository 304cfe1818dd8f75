"""The garbage collector of a serving process: it looks at what answers leave, not at what the start made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# An answer of 500 customers with all on them makes 6,000 dictionaries: with the usual 700 the collector runs through
# them eight times while they grow, and half of the time goes there.
THRESHOLD = (50_000, 20, 100)


@contextmanager
def settled() -> Iterator[None]:
    """Set what is in memory aside while the block runs, and let the collector look at new objects less often.

    Inside another such block nothing is done: the outer one's objects stay aside until it ends.
    """
    if gc.get_freeze_count():
        yield
        return
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
