"""`fenji serve`: the web application on one address of this machine."""

from __future__ import annotations

import errno
import socket
import sys
from pathlib import Path

import click
from sqlalchemy import Engine

from api.cli.door import CONSOLE, open_database
from api.errors import Invalid
from api.settings import settings
from policies.refusal import Refusal

TAKE_SECONDS = 30


@click.command()
@click.option("--host", help="Address to listen on; FENJI_HOST when not given.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; FENJI_PORT when not given, 0 for any.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that answer; FENJI_WORKERS when not given.")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve GraphQL and GraphiQL, and run the jobs."""
    engine = open_database()
    own = settings()
    serve_app(
        engine,
        own.home,
        host or own.host,
        own.port if port is None else port,
        own.workers if workers is None else workers,
    )


def serve_app(engine: Engine, home: Path, host: str, port: int, workers: int = 1) -> None:
    """Serve until interrupted; Refusal ``port_in_use`` before anything starts when the port is taken."""
    from api.server import serve as run  # with the schema it takes a second, which no other verb should wait for

    with listening(host, port) as listener:
        address = f"http://{host}:{listener.getsockname()[1]}/graphql"
        CONSOLE.print(f"Serving {address} (end with Ctrl-C)")
        sys.stdout.flush()
        run(engine, home, listener, workers)


def listening(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address; Refusal when the port is in use, Invalid when the address is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY on connections of this protocol only: without it each answer waits 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(
        socket, "TCP_USER_TIMEOUT"
    ):  # of Linux: a client that takes nothing would hold its answer in memory for ever
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TAKE_SECONDS * 1000)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Refusal(
                f"Port {port} of {host} is in use by another program; choose one with --port, or end that program.",
                code="port_in_use",
            ) from error
        raise Invalid(f"Cannot listen on {host}:{port}: {error.strerror}; check --host and --port.") from error
    return listener
