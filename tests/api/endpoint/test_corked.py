"""An answer's head and body leave together."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import httpx2
import pytest
import serving
from sqlalchemy import Engine

from api.app import make_app
from api.endpoint.corked import Corked


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def turns(*steps: Any) -> Wire:
    """Return the wire after steps of what a cork is told, each in a turn of the loop."""
    wire = Wire()

    async def run() -> None:
        corked: Any = Corked(wire, asyncio.get_running_loop())  # type: ignore[arg-type]  # as much of one as is needed
        for step in steps:
            step(corked)
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(run())
    return wire


def test_what_is_written_in_one_turn_leaves_together() -> None:
    wire = turns(lambda to: [to.write(b"head "), to.write(b"body")], lambda to: to.write(b"next"))
    assert wire.written == [b"head body", b"next"]


def test_closing_sends_what_is_held_and_nothing_after_it() -> None:
    wire = turns(lambda to: [to.write(b"all "), to.write(b"of it"), to.close(), to.write(b"more")])
    assert (wire.written, wire.closed) == ([b"all of it"], True)
    wire = turns(lambda to: [to.write(b"lost"), to.transport.close()])
    assert wire.written == []


def test_a_server_answers_in_one_write(sqlite_engine: Engine, tmp_path: Path, monkeypatch: Any) -> None:
    sent: list[bytes] = []
    flush = Corked.flush

    def told(self: Corked) -> None:
        sent.extend([b"".join(self._held)] if self._held else [])
        flush(self)

    monkeypatch.setattr(Corked, "flush", told)
    with serving.served(make_app(sqlite_engine, tmp_path, worker=False)) as port:
        assert httpx2.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    (answer,) = sent
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"\r\n\r\n" in answer
    assert answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    "request_", [b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"PUT /graphql HTTP/1.1\r\nHost: x\r\n\r\n"]
)
def test_a_client_that_sends_no_more_is_answered(sqlite_engine: Engine, tmp_path: Path, request_: bytes) -> None:
    with serving.served(make_app(sqlite_engine, tmp_path, worker=False)) as port:
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
                client.sendall(request_)
                client.shutdown(socket.SHUT_WR)
                assert b"".join(iter(lambda: client.recv(65536), b"")).startswith(b"HTTP/1.1 ")
