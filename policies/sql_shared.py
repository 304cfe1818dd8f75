"""Sums of indicators as SQL, and the dimensions in which the known ones share out the weight of the missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from policies.dimension_score import scores_of
from policies.kleene import Factors, Scored, sharing
from policies.plan import Plan
from policies.sql_axis import cell_value
from policies.sql_conditions import case, column, number, span_bits, wide


@dataclass(frozen=True)
class Shared:
    """A dimension that shares out: two columns of sums, each of a pair of numbers in separate bits.

    ``_k<axis>`` holds the known weight above the known contributions, ``_o<axis>`` the span of what is missing above its
    worst; contributions are at a factor of 1.
    """

    factors: Factors
    members: tuple[Scored, ...]

    @property
    def bits(self) -> int:
        """Return how many bits the contributions need."""
        return max(sum(max(part.base) for part in self.members), self._best).bit_length()

    @property
    def widest(self) -> int:
        """Return how many bits the wider column needs."""
        return max(sum(part.weight for part in self.members).bit_length(), self.bits) + self.bits

    @property
    def _best(self) -> int:
        return sum(part.missing_best // self.factors.unit for part in self.members)

    def columns(self, plan: Plan) -> Iterator[exp.Expr]:
        """Yield the two columns; NULL where a value is impossible."""
        known: exp.Expr = wide(0)
        open_: exp.Expr = wide(0)
        for part in self.members:
            axis, base, bits = plan.axes[part.axis], part.base, self.bits
            span = part.missing_best // self.factors.unit - base[0]
            sure = [(part.weight << bits) + contribution for contribution in base[1:]]
            known = exp.Add(this=known, expression=cell_value(axis, [0, *sure]))
            lacking = [(span << bits) + base[0], *[0] * (axis.radix - 1)]
            open_ = exp.Add(this=open_, expression=cell_value(axis, lacking))
        yield exp.alias_(known, f"_k{self.factors.axis}")
        yield exp.alias_(open_, f"_o{self.factors.axis}")

    def ends(self) -> tuple[exp.Expr, exp.Expr]:
        """Return the worst sum of the dimension and the span to its best, over the two columns."""
        known, open_ = column(f"_k{self.factors.axis}"), column(f"_o{self.factors.axis}")
        weight, sure = _high(known, self.bits), exp.paren(_low(known, self.bits))
        worst_of_all = exp.paren(exp.Add(this=sure.copy(), expression=exp.paren(_low(open_, self.bits))))
        enough = [
            (exp.EQ(this=weight.copy(), expression=number(value)), exp.Mul(this=sure.copy(), expression=number(factor)))
            for value, factor in self.factors.known
        ]
        worst = case(enough, exp.Mul(this=worst_of_all, expression=number(self.factors.unit)))
        span = exp.Mul(this=_high(open_, self.bits), expression=number(self.factors.unit))
        nothing = [(condition.copy(), number(0)) for condition, _ in enough]
        return worst, case(nothing, span)


def shared_in(plan: Plan) -> tuple[Shared, ...]:
    """Return every dimension that shares out and counts in a plan: in its total, or in a score that a condition compares."""
    found: dict[Factors, tuple[Scored, ...]] = {}
    for parts in (plan.indicators, *scores_of(plan)):
        found |= sharing(parts)
    return tuple(Shared(factors, members) for factors, members in found.items())


def shared_ends(parts: Sequence[Scored]) -> list[tuple[exp.Expr, exp.Expr]]:
    """Return worst and span of each dimension of some indicators that shares out."""
    return [Shared(factors, members).ends() for factors, members in sharing(parts).items()]


def score_sum(plan: Plan, parts: Sequence[Scored]) -> exp.Expr:
    """Add the worst contributions of a dimension, shifted above the span to their best."""
    total: exp.Expr = wide(0)
    bits = span_bits(parts)
    for part in parts:
        if part.factors is None:
            span = part.missing_best - part.contributions[0]
            worst = [contribution << bits for contribution in part.contributions]
            total = exp.Add(this=total, expression=cell_value(plan.axes[part.axis], [worst[0] + span, *worst[1:]]))
    for lowest, above in shared_ends(parts):
        total = exp.Add(this=total, expression=exp.Mul(this=exp.paren(lowest), expression=number(1 << bits)))
        total = exp.Add(this=total, expression=above)
    return total


def _high(pair: exp.Expr, bits: int) -> exp.Expr:
    return exp.paren(exp.BitwiseRightShift(this=pair.copy(), expression=number(bits)))


def _low(pair: exp.Expr, bits: int) -> exp.Expr:
    return exp.BitwiseAnd(this=pair.copy(), expression=number(2**bits - 1))
