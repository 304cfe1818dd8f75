"""One bulk call: judged, then written in one transaction, at most once per idempotency key, and kept for undoing."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.bulk.action import Action
from api.commands.bulk.batch import Batch, Entry, Mode, RowError, kept
from api.commands.bulk.forgetting import forget_changes
from api.commands.bulk.journal import Journal
from api.commands.bulk.search import Search
from api.commands.fields import clean
from api.errors import Invalid
from api.settings import settings
from policies.refusal import Refusal
from schema.tables import BulkCall
from schema.tables.base import now

# One bulk write at a time on PostgreSQL, as on SQLite: two that touch the same rows would wait for each other for ever.
LOCK = 0x66656E6A6A
MOST_KEY = 200


class State(Enum):
    """What became of a call."""

    WRITTEN = "written"
    REPEATED = "repeated"
    DRY_RUN = "dry_run"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Options:
    """How a call is to be taken; ``request`` is the SHA-256 of all that it asks."""

    operation: str
    request: str
    mode: Mode = Mode.REJECT_ALL
    dry_run: bool = False
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of the rows of a call; ``keys`` has the key of each row in the order given, None where it failed.

    ``rejected`` and ``unchanged`` count rows, ``errors`` are the first thousand.  ``token`` undoes the call until ``undo_until``.
    """

    state: State
    given: int
    written: int
    unchanged: int
    rejected: int
    keys: list[int | None]
    errors: list[RowError]
    token: str | None = None
    undo_until: datetime | None = None


def request_of(operation: str, asked: object) -> str:
    """Return the SHA-256 of what a call asks."""
    return sha256(json.dumps([operation, asked], sort_keys=True, default=str).encode()).hexdigest()


def perform(
    session: Session,
    actor: Actor,
    action: Action,
    rows: Sequence[Entry] | Search,
    options: Options,
    errors: Sequence[RowError] = (),
) -> Outcome:
    """Judge the rows and write those that may be written; ``errors`` are known to the door already.

    Rows that a search finds all get the same values: one that is not valid is refused before anything is looked for.  A dry run ends before anything is written or locked.  A call that writes nothing leaves its idempotency key free.
    Forbidden without the action's permission; Refusal for a key that another request has used.
    """
    actor.require(action.permission)
    if options.idempotency_key is not None and not 1 <= len(options.idempotency_key) <= MOST_KEY:
        raise Invalid(f"idempotencyKey has {len(options.idempotency_key)} characters; give 1 to {MOST_KEY}.")
    if not options.dry_run:
        alone(session)
        repeated = _repeated(session, actor, options)
        if repeated is not None:
            return repeated
    if isinstance(rows, Search):
        clean(action.noun, rows.values, partial=True)
        entries: Sequence[Entry] = rows.entries(session, lock=not options.dry_run)
    else:
        entries = rows
    batch = Batch(session, actor, entries, errors, options.mode, dry_run=options.dry_run)
    action.check(batch)
    stopped = batch.stopped
    if options.dry_run or stopped:
        return _outcome(batch, State.DRY_RUN if options.dry_run else State.NOTHING, written=not stopped)
    journal = Journal(session)
    action.write(batch, journal)
    outcome = _outcome(batch, State.WRITTEN, written=True)
    if hours := settings().undo_hours:
        until = action.instant + timedelta(hours=hours)
        outcome = replace(outcome, token=secrets.token_urlsafe(18), undo_until=until)
    _keep(session, actor, action, options, outcome, journal)
    return outcome


def alone(session: Session) -> None:
    """Wait until no other bulk write is under way; on SQLite the transaction itself has waited."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(LOCK)))


def _outcome(batch: Batch, state: State, *, written: bool) -> Outcome:
    unchanged = sum(entry.same and not entry.failed for entry in batch.entries)
    done = len(batch.to_write()) if written else 0
    keys = [None if entry.failed or (not written and not entry.same) else entry.written for entry in batch.entries]
    return Outcome(state, len(batch.entries), done, unchanged, batch.rejected, keys, batch.listed())


def _repeated(session: Session, actor: Actor, options: Options) -> Outcome | None:
    """Return the answer of the call that used the key before, or None."""
    if options.idempotency_key is None:
        return None
    mine = (BulkCall.user_id == actor.id) & (BulkCall.idempotency_key == options.idempotency_key)
    call = session.scalar(select(BulkCall).where(mine))
    if call is None:
        return None
    if call.request != options.request:
        raise Refusal(
            f"The idempotency key {options.idempotency_key!r} was used for another request ({call.operation}) at "
            f"{call.at:%Y-%m-%d %H:%M:%S} UTC; give each request a key of its own.",
            code="idempotency_key_reused",
        )
    answer = dict(call.answer)
    errors = [RowError(index, tuple(path), code, message) for index, path, code, message in answer.pop("errors")]
    usable = call.changes is not None and call.undone_at is None and call.undo_until > now()
    token, until = (call.token, call.undo_until) if usable else (None, None)
    return Outcome(State.REPEATED, errors=errors, token=token, undo_until=until, **answer)


def _keep(session: Session, actor: Actor, action: Action, options: Options, outcome: Outcome, journal: Journal) -> None:
    """Keep what the call answered and what undoes it."""
    answer: dict[str, Any] = {
        name: getattr(outcome, name) for name in ("given", "written", "unchanged", "rejected", "keys")
    }
    errors = [kept(action.noun, error) for error in outcome.errors]
    answer["errors"] = [[one.index, one.path, one.code, one.message] for one in errors]
    forget_changes(session)
    session.add(
        BulkCall(
            at=action.instant,
            user_id=actor.id,
            operation=options.operation,
            permission=action.permission,
            idempotency_key=options.idempotency_key,
            request=options.request,
            answer=answer,
            token=outcome.token or secrets.token_urlsafe(18),
            changes=[list(change) for change in journal.changes] if outcome.token else None,
            undo_until=outcome.undo_until or action.instant,
        )
    )
    session.flush()
