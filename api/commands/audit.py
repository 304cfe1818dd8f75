"""The audit row that every command writes in its own transaction, an event of a watched noun as well, and its seal.

The seals are one chain of digests, each over the one before it and over the rows of its transaction, so that a row that is
altered, taken away or slipped in shows (api.commands.audit_seal).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from secrets import token_hex
from typing import Any

from sqlalchemy import event, func, insert, select
from sqlalchemy.orm import Session

from api.access import Actor
from api.events import WATCHED, announce
from schema.tables import Audit, AuditSeal
from schema.tables.base import now

LOCK = 0x46656E6A69  # one writer at a time reads the end of the chain on PostgreSQL; SQLite has one writer anyway
ROWS = Audit.__table__.c
COLUMNS = (ROWS.id, ROWS.at, ROWS.user_id, ROWS.action, ROWS.noun, ROWS.noun_id, ROWS.detail)
BEFORE = ""  # the digest before the first seal
SEAL = "audit_seal"  # under which a session keeps the name of its transaction's seal


def seal_of(session: Session) -> str:
    """Return the name of the seal that the session's transaction will end with."""
    name: str = session.info.setdefault(SEAL, token_hex(16))
    return name


def record(session: Session, actor: Actor, action: str, noun: str, noun_id: object, **detail: Any) -> None:
    """Add an audit row: who did ``action`` to which row; ``detail`` is JSON and holds no personal field."""
    session.add(
        Audit(user_id=actor.id, action=action, noun=noun, noun_id=str(noun_id), detail=detail, seal=seal_of(session))
    )
    if noun in WATCHED:
        announce(session, noun, [int(str(noun_id))])


def record_all(
    session: Session, actor: Actor, action: str, noun: str, rows: Iterable[tuple[object, Mapping[str, Any]]]
) -> None:
    """Add an audit row for each (id, detail), as ``record`` does for one, with one statement for all."""
    instant, name = now(), seal_of(session)
    values = [
        {
            "at": instant,
            "user_id": actor.id,
            "action": action,
            "noun": noun,
            "noun_id": str(key),
            "detail": dict(detail),
            "seal": name,
        }
        for key, detail in rows
    ]
    if values:
        session.connection().execute(insert(Audit), values)
    if noun in WATCHED:
        announce(session, noun, [int(str(value["noun_id"])) for value in values])


@event.listens_for(Session, "before_commit")
def seal(session: Session) -> None:
    """Seal the audit rows of a transaction, as its last act."""
    name = session.info.get(SEAL)
    if name is None or session.in_nested_transaction():
        return
    del session.info[SEAL]
    session.flush()
    connection = session.connection()
    rows = connection.execute(select(*COLUMNS).where(ROWS.seal == name).order_by(ROWS.id)).all()
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
    last = connection.execute(
        select(AuditSeal.position, AuditSeal.digest).order_by(AuditSeal.position.desc()).limit(1)
    ).first()
    position, before = (0, BEFORE) if last is None else last
    connection.execute(
        insert(AuditSeal).values(position=position + 1, seal=name, rows=len(rows), digest=linked(before, rows))
    )


def linked(before: str, rows: Iterable[Any]) -> str:
    """Return the digest of a link: SHA-256 over the digest before it and a line of JSON for each row, in order of id."""
    made = hashlib.sha256(before.encode())
    for number, at, *others in rows:
        line = json.dumps([number, at.isoformat(), *others], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        made.update(b"\n" + line.encode())
    return made.hexdigest()
