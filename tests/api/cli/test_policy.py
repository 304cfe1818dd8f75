"""`fenji policy` as it is typed: who may not approve, and ids that cannot be."""

from __future__ import annotations

from collections.abc import Callable

import click
import pytest
from people import finished_backtest, person
from sqlalchemy import Engine

from api.commands import policy
from api.database import writing

Fenji = Callable[..., tuple[int, str, str]]


def test_nobody_who_worked_on_a_version_approves_it_on_the_command_line(fenji: Fenji, sqlite_engine: Engine) -> None:
    analyst = person(sqlite_engine, "chen", "analyst")
    for login, roles in {"both": ("analyst", "strategy"), "lin": ("strategy",)}.items():
        person(sqlite_engine, login, *roles)
    assert fenji("policy", "save", "sabcd-weighted", "--as", "chen")[0] == 0
    assert fenji("policy", "edit", 1, "sabcd-weighted", "--as", "both")[0] == 0
    with writing(sqlite_engine) as session:
        finished_backtest(session, policy.find(session, 1), analyst)
    assert fenji("policy", "submit", 1, "--as", "chen")[0] == 0
    for login, words in {
        "chen": "needs one of: strategy",
        "both": "wrote or changed",
        "admin": "needs one of: strategy",
    }.items():
        code, out, error = fenji("policy", "approve", 1, "--reason", "mine", "--as", login)
        assert (code, out) == (1, "")
        assert words in error
    assert fenji("policy", "approve", 1, "--reason", "sound", "--as", "lin")[0] == 0


def test_an_id_that_no_database_holds_is_refused_with_a_sentence(fenji: Fenji) -> None:
    with pytest.raises(click.BadParameter, match="is not in the range"):
        fenji("policy", "show", 10**20)
    code, _, error = fenji("policy", "show", 7)
    assert (code, error) == (1, "fenji: No policy version 7; `fenji policy list` shows them.")
    huge = fenji("backtest", "run", 10**20)
    assert huge[0] == 1
    assert "\n" not in huge[2]
