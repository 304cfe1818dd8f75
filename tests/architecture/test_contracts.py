"""The house's plan: the arrows between the folders, held by import-linter, and the three names from this checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import api
import policies
import schema

ROOT = Path(__file__).resolve().parents[2]

ADVICE = """
An import points the wrong way. Data flows api -> schema -> policies, and so do imports:
policies say what is right, schema says what things look like, api says what may be done.
Move the piece you need down to where both may use it, or pass the value in as an argument.
"""


def test_imports_follow_the_plan() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + ADVICE


def test_the_three_names_come_from_this_checkout() -> None:
    for package in (api, policies, schema):
        assert Path(str(package.__file__)).parent.parent == ROOT


def test_no_module_is_named_after_the_standard_library() -> None:
    for package in ("api", "schema", "policies"):
        clashes = {path.stem for path in (ROOT / package).glob("*.py")} & (sys.stdlib_module_names - {"__main__"})
        assert clashes == {"__init__"} & clashes, f"{package}: {clashes}"


def test_there_is_no_sixth_folder() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {line.split("/")[0] for line in tracked.splitlines() if "/" in line and not line.startswith(".")}
    assert folders <= {"api", "schema", "policies", "notebooks", "tests"}


@pytest.mark.parametrize(
    ("name", "hashes"), [("", 200), ("-spark", 1), ("-benchmark", 1), ("-lab", 200), ("-browser", 5)]
)
def test_a_lock_names_hashes_and_no_address(name: str, hashes: int) -> None:
    lock = (ROOT / f"requirements{name}.lock").read_text()
    assert lock.count("--hash=sha256:") > hashes
    assert "://" not in lock
    assert "index" not in lock
