"""`fenji policy check` and `fenji policy cases`: what a person reads, what a machine reads, and which files are taken."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from policy_texts import CARD, TABLE
from rich.cells import cell_len

from policies import check, parse
from policies.documents import shipped

Fenji = Callable[..., tuple[int, str, str]]
README = Path(__file__).resolve().parents[3] / "policies" / "README.md"
BROKEN = CARD.replace("weight: 100%\n    ind", "weight: 99.99%\n    ind").replace(", below: 0", "")


@pytest.mark.parametrize("width", ["80", "120"])
def test_findings_stand_with_line_customer_and_cure_and_nothing_is_cut(
    fenji: Fenji, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    path = tmp_path / "分级办法.txt"
    path.write_text(BROKEN, encoding="utf-8")
    code, out, error = fenji("policy", "check", path)
    words = "".join(out.split())
    assert code == 1
    assert error == f"fenji: {path}: 3 errors."
    assert "…" not in out
    assert max(map(cell_len, out.splitlines())) <= int(width)
    for finding in check(parse(BROKEN)):
        assert "".join(f"{finding.line}{finding.path}[{finding.code}]".split()) in words
        assert "".join(finding.message.split()) in words
        assert "".join(finding.cure.split()) in words
    assert "e.g.amount_12m=-0.000001万元" in words


def test_a_clean_policy_shows_what_its_cases_reach_and_what_none_notices(fenji: Fenji, tmp_path: Path) -> None:
    path = tmp_path / "card.yaml"
    path.write_text(CARD + "cases: [{name: c, given: {amount_12m: 10}, expect: {tier: A}}]\n", encoding="utf-8")
    code, out, error = fenji("policy", "check", path)
    assert (code, error) == (0, "")
    assert "1 个用例的覆盖" in out
    assert "33%" in out
    assert "1 / 3" in out
    assert "17  X1: [0万元, 10万元)" in out
    assert "X1 第二档分界 10万元 → 9.999999万元" in out
    assert f"{path}: no errors." in out
    _, english, _ = fenji("policy", "check", path, "--language", "en")
    assert "1 cases reach" in english
    assert "X1's second cut 10 → 9.999999 万元" in english


def test_all_lists_what_the_short_form_counts(fenji: Fenji, tmp_path: Path) -> None:
    path = tmp_path / "card.yaml"
    path.write_text(
        CARD.replace("[0, 10], points: [5, 10]", "[0, 1, 2, 3, 10], points: [1, 2, 3, 4, 10]"), encoding="utf-8"
    )
    _, few, _ = fenji("policy", "check", path)
    _, everything, _ = fenji("policy", "check", path, "--all")
    assert "--all 全部列出" in few
    assert "--all" not in everything
    assert everything.count("→") > few.count("→")


def test_several_files_and_folders_are_checked_in_one_go(fenji: Fenji, tmp_path: Path) -> None:
    folder = tmp_path / "政策"
    folder.mkdir()
    (folder / "a.yaml").write_text(CARD, encoding="utf-8")
    (folder / "b.yml").write_text(TABLE, encoding="utf-8")
    (folder / "notes.txt").write_text("not a policy", encoding="utf-8")
    (folder / "policy.schema.json").write_text("{}", encoding="utf-8")
    code, out, error = fenji("policy", "check", folder, "rfm-retail")
    assert (code, error) == (0, "")
    assert [line.split()[1] for line in out.splitlines() if line.startswith("│")] == ["small", "table", "rfm-retail"]
    (folder / "c.json").write_text("{", encoding="utf-8")
    code, out, error = fenji("policy", "check", folder)
    assert code == 1
    assert error == f"fenji: {folder / 'c.json'}: 1 error."
    assert "[unreadable]" in out
    (tmp_path / "empty").mkdir()
    assert "There is no .yaml, .yml or .json file in" in fenji("policy", "check", tmp_path / "empty")[2]


def test_json_is_one_object_whose_keys_are_documented(fenji: Fenji, tmp_path: Path) -> None:
    broken, unreadable = tmp_path / "broken.yaml", tmp_path / "unreadable.yaml"
    broken.write_text(BROKEN, encoding="utf-8")
    unreadable.write_text(CARD.replace("weights:", "weight:"), encoding="utf-8")
    code, out, error = fenji("policy", "check", "--json", "sabcd-weighted", broken, unreadable)
    values = json.loads(out)
    assert code == 1
    assert "3 errors" in error
    assert (values["format"], values["errors"]) == (1, sum(file["errors"] for file in values["files"]))
    good, bad, no = values["files"]
    assert (good["errors"], good["policy"], good["title"]["zh"]) == (0, "sabcd-weighted", "五级加权评分")
    assert good["semantic_hash"].startswith("sha256:")
    assert [finding["counter_example"] for finding in bad["findings"] if finding["code"] == "ladder_open"] == [
        {"amount_12m": "-0.000001万元"}
    ]
    assert (bad["coverage"], bad["mutation"], no["policy"]) == (None, None, None)
    assert {finding["code"] for finding in no["findings"]} == {"unreadable"}
    page = README.read_text(encoding="utf-8")
    keys = {*values, *good, *good["coverage"], *good["mutation"], *good["coverage"]["shares"][0], *bad["findings"][0]}
    assert [key for key in keys if f"`{key}`" not in page] == []


def test_boundary_cases_are_written_as_yaml_to_paste_and_as_a_table(fenji: Fenji, tmp_path: Path) -> None:
    source = tmp_path / "card"
    source.write_text(CARD, encoding="utf-8")
    code, out, _ = fenji("policy", "cases", source, "--boundaries")
    assert code == 0
    assert check(parse(CARD + out)) == []
    table = tmp_path / "cases.csv"
    code, out, _ = fenji("policy", "cases", source, "--boundaries", "-o", table, "--language", "en")
    assert f"cases written into {table}." in out
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    at = next(row for row in rows if row["amount_12m"] == "10")
    assert (at["status"], at["tier"], at["total"]) == ("graded", "A", "100")


def test_written_cases_come_out_with_everything_the_policy_makes_of_them(fenji: Fenji, tmp_path: Path) -> None:
    path = tmp_path / "cases.yaml"
    code, _, _ = fenji("policy", "cases", "sabc-threshold", "-o", path)
    assert code == 0
    text = shipped()["sabc-threshold"].read_text(encoding="utf-8").partition("\ncases:")[0]
    document = parse(f"{text}\n{path.read_text(encoding='utf-8')}")
    assert check(document) == []
    assert all(case.expect.status is not None for case in document.cases)


def test_cases_refuse_another_ending_and_a_folder_that_is_not_there(fenji: Fenji, tmp_path: Path) -> None:
    code, _, error = fenji("policy", "cases", "rfm-retail", "-o", tmp_path / "cases.xlsx")
    assert code == 1
    assert "neither .yaml nor .csv" in error
    code, _, error = fenji("policy", "cases", "rfm-retail", "-o", tmp_path / "nowhere" / "cases.csv")
    assert code == 1
    assert "cannot write" in error
    assert list(tmp_path.glob("*.xlsx")) == []
