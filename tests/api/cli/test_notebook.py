"""`fenji notebook`: parameters from the command line, what must lie beside a notebook, and a report at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from study_inputs import DATES, write_inputs

from api.cli import cli
from api.cli.notebook import values
from api.notebook.catalogue import CATALOGUE
from api.settings import settings
from policies import load, parse
from policies.refusal import Refusal
from policies.version import semantic_hash


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FENJI_HOME", str(tmp_path / "home"))
    settings.cache_clear()


def fenji(*words: str) -> str:
    found = CliRunner().invoke(cli, ["notebook", *words], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.output


def test_the_list_names_every_notebook() -> None:
    assert all(name in fenji("list") for name in CATALOGUE)


@pytest.mark.parametrize(
    ("name", "given", "found"),
    [
        ("explore_data", ("date=2026-03-31", "facts=tenure"), {"date": "2026-03-31", "facts": ["tenure"]}),
        ("explore_data", ("facts=tenure", "facts=status"), {"facts": ["tenure", "status"]}),
        ("backtest_policy", ("dates=2025-12-31", "horizon_months=6", "tier_of_interest=1"), {"dates": ["2025-12-31"], "horizon_months": 6, "tier_of_interest": "1"}),
        ("author_policy", ('changes={"bands.S": "88"}', "listed=5"), {"changes": {"bands.S": "88"}, "listed": 5}),
    ],
)  # fmt: skip
def test_parameters_are_json_or_text(name: str, given: tuple[str, ...], found: dict[str, Any]) -> None:
    assert values(given, CATALOGUE[name].model) == found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("explore_data", "-p", "dat=2026-03-31", "--inputs", "x"), "dat is not a parameter"),
        (("explore_data", "-p", "date", "--inputs", "x"), "write -p name=value"),
        (("explore_data", "-p", "folder=/etc", "--inputs", "x"), "folder is always inputs"),
        (("explore_data",), "needs --snapshot DATE or FILE, or --inputs FOLDER; found nothing"),
        (("explore_data", "--run", "1"), "found --run"),
        (("author_policy", "--snapshot", "x.parquet"), "found --snapshot"),
        (("author_policy", "--snapshot", "x.parquet", "--policy", "sabcd"), "x.parquet is no snapshot"),
        (("monthly_report", "--inputs", "nowhere"), "nowhere is no folder"),
        (("nothing",), "There is no notebook 'nothing'"),
    ],
)
def test_what_does_not_fit_is_refused_before_a_kernel_starts(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        fenji("run", *words, "-o", str(tmp_path / "out"))
    assert not (tmp_path / "out" / "executed.ipynb").exists()


def test_an_output_folder_is_used_once(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path / "inputs")
    (tmp_path / "out" / "inputs").mkdir(parents=True)
    with pytest.raises(Refusal, match="is there already"):
        fenji("run", "explore_data", "--inputs", str(inputs), "-o", str(tmp_path / "out"))


def test_a_policy_is_authored_to_a_draft_and_a_report(tmp_path: Path) -> None:
    inputs, out = write_inputs(tmp_path / "inputs"), tmp_path / "out"
    snapshot = inputs / "snapshots" / f"{DATES[1]}.parquet"
    told = fenji("run", "author_policy", "--snapshot", str(snapshot), "--policy", "sabcd-weighted",
                 "-p", 'changes={"bands.S": "88"}', "-p", 'balances={"HC.A2": "18%"}', "-o", str(out))  # fmt: skip
    assert "fenji policy save" in told
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    draft = parse((out / "draft.yaml").read_text(encoding="utf-8"))
    assert metrics["draft"] == semantic_hash(draft) != metrics["champion"] == semantic_hash(load("sabcd-weighted"))
    assert sum(row["customers"] for row in metrics["after"]) == 40
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "13.2%" in page
    assert "<script" not in page


def test_an_exploration_leaves_the_same_figures_each_time(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path / "inputs")
    for out in ("one", "two"):
        fenji("run", "explore_data", "--inputs", str(inputs), "-p", f"date={DATES[0]}", "-o", str(tmp_path / out))
    first, second = ((tmp_path / out / "metrics.json").read_bytes() for out in ("one", "two"))
    assert first == second
    assert json.loads(first)["facts"]["satisfaction"]["missing"] == 5
