"""What an operation knows: the engine, who asks, and how to read and write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import strawberry
from sqlalchemy import ColumnElement, Connection, Engine
from sqlalchemy.orm import Session

from api.access import NOBODY, Actor, shown
from api.database import answering, writing
from api.endpoint.deadline import Deadline
from api.endpoint.guard import Guard
from api.endpoint.prepared import Operation
from api.errors import Forbidden
from api.hub import Feed, Hub
from api.recent import recently
from api.settings import settings
from api.sign_in import is_token
from api.ticket import ticket
from api.together import together
from api.waiting import aside
from schema.tables import Base

HOW = "send the header Authorization: Bearer fenji_…; `fenji user key LOGIN` prints a key"
OPEN = Guard()
T = TypeVar("T")


@dataclass
class Context:
    """The context of one operation, or of all operations on one WebSocket."""

    engine: Engine
    home: Path
    key: str | None = None
    planning: bool = True
    signed_in: Actor | None = None
    connection_params: dict[str, Any] | None = None
    session: str | None = None
    began: datetime | None = None
    address: str = ""
    guard: Guard = OPEN
    deadline: Deadline | None = None
    hub: Hub | None = None
    operation: Operation | None = None  # what is answered, once its document is prepared

    def anew(self, deadline: Deadline | None = None) -> Context:
        """Return the context of one operation: a socket, or a batch, shares this one between several."""
        made = object.__new__(Context)
        made.__dict__.update(self.__dict__)
        made.deadline = deadline
        return made

    @property
    def dialect(self) -> str:
        """The database's dialect."""
        return self.engine.dialect.name

    @property
    def viewer(self) -> Context:
        """Who looks: the context itself, which shows personal fields as the actor's roles allow."""
        return self

    def show(self, kind: str, value: str | None) -> str | None:
        """Return a personal value as the actor may see it."""
        return shown(self.signed_in or NOBODY, kind, value)

    def may_see(self, kind: str) -> bool:
        """Say whether the actor sees a kind of personal field as it is."""
        return (self.signed_in or NOBODY).may_see(kind)

    def visible(self, model: type[Base]) -> ColumnElement[bool] | None:
        """Return the condition under which the actor sees a row of a table; None for every row."""
        return (self.signed_in or NOBODY).visible(model)

    @property
    def roles(self) -> frozenset[str]:
        """The actor's roles: two viewers with the same roles see the same."""
        return (self.signed_in or NOBODY).roles

    def report_url(self, evidence: str | None) -> str | None:
        """Return where the report of a bundle is served, with a ticket when an API key was given."""
        if evidence is None:
            return None
        path = f"/evidence/{evidence.removeprefix('sha256:')}/report.html"
        return f"{path}?ticket={ticket(self.key, evidence)}" if self.key and not is_token(self.key) else path

    @property
    def today(self) -> date:
        """The day in the zone of the settings at which the operation began."""
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    @property
    def zone(self) -> str:
        """The zone of the settings."""
        return settings().zone

    @property
    def now(self) -> datetime:
        """The instant at which the operation began, the same for all of its statements."""
        if self.began is None:
            self.began = datetime.now(UTC)
        return self.began

    def sign_in(self) -> None:
        """Find who holds the key or the session now; Forbidden when nobody does.  Without either the context stays as it is.

        Each operation asks again: a key that is revoked while a socket is open opens nothing more, a second later.
        """
        if self.key is None and self.session is None:
            return
        self.began = datetime.now(UTC)
        self.signed_in = recently(self.engine, self.key, self.session)
        if self.signed_in is None:
            what = "The session is over" if self.key is None else "The API key is not known, is over or is revoked"
            raise Forbidden(f"{what}; {HOW}.", code="not_signed_in")

    @property
    def actor(self) -> Actor:
        """Who asks; Forbidden when nobody is signed in."""
        if self.signed_in is None:
            raise Forbidden(f"Sign in first: {HOW}.", code="not_signed_in")
        return self.signed_in

    @property
    def caller(self) -> str:
        """Whose the costs are: the actor's, or the address's when nobody is signed in."""
        return f"user {self.signed_in.id}" if self.signed_in else f"address {self.address}"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection for reads, which ends with the operation's time."""
        with answering(self.engine) as connection, self._timed(connection):
            yield connection

    def aside(self, work: Callable[[], T]) -> T:
        """Do work that takes its time: in a thread when this is a greenlet of the event loop."""
        return aside(work)

    def together(
        self, what: Hashable, keys: Collection[Any], ask: Callable[[Collection[Any]], Mapping[Any, Any]]
    ) -> Mapping[Any, Any]:
        """Return what ``ask`` finds for keys, and maybe for those of other operations that want the same at this moment."""
        left = OPEN.seconds if self.deadline is None else self.deadline.at - monotonic()
        return together((self.engine, what), keys, ask, left)

    def _timed(self, connection: Connection) -> AbstractContextManager[object]:
        return nullcontext() if self.deadline is None else self.deadline.over(connection)

    def listening(self, *nouns: str) -> AbstractContextManager[Feed]:
        """Open a feed of the events of some nouns, which ends when the actor's key does; TooMany past the limit."""
        if self.hub is None:
            raise RuntimeError("this door has no hub, so nothing can be subscribed to")
        return self.hub.listening(frozenset(nouns), self.actor.id, self.sign_in)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session in one transaction."""
        with writing(self.engine) as session, self._timed(session.connection()):
            yield session

    def write(self, command: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Run a command in a transaction of its own and return what it returns."""
        with self.writing() as session:
            return command(session, self.actor, *arguments, **named)


Info = strawberry.Info[Context, None]
