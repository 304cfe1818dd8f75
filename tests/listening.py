"""Subscriptions in tests: a hub of its own, and what a subscriber is told while something happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from anyio import to_thread
from world import World

from api.endpoint.context import Context
from api.hub import Hub
from api.operations.root import schema

PATIENCE = 20.0


@asynccontextmanager
async def hub_of(world: World) -> AsyncIterator[Hub]:
    """A hub that listens."""
    hub = Hub(world.engine)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()


class Subscriber:
    """Somebody who subscribed with a key: ``told`` is the next message as JSON would give it."""

    def __init__(self, stream: Any, hub: Hub) -> None:
        self.stream, self.hub = stream, hub
        self.waiting: asyncio.Task[Any] | None = None

    async def ready(self) -> None:
        """Wait until the subscription listens."""
        feeds = len(self.hub.feeds)
        self.waiting = asyncio.create_task(anext(self.stream, None))
        while len(self.hub.feeds) == feeds and not self.waiting.done():
            await asyncio.sleep(0.01)

    async def told(self, seconds: float = PATIENCE) -> Any:
        """The next message, None at the end; TimeoutError when none comes."""
        self.waiting = self.waiting or asyncio.create_task(anext(self.stream, None))
        result = await asyncio.wait_for(asyncio.shield(self.waiting), seconds)
        self.waiting = None
        if result is None:
            return None
        errors = {"errors": [error.formatted for error in result.errors]} if result.errors else {}
        return {"data": result.data, **errors}

    async def rows(self) -> Any:
        """The rows of the next message, which has no errors."""
        message = await self.told()
        assert message is not None
        assert "errors" not in message, message
        (rows,) = message["data"].values()
        return rows

    async def quiet(self, seconds: float = 1.0) -> None:
        """Nothing is told for a while."""
        try:
            message = await self.told(seconds)
        except TimeoutError:
            return
        raise AssertionError(message)

    async def leave(self) -> None:
        """End the subscription."""
        if self.waiting is not None:
            self.waiting.cancel()
            await asyncio.wait([self.waiting])
        await self.stream.aclose()


@asynccontextmanager
async def subscribed(
    world: World,
    hub: Hub,
    key: str | None,
    query: str,
    variables: dict[str, Any] | None = None,
    *,
    planning: bool = True,
) -> AsyncIterator[Subscriber]:
    """A subscriber who listens already."""
    context = Context(world.engine, world.home, key, planning=planning, hub=hub)
    subscriber = Subscriber(await schema.stream(query, variables, context), hub)
    await subscriber.ready()
    try:
        yield subscriber
    finally:
        await subscriber.leave()


async def does(function: Callable[..., Any], *arguments: Any) -> Any:
    """Do something in a thread, as another door would."""
    return await to_thread.run_sync(function, *arguments)
