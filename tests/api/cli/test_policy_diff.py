"""`fenji policy diff`, `fenji policy schema` and the picture of `fenji grade explain`, as a user meets them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from people import person
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from study_inputs import CANDIDATE, DATES, POLICY, write_inputs
from world import build

from api.commands import policy
from api.database import writing
from policies.editor import schema_text
from schema.tables import Customer

Fenji = Callable[..., tuple[int, str, str]]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """The old policy, the new one, and the facts of a day."""
    folder = write_inputs(tmp_path / "inputs")
    return folder / "champion.yaml", folder / "candidate.yaml", folder / "snapshots" / f"{DATES[0]}.parquet"


def test_two_files_are_compared_in_text_and_structure(fenji: Fenji, files: tuple[Path, Path, Path]) -> None:
    old, new, _ = files
    code, out, err = fenji("policy", "diff", old, new, "--number", "1.4.0")
    assert (code, err) == (0, "")
    assert f"--- {old}\n+++ {new}\n" in out
    assert "V1 第二档分界 10万元 → 5万元\nV1 第三档分界 50万元 → 30万元\n" in out
    assert "版本号 minor: 1.4.0 → 1.5.0" in out
    assert "影响" not in out
    english = fenji("policy", "diff", old, new, "--language", "en")[1]
    assert "V1's second cut 10 → 5 万元" in english
    assert "Version minor\n" in english


def test_a_snapshot_shows_who_moves_and_their_revenue(fenji: Fenji, files: tuple[Path, Path, Path]) -> None:
    old, new, snapshot = files
    code, out, err = fenji("policy", "diff", old, new, "--snapshot", snapshot, "--list", 2)
    assert (code, err) == (0, "")
    assert "40 个客户中" in out
    listed = [line for line in out.splitlines() if " → " in line and ": " in line and line[0] in "ABC"]
    assert listed
    assert all(len(line.partition(": ")[2].partition(" …")[0].split(", ")) <= 2 for line in listed)
    same = fenji("policy", "diff", old, old, "--snapshot", snapshot, "--language", "en")[1]
    assert same.count("No difference.") == 2
    assert "Version patch" in same
    assert "0 of 40 customers move, with a revenue of 0.00." in same


def test_a_shipped_policy_is_compared_with_a_stored_version(fenji: Fenji, sqlite_engine: Engine) -> None:
    chen = person(sqlite_engine, "chen", "analyst")
    with writing(sqlite_engine) as session:
        old = policy.save_draft(session, chen, POLICY).id
        new = policy.save_draft(session, chen, CANDIDATE).id
    code, out, err = fenji("policy", "diff", old, new)
    assert (code, err) == (0, "")
    assert f"--- {old}\n+++ {new}\n" in out
    code, out, _ = fenji("policy", "diff", "sabc-threshold", new)
    assert (code, "类型 rules → scorecard" in out, "版本号 major" in out) == (0, True, True)


def test_what_cannot_be_compared_is_one_sentence(fenji: Fenji, files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    old, new, _ = files
    assert fenji("policy", "diff", "77", new) == (1, "", "fenji: No policy version 77; `fenji policy list` shows them.")
    for arguments, message in (
        (("nothing", new), "'nothing' is neither a readable UTF-8 file"),
        ((old, new, "--number", "7"), "'7' is not a version number; write three whole numbers, such as 1.2.3."),
        ((old, new, "--snapshot", tmp_path / "none.parquet"), "none.parquet is no snapshot of facts"),
    ):
        code, out, err = fenji("policy", "diff", *arguments)
        assert (code, out) == (1, "")
        assert message in err
    broken = tmp_path / "broken.yaml"
    broken.write_text(CANDIDATE.replace("weight: 100%", "wieght: 100%"), encoding="utf-8")
    code, _, err = fenji("policy", "diff", old, broken)
    assert (code, "did you mean weight?" in err) == (1, True)


def test_the_schema_for_editors_is_printed(fenji: Fenji) -> None:
    assert fenji("policy", "schema") == (0, schema_text(), "")


def test_an_explanation_is_drawn_into_a_file(fenji: Fenji, sqlite_engine: Engine, tmp_path: Path) -> None:
    build(sqlite_engine, tmp_path)
    with Session(sqlite_engine) as session:
        numbers = session.scalars(select(Customer.number).order_by(Customer.id)).all()
    drawn = tmp_path / "why.svg"
    found = [fenji("grade", "explain", number, "--svg", drawn) for number in numbers]
    assert any(code == 0 for code, _, _ in found)
    assert ElementTree.parse(drawn).getroot().get("role") == "img"
    refused = [(out, err) for code, out, err in found if code]
    assert all(out == "" and "gives this customer no total" in err for out, err in refused)
    place = next(number for number, (code, _, _) in zip(numbers, found, strict=True) if code == 0)
    code, out, err = fenji("grade", "explain", place, "--svg", tmp_path / "no" / "why.svg")
    assert (code, out) == (1, "")
    assert "cannot be written: No such file or directory; choose another file." in err
