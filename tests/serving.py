"""A server of our own on 127.0.0.1 for tests that need one: uvicorn in a thread, on a port that was free."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from api.cli.serve import listening
from api.server import configured


@contextmanager
def served(app: Starlette) -> Iterator[int]:
    """Serve an application while the block runs; yields its port."""
    with listening("127.0.0.1", 0) as listener:
        server = uvicorn.Server(configured(app, grace=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.02)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive(), "the server did not stop"
