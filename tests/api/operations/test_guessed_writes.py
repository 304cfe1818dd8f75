"""Writing a guess at a masked value, or undoing it, does not tell whether it stood there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import inference
import pytest
import world
from inference import BLIND, SEES

from api.database import make_engine
from schema.select.global_id import global_id

CONTACT = global_id("Contact", 1)
GUESSED = [
    f'updateContact(id: "{CONTACT}", input: {{{field}: "{inference.SECRETS[kind][0]}"}}, reason: "x") {{ __typename ... on Contact {{ {field} }} ... on Refusal {{ code message }} }}'
    for field, kind in {"name": "person", "mobile": "mobile", "landline": "landline", "email": "email"}.items()
] + [
    f'updateContacts(input: [{{id: "{CONTACT}", {field}: "{inference.SECRETS[kind][0]}", reason: "x"}}], dryRun: true) {{ __typename ... on ContactsWritten {{ written unchanged rejected errors {{ code message }} }} ... on Refusal {{ code message }} }}'
    for field, kind in {"name": "person", "mobile": "mobile", "landline": "landline", "email": "email"}.items()
] + [
    f'updateInteractions(input: [{{id: "{global_id("Interaction", 1)}", summary: "{inference.SECRETS["text"][0]}"}}], dryRun: true) {{ __typename ... on InteractionsWritten {{ written unchanged rejected errors {{ code message }} }} ... on Refusal {{ code message }} }}',
    f'updateNeeds(input: [{{id: "{global_id("Need", 1)}", description: "{inference.SECRETS["text"][0]}"}}], dryRun: true) {{ __typename ... on NeedsWritten {{ written unchanged rejected errors {{ code message }} }} ... on Refusal {{ code message }} }}',
    f'createContact(customerId: "{global_id("Customer", 2)}", input: {{name: "王建国", mobile: "13811110100"}}) {{ __typename ... on Contact {{ name mobile }} ... on Refusal {{ code message }} }}',
]  # fmt: skip


@pytest.fixture
def copies(pair: tuple[world.World, world.World], tmp_path: Path) -> Iterator[list[world.World]]:
    """Both databases copied, to write to; what differs in them does so in the copies."""
    made = []
    for number, one in enumerate(pair):
        path = tmp_path / f"{number}.db"
        shutil.copyfile(one.engine.url.database or "", path)
        made.append(world.World(make_engine(f"sqlite:///{path}"), tmp_path, one.people))
    shown = [one.data(f'{{ node(id: "{CONTACT}") {{ ... on Contact {{ mobile }} }} }}', who=SEES) for one in made]
    assert [one["node"]["mobile"] for one in shown] == list(inference.SECRETS["mobile"])
    yield made
    for one in made:
        one.engine.dispose()


@pytest.mark.parametrize("number", range(len(GUESSED)))
def test_writing_a_guess_does_not_tell_whether_it_stood_there(copies: list[world.World], number: int) -> None:
    answers = [made.ask(f"mutation {{ r: {GUESSED[number]} }}", who=BLIND) for made in copies]
    assert answers[0] == answers[1]
    assert "errors" not in answers[0], answers[0]
    assert "code" not in answers[0]["data"]["r"], answers[0]


def test_undoing_does_not_tell_whether_a_guess_stood_there(copies: list[world.World]) -> None:
    change = f'updateContacts(input: [{{id: "{CONTACT}", %s, reason: "x"}}]) {{ ... on ContactsWritten {{ undo {{ token }} }} }}'
    guess = f'mobile: "{inference.SECRETS["mobile"][0]}"'
    took_back = 'undo(token: "%s") { __typename ... on Refusal { code } }'
    for made in copies:

        def call(asked: str, made: world.World = made) -> Any:
            return made.data(f"mutation {{ r: {asked} }}", who=BLIND)["r"]

        tokens = [call(change % what)["undo"]["token"] for what in ('title: "t"', guess, guess)]
        for token in tokens[:2]:
            assert call(took_back % token) == {"__typename": "Refusal", "code": "undo_refused"}
        for token in reversed(tokens):
            assert call(took_back % token) == {"__typename": "Undone"}
