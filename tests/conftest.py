"""What every test may ask for: a migrated database of either kind, the shared reference data."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import hypothesis
import postgres
import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from api.database import make_engine
from schema.migrations import upgrade

# Machines are shared and noisy: an example is not timed, and a failure comes again with the same code.
hypothesis.settings.register_profile("fenji", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("fenji")

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("FENJI_SHARED_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "fenji.db"
    engine = make_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        upgrade(connection)
    with engine.connect() as connection:
        connection.exec_driver_sql("select 1")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL with a migrated database ``template_fenji``; TEST_DATABASE_URL takes precedence."""
    server = None
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        url = given
    else:
        binaries = postgres.binaries()
        if binaries is None:
            pytest.fail("no PostgreSQL: install the group test, or set TEST_DATABASE_URL")
        server = postgres.Server(binaries)
        url = server.url("postgres")
    template = f"fenji_template_{uuid4().hex[:8]}"
    _administer(url, f"create database {template}")
    engine = make_engine(make_url(url).set(database=template).render_as_string(hide_password=False))
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
    yield f"{url}\n{template}"
    _administer(url, f"drop database {template}")
    if server:
        server.stop()


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def sqlite_engine(sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    """A migrated, empty SQLite database of this test alone."""
    path = tmp_path / "fenji.db"
    shutil.copyfile(sqlite_template, path)
    engine = make_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(postgres_server: str) -> Iterator[Engine]:
    """A migrated, empty PostgreSQL database of this test alone."""
    url, template = postgres_server.split("\n")
    name = f"fenji_test_{uuid4().hex[:12]}"
    _administer(url, f"create database {name} template {template}")
    engine = make_engine(make_url(url).set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    _administer(url, f"drop database {name} with (force)")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A migrated, empty database: each test that asks for it runs on SQLite and on PostgreSQL."""
    found = request.getfixturevalue("sqlite_engine" if request.param == "sqlite" else "postgres_engine")
    assert isinstance(found, Engine)
    return found


@pytest.fixture
def shared() -> Path:
    """The folder of the shared reference data; the test is skipped, saying so, where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"no reference data at {SHARED}; set FENJI_SHARED_DATA to run this test")
    return SHARED
