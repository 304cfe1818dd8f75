"""What each level of confinement promises, tried by a program that wants out; the levels that this machine has are printed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.notebook import linux
from api.notebook.confinement import (
    PROMISES,
    ROOT,
    Bounds,
    Confinement,
    command,
    make_cell,
    probe,
    require_hidden,
    visible,
)
from policies.refusal import Refusal

BREAKOUT = """
import ctypes, json, os, signal, socket, subprocess, sys
wanted = json.loads(sys.argv[1])
def tried(what):
    try:
        return ["done", what()]
    except (OSError, MemoryError, subprocess.SubprocessError) as error:
        return ["refused", type(error).__name__]
found = {
    "database": tried(lambda: open(wanted["database"]).read()),
    "home": tried(lambda: os.listdir(wanted["home"])),
    "inputs": tried(lambda: open(wanted["inputs"] + "/facts").read()),
    "write inputs": tried(lambda: open(wanted["inputs"] + "/facts", "w").write("forged")),
    "write code": tried(lambda: open(wanted["code"] + "/api/app.py", "r+b").close()),
    "own folder": tried(lambda: open("metrics.json", "w").write("{}")),
    "passwords": tried(lambda: open("/etc/shadow").read()),
    "connect": tried(lambda: socket.create_connection(("127.0.0.1", wanted["port"]), 2).recv(2).decode()),
    "datagram": tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))),
    "local socket": tried(lambda: socket.socket(socket.AF_UNIX).connect(wanted["socket"])),
    "own socket": tried(lambda: socket.socket(socket.AF_UNIX).bind("s")),
    "parent's environment": tried(lambda: open(f"/proc/{wanted['parent']}/environ").read()),
    "signal": tried(lambda: os.kill(wanted["parent"], 0)),
    "memory": tried(lambda: len(bytearray(600_000_000))),
    "file": tried(lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN) and open("flood", "wb").write(bytes(60_000_000))),
    "namespaces": ctypes.CDLL(None).unshare(0x10000000),
    "user": os.getuid(),
    "processes": tried(lambda: len([name for name in os.listdir("/proc") if name.isdigit()])),
    "environment": sorted(os.environ),
}
print(json.dumps(found))
"""


@pytest.fixture(params=list(PROMISES))
def confined(request: pytest.FixtureRequest) -> Confinement:
    """Each level that this machine allows."""
    found, why = probe(request.param)
    if found is None:
        pytest.skip(f"no {request.param} here: {why}")
    print(f"{found.level} as uid {found.user}, calls {'filtered' if found.filtered else 'not filtered'}")  # noqa: T201  # with -rP
    return found


@pytest.fixture
def listener() -> Iterator[int]:
    """The port of a server on this machine, which greets who connects."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_level_keeps_what_it_promises(
    confined: Confinement, tmp_path: Path, listener: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENJI_DATABASE_URL", "postgresql://secret")
    home, inputs, private = tmp_path / "home", tmp_path / "inputs", tmp_path / "p"
    for folder in (home, inputs, private):
        folder.mkdir()
    tmp_path.chmod(0o755)
    (home / "fenji.db").write_text("secret")
    (home / "fenji.db").chmod(0o644)  # not kept by its mode, but by the confinement
    (inputs / "facts").write_text("known")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0fenji-test-{os.getpid()}")  # a name without a file, which no mount hides
        server.listen()
        wanted = {"database": str(home / "fenji.db"), "home": str(home), "inputs": str(inputs), "code": str(ROOT), "port": listener,
                  "socket": server.getsockname().decode(), "parent": os.getpid()}  # fmt: skip
        cell = make_cell(private, confined, [inputs])
        program = [sys.executable, "-c", BREAKOUT, json.dumps(wanted)]
        done = subprocess.run(
            command(confined, cell, Bounds(memory_mb=400, file_mb=50), {}, program),
            capture_output=True, text=True, check=False, cwd=ROOT, env={"PATH": os.environ["PATH"]}, timeout=60,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["inputs"] == ["done", "known"]
    assert found["own folder"][0] == "done"
    assert found["memory"] == ["refused", "MemoryError"]
    assert found["file"][0] == "refused"
    assert not [name for name in found["environment"] if "FENJI" in name]
    if confined.filtered or confined.level in ("namespaces", "bubblewrap"):
        assert found["connect"][0] == "refused"
        assert found["datagram"][0] == "refused"
    if confined.filtered:
        assert found["local socket"][0] == "refused"
        assert found["own socket"][0] == "done"  # what the kernel speaks through
        assert found["namespaces"] == -1
    if confined.level != "rlimits":
        for what in ("database", "home", "write inputs", "write code", "passwords", "parent's environment"):
            assert found[what][0] == "refused", what
        assert (inputs / "facts").read_text() == "known"
    if confined.level in ("namespaces", "bubblewrap"):
        assert found["signal"][0] == "refused"
        assert found["processes"] == ["done", 2] or found["processes"] == ["done", 3]
    if confined.level == "namespaces" and os.geteuid() == 0:
        assert found["user"] == 65534


def test_a_level_that_does_not_hold_runs_nothing(tmp_path: Path) -> None:
    """The launcher ends when its plan cannot be kept, instead of running the program with less."""
    confined = Confinement("namespaces", os.geteuid(), True)
    cell = make_cell(tmp_path, confined)
    cell.root.rmdir()  # so that the root cannot be mounted
    done = subprocess.run(
        command(confined, cell, Bounds(), {}, [sys.executable, "-c", "print('ran')"]),
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (125, "")
    assert "confinement" in done.stderr


def test_secrets_among_what_every_notebook_reads_are_refused(tmp_path: Path) -> None:
    require_hidden([tmp_path, Path("/var/lib/fenji/fenji.db")])
    readable = next(path for path in visible() if path.is_dir() and not path.is_symlink())
    with pytest.raises(Refusal, match="which every notebook may read; move it elsewhere") as refused:
        require_hidden([readable / "fenji" / "fenji.db"])
    assert refused.value.code == "confinement_missing"
    assert not [path for path in visible() if path == ROOT]


def test_the_filter_of_calls_knows_this_machine_and_jumps_within_itself() -> None:
    for architecture, socket_call, refused in linux.CALLS.values():
        assert architecture > 0xC0000000
        assert socket_call not in refused.values()
        assert len(set(refused.values())) == len(refused)
