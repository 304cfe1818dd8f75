"""Connections of the HTTP server: uvicorn's, with what its fast parser lets pass and a server in the open must not."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic
from typing import ClassVar

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.endpoint.body import WHOLE
from api.endpoint.corked import Corked

LOG = logging.getLogger("fenji.server")
HEAD_SECONDS = 15.0
MOST_OF_A_HEAD = 64 * 1024  # bytes; the parser itself takes heads and trailers without end
OVERHEAD = 8  # bytes of framing for each byte of a body sent in chunks
OFFER = {b"upgrade", b"connection", b"http2-settings"}
SPARE = 20  # connections beyond the bound whose head is read: who looks whether the process lives is answered
SPARE_SECONDS = 2.0
FULL = b"content-type: text/plain\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
LIVES = b"/healthz"
TELL_SECONDS = 60.0


class Full(ValueError):
    """There are too many connections."""


class TimedConnection(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 with a time and a size for the head, and no doubt about where a request ends.

    The body's time and size are ``BodyLimit``'s, an idle connection's time uvicorn's own.  A process has ``most``
    connections, sockets among them.
    """

    most = 2000
    _told: ClassVar[float] = -TELL_SECONDS
    _head: asyncio.TimerHandle | None = None
    _begun = False  # a head, which is not whole yet
    _beyond = False  # the bound, when it was made
    _offered = False  # another protocol than ours, with a request that is read again
    _framing = 0  # bytes of this message beside its body

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a first head; refuse at once where there are too many connections."""
        super().connection_made(Corked(transport, self.loop))  # type: ignore[arg-type]  # it has all that a transport has
        self._beyond = len(self.connections) > self.most
        if len(self.connections) > self.most + SPARE:
            self._refuse()
        else:
            self._wait()

    def data_received(self, data: bytes) -> None:
        """Take data; refuse what is no HTTP, and too many of them beside a body."""
        self._unset_keepalive_if_required()
        self._framing += len(data)
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._read_again(data[upgrade.args[0] :])
            return
        except HttpParserError as error:
            if isinstance(error.__context__, Full):
                self._refuse()
            else:
                self.send_400_response("Invalid HTTP request received.")
            return
        if self._begun and self._head is None:
            self._wait()
        if self._framing > MOST_OF_A_HEAD and not self.transport.is_closing():
            self.transport.write(STATUS_LINE[431] + b"connection: close\r\ncontent-length: 0\r\n\r\n")
            self.transport.close()

    def eof_received(self) -> None:
        """Send what is held: a client that sends no more may still read."""
        self.transport.flush()  # type: ignore[attr-defined]  # it is corked

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        super().on_message_begin()
        self._begun = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; a trailer is none, for a proxy has not seen it where it stands."""
        if self._begun:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop waiting, the head has come; ValueError, which is answered with 400, for what is no HTTP/1, Full with 503."""
        self._stop()
        if self._beyond and self.url != LIVES:
            raise Full
        self._framing = 0
        version = self.parser.get_http_version()
        hosts, codings = 0, []
        for name, value in self.headers:
            if name == b"host":
                hosts += 1
            elif name == b"transfer-encoding":
                codings.append(value.strip().lower())
        if version not in ("1.0", "1.1") or hosts > 1 or (version == "1.1" and not hosts):
            raise ValueError(f"HTTP/{version} with {hosts} hosts")
        if self.parser.get_method() == b"CONNECT":  # what follows is somebody else's, and would be read again for ever
            raise ValueError("no way through here")
        if codings and codings != [b"chunked"]:  # the parser would read gzip within chunks as what it is not
            raise ValueError(f"the codings {codings}")
        self._offered = bool(self.parser.should_upgrade()) and not self._should_upgrade()
        if not self._offered:
            super().on_headers_complete()
            if self._beyond and self.cycle is not None:
                self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._framing -= (1 + OVERHEAD) * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Begin to count anew."""
        self._framing = 0
        if not self._offered:
            self.scope[WHOLE] = True  # type: ignore[literal-required]  # beside ASGI's keys, which uvicorn's type has
            super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._stop()
        super().connection_lost(exc)

    def _read_again(self, rest: bytes) -> None:
        """Read a request without the protocol that it offers: the parser takes what follows for that protocol's.

        Java's HttpClient offers HTTP/2 with the first request on every connection.
        """
        kept = [pair for pair in self.headers if pair[0] not in OFFER]
        if any(name == b"connection" and b"close" in value.lower() for name, value in self.headers):
            kept.append((b"connection", b"close"))
        first = b"%s %s HTTP/%s\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it
        self.data_received(first + b"".join(b"%s: %s\r\n" % pair for pair in kept) + b"\r\n" + rest)

    def _refuse(self) -> None:
        now = monotonic()
        if now - TimedConnection._told > TELL_SECONDS:
            TimedConnection._told = now
            LOG.warning("%s connections are open, as many as FENJI_CONNECTIONS allows; more are refused", self.most)
        self.transport.write(STATUS_LINE[503] + FULL)
        self.transport.close()

    def _wait(self) -> None:
        self._head = self.loop.call_later(SPARE_SECONDS if self._beyond else HEAD_SECONDS, self.transport.close)

    def _stop(self) -> None:
        self._begun = False
        if self._head is not None:
            self._head.cancel()
            self._head = None


def bounded(most: int) -> type[TimedConnection]:
    """Return the connections of a process that has so many at most."""
    return type("BoundedConnection", (TimedConnection,), {"most": most})
