"""What undoes a bulk call is kept for its time and no longer: it holds the values of rows that were deleted."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from schema.tables import BulkCall
from schema.tables.base import now


def forget_changes(session: Session) -> None:
    """Empty what can no longer be undone."""
    expired = (BulkCall.undo_until < now()) & BulkCall.changes.is_not(None)
    session.execute(update(BulkCall).where(expired).values(changes=None).execution_options(synchronize_session=False))
