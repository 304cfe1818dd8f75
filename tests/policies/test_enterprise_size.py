"""The official enterprise size of 2017, computed apart from the published thresholds, at and around every one of them."""

import json
from itertools import product
from pathlib import Path
from typing import Any

from policies import compile_plan, grade, load
from policies.offline import by_oracle, grade_file

# What a figure of the rule is called here, and how many stored integers one of its units is: persons, and fen in 万元.
FIGURES = {"X": ("employees", 1), "Y": ("revenue", 1_000_000), "Z": ("assets", 1_000_000)}
SIZES = {"large": "大型", "medium": "中型", "small": "小型"}


def official(bounds: dict[str, dict[str, int]], figures: dict[str, int]) -> str:
    """The first size all of whose lower bounds are met, straight from the published table."""
    for size, name in SIZES.items():
        if all(figures[key] >= bound[size] * FIGURES[key][1] for key, bound in bounds.items()):
            return name
    return "微型"


def firms(shared: Path) -> list[tuple[str, dict[str, int], str]]:
    """Every industry with each of its figures one below, at and one above every threshold, in all combinations."""
    rules = json.loads((shared / "cn_enterprise_size/rules.json").read_text(encoding="utf-8"))["rules"]
    found = []
    for rule in rules:
        bounds = rule["lower_bounds"]
        around = [
            [bound * FIGURES[key][1] + step for bound in bounds[key].values() for step in (-1, 0, 1)] for key in bounds
        ]
        for values in product(*around):
            figures = dict(zip(bounds, values, strict=True))
            found.append((rule["industry"], figures, official(bounds, figures)))
    return found


def test_every_industry_has_its_official_size_at_and_around_every_threshold(shared: Path, tmp_path: Path) -> None:
    plan, wanted = compile_plan(load("enterprise-size")), firms(shared)
    assert len({industry for industry, _, _ in wanted}) == 16
    lines = ["customer,industry,employees,revenue,assets"]
    for number, (industry, figures, _) in enumerate(wanted):
        lines.append(f"{number},{industry}," + ",".join(str(figures.get(key, "")) for key in FIGURES))
    facts = tmp_path / "facts.csv"
    facts.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for engine, output in ((None, tmp_path / "duckdb.csv"), (by_oracle(plan), tmp_path / "oracle.csv")):
        grade_file(plan, facts, output, engine=engine)
        graded = output.read_text(encoding="utf-8").splitlines()[1:]
        assert graded == [f"{number},graded,{size},,{size}" for number, (_, _, size) in enumerate(wanted)]


def test_the_disputed_software_firm_is_medium() -> None:
    plan = compile_plan(load("enterprise-size"))
    firm: dict[str, Any] = {"industry": "软件和信息技术服务业", "employees": 103, "revenue": 15_735_280_000}
    assert grade(plan, firm).tier == "中型"
    assert grade(plan, firm | {"employees": 99}).tier == "小型"
    assert grade(plan, firm | {"employees": 300}).tier == "大型"


def test_an_industry_that_the_rule_leaves_out_has_no_size() -> None:
    plan = compile_plan(load("enterprise-size"))
    assert grade(plan, {"industry": "未列入", "employees": 10_000}).status == "not_applicable"
    assert grade(plan, {"industry": "金融业", "employees": 10_000}).status == "error"
