"""The log: text for people, or a line of JSON a record, which holds no value of the database and none of a request."""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from api.settings import Settings


class Unspeaking(JsonFormatter):
    """Tells of an exception its type and where it was raised: its message may quote a row or a request."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                type(value).__name__ if isinstance(value, BaseException) else value for value in record.args
            )
        if record.name == "asyncio":  # it adds lines about the task that failed, with what its exception says
            record.msg, record.args = record.getMessage().partition("\n")[0], None
        record.exc_text = None  # what another handler made of the exception
        return super().format(record)

    def formatException(self, ei: Any) -> Any:  # logging's own name
        """Return the types of an exception and its causes, each with the places it went through."""
        return "\n".join(told(ei[1]))


def told(error: BaseException | None) -> list[str]:
    """Return what is told of an exception: type and places, then the same of what it came from."""
    lines, seen = [], set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        lines.append(type(error).__qualname__)
        lines += [f"  {place}" for place in _places(error.__traceback__)]
        error = error.__cause__ or error.__context__
    return lines


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def configure(settings: Settings) -> None:
    """Send the log of this process to the error stream, in the form and from the level of the settings."""
    handler = logging.StreamHandler(sys.stderr)
    if settings.log == "json":
        fields = ["asctime", "levelname", "name", "message"]
        handler.setFormatter(
            Unspeaking(fields, rename_fields={"asctime": "at", "levelname": "level"}, json_ensure_ascii=False)
        )
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("fenji").setLevel(settings.log_level)
