"""Settings that cannot be used: one sentence that names the variable, and nothing done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from api.settings import settings

Fenji = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("FENJI_PORT", "abc", "valid integer"),
        ("FENJI_PORT", "70000", "65535"),
        ("FENJI_ZONE", "Nowhere/Land", "write one such as Asia/Shanghai"),
        ("FENJI_ZONE", "Asia", "write one such as Asia/Shanghai"),
        ("FENJI_ZONE", "../etc/passwd", "write one such as Asia/Shanghai"),
        ("FENJI_ZONE", "", "write one such as Asia/Shanghai"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_by_its_name(
    fenji: Fenji, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    settings.cache_clear()
    code, out, error = fenji("snapshot", "take", "--as-of", "2024-01-01")
    assert (code, out) == (1, "")
    assert error.startswith(f"fenji: {variable} is {value!r}: ")
    assert words in error
    assert "\n" not in error


@pytest.mark.parametrize("verb", [("database", "upgrade"), ("demo", "--once")])
def test_a_home_that_cannot_be_made_is_refused_with_its_cure(
    fenji: Fenji, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verb: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FENJI_HOME", str(tmp_path / "file"))
    settings.cache_clear()
    code, _, error = fenji(*verb)
    assert code == 1
    assert error.startswith(f"fenji: The folder {tmp_path / 'file'}")
    assert error.endswith("set FENJI_HOME to another one.")
