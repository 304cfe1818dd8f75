"""`fenji appointment`: made for a customer by number, listed by day, ended; a refusal is one sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import world
from sqlalchemy import Engine

from api.commands.snapshot import today
from api.settings import settings


def test_an_appointment_is_made_listed_and_ended(
    fenji: Callable[..., tuple[int, str, str]], sqlite_engine: Engine, tmp_path: Path
) -> None:
    made = world.build(sqlite_engine, tmp_path, 2, graded=False)
    world.grade(made, "appointments: {tiers: [S], by: strategy_group, longest_months: 6, evidence: optional}\n")
    day = today(settings().zone)
    until = day + timedelta(days=60)
    add = ("appointment", "add", "202601-0001", world.POLICY, "S", "--until", until, "--reason", "[重点]")
    assert fenji("appointment", "list") == (0, "Nobody is appointed.\n", "")
    code, out, err = fenji(*add, "--as", "sales")
    assert (code, out, "sales (roles: sales) may not appoint" in err) == (1, "", True)
    assert fenji(*add, "--as", "strategy") == (0, f"Appointment 1: 202601-0001 S, {day} to {until}.\n", "")
    code, _, err = fenji(*add, "--as", "strategy")
    assert (code, "is appointed S from" in err) == (1, True)
    code, out, _ = fenji("appointment", "list", "--on", until)
    assert (code, "202601-0001" in out) == (0, True)
    assert fenji("appointment", "list", "--on", until + timedelta(days=1)) == (0, "Nobody is appointed.\n", "")
    code, out, _ = fenji("appointment", "end", 1, "--reason", "误", "--as", "strategy")
    assert (code, out) == (0, f"Appointment 1 ended on {day}.\n")
    code, out, err = fenji("appointment", "end", 9, "--reason", "误", "--as", "strategy")
    assert (code, out, "There is no Appointment 9" in err) == (1, "", True)


def test_an_override_is_made_and_listed_with_its_kind(
    fenji: Callable[..., tuple[int, str, str]], sqlite_engine: Engine, tmp_path: Path
) -> None:
    world.build(sqlite_engine, tmp_path, 1)
    day = today(settings().zone)
    call = (
        "appointment",
        "override",
        "202601-0001",
        world.POLICY,
        "A",
        "--until",
        day,
        "--reason",
        "误",
        "--evidence",
        "[纪要]",
    )
    code, _, err = fenji(*call, "--as", "sales")
    assert (code, "may not override_tier" in err) == (1, True)
    assert fenji(*call, "--as", "strategy") == (0, f"Override 1: 202601-0001 A, {day} to {day}.\n", "")
    code, out, _ = fenji("appointment", "list")
    assert (code, "override" in out) == (0, True)
    told = fenji("grade", "explain", "202601-0001", "--language", "en")[1]
    assert told.endswith(f"Override: A from {day} to {day}: 误\n")
    assert "人工改判为 A" in fenji("grade", "explain", "202601-0001", "--run", 1)[1]
    assert fenji("appointment", "end", 1, "--reason", "x", "--as", "strategy")[1] == f"Override 1 ended on {day}.\n"


def test_the_review_of_a_run_is_listed(
    fenji: Callable[..., tuple[int, str, str]], sqlite_engine: Engine, tmp_path: Path
) -> None:
    run = world.grade(world.build(sqlite_engine, tmp_path, 8, graded=False))
    code, out, _ = fenji("grade", "review", run, "--language", "en")
    assert (code, "the tier is pending" in out, "of 8 customers are to be looked at" in out) == (0, True, True)
    assert fenji("grade", "review", 99)[2] == "fenji: There is no finished run 99; `fenji grade list` shows them."
