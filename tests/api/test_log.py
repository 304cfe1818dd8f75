"""The log in JSON: what an exception says may quote a row, so only its types and places are told."""

from __future__ import annotations

import json
import logging
import sys

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
