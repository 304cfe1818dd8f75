"""`fenji backtest` as a user meets it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from order_history import history
from people import person
from sqlalchemy import Engine
from study_inputs import CANDIDATE

from api.commands import policy
from api.database import writing

Fenji = Callable[..., tuple[int, str, str]]


def test_a_run_prints_the_tiers_and_where_the_report_lies(fenji: Fenji, sqlite_engine: Engine, tmp_path: Path) -> None:
    history(sqlite_engine)
    analyst = person(sqlite_engine, "chen", "analyst")
    with writing(sqlite_engine) as session:
        policy.save_draft(session, analyst, CANDIDATE)
    code, out, err = fenji("backtest", "run", "small", "--date", "2025-12-31", "--horizon", 3, "--as", "chen")
    assert (code, err) == (0, "")
    assert "草案 candidate, 2025-12-31" in out
    assert "没有现行版本" in out
    report = tmp_path / "home" / "backtests" / "1" / "report.html"
    assert report.is_file()
    assert str(report) in out.replace("\n", "")
    service = tmp_path / "service.yaml"
    service.write_text(
        "capacity_hours: 10\ntiers: {A: {hours: 1, cost: 5}, B: {hours: 0.5, cost: 1}, C: {hours: 0, cost: 0}}\n"
    )
    bad = {
        "capture_20": "fenji: --limit 'capture_20' is no bound",
        "captured >= 5%": "no limit can be set on 'captured'",
        "capture_20 >= much": "much",
    }
    for text, said in bad.items():
        code, _, err = fenji("backtest", "run", "small", "--limit", text, "--as", "chen")
        assert (code, said in err) == (1, True), err
    code, _, err = fenji("backtest", "run", "small", "--service", tmp_path / "none.yaml", "--as", "chen")
    assert (code, "cannot be read" in err) == (1, True)
    limits = ("--limit", "errors <= 0", "--limit", "capture_20>=101%", "--service", service)
    code, out, err = fenji("backtest", "run", "small", "--date", "2025-12-31", "--horizon", 3, *limits, "--as", "chen")
    assert (code, err) == (0, "")
    assert "不通过 NO-GO: capture_20" in out
    code, out, _ = fenji("backtest", "list")
    assert (code, "finished" in out, "2025-12-31" in out) == (0, True, True)
    assert fenji("backtest", "cancel", 1, "--as", "chen") == (1, "", "fenji: Backtest 1 is finished already.")
    bundle = report.parent.resolve()
    for named in (bundle, bundle.name, f"sha256:{bundle.name}"):
        code, out, err = fenji("evidence", "verify", named)
        assert (code, err) == (0, "")
        assert out.splitlines()[-1].startswith("通过 The evidence verifies")
    report.chmod(0o644)
    report.write_text("another page")
    code, out, err = fenji("evidence", "verify", bundle)
    assert (code, "✗ files" in out) == (1, True)
    assert err.startswith("fenji: The evidence does not verify. files: report.html was changed")
    assert (
        fenji("evidence", "verify", tmp_path)[2] == f"fenji: {tmp_path} is no evidence bundle: it has no manifest.json."
    )


def test_an_unknown_policy_and_a_wrong_date_are_one_sentence_each(fenji: Fenji, sqlite_engine: Engine) -> None:
    history(sqlite_engine)
    person(sqlite_engine, "chen", "analyst")
    assert fenji("backtest", "list")[1].startswith("No backtests yet")
    assert fenji("backtest", "run", "none", "--as", "chen") == (
        1, "", "fenji: No policy has the key 'none'; `fenji policy list` shows them.",
    )  # fmt: skip
    code, _, err = fenji("backtest", "run", "7", "--as", "chen")
    assert (code, err) == (1, "fenji: No policy version 7; `fenji policy list` shows them.")
