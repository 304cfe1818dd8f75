"""Connections of the HTTP server: one whose head does not come whole in time, or is endless, is closed."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_SECONDS = 15.0
MOST_OF_A_HEAD = 64 * 1024  # bytes; the parser itself takes heads and trailers without end
OVERHEAD = 8  # bytes of framing for each byte of a body sent in chunks


class TimedConnection(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 with a time and a size for the head; the body's are ``BodyLimit``'s, an idle connection's time uvicorn's own."""

    _head: asyncio.TimerHandle | None = None
    _framing = 0  # bytes of this message beside its body

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a first head."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take data; refuse them when there are too many beside the body."""
        self._framing += len(data)
        super().data_received(data)
        if self._framing > MOST_OF_A_HEAD and not self.transport.is_closing():
            self.transport.write(STATUS_LINE[431] + b"connection: close\r\ncontent-length: 0\r\n\r\n")
            self.transport.close()

    def on_message_begin(self) -> None:
        """Wait for the rest of the head."""
        super().on_message_begin()
        if self._head is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """Stop waiting, the head has come; ValueError, which is answered with 400, for what is no HTTP/1."""
        self._stop()
        self._framing = 0
        version = self.parser.get_http_version()
        hosts = sum(name == b"host" for name, _ in self.headers)
        if version not in ("1.0", "1.1") or hosts > 1 or (version == "1.1" and not hosts):
            raise ValueError(f"HTTP/{version} with {hosts} hosts")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._framing -= (1 + OVERHEAD) * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Begin to count anew."""
        self._framing = 0
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._head = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None
