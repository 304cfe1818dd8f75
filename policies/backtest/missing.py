"""What is missing: how far the inputs are known, who is graded all the same, and which answers would settle most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from policies.answers import Answers, counts_statement, rank
from policies.backtest.figure import part, points
from policies.backtest.grade import ranked_by, source
from policies.backtest.panel import Panel, Side
from policies.kleene import sharing
from policies.plan import Plan
from policies.shared_out import SharedOut, shared_out, weights_statement
from policies.states import NOT_APPLICABLE, PENDING
from policies.values import Labels


@dataclass(frozen=True)
class Coverage:
    """One input, of the customers to whom the policy applies: how many values are known, and what the others say."""

    input: str
    title: Labels
    known: int
    missing: int
    pending: int
    not_applicable: int

    @property
    def share(self) -> Fraction:
        """Return the share of the customers whose value is known or not applicable: nothing more can be learnt."""
        settled = self.known + self.not_applicable
        return part(settled, settled + self.missing + self.pending)

    def plain(self) -> dict[str, Any]:
        """Return the row for JSON."""
        return {"input": self.input, "known": self.known, "missing": self.missing, "pending": self.pending,
                "not_applicable": self.not_applicable, "coverage": points(self.share)}  # fmt: skip


@dataclass(frozen=True)
class Missing:
    """Of the customers to whom the policy applies: ``complete`` ones lack nothing, ``determinate`` ones are graded
    although something is missing, ``pending`` ones are not; and what would help.
    """

    inputs: tuple[Coverage, ...]
    complete: int
    determinate: int
    pending: int
    shared_out: tuple[SharedOut, ...]
    answers: Answers | None

    @property
    def settled(self) -> Fraction | None:
        """Return the share of the incomplete customers who are graded all the same; None where all are complete."""
        incomplete = self.determinate + self.pending
        return Fraction(self.determinate, incomplete) if incomplete else None

    def plain(self) -> dict[str, Any]:
        """Return the figures for JSON."""
        return {
            "inputs": [row.plain() for row in self.inputs],
            "complete": self.complete, "determinate": self.determinate, "pending": self.pending,
            "determinate_of_incomplete": points(self.settled),
            "shared_out": [{"dimension": one.dimension, "shared": one.shared, "short": one.short} for one in self.shared_out],
            "answers": [
                {"input": one.input, "lacking": one.lacking, "settled": one.settled, "may_settle": one.may_settle}
                for one in self.answers.ranked
            ] if self.answers else None,
        }  # fmt: skip


def missing(panel: Panel, side: Side, plan: Plan, asking: bool = True) -> Missing:
    """Return what is missing under a policy; a fact that the policy takes for missing where it cannot exist counts too.

    The answers are ranked only when ``asking``: every possible answer of every pending customer is tried.
    """
    plan = ranked_by(plan, panel.snapshot, panel.connection)
    lacks = (
        " or ".join(
            f"levels // {stride} % {axis.radix} = 0" for stride, axis in zip(plan.strides, plan.axes, strict=True)
        )
        or "false"
    )
    ((complete, determinate, pending),) = panel.rows(
        f"select count(*) filter (place < $tiers and not ({lacks})), count(*) filter (place < $tiers and ({lacks})), "  # noqa: S608 - our own numbers
        "count(*) filter (place = $tiers) from placed where side = $side",
        side=side,
        tiers=len(plan.tiers),
    )
    answers = _answers(panel, plan) if asking else None
    shared: Sequence[Any] = ()
    if sharing(plan.indicators):
        of_side = f"(select *, case when place <= {len(plan.tiers)} then 1 else 0 end as candidates from placed where side = '{side}')"  # noqa: S608 - our own words
        shared = panel.rows(weights_statement(plan, "duckdb", of_side))
    return Missing(
        _coverage(panel, side, plan), complete, determinate, pending,
        shared_out(plan, shared) if shared else (), answers,
    )  # fmt: skip


def _answers(panel: Panel, plan: Plan) -> Answers:
    groups = panel.connection.execute(counts_statement(plan, "duckdb", source(panel.snapshot))).fetchall()
    return rank(plan, ((levels, open_, customers, None) for open_, levels, customers in groups))


def _coverage(panel: Panel, side: Side, plan: Plan) -> tuple[Coverage, ...]:
    """Count the states of every input of the policy."""
    counts = []
    for word in plan.words:
        pending, outside = ("'pending'", "'not_applicable'") if word.values else (str(PENDING), str(NOT_APPLICABLE))
        column = f's."{word.name}"'
        counts += [f"count(*) filter ({column} is null)", f"count(*) filter ({column} = {pending})",
                   f"count(*) filter ({column} = {outside})"]  # fmt: skip
    ((everyone, *found),) = panel.rows(
        f"select count(*), {', '.join(counts)} from read_parquet($snapshot) s join placed using (customer_id) "  # noqa: S608 - words of a checked policy
        "where side = $side and place <= $pending",
        snapshot=str(panel.snapshot),
        side=side,
        pending=len(plan.tiers),
    )
    rows = []
    for place, word in enumerate(plan.words):
        lacking, asked, outside_of = found[3 * place : 3 * place + 3]
        known = everyone - lacking - asked - outside_of
        rows.append(Coverage(word.name, Labels(zh=word.zh, en=word.en), known, lacking, asked, outside_of))
    return tuple(rows)
