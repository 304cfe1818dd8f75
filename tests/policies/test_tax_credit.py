"""纳税信用 A/B/M/C/D, computed apart in a few plain lines, for a thousand firms."""

import csv
import random
from pathlib import Path
from typing import Any

from policies import compile_plan, explain, load
from policies.offline import by_oracle, grade_file

GROUPS = ("off_filing", "off_payment", "off_invoices", "off_books", "off_audits", "off_outside")
NOT_A = ("previous_d", "zero_returns", "books_lacking")
USUAL: dict[str, Any] = {"open_case": "no", "nonregular": "yes", **dict.fromkeys(GROUPS, 0), "serious": "无"}
USUAL |= {"new_firm": "no", "no_revenue": "no", "operating": 36, **dict.fromkeys(NOT_A, "no")}


def official(firm: dict[str, Any]) -> str:
    """The articles one after the other: 17, 20, new firms, 15, firms without revenue, 18, 19."""
    if firm["open_case"] == "yes":
        return ""
    if firm["serious"] != "无":
        return "D"
    if firm["new_firm"] == "yes":
        return "M"
    points = (100 if firm["nonregular"] == "yes" else 90) - sum(firm[group] for group in GROUPS)
    if firm["no_revenue"] == "yes" and points >= 70:
        return "M"
    if points >= 90:
        return "B" if firm["operating"] < 36 or "yes" in [firm[name] for name in NOT_A] else "A"
    return "B" if points >= 70 else "C" if points >= 40 else "D"


def firms() -> list[dict[str, Any]]:
    """Firms with points off around every bound, most of them usual otherwise."""
    chance, plan = random.Random(5), compile_plan(load("tax-credit"))
    flags = [word.name for word in plan.words if word.values == ("no", "yes")]
    (serious,) = [word.values for word in plan.words if word.name == "serious"]
    found = []
    for _ in range(1000):
        firm = USUAL | {name: "yes" for name in flags if chance.random() < 0.1}
        firm |= {"nonregular": chance.choice(["yes", "no"]), "operating": chance.choice([0, 35, 36, 37, 400])}
        firm |= {"serious": chance.choice(serious)} if chance.random() < 0.1 else {}
        off = chance.choice([0, 1, 9, 10, 11, 19, 20, 21, 29, 30, 31, 49, 50, 51, 59, 60, 61, 99, 200])
        for _ in range(off):
            firm[chance.choice(GROUPS)] += 1
        found.append(firm)
    return found


def test_every_firm_has_the_grade_of_the_articles(tmp_path: Path) -> None:
    plan, rated = compile_plan(load("tax-credit")), firms()
    with (tmp_path / "facts.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["customer", *plan.inputs])
        writer.writeheader()
        writer.writerows({"customer": number} | firm for number, firm in enumerate(rated))
    for engine, name in ((None, "duckdb.csv"), (by_oracle(plan), "oracle.csv")):
        grade_file(plan, tmp_path / "facts.csv", tmp_path / name, engine=engine)
        with (tmp_path / name).open(encoding="utf-8", newline="") as file:
            assert [row["tier"] for row in csv.DictReader(file)] == [official(firm) for firm in rated]
    assert {official(firm) for firm in rated} == {*plan.tiers, ""}


def test_the_explanation_names_what_keeps_a_firm_from_a() -> None:
    told = explain(compile_plan(load("tax-credit")), USUAL | {"operating": 35, "off_filing": 5})
    assert (told.tier, told.total) == ("B", 95)
    assert any("实际生产经营期不满 3 年" in line for line in told.lines("zh"))
