"""`fenji serve`: it answers, it stops in an orderly way, and what is missing or taken is one sentence and exit code 1."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2 as httpx
import pytest
from sqlalchemy import Engine

from api.cli.schema import schema as schema_command
from api.cli.serve import listening
from api.errors import Invalid
from policies.refusal import Refusal

ROOT = Path(__file__).resolve().parents[3]


def fenji(home: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("FENJI_")} | {
        "FENJI_HOME": str(home)
    }
    return subprocess.Popen(
        [sys.executable, "-m", "api", *arguments],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_it_serves_and_stops_in_an_orderly_way(sqlite_engine: Engine, tmp_path: Path) -> None:
    process = fenji(tmp_path, "serve", "--port", "0")
    assert process.stdout is not None
    line = process.stdout.readline()
    address = line.split()[1]
    assert address.startswith("http://127.0.0.1:")
    deadline = time.monotonic() + 20
    while True:
        try:
            answer = httpx.post(address, json={"query": "{ __typename }"}, timeout=10)
            break
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert answer.json()["data"] == {"__typename": "Query"}
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=20)
    assert "Traceback" not in error + out


def test_a_missing_database_is_one_sentence(tmp_path: Path) -> None:
    process = fenji(tmp_path / "nowhere", "serve")
    out, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "There is no database at" in error
    assert "fenji database upgrade" in error
    assert "Traceback" not in error + out
    assert not (tmp_path / "nowhere").exists()


def test_a_port_in_use_is_one_sentence_before_anything_starts(sqlite_engine: Engine, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = fenji(tmp_path, "serve", "--port", str(port))
        out, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"Port {port} of 127.0.0.1 is in use" in error
    assert "--port" in error
    assert "Traceback" not in error + out


def test_a_taken_port_and_a_foreign_address_have_their_codes() -> None:
    with listening("127.0.0.1", 0) as taken:
        with pytest.raises(Refusal) as refused:
            listening("127.0.0.1", taken.getsockname()[1])
        assert refused.value.code == "port_in_use"
    with pytest.raises(Invalid, match=r"203\.0\.113\.1"):
        listening("203.0.113.1", 8000)


def test_schema_prints_the_published_schema(capsys: pytest.CaptureFixture[str]) -> None:
    schema_command.main([], standalone_mode=False)
    assert capsys.readouterr().out == (ROOT / "schema" / "schema.graphql").read_text()
