"""The server: one process, or several on one socket with one more for the jobs; each stops in an orderly way."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, Pipe
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import uvicorn
from prometheus_client.multiprocess import mark_process_dead
from sqlalchemy import Engine
from starlette.types import ASGIApp

from api.app import make_app
from api.database import make_engine
from api.endpoint.connection import SPARE, bounded
from api.jobs import JOB_GRACE_SECONDS, Worker
from api.log import configure
from api.observation import SHARED
from api.settings import settings

if sys.platform != "win32":
    import resource

LOG = logging.getLogger("fenji.server")
GRACE_SECONDS = 20
# A socket takes 30 operations at once, before anybody has signed in: what is large goes by POST.
MOST_OF_A_MESSAGE = 256 * 1024
AGAIN_SECONDS = 1.0
BACKLOG = 1024  # connections that the system takes before this process has looked at them
OTHER_FILES = 200  # of the database, the log, the libraries


class Server(uvicorn.Server):
    """Ends subscriptions and sockets before it waits for the requests under way."""

    def __init__(self, config: uvicorn.Config, leave: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self.leave = leave

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, end what would not end by itself, finish the rest."""
        for server in self.servers:
            server.close()
        await self.leave()
        await super().shutdown(sockets)


def serve(engine: Engine, home: Path, listener: socket.socket, workers: int) -> None:
    """Serve on a listening socket until a signal: in this process, or in several below it."""
    configure(settings())
    if workers == 1:
        run_server(engine, home, listener, jobs=True)
    else:
        url = engine.url.render_as_string(hide_password=False)
        engine.dispose()  # what is open here is of no use to the processes below
        Supervisor(url, home, listener, workers).run()


def run_server(engine: Engine, home: Path, listener: socket.socket, *, jobs: bool) -> None:
    """Serve in this process until a signal."""
    files_for(settings().connections)
    app = make_app(engine, home, worker=jobs)
    Server(configured(app), app.state.leave).run(sockets=[listener])


def configured(app: ASGIApp, grace: int = GRACE_SECONDS) -> uvicorn.Config:
    """Return how uvicorn serves an application."""
    return uvicorn.Config(
        app,
        http=bounded(settings().connections),
        backlog=BACKLOG,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=grace,
        ws_max_size=MOST_OF_A_MESSAGE,
        ws_per_message_deflate=False,  # a hundred bytes on the wire would be a hundred thousand here
        server_header=False,
    )


def files_for(connections: int) -> None:
    """Let this process open as many files as its connections may need; warn where the system does not let it."""
    if sys.platform == "win32":  # which has no such limit
        return
    wanted = connections + SPARE + BACKLOG + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(ValueError, OSError):  # macOS has a limit of its own beside the one that it tells
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
        if soft < wanted:
            LOG.warning(
                "this process may open %s files, and %s connections may need %s: raise the limit (ulimit -n, LimitNOFILE) "
                "or lower FENJI_CONNECTIONS", soft, connections, wanted,
            )  # fmt: skip


def _serving(url: str, home: Path, listener: socket.socket, parent: Connection) -> None:
    """Serve in a process of its own, without the jobs, until a signal or the end of its parent."""
    _follow(parent)
    configure(settings())
    with suppress(KeyboardInterrupt):
        run_server(make_engine(url), home, listener, jobs=False)


def _working(url: str, home: Path, parent: Connection) -> None:
    """Run the jobs in a process of its own, until a signal or the end of its parent."""
    _follow(parent)
    configure(settings())
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    worker = Worker(make_engine(url), home)
    worker.start()
    stop.wait()
    worker.stop(JOB_GRACE_SECONDS)


def _follow(parent: Connection) -> None:
    """End this process in an orderly way when its parent is gone, however that ended."""

    def follow() -> None:
        with suppress(EOFError, OSError):
            parent.recv_bytes()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, name="fenji-parent", daemon=True).start()


class Supervisor:
    """Keeps several serving processes and one for the jobs alive until a signal, and ends them with it."""

    def __init__(self, url: str, home: Path, listener: socket.socket, workers: int) -> None:
        self.context, self.stopping = get_context("spawn"), threading.Event()
        self.ours, self.theirs = Pipe(duplex=False)[::-1]  # nothing is sent: its end is the message
        self.tasks: list[tuple[Callable[..., None], tuple[Any, ...]]] = [
            (_serving, (url, home, listener, self.theirs)) for _ in range(workers)
        ]
        self.tasks.append((_working, (url, home, self.theirs)))
        self.processes: list[SpawnProcess] = []

    def run(self) -> None:
        """Run until SIGINT or SIGTERM; a process that ends by itself is started again."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stopping.set())
        with tempfile.TemporaryDirectory(prefix="fenji-metrics-") as folder:
            os.environ[SHARED] = folder  # read by prometheus-client when the processes import it
            self.processes = [self._start(task) for task in self.tasks]
            try:
                while not self.stopping.wait(AGAIN_SECONDS):
                    self._mend()
            finally:
                self._end()

    def _start(self, task: tuple[Callable[..., None], tuple[Any, ...]]) -> SpawnProcess:
        process = self.context.Process(target=task[0], args=task[1])
        process.start()
        return process

    def _mend(self) -> None:
        for place, process in enumerate(self.processes):
            if process.exitcode is not None:
                LOG.error("process %s ended with %s; starting another", process.pid, process.exitcode)
                mark_process_dead(process.pid)  # type: ignore[no-untyped-call]  # it has no annotations
                self.processes[place] = self._start(self.tasks[place])

    def _end(self) -> None:
        for process in self.processes:
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS + JOB_GRACE_SECONDS
        for process in self.processes:
            process.join(max(deadline - time.monotonic(), 0))
            if process.exitcode is None:
                LOG.error("process %s does not stop and is killed", process.pid)
                process.kill()
                process.join()
