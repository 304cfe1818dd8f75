"""A transport that writes an answer at once: uvicorn writes its head by itself, which costs both sides a system call more."""

from __future__ import annotations

import asyncio
from typing import Any


class Corked:
    """Passes everything on to a transport; what is written in one turn of the event loop goes out together."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.transport, self.loop = transport, loop
        self._held: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)

    def write(self, data: bytes) -> None:
        """Hold data until the turn ends."""
        if not self._held:
            self.loop.call_soon(self.flush)
        self._held.append(data)

    def close(self) -> None:
        """Close once everything has been written."""
        self.flush()
        self.transport.close()

    def flush(self) -> None:
        """Write what is held now: the loop closes the transport when its other side has sent everything."""
        held, self._held = self._held, []
        if held and not self.transport.is_closing():
            self.transport.write(held[0] if len(held) == 1 else b"".join(held))
