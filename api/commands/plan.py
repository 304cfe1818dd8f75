"""Plans: what SQL needs of a document, kept the first time that a run grades with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from policies import Plan
from schema import tables

INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def keep(session: Session, document_hash: str, plan: Plan) -> None:
    """Keep the unit of a plan's totals and its tiers, best first, unless they are there; for a run that finishes."""
    insert = INSERT[session.get_bind().dialect.name]
    ranked = [{"document_hash": document_hash, "rank": n, "tier": tier} for n, tier in enumerate(plan.tiers)]
    _add(session, insert(tables.Plan).values(document_hash=document_hash, scale=plan.scale or None))
    _add(session, insert(tables.PlanTier).values(ranked))


def _add(session: Session, insert: Any) -> None:
    added: Insert = insert.on_conflict_do_nothing()  # another run may have kept the same
    session.execute(added)
