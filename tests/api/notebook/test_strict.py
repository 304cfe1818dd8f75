"""Parameters of notebooks: names and values that carry code are refused, every other value comes back equal."""

from __future__ import annotations

import ast
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.notebook.strict import assignments, literal, require_declared
from policies.refusal import Refusal

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_a_value_comes_back_equal_and_is_nothing_but_a_literal(value: Any) -> None:
    assert ast.literal_eval(literal(value)) == value


class Sneaky(str):
    def __repr__(self) -> str:
        return "__import__('os').abort()"


@pytest.mark.parametrize(
    "value",
    [
        ("a",),
        {1},
        {1: "a"},
        float("nan"),
        float("inf"),
        date(2026, 3, 31),
        Decimal(1),
        b"a",
        Sneaky("x"),
        [Sneaky("x")],
        object(),
    ],
)
def test_a_value_that_is_not_json_is_refused(value: object) -> None:
    with pytest.raises(Refusal, match="cannot be given to a notebook"):
        assignments({"x": value})


@pytest.mark.parametrize("name", ["x=1\nimport os\ny", "_x", "class", "策略", "", "a b", "x.y", "1x", "None"])
def test_a_name_that_is_not_plain_is_refused(name: str) -> None:
    with pytest.raises(Refusal, match="cannot be a parameter's name"):
        assignments({name: 1})


def test_only_what_the_parameters_cell_assigns_can_be_given() -> None:
    cell = "folder: str = 'inputs'\nmonths = 6\nif True:\n    hidden = 1\n"
    require_declared({"folder": "x", "months": 3}, cell)
    with pytest.raises(Refusal, match="no parameter hidden; it has folder, months"):
        require_declared({"hidden": 2}, cell)
