"""People and evidence for tests: users with roles, and a finished backtest row."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands import user as users
from api.commands.policy import in_force
from api.commands.snapshot import today
from api.database import writing
from api.settings import settings
from schema.tables import Backtest, Policy, PolicyVersion
from schema.tables.base import now


def person(engine: Engine, login: str, *roles: str) -> Actor:
    """A user with these roles, as the actor of a command."""
    with writing(engine) as session:
        operator = users.operator(session)
        user = users.create(session, operator, login, login, roles)
        return Actor(user.id, login, login, frozenset(roles))


def finished_backtest(session: Session, version: PolicyVersion, actor: Actor) -> Backtest:
    """The row that a finished backtest of the version leaves; the run itself is tested with the notebooks."""
    champion = in_force(session, session.get_one(Policy, version.policy_id).key, today(settings().zone))
    backtest = Backtest(
        version_id=version.id, champion_version_id=champion.id if champion else None, semantic_hash=version.semantic_hash, state="finished", parameters={}, metrics={},
        started_by_id=actor.id, finished_at=now(),
    )  # fmt: skip
    session.add(backtest)
    session.flush()
    return backtest
