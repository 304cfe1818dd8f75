"""The engine: SQLite as it must be set to be safe, PostgreSQL as it comes, and transactions for both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session

from api import events
from api.errors import ExtraMissing, Invalid
from policies.refusal import Refusal
from schema.formats import fold

READ_ONLY = {"fenji_read_only": True}
OVERFLOWN = ("integer overflow", "bigint out of range")  # as SQLite and PostgreSQL say that a sum leaves int64
CROWDED = ("number of parameters must be", "too many SQL variables")  # as they say that a statement has too many


def make_engine(url: str) -> Engine:
    """Return an engine for ``url``; Refusal when the address or its driver is not usable.

    On SQLite writers begin with BEGIN IMMEDIATE: deferred transactions that turn into writers fail under WAL.
    """
    try:
        address = make_url(url)
        if address.drivername in ("postgresql", "postgres"):
            address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(address, hide_parameters=True, pool_size=20)  # parameters hold personal values
    except (ArgumentError, NoSuchModuleError) as error:
        raise Invalid(f"FENJI_DATABASE_URL is {url!r}: {error}; use sqlite:///file or postgresql://…") from error
    except ModuleNotFoundError as error:
        raise ExtraMissing("postgres", [str(error.name)]) from error
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    return engine


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the begin event below says how a transaction begins
        for pragma in ("journal_mode=wal", "synchronous=normal", "busy_timeout=30000", "foreign_keys=on"):
            connection.execute(f"pragma {pragma}")
        connection.create_function("fenji_fold", 1, _folded, deterministic=True)

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("fenji_read_only")
        connection.connection.cursor().execute("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _folded(text: str | None) -> str | None:
    return None if text is None else fold(text)


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Open a session in one transaction: committed at the end with its events, rolled back by any exception."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session
        events.write(session)


@contextmanager
def reading(engine: Engine, **options: Any) -> Iterator[Connection]:
    """Open a connection for reads, with options of SQLAlchemy's, which holds no writer up."""
    with engine.connect().execution_options(**READ_ONLY, **options) as connection, _exact():
        yield connection


@contextmanager
def _exact() -> Iterator[None]:
    """Say in words of ours that a sum or a statement does not fit."""
    try:
        yield
    except DBAPIError as error:
        if any(words in str(error.orig) for words in OVERFLOWN):
            raise Refusal("A sum has more than 64 bits; ask of fewer rows.", code="too_large") from error
        if any(words in str(error.orig) for words in CROWDED):
            raise Refusal(
                "The filters hold too many values together; ask in several operations.", code="too_large"
            ) from error
        raise


@contextmanager
def answering(engine: Engine) -> Iterator[Connection]:
    """Open a connection for the reads of an answer, of which there are many a second.

    On SQLite all its statements see one state.  On PostgreSQL each stands alone: BEGIN and ROLLBACK would be two more
    journeys to the server.
    """
    if engine.dialect.name == "sqlite":
        with reading(engine) as connection:
            yield connection
    else:
        from api.postgresql import Readers  # only who has the extra postgres comes here

        with Readers.of(engine).reading() as connection, _exact():
            yield connection
