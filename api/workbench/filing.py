"""Saving and submitting: the workbench's way to the database, through the commands and never from a confined notebook."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.notebook.runner import FIXED
from api.workbench.table import Note
from policies.refusal import Refusal

if TYPE_CHECKING:
    from sqlalchemy import Engine


def confined() -> bool:
    """Say whether this process has the environment that the runner gives the kernels of its notebooks."""
    return FIXED.items() <= os.environ.items()


def database() -> Engine:
    """Return the configured database; Refusal in a confined notebook, and where there is none."""
    if confined():
        raise Refusal(
            "This notebook is run by Fenji without the database, so that its figures depend on its inputs alone; "
            "write the draft with draft.write(…), and save it from your own session or with `fenji policy save`.",
            code="forbidden",
        )
    from api.cli.door import open_database  # loads the database's drivers, which a confined kernel never needs

    return open_database()


def has_database() -> bool:
    """Say whether a database is there and up to date."""
    try:
        database()
    except Refusal:
        return False
    return True


@contextmanager
def _acting(login: str) -> Iterator[tuple[Any, Any]]:
    engine = database()
    from api.cli.door import acting
    from api.database import writing

    actor = acting(engine, login)
    with writing(engine) as session:
        yield session, actor


def save(text: str, login: str) -> tuple[int, Note]:
    """Keep a document as a new draft and return its version; the refusals of ``policy.save_draft``."""
    with _acting(login) as (session, actor):
        from api.commands import policy

        draft = policy.save_draft(session, actor, text)
        number = draft.id
    return number, Note(f"已保存为版本 {number}(草案)。下一步:fenji backtest run {number} --as {login}",
                        f"Kept as version {number}, a draft; next: fenji backtest run {number} --as {login}")  # fmt: skip


def submit(version: int, login: str) -> Note:
    """Submit a version; the refusals of ``policy.submit``, such as for a missing backtest."""
    with _acting(login) as (session, actor):
        from api.commands import policy

        policy.submit(session, actor, version)
    return Note(f"版本 {version} 已提交审批。", f"Version {version} is submitted; others decide on it.")


def in_force_text(key: str) -> str | None:
    """Return the document of a policy in force today; None when no version is, or without a database."""
    from sqlalchemy.orm import Session

    from api.commands import policy
    from api.commands.snapshot import today
    from api.settings import settings

    with Session(database()) as session:
        found = policy.in_force(session, key, today(settings().zone))
        return None if found is None else found.document


def kept_file(day: Any) -> Path:
    """Return the newest kept snapshot of a day; Refusal names the command that takes one."""
    from sqlalchemy import select

    from api.database import reading
    from api.settings import settings
    from schema.tables import Snapshot

    statement = select(Snapshot.parquet).where(Snapshot.as_of == day, Snapshot.parquet.is_not(None))
    with reading(database()) as connection:
        found = connection.execute(statement.order_by(Snapshot.id.desc()).limit(1)).scalar()
    if found is None:
        raise Refusal(f"No snapshot of {day} is kept; `fenji snapshot take --as-of {day}` takes one.", code="not_found")
    return settings().home / found
