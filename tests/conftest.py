"""What every test may ask for: a migrated database of either kind, the shared reference data."""

from __future__ import annotations

import gc
import os
import shutil
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import hypothesis
import postgres
import pytest
from databases import Databases
from sqlalchemy import Engine

from api.database import make_engine
from api.memory import settled
from api.settings import settings
from schema.migrations import upgrade
from schema.windows import end_of_day

# Machines are shared and noisy: an example is not timed, and a failure comes again with the same code.
hypothesis.settings.register_profile("fenji", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("fenji")

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("FENJI_SHARED_DATA", ROOT.parent / "shared" / "data"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Begin no test in the last seconds of a day: what it takes as today is still today when it looks at what was written."""
    now = datetime.now(ZoneInfo(settings().zone))
    left = end_of_day(now.date(), settings().zone) - now
    if left < timedelta(seconds=15):
        time.sleep(left.total_seconds())


@pytest.fixture(scope="session", autouse=True)
def _settled() -> Iterator[None]:
    """Set what the tests import aside, as a serving process does: else each application that a test starts looks through it."""
    with settled():
        gc.set_threshold(10_000, 10, 10)  # thousands of tests leave more behind than answers do
        yield


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
def postgres_server() -> Iterator[tuple[Databases, str]]:
    """A PostgreSQL server and the name of a migrated database on it; TEST_DATABASE_URL takes precedence."""
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
    databases = Databases(url)
    template = databases.create()
    engine = make_engine(databases.address(template))
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
    yield databases, template
    databases.close()
    if server:
        server.stop()


@pytest.fixture
def sqlite_engine(sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    """A migrated, empty SQLite database of this test alone."""
    path = tmp_path / "fenji.db"
    shutil.copyfile(sqlite_template, path)
    engine = make_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(postgres_server: tuple[Databases, str]) -> Iterator[Engine]:
    """A migrated, empty PostgreSQL database of this test alone."""
    databases, template = postgres_server
    name = databases.create(template)
    engine = make_engine(databases.address(name))
    yield engine
    engine.dispose()
    databases.drop(name)


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
