"""The catalogue: every notebook has a model of exactly its parameters, and wrong ones are refused before a kernel starts."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from api.notebook import NOTEBOOKS
from api.notebook.catalogue import CATALOGUE, notebook, table
from api.notebook.source import parameters_cell, read
from api.notebook.strict import declared
from policies.refusal import Refusal

BACKTEST = {"dates": ["2025-12-31"], "tier_of_interest": "A"}


def test_every_notebook_has_an_entry_and_every_entry_a_notebook() -> None:
    assert {path.stem for path in NOTEBOOKS.glob("*.py")} == set(CATALOGUE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_model_has_exactly_the_parameters_of_its_notebook(name: str) -> None:
    assert set(CATALOGUE[name].model.model_fields) == declared(parameters_cell(read(CATALOGUE[name].source)))


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name != "backtest_policy"])
def test_a_notebook_and_its_model_leave_out_the_same(name: str) -> None:
    cell = ast.parse(parameters_cell(read(CATALOGUE[name].source))).body
    written = {
        one.target.id: ast.literal_eval(one.value)
        for one in cell
        if isinstance(one, ast.AnnAssign) and one.value and isinstance(one.target, ast.Name)
    }
    complete = CATALOGUE[name].checked({})
    assert {key: value for key, value in written.items() if key in complete} == complete


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("explore_data", {"fact": []}, "fact is not a parameter; known: folder, date, facts"),
        ("explore_data", {"facts": ["amount"]}, "'amount' is no fact"),
        ("explore_data", {"facts": "amount_12m"}, "facts: .*found 'amount_12m'"),
        ("explore_data", {"date": "2026-02-30"}, "2026-02-30' is not a date"),
        ("author_policy", {"changes": ["HC.A2.weight"]}, "changes: "),
        ("author_policy", {"changes": {"HC.A2.weight": 0.18}}, "changes.HC.A2.weight"),
        ("author_policy", {"balances": {"HC.A2": 18}}, "balances.HC.A2"),
        ("author_policy", {"customer": "7"}, "customer: "),
        ("author_policy", {"listed": 0}, "listed: .*greater than or equal to 1"),
        ("monthly_report", {"listed": True}, "listed: "),
        ("monthly_report", {"__import__('os').system('x')": 1}, "is not a parameter"),
        ("backtest_policy", {**BACKTEST, "dates": ["yesterday"]}, "'yesterday' is not a date"),
        ("backtest_policy", {"dates": ["2025-12-31"]}, "tier_of_interest is missing"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_refused_with_the_value_and_the_cure(name: str, values: dict[str, Any], said: str) -> None:
    with pytest.raises(Refusal, match=f"(?s)The parameters of {name} are not valid: .*{said}"):
        notebook(name).checked(values)


def test_a_notebook_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(Refusal, match=r"no notebook 'report'; there are explore_data"):
        notebook("report")


def test_the_readme_shows_the_catalogue() -> None:
    readme = (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
    assert "\n".join(table()) in readme, "write api.notebook.catalogue.table() into notebooks/README.md"


def test_the_readme_names_every_make_target_of_the_lab() -> None:
    makefile = (Path(NOTEBOOKS).parent / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^lab:", makefile, re.MULTILINE)
    assert "--ip=127.0.0.1" in makefile
