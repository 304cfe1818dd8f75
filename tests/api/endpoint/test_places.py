"""Places for operations: one caller's slow ones hold up its own and nobody else's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import pytest
import world
from slowness import slow
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.access import Actor
from api.app import make_app
from api.endpoint import places as module
from api.endpoint.context import Context
from api.endpoint.guard import Guard
from api.endpoint.negotiation import RESPONSE
from api.endpoint.places import EACH, Places
from api.endpoint.rate import Later

SECONDS = 6


def test_who_sends_slow_operations_holds_nobody_else_up(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 1, graded=False)
    one, another = (
        {"authorization": f"Bearer {world.key(made, who)}", "accept": RESPONSE} for who in ("sales", "service")
    )
    app = make_app(engine, tmp_path, worker=False, guard=Guard(seconds=SECONDS))
    with TestClient(app) as client, ThreadPoolExecutor(2 * EACH) as pool:

        def ask(query: str, headers: dict[str, str]) -> Any:
            return client.post("/graphql", json={"query": query}, headers=headers)

        assert ask("{ needs { totalCount } }", another).status_code == 200
        with slow(engine):
            waiting = [pool.submit(ask, "{ improvements { totalCount } }", one) for _ in range(2 * EACH)]
            anyio.run(anyio.sleep, 1)
            for query in ("{ needs { totalCount } }", "{ needs { totalCount nodes { kind } } me { login } }"):
                assert ask(query, another).status_code == 200
            assert not any(done.done() for done in waiting)
            answers = [done.result() for done in waiting]
        codes = Counter(answer.json()["errors"][0]["extensions"]["code"] for answer in answers)
        assert codes.keys() <= {"timed_out", "too_many"}
        assert codes["timed_out"] >= EACH
        for answer in answers:
            (error,) = answer.json()["errors"]
            if error["extensions"]["code"] == "too_many":
                assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
                assert "data" not in answer.json()
        assert ask("{ improvements { totalCount } }", one).json()["data"] == {"improvements": {"totalCount": 1}}


class Scene:
    """Operations of callers that last until they are let go; `begun` says which, in their order."""

    def __init__(self, engine: Engine, each: int = 2) -> None:
        self.engine, self.places = engine, Places(each)
        self.begun: list[str] = []
        self.refused: list[tuple[str, str, int]] = []
        self.let = anyio.Event()

    async def operation(self, name: str, key: str | None, actor: Actor | None = None, seconds: float = 5) -> None:
        context = Context(self.engine, Path(), key=key, address="127.0.0.1")

        async def work() -> None:
            self.begun.append(name)
            context.signed_in = actor
            await self.let.wait()

        try:
            await self.places.answered(work, context, seconds)
        except Later as refusal:
            self.refused.append((name, refusal.code, refusal.seconds))

    async def go(self) -> None:
        """Let what is under way end, and what waits begin."""
        self.let.set()
        self.let = anyio.Event()
        await anyio.wait_all_tasks_blocked()


LI, WANG = Actor(1, "li", "李", frozenset()), Actor(2, "wang", "王", frozenset())


@pytest.fixture
def scene(sqlite_engine: Engine) -> Callable[..., Scene]:
    return lambda each=2: Scene(sqlite_engine, each)


def test_operations_of_a_caller_begin_in_their_order_and_others_at_once(scene: Callable[..., Scene]) -> None:
    async def play() -> None:
        one = scene()
        async with anyio.create_task_group() as group:
            for name in ("a1", "a2", "a3", "a4", "a5"):
                group.start_soon(one.operation, name, "key a", LI)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(one.operation, "b1", "key b", WANG)
            await anyio.wait_all_tasks_blocked()
            assert one.begun == ["a1", "a2", "b1"]
            await one.go()
            assert one.begun == ["a1", "a2", "b1", "a3", "a4"]
            await one.go()
            await one.go()
        assert one.begun[-1] == "a5"
        assert {share.held for share in one.places._shares.values()} == {0}
        assert not any(share.waiting for share in one.places._shares.values())

    anyio.run(play)


def test_keys_of_one_user_share_once_it_is_known_whose_they_are(scene: Callable[..., Scene]) -> None:
    async def play() -> None:
        one = scene()
        async with anyio.create_task_group() as group:
            for key in ("key a", "key b"):
                group.start_soon(one.operation, key, key, LI)
            group.start_soon(one.operation, "wrong", "key wrong", None)
            group.start_soon(one.operation, "nobody", None, None)
            await anyio.wait_all_tasks_blocked()
            await one.go()
            for name in ("1", "2", "3"):
                group.start_soon(one.operation, name, f"key {'ab'[int(name) % 2]}", LI)
            group.start_soon(one.operation, "wrong 2", "key wrong", None)
            await anyio.wait_all_tasks_blocked()
            assert one.begun[4:] == ["1", "2", "wrong 2"]
            await one.go()
            await one.go()

    anyio.run(play)


def test_who_waits_too_long_is_refused_and_who_goes_away_leaves_its_turn(scene: Callable[..., Scene]) -> None:
    async def play() -> None:
        one = scene(1)
        async with anyio.create_task_group() as group:
            group.start_soon(one.operation, "first", "key", LI)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(one.operation, "late", "key", LI, 0.05)
            with anyio.move_on_after(0.1):
                await one.operation("gone", "key", LI)
            group.start_soon(one.operation, "last", "key", LI)
            await anyio.wait_all_tasks_blocked()
            assert one.refused == [("late", "too_many", 1)]
            await one.go()
            assert one.begun == ["first", "last"]
            await one.go()
        (share,) = one.places._shares.values()
        assert (share.held, list(share.waiting)) == (0, [])

    anyio.run(play)


def test_a_turn_that_comes_to_one_who_goes_away_at_that_moment_is_passed_on(scene: Callable[..., Scene]) -> None:
    async def play() -> None:
        one = scene(1)
        async with anyio.create_task_group() as group:
            group.start_soon(one.operation, "first", "key", LI)
            await anyio.wait_all_tasks_blocked()
            gone = anyio.CancelScope()

            async def going() -> None:
                with gone:
                    await one.operation("gone", "key", LI)

            group.start_soon(going)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(one.operation, "last", "key", LI)
            await anyio.wait_all_tasks_blocked()
            (share,) = one.places._shares.values()
            turn = share.waiting[0]
            one.let.set()
            while not turn.is_set():
                await anyio.sleep(0)
            gone.cancel()
            one.let = anyio.Event()
            await anyio.wait_all_tasks_blocked()
            assert one.begun[-1] == "last"
            await one.go()
        assert (share.held, list(share.waiting)) == (0, [])

    anyio.run(play)


def test_the_callers_that_are_remembered_are_bounded(
    scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CALLERS", 10)

    async def play() -> None:
        one = scene()
        one.let.set()
        for number in range(50):
            await one.operation(str(number), f"key {number}", Actor(number, str(number), "", frozenset()))
        assert len(one.places._shares) == 10
        assert len(one.places._named) == 10

    anyio.run(play)
