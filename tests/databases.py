"""The databases of the tests on one PostgreSQL server, made and dropped over one connection that stays open."""

from __future__ import annotations

from uuid import uuid4

import psycopg
from sqlalchemy import URL, Engine, make_url

OF: dict[tuple[str, ...], Databases] = {}  # by the server's address


class Databases:
    """Makes, copies and drops databases on the server of an address; drops at its end what is left."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        address = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self.connection = psycopg.connect(address, autocommit=True)
        self.names: set[str] = set()
        OF[_server(self.url)] = self

    @staticmethod
    def of(engine: Engine) -> Databases:
        """Return the databases among which an engine's is."""
        return OF[_server(engine.url)]

    def address(self, name: str) -> str:
        """Return the SQLAlchemy address of a database."""
        return self.url.set(database=name).render_as_string(hide_password=False)

    def create(self, template: str | None = None, name: str | None = None) -> str:
        """Make a database, empty or as a copy, which takes two thirds of the time as files; return its name."""
        name = name or f"fenji_test_{uuid4().hex[:12]}"
        strategy = (
            " strategy file_copy" if self.connection.info.server_version >= 150_000 else ""
        )  # the only one before
        copy = f" template {template}{strategy}" if template else ""
        self.connection.execute(f"create database {name}{copy}".encode())
        self.names.add(name)
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self.connection.execute(f"drop database {name} with (force)".encode())
        self.names.remove(name)

    def close(self) -> None:
        """Drop what is left and disconnect."""
        for name in sorted(self.names):
            self.drop(name)
        self.connection.close()
        del OF[_server(self.url)]


def _server(url: URL) -> tuple[str, ...]:
    return (str(url.host), str(url.port), str(url.query.get("host")))
