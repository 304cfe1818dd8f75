"""The life of a policy version as one table: which state follows which, and who may move it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from policies.refusal import Refusal


class NotAllowed(Refusal):
    """A step that this state, this role or this person may not take."""

    code = "transition_not_allowed"


Action = Literal["submit", "approve", "reject", "withdraw", "activate", "retire"]
State = Literal["draft", "submitted", "approved", "active", "retired", "rejected", "withdrawn"]
STATES: tuple[State, ...] = get_args(State)
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True)
class Step:
    """One row of the table; ``by_another`` refuses everyone who wrote, edited or ran the version."""

    action: Action
    before: State
    after: State
    roles: tuple[str, ...]
    by_another: bool = False


STEPS: tuple[Step, ...] = (
    Step("submit",   "draft",     "submitted", ("analyst",)),
    Step("withdraw", "draft",     "withdrawn", ("analyst",)),
    Step("withdraw", "submitted", "withdrawn", ("analyst",)),
    Step("approve",  "submitted", "approved",  ("strategy",), by_another=True),
    Step("reject",   "submitted", "rejected",  ("strategy",), by_another=True),
    Step("activate", "approved",  "active",    ("strategy",)),
    Step("retire",   "approved",  "retired",   ("strategy",)),
    Step("retire",   "active",    "retired",   ("strategy",)),
    Step("activate", "retired",   "active",    ("strategy",)),
)  # fmt: skip

# From here on the database refuses any change of the content.
FROZEN = ("submitted", "approved", "active", "retired", "rejected", "withdrawn")


def find_step(state: str, action: str) -> Step:
    """Return the row of an action in a state; raises NotAllowed, code ``transition_not_allowed``."""
    for step in STEPS:
        if step.before == state and step.action == action:
            return step
    possible = [step.action for step in STEPS if step.before == state]
    states = [step.before for step in STEPS if step.action == action]
    cure = f"From {state} one can {' or '.join(possible)}." if possible else f"{state} is a last state."
    when = f"{action} is for {' or '.join(states)}" if states else f"known actions: {', '.join(ACTIONS)}"
    raise NotAllowed(f"A {state} version cannot take the step {action!r}; {when}. {cure}")


def may_move(
    state: str, action: str, roles: Collection[str], actor: str | int, contributors: Collection[str | int]
) -> None:
    """Return when ``actor`` may take a step, raise NotAllowed otherwise.

    ``contributors`` are the author, everyone who edited the draft and everyone who ran its notebook.  Codes:
    ``transition_not_allowed`` (wrong state), ``role_missing``, ``author_cannot_approve``.
    """
    step = find_step(state, action)
    if not set(roles) & set(step.roles):
        held = ", ".join(sorted(roles)) or "none"
        message = f"{action} needs the role {' or '.join(step.roles)}, and {actor} has {held}. Ask one who has it."
        raise NotAllowed(message, code="role_missing")
    if step.by_another and actor in contributors:
        message = (
            f"{actor} wrote or changed this version and cannot {action} it. Ask another member of the strategy group."
        )
        raise NotAllowed(message, code="author_cannot_approve")
