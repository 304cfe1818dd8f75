"""Open connections of a process are bounded: beyond, 503 at once, while who looks whether it lives is answered."""

from __future__ import annotations

import logging
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx2
import pytest
import serving
import world
from sqlalchemy import Engine
from websockets.sync.client import connect

from api.app import make_app
from api.endpoint import connection
from api.settings import settings

MOST, SPARE = 5, 3


@pytest.fixture
def port(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[int]:
    """The port of a live server that takes five connections."""
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    monkeypatch.setenv("FENJI_CONNECTIONS", str(MOST))
    monkeypatch.setattr(connection, "SPARE", SPARE)
    monkeypatch.setattr(connection, "SPARE_SECONDS", 0.5)
    settings.cache_clear()
    with serving.served(make_app(made.engine, made.home, worker=False)) as found:
        yield found
    settings.cache_clear()


def ask(port: int, path: str = "/graphql?query={__typename}") -> httpx2.Response | None:
    """Ask on a connection of its own; None when it is cut off before an answer is read."""
    with suppress(httpx2.HTTPError):
        return httpx2.get(f"http://127.0.0.1:{port}{path}", timeout=20)
    return None


def status(port: int, path: str = "/graphql?query={__typename}") -> int | None:
    answer = ask(port, path)
    return answer and answer.status_code


def until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_beyond_the_bound_connections_are_refused_and_the_process_is_seen_to_live(
    port: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection.TimedConnection, "_told", -connection.TELL_SECONDS)
    with ExitStack() as open_, caplog.at_level(logging.WARNING):
        for _ in range(MOST):
            open_.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
        until(lambda: status(port) == 503)
        for _ in range(3):
            refused = ask(port)
            assert refused is not None
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            lives = ask(port, "/healthz")
            assert lives is not None
            assert (lives.status_code, lives.headers["connection"]) == (200, "close")
        assert caplog.text.count("FENJI_CONNECTIONS") == 1
    until(lambda: status(port) == 200)


def test_sockets_are_connections_too_and_each_that_closes_leaves_its_place(port: int) -> None:
    def open_() -> object:
        return stack.enter_context(
            connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=["graphql-transport-ws"])  # type: ignore[list-item]
        )

    with ExitStack() as stack:
        for _ in range(MOST):
            open_()
        until(lambda: status(port) == 503)
        with pytest.raises(Exception, match="503"):
            open_()
        stack.pop_all().close()
        until(lambda: status(port) == 200)
        for _ in range(MOST):
            open_()


def test_a_flood_takes_no_more_than_the_bound_and_the_spare_ones_which_end_soon(port: int) -> None:
    with ExitStack() as stack:
        flood = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20)) for _ in range(300)]
        beyond = flood[MOST + SPARE :]
        for one in beyond:  # nothing was sent, and they are answered and closed
            found = b""
            while part := one.recv(1000):
                found += part
            assert found.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            assert b"\r\nretry-after: 1\r\n" in found
        until(lambda: status(port, "/healthz") == 200)  # the spare ones are closed after half a second
        for one in flood[MOST : MOST + SPARE]:
            assert one.recv(1000) == b""
        for one in flood[:MOST]:
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert one.recv(1000).startswith(b"HTTP/1.1 200")
    until(lambda: status(port) == 200)


@pytest.mark.parametrize(("hard", "enough"), [(4096, True), (500, False)])
def test_a_process_may_open_as_many_files_as_it_has_connections_or_says_that_it_may_not(
    hard: int, enough: bool
) -> None:
    code = "from api.server import files_for; import resource; files_for(2000); print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard)),
    )
    assert (int(found.stdout) >= 2000) == enough
    assert ("ulimit -n" in found.stderr and "FENJI_CONNECTIONS" in found.stderr) != enough
