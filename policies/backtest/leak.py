"""Leaks: facts that foretell too well to be known at the date, as one computed from what came after it would."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from policies.backtest.discrimination import separation
from policies.backtest.figure import statistic
from policies.backtest.panel import Panel
from policies.sql_states import known_value
from policies.vocabulary import WORDS

# No fact alone tells buyers from others as well as this; fewer customers of a kind prove nothing.
IMPLAUSIBLE, LEAST = Fraction(99, 100), 10


@dataclass(frozen=True)
class Suspect:
    """A fact whose value alone tells who buys next, with its AUC (near 0: the smaller the value, the likelier)."""

    word: str
    auc: Fraction

    def plain(self) -> dict[str, Any]:
        """Return the row for JSON."""
        return {"word": self.word, "auc": statistic(self.auc)}


def suspects(panel: Panel) -> tuple[Suspect, ...]:
    """Return the facts of a snapshot that foretell implausibly well, each by itself.

    A leak of part of the period may stay below; schema.lookahead finds every one in the facts of the database.
    """
    columns = {name for name, *_ in panel.rows("describe select * from read_parquet($path)", path=str(panel.snapshot))}
    found = []
    for word in WORDS:
        if word.values or word.name not in columns:
            continue
        tied = panel.rows(
            f"select count(*) filter (next_orders > 0), count(*) filter (next_orders = 0), {known_value(word.name)} as v "  # noqa: S608 - a word of the vocabulary
            "from read_parquet($path) join customers using (customer_id) group by v having v is not null order by v desc",
            path=str(panel.snapshot),
        )
        groups = [(buyers, others) for buyers, others, _ in tied]
        auc, _ = separation(groups)
        few = min(sum(group[i] for group in groups) for i in (0, 1)) < LEAST
        if auc is not None and not few and max(auc, 1 - auc) >= IMPLAUSIBLE:
            found.append(Suspect(word.name, auc))
    return tuple(found)
