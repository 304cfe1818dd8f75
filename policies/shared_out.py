"""How many customers a re-weighting touched: by dimension, whose missing weight was shared out, and of whom too little is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from policies.kleene import sharing
from policies.plan import Plan
from policies.values import Labels


@dataclass(frozen=True)
class SharedOut:
    """One dimension: ``shared`` customers lack something whose weight the rest took over, ``short`` ones lack too much for that."""

    dimension: str
    title: Labels
    shared: int
    short: int

    def line(self, language: str = "zh") -> str:
        """Return both numbers as a sentence in ``zh`` or ``en``."""
        if language == "zh":
            return f"{self.title.zh}:{self.shared} 个客户的缺失权重由已知指标分摊,{self.short} 个已知的权重不足以分摊"
        return (
            f"{self.title.en}: missing weight shared out for {self.shared} customers, too little known of {self.short}"
        )


def weights_statement(plan: Plan, dialect: str, source: str) -> str:
    """Render the statement that counts graded and pending customers by the known weight of each sharing dimension.

    ``source`` is a table or query of result rows (policies.sql.COLUMNS); each row is (weight, ..., customers).
    """
    divide = "//" if dialect == "duckdb" else "/"  # whole numbers that are never negative
    sums = [
        " + ".join(
            f"case when levels {divide} {plan.strides[part.axis]} % {plan.axes[part.axis].radix} > 0 then {part.weight} else 0 end"
            for part in members
        )
        for members in sharing(plan.indicators).values()
    ]
    names = [f"w{place}" for place in range(len(sums))]
    listed = ", ".join(f"{sum_} as {name}" for sum_, name in zip(sums, names, strict=True))
    inner = f"select {listed} from {source} as g where candidates > 0"  # noqa: S608 - our own words and numbers
    return f"select {', '.join(names)}, count(*) from ({inner}) as w group by {', '.join(names)}"  # noqa: S608


def shared_out(plan: Plan, rows: Iterable[Sequence[int]]) -> tuple[SharedOut, ...]:
    """Return the numbers of each sharing dimension from the rows of ``weights_statement``."""
    found = list(rows)
    titles = {dimension.id: dimension.title for dimension in getattr(plan.document, "dimensions", ())}
    counted = []
    for place, (factors, members) in enumerate(sharing(plan.indicators).items()):
        whole, name = factors.known[0][0], members[0].dimension
        shared = sum(row[-1] for row in found if row[place] in factors.of and row[place] != whole)
        short = sum(row[-1] for row in found if row[place] not in factors.of)
        counted.append(SharedOut(name, titles[name], shared, short))
    return tuple(counted)
