"""`fenji serve` as a server: several processes, what is written through one heard through another, an orderly end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import world
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from api.app import make_app
from api.commands.snapshot import today
from api.settings import settings
from schema.tables import Customer, Improvement

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 40
ITEMS = "subscription { improvementItems { problem } }"


@dataclass
class Served:
    """A server under test."""

    process: subprocess.Popen[str]
    base: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def ask(self, query: str, **variables: Any) -> Any:
        answer = httpx.post(
            f"{self.base}/graphql",
            json={"query": query, "variables": variables},
            headers=self.headers,
            timeout=PATIENCE,
        )
        return answer.json()

    def stop(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=PATIENCE)[1]


@contextmanager
def serving(made: world.World, key: str, *options: str, **environment: str) -> Iterator[Served]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("FENJI_")}
    own |= {
        "FENJI_HOME": str(made.home),
        "FENJI_DATABASE_URL": made.engine.url.render_as_string(hide_password=False),
        **environment,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "serve", "--port", "0", *options],
        cwd=ROOT, env=own, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        base = process.stdout.readline().split()[1].removesuffix("/graphql")
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if httpx.get(f"{base}/readyz", timeout=PATIENCE).status_code == 200:
                    break
            except httpx.TransportError:
                assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield Served(process, base, key)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def customer_of(engine: Engine) -> str:
    with Session(engine) as session:
        return b64encode(f"Customer:{session.scalar(select(Customer.id).limit(1))}".encode()).decode()


REPORT = (
    'mutation R($c: ID!, $p: String!) { reportImprovement(customerId: $c, input: {reportedOn: "2026-01-01", problem: $p}) '
    "{ __typename } }"
)


async def opened(served: Served) -> Any:
    socket = await connect(f"ws{served.base.removeprefix('http')}/graphql", subprotocols=["graphql-transport-ws"])  # type: ignore[list-item]  # a plain text is one
    await socket.send(json.dumps({"type": "connection_init", "payload": served.headers}))
    assert json.loads(await socket.recv())["type"] == "connection_ack"
    return socket


async def subscribe(socket: Any, query: str, name: str = "1") -> None:
    await socket.send(json.dumps({"id": name, "type": "subscribe", "payload": {"query": query}}))


async def receive(socket: Any) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))


async def until_subscribed(served: Served, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while f"fenji_subscriptions {float(count)}" not in httpx.get(f"{served.base}/metrics", timeout=PATIENCE).text:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


def test_a_write_through_one_server_is_heard_through_the_other_and_ends_are_orderly(
    engine: Engine, tmp_path: Path
) -> None:
    made = world.build(engine, tmp_path, 2, graded=False)
    key, customer = world.key(made, "service"), customer_of(engine)

    async def scene(one: Served, other: Served) -> None:
        socket = await opened(other)
        await subscribe(socket, ITEMS)
        request = {"query": ITEMS}
        stream = {**other.headers, "Accept": "text/event-stream"}
        async with (
            httpx.AsyncClient(timeout=PATIENCE) as client,
            client.stream("POST", f"{other.base}/graphql", json=request, headers=stream) as told,
        ):
            lines = told.aiter_lines()
            await until_subscribed(other, 2)
            answer = await asyncio.to_thread(one.ask, REPORT, c=customer, p="响应慢")
            assert answer["data"] == {"reportImprovement": {"__typename": "Improvement"}}, answer
            message = await receive(socket)
            assert message["payload"]["data"] == {"improvementItems": [{"problem": "响应慢"}]}
            assert await anext(lines) == "event: next"
            assert "响应慢" in await anext(lines)
            other.process.send_signal(signal.SIGTERM)
            assert (await receive(socket))["type"] == "complete"
            with pytest.raises(ConnectionClosed) as closed:
                await receive(socket)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1001
            assert [line async for line in lines if line.startswith("event")] == ["event: complete"]
        assert other.process.wait(PATIENCE) in (0, -signal.SIGTERM)

    with serving(made, key) as one, serving(made, key) as other:
        asyncio.run(scene(one, other))
        assert one.ask("{ me { login } }")["data"] == {"me": {"login": "service"}}


def test_a_request_under_way_is_finished_before_the_server_ends(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 1, graded=False)
    customer = customer_of(engine)
    with serving(made, world.key(made, "service")) as served, ThreadPoolExecutor(1) as thread:
        with engine.begin() as connection:  # holds every writer up; on SQLite a transaction alone does
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("lock table improvements in access exclusive mode")
            answer = thread.submit(served.ask, REPORT, c=customer, p="late")
            until(lambda: figure(served, "fenji_operations_running 1.0"))
            served.process.send_signal(signal.SIGTERM)
            until(lambda: not listens(served))
            time.sleep(1)
            assert not answer.done()
            assert served.process.poll() is None
        assert answer.result(PATIENCE)["data"] == {"reportImprovement": {"__typename": "Improvement"}}
        assert served.process.wait(PATIENCE) in (0, -signal.SIGTERM)
    with Session(engine) as session:
        assert "late" in session.scalars(select(Improvement.problem)).all()


def figure(served: Served, line: str) -> bool:
    return line in httpx.get(f"{served.base}/metrics", timeout=PATIENCE).text


def listens(served: Served) -> bool:
    try:
        httpx.get(f"{served.base}/healthz", timeout=PATIENCE)
    except httpx.TransportError:
        return False
    return True


def until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_several_processes_answer_one_port_and_run_each_job_once(postgres_engine: Engine, tmp_path: Path) -> None:
    made = world.build(postgres_engine, tmp_path, 4)
    key = world.key(made, "analyst")
    start = f'mutation {{ runGrading(policyKey: "{world.POLICY}", asOf: "{today(settings().zone)}") {{ ... on Run {{ id }} }} }}'
    with serving(made, key, "--workers", "2") as served:
        runs = [served.ask(start)["data"]["runGrading"]["id"] for _ in range(3)]
        progress = {"query": "subscription P($id: ID) { runProgress(id: $id) { state } }"}
        for run in runs:
            told = httpx.post(
                f"{served.base}/graphql", json={**progress, "variables": {"id": run}},
                headers={**served.headers, "Accept": "text/event-stream"}, timeout=PATIENCE,
            )  # fmt: skip
            assert '"DONE"' in told.text
        figures = httpx.get(f"{served.base}/metrics", timeout=PATIENCE).text
        assert 'fenji_jobs_total{kind="grade",outcome="done"} 3.0' in figures
        assert 'fenji_operations_total{kind="mutation",outcome="done"} 3.0' in figures
        children = processes_of(served.process.pid)
        assert len(children) >= 3
        os.kill(children[0], signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while children[0] in processes_of(served.process.pid) or len(processes_of(served.process.pid)) < len(children):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert served.ask("{ me { login } }")["data"]
        error = served.stop()
        assert "Traceback" not in error
        assert served.process.returncode == 0
        assert not any(alive(child) for child in children)


def test_processes_end_when_their_parent_is_killed(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    with serving(made, world.key(made, "sales"), "--workers", "2") as served:
        children = processes_of(served.process.pid)
        served.process.kill()
        served.process.wait()
        deadline = time.monotonic() + PATIENCE
        while any(alive(child) for child in children):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_the_log_in_json_holds_no_value_and_metrics_want_their_key(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 3, graded=False)
    with serving(
        made, world.key(made, "sales"), FENJI_LOG="json", FENJI_LOG_LEVEL="INFO", FENJI_METRICS_KEY="k"
    ) as served:
        assert httpx.get(f"{served.base}/metrics", timeout=PATIENCE).status_code == 401
        assert (
            httpx.get(f"{served.base}/metrics", headers={"Authorization": "Bearer k"}, timeout=PATIENCE).status_code
            == 200
        )
        assert served.ask("query 张 { x }")["errors"]
        assert served.ask('query Q13800001234 { customers(filter: {name: {contains: "公司1"}}) { nodes { name } } }')[
            "data"
        ]
        assert served.ask("{ customers { totalCount } }" + "#" * 33_000)["data"]  # too long to be kept
        for path in ("13800001234?x=13800001234", "evidence/13800001234/report.html", "static/13800001234"):
            httpx.post(f"{served.base}/{path}", timeout=PATIENCE)
            httpx.get(f"{served.base}/{path}", timeout=PATIENCE)
        huge = b" " * 9_000_000
        with suppress(httpx.TransportError):  # it may be closed while we still send
            httpx.post(f"{served.base}/13800001234", content=huge, timeout=PATIENCE)
        lines = [json.loads(line) for line in served.stop().splitlines()]
    operations = [line for line in lines if line["name"] == "fenji.operation"]
    answered = [(line["kind"], line["fields"], line["outcome"]) for line in operations]
    assert answered[-2:] == [("query", ["customers"], "done")] * 2
    paths = {line["path"] for line in lines if line["name"] == "fenji.request"}
    assert paths == {"/graphql", "/metrics", "/readyz", "/evidence", "/static", "-"}
    text = json.dumps(lines, ensure_ascii=False)
    assert not [secret for secret in ("13800001234", "公司", "张", served.key) if secret in text]


def processes_of(pid: int) -> list[int]:
    """The processes below one that serve or work; the resource tracker is none of them."""
    found = []
    for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            if "spawn_main" in Path(f"/proc/{each}/cmdline").read_text():
                found.append(int(each))
        except OSError:
            continue
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_server_that_hears_no_events_is_not_ready_but_alive(sqlite_engine: Engine, tmp_path: Path) -> None:
    client = TestClient(make_app(sqlite_engine, tmp_path, worker=False))
    with client:
        assert client.get("/readyz").json() == {
            "status": "ready",
            "checks": {"database": "ok", "events": "ok", "server": "ok"},
        }
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["server"]) == (503, "stopping")
    assert client.get("/healthz").status_code == 200
