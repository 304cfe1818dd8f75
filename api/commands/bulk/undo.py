"""Takes a bulk call back: every row is again what it was, or nothing is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import groupby
from typing import Any

from sqlalchemy import case, delete, func, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.audit import record_all
from api.commands.bulk.call import alone
from api.commands.bulk.journal import Changed, digest, restored
from api.commands.bulk.rows import deleted, held, one_of, updated
from api.commands.credit_code import require_unique
from api.commands.fields import NOUNS
from api.errors import Conflict, Forbidden, NotFound
from policies.refusal import Refusal
from schema.tables import Audit, Base, BulkCall, CustomerTag, StatusChange, Tag
from schema.tables.base import now

MODELS: dict[str, type[Base]] = {
    mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers if hasattr(mapper.local_table, "name")
}

FEW = 20  # customers, for whom no index is made
WALKED = ("facts", "standings")


def undo(session: Session, actor: Actor, token: str) -> BulkCall:
    """Take the call of a token back; only who made it may, while it may be undone and its rows are as it left them.

    Customer numbers that it gave are not given again.  NotFound for an unknown token, Forbidden for another person's,
    Refusal when it is too late, was undone before, or when a row has changed since.
    """
    alone(session)
    call = session.scalar(select(BulkCall).where(BulkCall.token == token).with_for_update())
    if call is None:
        raise NotFound(f"No call has the token {token[:40]!r}; take undo.token of a bulk mutation.")
    actor.require(call.permission)
    if call.user_id != actor.id:
        raise Forbidden(f"{actor.login} did not make this call; who made it can undo it.")
    if call.undone_at is not None:
        raise _refused(f"The call was undone at {call.undone_at:%Y-%m-%d %H:%M:%S} UTC already")
    if call.changes is None or call.undo_until < now():
        raise _refused(
            f"The call could be undone until {call.undo_until:%Y-%m-%d %H:%M:%S} UTC; change the rows by hand"
        )
    changes = [Changed(*change) for change in call.changes]
    new_customers = sum(change.table == "customers" and change.before is None for change in changes)
    with _by_customer(session) if new_customers > FEW else nullcontext():
        _unchanged_since(session, changes)
        if not actor.sees_all:
            _untouched_since(session, call, changes)
        # What was done last is taken back first: rows that name others go before them and come after them.
        for name, group in groupby(reversed(changes), key=lambda change: change.table):
            _take_back(session, MODELS[name], list(group))
    _same_companies(session, changes)
    for name, group in groupby(changes, key=lambda change: change.table):
        record_all(session, actor, "undo", name, ((change.key, {"call": call.id}) for change in group))
    call.undone_at, call.changes = now(), None
    session.flush()
    return call


@contextmanager
def _by_customer(session: Session) -> Iterator[None]:
    """Let the database find, while customers are deleted, what names each of them.

    Facts and standings have no index by customer alone, which every snapshot would pay for; without one each customer
    that goes costs a walk through all of them.
    """
    for table in WALKED:
        session.execute(text(f"create index undo_{table} on {table} (customer_id)"))
    yield
    for table in WALKED:
        session.execute(text(f"drop index undo_{table}"))


def _refused(why: str) -> Refusal:
    return Refusal(f"{why}.", code="undo_refused")


def _unchanged_since(session: Session, changes: list[Changed]) -> None:
    """Raise a refusal when a row is not as the call left it."""
    for name, group in groupby(sorted(changes), key=lambda change: change.table):
        of_table = list(group)
        rows = held(session, MODELS[name], {change.key for change in of_table}, lock=True)
        for change in of_table:
            row = rows.get(change.key)
            if (None if row is None else digest(row)) != change.after:
                raise _refused(f"{name} {change.key} has changed since the call; change the rows by hand")
    made = {change.key for change in changes if change.table == "status_changes"}
    if made:
        _last_word(session, made)


def _untouched_since(session: Session, call: BulkCall, changes: list[Changed]) -> None:
    """Raise a refusal when a row was written since and that was not undone, even if it was written as it stood.

    Whoever sees masks would learn by comparing values whether a guess, written since, is what a mask hides.
    """
    told = Audit.__table__.c
    wrote = func.sum(case((told.action == "undo", -1), (told.action == "reveal", 0), else_=1))
    masked = {name for name, noun in NOUNS.items() if noun.personal}
    changed = sorted(one for one in changes if one.table in masked and one.before is not None and one.after is not None)
    for name, group in groupby(changed, key=lambda change: change.table):
        keys = [str(change.key) for change in group]
        written = (told.noun == name) & one_of(session, told.noun_id, keys) & (told.at >= call.at)
        again = select(told.noun_id).where(written).group_by(told.noun_id).having(wrote > 1).limit(1)
        key = session.scalar(again)
        if key is not None:
            raise _refused(f"{name} {key} has changed since the call; change the rows by hand")


def _last_word(session: Session, made: set[int]) -> None:
    """Raise a refusal when a customer's status changed again after a change of the call."""
    mine = select(StatusChange.customer_id).where(one_of(session, StatusChange.__table__.c.id, made))
    newest = (
        select(func.max(StatusChange.id)).where(StatusChange.customer_id.in_(mine)).group_by(StatusChange.customer_id)
    )
    later = next((key for key in session.scalars(newest) if key not in made), None)
    if later is not None:
        raise _refused(f"status_changes {later} came after the call; change the rows by hand")


def _same_companies(session: Session, changes: list[Changed]) -> None:
    """Raise a refusal when a customer would have a credit code again that another was given since."""
    try:
        require_unique(
            session, [one.key for one in changes if one.table == "customers" and (one.before or {}).get("uscc")]
        )
    except Conflict as conflict:
        raise _refused(conflict.message.removesuffix("; update that one.")) from conflict


def _take_back(session: Session, model: type[Base], changes: list[Changed]) -> None:
    """Undo changes of one table: delete what was created, insert what was deleted, set back what was updated."""
    table: Any = model.__table__
    created = [change.key for change in changes if change.before is None]
    gone = [restored(table, change.before) for change in changes if change.after is None and change.before is not None]
    former = [
        (change.key, restored(table, change.before))
        for change in changes
        if change.after is not None and change.before is not None
    ]
    try:
        if model is Tag:  # a tag that others have put on customers since stays
            unused = Tag.id.not_in(select(CustomerTag.tag_id))
            session.connection().execute(delete(Tag).where(one_of(session, table.c.id, created), unused))
            return
        deleted(session, model, created)
        if gone:
            session.connection().execute(insert(table), sorted(gone, key=lambda row: row["id"]))
    except IntegrityError as error:
        raise _refused(f"Rows that are newer than the call name {table.name} of it; take those back first") from error
    if former:
        rows = held(session, model, [key for key, _ in former], lock=False)
        updated(session, model, former, rows)
