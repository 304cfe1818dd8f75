"""The life of a version: only the steps of the table, only by those it names, never approved by who wrote it."""

from itertools import product

import pytest

from policies.promotion import ACTIONS, STATES, STEPS, NotAllowed, find_step, may_move

ROLES = ("analyst", "strategy", "admin", "sales")


def code(state: str, action: str, roles: set[str], actor: str, contributors: set[str]) -> str | None:
    try:
        may_move(state, action, roles, actor, contributors)
    except NotAllowed as refusal:
        return refusal.code
    return None


def test_every_step_outside_the_table_is_refused() -> None:
    allowed = {(step.before, step.action) for step in STEPS}
    for state, action in product(STATES, ACTIONS):
        found = code(state, action, set(ROLES), "zhou", {"li"})
        assert found == (None if (state, action) in allowed else "transition_not_allowed")
    with pytest.raises(NotAllowed, match="known actions: submit"):
        find_step("draft", "publish")


def test_every_role_outside_the_table_is_refused() -> None:
    for step, role in product(STEPS, ROLES):
        found = code(step.before, step.action, {role}, "zhou", {"li"})
        assert found == (None if role in step.roles else "role_missing")
        assert code(step.before, step.action, set(), "zhou", {"li"}) == "role_missing"


def test_who_wrote_edited_or_ran_a_version_can_neither_approve_nor_reject_it() -> None:
    for action in ("approve", "reject"):
        assert code("submitted", action, {"strategy", "admin"}, "li", {"wang", "li"}) == "author_cannot_approve"
        assert code("submitted", action, {"strategy"}, "zhou", {"wang", "li"}) is None


def test_no_sequence_of_steps_reaches_force_without_another_persons_approval() -> None:
    reached, waiting = {"draft"}, ["draft"]
    while waiting:
        state = waiting.pop()
        for step in STEPS:
            alone = code(state, step.action, set(ROLES), "li", {"li"}) is None
            if step.before == state and alone and step.after not in reached:
                reached.add(step.after)
                waiting.append(step.after)
    assert reached == {"draft", "submitted", "withdrawn"}


def test_the_refusal_names_the_roles_and_the_person() -> None:
    with pytest.raises(NotAllowed, match="approve needs the role strategy, and wang has analyst"):
        may_move("submitted", "approve", {"analyst"}, "wang", set())
    with pytest.raises(NotAllowed, match="A retired version cannot take the step 'submit'"):
        may_move("retired", "submit", {"admin"}, "wang", set())
