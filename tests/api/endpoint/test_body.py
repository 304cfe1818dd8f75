"""A body has a time to come in, and is read at once where the server has it already."""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive, Scope, Send

from api.endpoint.body import WHOLE, BodyLimit


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body."""
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message["body"]})


def answered(scope: Scope, parts: list[bytes], seconds: float, most: int = 100) -> tuple[int, bytes]:
    """Return the status and body of the answer to a request whose body comes in parts, each after a turn of the loop."""
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(BodyLimit(app, most, seconds)({"type": "http", "headers": [], **scope}, receive, send))
    return sent[0]["status"], sent[1]["body"]


def test_a_body_in_parts_is_whole_for_who_reads_it() -> None:
    assert answered({}, [b"a", b"b", b"c"], 20) == (200, b"abc")


def test_a_body_that_does_not_come_in_time_is_refused_and_one_that_is_there_has_no_time() -> None:
    assert answered({}, [b"abc"], 0)[0] == 408
    assert answered({WHOLE: True}, [b"abc"], 0) == (200, b"abc")


def test_a_body_that_is_there_may_still_be_too_large() -> None:
    assert answered({WHOLE: True}, [b"x" * 101], 0)[0] == 413
