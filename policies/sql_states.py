"""The states of a fact as SQL: which rows have a value, and which say pending or not applicable.

The reserved integers are compared from above: -2^63 itself is no literal of 64 bits in every dialect.
"""

from __future__ import annotations

from sqlglot import exp

from policies.states import PENDING
from policies.vocabulary import Word


def unknown(word: Word, apart: bool = False) -> exp.Expr:
    """Return whether a fact has no value; with ``apart`` not applicable is told apart and does not count."""
    column = exp.column(word.name)
    empty = exp.Is(this=column, expression=exp.null())
    if word.values:
        states = ["pending"] if apart else ["pending", "not_applicable"]
        return exp.or_(empty, *(exp.EQ(this=column.copy(), expression=exp.convert(name)) for name in states))
    kind = exp.EQ if apart else exp.LTE
    return exp.or_(empty, kind(this=column.copy(), expression=exp.convert(PENDING)))


def not_applicable(word: Word) -> exp.Expr:
    """Return whether a fact is not applicable; NULL where it is missing."""
    column = exp.column(word.name)
    if word.values:
        return exp.EQ(this=column, expression=exp.convert("not_applicable"))
    return exp.LT(this=column, expression=exp.convert(PENDING))


def where_known(word: Word, comparison: exp.Expr) -> exp.Expr:
    """Return a comparison where its fact has a value, NULL where it has none."""
    column = exp.column(word.name)
    if word.values:
        states = ("pending", "not_applicable")
        has = exp.and_(*(exp.NEQ(this=column.copy(), expression=exp.convert(name)) for name in states))
    else:
        has = exp.GT(this=column, expression=exp.convert(PENDING))
    return exp.Case().when(has, comparison, copy=False)


def known_value(word: str) -> str:
    """Return the SQL text of a number where it has a value, NULL where it has none."""
    return f"case when {word} > {PENDING} then {word} end"


def where_asked(word: Word) -> exp.Expr:
    """Return whether a fact is not applicable: true, false for a value, NULL while it is missing or pending."""
    told = not_applicable(word)
    return exp.Case().when(exp.Not(this=exp.paren(unknown(word, apart=True))), told, copy=False)
