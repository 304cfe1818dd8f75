"""The workbench: tables and pictures of a small study, in HTML and plain text, the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest
from policy_texts import COMPOSED, RANKING, TABLE
from study_inputs import DATES, POLICY, write_inputs

from api import workbench
from api.workbench.pictures import Picture
from api.workbench.study import Study
from api.workbench.table import Money, Note, Table
from policies.loading import parse
from policies.refusal import Refusal

SHOWN = (
    "overview",
    "verdict",
    "structure",
    "concentration",
    "over_dates",
    "migration",
    "moves",
    "foresight_of_all",
    "foresight",
    "order_holds",
    "churn",
    "discrimination",
    "swap",
    "movers",
    "estimates",
    "memberships",
    "discontinuities",
    "bunching",
    "stability",
    "characteristics",
    "missing",
    "coverage",
    "service",
)
DRAWN = (
    "structure_picture",
    "lorenz_picture",
    "over_dates_picture",
    "migration_picture",
    "foresight_picture",
    "churn_picture",
    "capture_picture",
    "estimates_picture",
    "characteristics_picture",
    "coverage_picture",
    "service_picture",
)

WHOLE = COMPOSED.replace("staff: {type: count, title: {zh: 人数, en: Staff}}, ", "").replace(
    "input: staff", "input: orders_12m"
)


def study(folder: Path, champion: str | None = POLICY) -> Study:
    write_inputs(folder, champion=champion)
    limits = [{"figure": "auc", "at_least": "0.1"}, {"figure": "swap_in", "at_most": 0}]
    service = {"capacity_hours": 100, "tiers": {"A": {"hours": 4, "cost": 500}, "B": {"hours": "0.5"}, "C": {}}}
    return workbench.open(folder, dates=DATES, horizon_months=6, tier_of_interest="A", limits=limits, service=service)


def test_every_table_has_html_and_text(tmp_path: Path) -> None:
    found = study(tmp_path / "inputs")
    for name in SHOWN:
        table = getattr(found, name)()
        assert isinstance(table, Table), name
        assert all(len(row) == len(table.heads) for row in table.rows)
        bundle = table._repr_mimebundle_()
        assert bundle["text/html"].count("<tr>") == len(table.rows) + 1 + bool(table.groups)
        assert bundle["text/plain"] == str(table)


def test_pictures_are_the_same_each_time_and_need_no_font(tmp_path: Path) -> None:
    found = study(tmp_path / "inputs")
    for name in DRAWN:
        first, second = (getattr(found, name)() for _ in range(2))
        assert isinstance(first, Picture)
        assert first == second
        assert "<text" not in first.svg
        assert "font-family" not in first.svg
        data, metadata = first._repr_mimebundle_()
        assert metadata["image/svg+xml"]["alt"] == first.title
        assert data["image/svg+xml"].startswith("<svg")


def test_without_a_champion_the_comparisons_say_so(tmp_path: Path) -> None:
    found = study(tmp_path / "inputs", champion=None)
    for name in ("migration", "moves", "migration_picture", "swap", "movers"):
        assert isinstance(getattr(found, name)(), Note), name
    assert "没有现行版本" in str(found.overview())
    assert isinstance(found.structure_picture(), Picture)


def test_a_champion_with_other_tiers_is_shown_beside(tmp_path: Path) -> None:
    other = POLICY.replace("order: [A, B, C]", "order: [金, B, C]").replace("{A: 75", "{金: 75")
    found = study(tmp_path / "inputs", champion=other)
    assert [row[0] for row in found.structure().rows][:4] == ["A", "B", "C", "金"]
    assert "没有等级 A" in str(found.swap())
    assert "没有等级 A" in str(found.movers())


@pytest.mark.parametrize("champion", [None, RANKING, POLICY])
@pytest.mark.parametrize("candidate", [TABLE, RANKING, WHOLE])
def test_policies_of_every_kind_are_shown_or_say_why_not(tmp_path: Path, candidate: str, champion: str | None) -> None:
    write_inputs(tmp_path / "inputs", candidate=candidate, champion=champion)
    tier = parse(candidate).tiers.order[0]
    found = workbench.open(tmp_path / "inputs", dates=DATES[1:], horizon_months=6, tier_of_interest=tier,
                           limits=[{"figure": "psi", "at_most": 1}])  # fmt: skip
    for name in (*SHOWN, *DRAWN, "answers", "shared_out", "overrides", "raters", "walk", "suspects"):
        shown = getattr(found, name)()
        assert isinstance(shown, Table | Note | Picture), name
        assert str(shown), name
    assert found.replay.metrics() == found.replay.metrics()


def test_grades_of_a_date_are_every_customer_under_both_policies(tmp_path: Path) -> None:
    grades = study(tmp_path / "inputs").grade(DATES[0])
    assert len(grades) == 80
    assert grades[0][:2] == (1, "candidate")
    assert (10, "champion", "not_applicable") in grades


def test_metrics_are_saved_as_the_library_computes_them(tmp_path: Path) -> None:
    found = study(tmp_path / "inputs")
    found.save_metrics(tmp_path / "metrics.json")
    assert (tmp_path / "metrics.json").read_bytes() == found.replay.metrics()


def test_wrong_parameters_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="horizon_months"):
        workbench.open(tmp_path, dates=DATES, horizon_months=0, tier_of_interest="A")


def test_html_is_escaped() -> None:
    table = Table(("<b>", "&"), (("<i>", ""),), (("<script>",),))
    assert "<script>" not in table._repr_mimebundle_()["text/html"]
    assert "&lt;script&gt;" in table._repr_mimebundle_()["text/html"]


def test_money_is_read_in_the_unit_that_suits() -> None:
    assert Money.of([99_999_900]).text(99_999_900) == "999,999"
    large = Money.of([None, 123_456_789_00])
    assert (large.zh, large.text(123_456_789_00), large.text(-50_000), large.text(None)) == (
        "万元",
        "12,345.7",
        "0.0",
        "–",
    )
    assert Money.of([5], "USD").head("金额", "amount") == ("金额(USD)", "amount")
