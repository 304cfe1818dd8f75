"""`fenji fall`: the open falls listed, one approved and one refused; what is held is told where grades are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import held
import world
from sqlalchemy import Engine

from api.commands.snapshot import today
from api.settings import settings

NUMBERS = ["202601-0001", "202601-0002", "202601-0003"]


def test_the_command_line_lists_approves_and_refuses(
    fenji: Callable[..., tuple[int, str, str]], sqlite_engine: Engine, tmp_path: Path
) -> None:
    made = held.build(sqlite_engine, tmp_path, 3, {"demotion_needs_approval": ["S"]})
    made.run(95, 95, 95)
    newest = made.run(61, 61, 61)
    code, out, _ = fenji("fall", "list", "--most", 2)
    assert (code, NUMBERS[1] in out, NUMBERS[2] in out, "more than 2" in out) == (0, True, False, True)
    assert fenji("fall", "list", world.POLICY) == (0, "No fall waits for a decision.\n", "")
    code, _, err = fenji("fall", "approve", held.POLICY, NUMBERS[0], "--reason", "x", "--as", "analyst")
    assert (code, "analyst (roles: analyst) may not decide_fall" in err) == (1, True)
    told = f"Fall of {NUMBERS[0]} S to B, run {newest}: approved.\n"
    assert fenji("fall", "approve", held.POLICY, NUMBERS[0], "--reason", "[同意]", "--as", "strategy") == (0, told, "")
    told = f"Fall of {NUMBERS[1]} S to B, run {newest}: refused.\n"
    assert fenji("fall", "refuse", held.POLICY, NUMBERS[1], "--reason", "x", "--as", "strategy") == (0, told, "")
    code, out, _ = fenji("grade", "explain", NUMBERS[1], "--language", "en")
    assert (code, "S stays: its fall was refused" in out) == (0, True)
    code, out, _ = fenji("grade", "explain", NUMBERS[2])
    assert "保留 S:降为 B 有待批准" in out
    code, _, err = fenji("fall", "refuse", world.POLICY, NUMBERS[1], "--reason", "x", "--as", "strategy")
    assert (code, "has no finished run" in err) == (1, True)
    code, out, _ = fenji("grade", "run", held.POLICY, "--as-of", today(settings().zone), "--as", "analyst")
    assert (code, "in effect by" in out) == (0, True)
