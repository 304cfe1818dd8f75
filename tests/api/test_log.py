"""The log in JSON: what an exception says may quote a row, so only its types and places are told."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys

import pytest

from api.log import Unspeaking


def test_an_exception_is_told_by_its_types_and_places_alone() -> None:
    try:
        try:
            raise KeyError("13800001234")
        except KeyError as error:
            raise ValueError("王小明") from error
    except ValueError as error:
        record = logging.LogRecord("fenji", logging.ERROR, __file__, 1, "failed: %s", (error,), sys.exc_info())
    line = Unspeaking(["message"]).format(record)
    told = json.loads(line)
    assert told["message"] == "failed: ValueError"
    assert "ValueError" in told["exc_info"]
    assert "KeyError" in told["exc_info"]
    assert "test_log.py" in told["exc_info"]
    assert "13800001234" not in line
    assert "王小明" not in line


def test_a_task_that_fails_unheard_is_told_without_what_its_exception_says(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        raise ValueError("王小明")

    async def scene() -> None:
        task = asyncio.create_task(fails())
        await asyncio.wait([task])
        del task
        gc.collect()

    asyncio.run(scene())
    (record,) = caplog.records
    assert "王小明" in record.getMessage()
    line = Unspeaking(["message"]).format(record)
    assert json.loads(line)["message"] == "Task exception was never retrieved"
    assert "ValueError" in line
    assert "王小明" not in line
