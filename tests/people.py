"""People and evidence for tests: users with roles, and a finished backtest row."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands import user as users
from api.database import writing
from schema.tables import Backtest, PolicyVersion
from schema.tables.base import now


def person(engine: Engine, login: str, *roles: str) -> Actor:
    """A user with these roles, as the actor of a command."""
    with writing(engine) as session:
        operator = users.operator(session)
        user = users.create(session, operator, login, login, roles)
        return Actor(user.id, login, login, frozenset(roles))


def finished_backtest(session: Session, version: PolicyVersion, actor: Actor) -> Backtest:
    """The row that a finished backtest of the version leaves; the run itself is tested with the notebooks."""
    backtest = Backtest(
        version_id=version.id, semantic_hash=version.semantic_hash, state="finished", parameters={}, metrics={},
        started_by_id=actor.id, finished_at=now(),
    )  # fmt: skip
    session.add(backtest)
    session.flush()
    return backtest
