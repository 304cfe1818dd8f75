"""The command line on a test's own database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.cli import cli
from api.cli.door import refusing
from api.settings import settings

Fenji = Callable[..., tuple[int, str, str]]


@pytest.fixture
def fenji(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Fenji]:
    """Run the command line on this test's database; return exit code, output and error output."""
    monkeypatch.setenv("FENJI_DATABASE_URL", sqlite_engine.url.render_as_string())
    monkeypatch.setenv("FENJI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    settings.cache_clear()

    def run(*arguments: object) -> tuple[int, str, str]:
        code = refusing(lambda: cli([str(argument) for argument in arguments], standalone_mode=False))
        out, err = capsys.readouterr()
        return code, out, err.strip()

    yield run
    settings.cache_clear()
