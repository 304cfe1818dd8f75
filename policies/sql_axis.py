"""One input as SQL: the value that stands for the cell it lies in."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from policies.plan import Axis
from policies.sql_conditions import case, column, compare, number, wide
from policies.sql_states import not_applicable, unknown


def cell_value(axis: Axis, values: Sequence[int]) -> exp.Expr:
    """Return ``values[code]`` of an input, NULL for a value it can never have.

    A comparison with NULL is not true in any dialect, and what is not applicable or pending is stored below every cut, so
    the tests for them may come after the cuts, where few rows get: that made SQLite's sum a sixth faster.
    """
    x = column(axis.word.name)
    states = [(unknown(axis.word, axis.apart), number(values[0]))]
    if axis.apart:
        states.append((not_applicable(axis.word), number(values[axis.outside])))
    if axis.values:
        named = zip(axis.values, values[1:], strict=False)
        return case([*((compare(exp.EQ, x, name), number(value)) for name, value in named), *states])
    if _is_line(axis, values):  # a panel: the points are the rating
        product = exp.Mul(this=wide(values[2] - values[1]), expression=x.copy())
        within = exp.Between(this=x.copy(), low=number(0), high=number(len(axis.cuts)))
        return case([(within, exp.Add(this=product, expression=number(values[1]))), *states])
    cuts = [
        (compare(exp.GTE, x, cut), number(value))
        for cut, value in zip(reversed(axis.cuts), reversed(values[2 : axis.cells + 1]), strict=True)
    ]
    if axis.most is not None:
        cuts.insert(0, (compare(exp.GT, x, axis.most), exp.null()))
    if axis.least is None:
        return case([*cuts, *states], number(values[1]))
    return case([*cuts, (compare(exp.GTE, x, axis.least), number(values[1])), *states])


def _is_line(axis: Axis, values: Sequence[int]) -> bool:
    """Return whether a value counts in equal steps."""
    step = values[2] - values[1] if axis.each_value else 0
    return axis.each_value and all(value == values[1] + step * i for i, value in enumerate(values[1 : axis.cells + 1]))
