"""The demo as a new user runs it: `fenji demo --once` in a process of its own, then asked over GraphQL."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api.app import make_app
from api.cli.door import progress
from api.database import make_engine
from api.demo.story import MARK, tell
from policies.refusal import Refusal
from schema.tables import Audit, Backtest, CurrentGrade, Customer, PolicySubmission, PolicyVersion

FENJI = Path(sys.executable).with_name("fenji")

EVERYONE = """
query ($after: String) {
  customers(first: 100, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes { number grade { status tier total worst best candidates
      explanation { contributions { contribution } dimensions { worst best } } } }
  }
}
"""


def run(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does, with an environment that holds nothing else."""
    clean = {"PATH": os.environ["PATH"], "FENJI_HOME": str(home), **environment}
    return subprocess.run([str(FENJI), *arguments], env=clean, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What a small demo printed, and its folder."""
    home = tmp_path_factory.mktemp("home")
    done = run(home, "demo", "--once", "--customers", "120")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, home / "demo"


@pytest.fixture
def engine(told: tuple[str, Path]) -> Iterator[Engine]:
    made = make_engine(f"sqlite:///{told[1] / 'fenji.db'}")
    yield made
    made.dispose()


def test_demo_prints_the_tiers_and_the_address(told: tuple[str, Path]) -> None:
    printed = told[0]
    for part in (
        "等级",
        "tier",
        "收入占比",
        "作者不能审批",
        "http://127.0.0.1:8000/graphql#key=fenji_",
        "= backtested",
    ):
        assert part in printed, printed


def test_every_contribution_sums_to_the_total_exactly_over_graphql(told: tuple[str, Path], engine: Engine) -> None:
    key = told[0].split("#key=")[1].split()[0]
    graded = pending = 0
    with TestClient(make_app(engine, told[1], worker=False)) as client:
        after: Any = None
        while True:
            body = {"query": EVERYONE, "variables": {"after": after}}
            answer = client.post("/graphql", json=body, headers={"Authorization": f"Bearer {key}"}).json()
            assert "errors" not in answer, answer
            page = answer["data"]["customers"]
            assert page["totalCount"] == 120
            for node in page["nodes"]:
                grade = node["grade"]
                if grade["status"] == "GRADED":
                    assert grade["tier"] in "SABCD"
                    graded += 1
                    parts = [Fraction(part["contribution"]) for part in grade["explanation"]["contributions"]]
                    assert sum(parts) == Fraction(grade["worst"]), node["number"]
                    subtotals = [Fraction(part["worst"]) for part in grade["explanation"]["dimensions"]]
                    assert sum(subtotals) == Fraction(grade["worst"])
                    assert grade["total"] in (None, grade["worst"])
                elif grade["status"] == "PENDING":
                    pending += 1
                    assert len(grade["candidates"]) > 1
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
    assert graded >= 30
    assert pending >= 1


def test_the_promoted_hash_is_the_backtested_hash(engine: Engine) -> None:
    with Session(engine) as session:
        rows = session.execute(
            select(PolicyVersion.semantic_hash, Backtest.semantic_hash, PolicyVersion.state)
            .join(PolicySubmission, PolicySubmission.version_id == PolicyVersion.id)
            .join(Backtest, Backtest.id == PolicySubmission.backtest_id)
            .order_by(PolicyVersion.id)
        ).all()
        assert [row[2] for row in rows] == ["active", "submitted"]
        assert all(row[0] == row[1] for row in rows)
        assert session.scalar(select(Audit.id).where(Audit.action == "approve")) is not None


def test_the_demos_folder_is_the_only_one_it_removes(tmp_path: Path) -> None:
    precious = tmp_path / "demo" / "mine.txt"
    precious.parent.mkdir()
    precious.write_text("keep")
    refused = run(tmp_path, "demo", "--once", "--customers", "20")
    assert refused.returncode == 1
    assert "is not empty and not a demo's folder" in refused.stderr
    assert precious.read_text() == "keep"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("policy", "check", "sabcd-weigthed"), "sabcd-weighted"),
        (("policy", "check", "nowhere.yaml"), "nowhere.yaml"),
        (("policy", "list"), "fenji database upgrade"),
        (("grade", "run", "sabcd-weighted", "--as-of", "2026-01-31"), "There is no database at"),
        (("serve",), "There is no database at"),
    ],
)
def test_a_refusal_is_one_sentence_and_exit_code_1(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    refused = run(tmp_path, *arguments)
    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    refused = run(tmp_path, "policy", "list", FENJI_DATABASE_URL="postgresql://nobody:secret@127.0.0.1:9/none")
    assert refused.returncode == 1
    assert "does not answer" in refused.stderr
    assert "secret" not in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_policy_key_nobody_put_in_force_is_refused(tmp_path: Path) -> None:
    assert run(tmp_path, "database", "upgrade").returncode == 0
    assert run(tmp_path, "user", "add", "ana", "--role", "analyst").returncode == 0
    refused = run(tmp_path, "grade", "run", "no-such-policy", "--as-of", "2026-01-31", "--as", "ana")
    assert refused.returncode == 1
    assert "'no-such-policy'" in refused.stderr


def test_the_author_is_refused_at_the_command_line_too(told: tuple[str, Path]) -> None:
    refused = run(told[1], "policy", "approve", "2", "--reason", "mine", "--as", "chen.fen")
    assert refused.returncode == 1
    assert "chen.fen" in refused.stderr


def test_without_the_notebooks_the_demo_is_refused_before_an_earlier_one_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / MARK).write_text("an earlier demo")
    monkeypatch.setattr("api.notebook.runner.NEEDED", ("papermill", "no_such_library"))
    with pytest.raises(Refusal, match=r"extra 'notebooks' of Fenji \(no_such_library not found\)") as refused:
        tell(tmp_path, Console(), progress, customers=20, months=24, seed=1, zone="Asia/Shanghai")
    assert refused.value.code == "extra_missing"
    assert [path.name for path in tmp_path.iterdir()] == [MARK]


def test_one_customer_is_explained_by_number_key_or_name(told: tuple[str, Path], engine: Engine) -> None:
    with Session(engine) as session:
        customer = session.scalars(
            select(Customer).join(CurrentGrade, CurrentGrade.customer_id == Customer.id).where(CurrentGrade.tier == "B")
        ).first()
        assert customer is not None
    for wanted in (customer.number, str(customer.source_key), customer.name):
        done = run(told[1], "grade", "explain", wanted)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"{customer.number} {customer.name}\n五级加权评分:等级 B")
    several = run(told[1], "grade", "explain", "有限公司")
    assert several.returncode == 1
    assert "names more than one customer" in several.stderr
    assert "'nobody'" in run(told[1], "grade", "explain", "nobody").stderr
