"""Rankings side by side: a policy's order, past spend, the plain scorecard and lifetime value against what was bought next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pyarrow as pa

from policies.backtest.grade import grade_parquet
from policies.backtest.panel import Panel
from policies.compiler import compile_plan
from policies.lifetime.gains import Gains, normalised_gini
from policies.lifetime.history import WEEK, read
from policies.lifetime.scorecard import quintiles, scorecard
from policies.lifetime.value import LifetimeModel, fit_lifetime
from policies.loading import parse
from policies.refusal import Refusal

# The order of a policy: by tier, inside it by total, those outside the tiers last; as foresight.capture has it.
_PLACED = (
    "(select customer_id, case when place < $tiers then -place end as tier, case when place < $tiers then rank end as score "
    "from placed where side = $side)"
)
_SCORED = "(select customer_id, case status when 'graded' then worst + best end as score from scored)"


@dataclass(frozen=True)
class Comparison:
    """The gains of each ranking by name, ``perfect`` last, and the models, or why there are none."""

    gains: Mapping[str, Gains]
    model: LifetimeModel | Refusal

    def gini(self, name: str) -> Fraction | None:
        """Return the normalised Gini of a ranking, None where everybody buys alike."""
        return normalised_gini(self.gains[name], self.gains["perfect"])


def compare(panel: Panel, snapshot: Path, histories: Path, days: int) -> Comparison:
    """Return the rankings ``candidate``, ``champion`` (where there is one), ``spend``, ``scorecard``, ``lifetime``, ``perfect``.

    All are of the panel's customers, of what is known at its date alone, and are held against what was bought in the
    ``days`` after it.  ``spend`` is the amount of 12 months.  Without enough history there is no ``lifetime``.
    """
    found = {
        str(side): _ranked(panel, ("tier", "score"), _PLACED, side=side, tiers=len(places.tiers))
        for side, places in panel.places.items()
    }
    found["spend"] = _ranked(panel, ("amount",))
    plan = compile_plan(parse(scorecard(quintiles(snapshot, panel.connection))))
    grade_parquet(plan, snapshot, panel.connection).create_view("scored", replace=True)
    found["scorecard"] = _ranked(panel, ("score",), _SCORED)
    model: LifetimeModel | Refusal
    try:
        history = read(histories)
        model = fit_lifetime(history)
    except Refusal as refusal:
        model = refusal
    else:
        valued = pa.table({"customer_id": history.customer_id, "value": model.value(history, days / WEEK)})
        panel.connection.register("valued", valued)
        found["lifetime"] = _ranked(panel, ("value",), "valued")
        panel.connection.unregister("valued")
    found["perfect"] = _ranked(panel, ("next_amount",))
    return Comparison(found, model)


def _ranked(panel: Panel, keys: tuple[str, ...], source: str = "", **parameters: object) -> Gains:
    """Return the gains of the panel's customers by the keys of a source, the highest first; who has none ties last."""
    joined = f"left join {source} using (customer_id)" if source else ""
    order = ", ".join(f"{key} desc nulls last" for key in keys)
    rows = panel.rows(
        f"select count(*), sum(next_amount) from customers {joined} group by {', '.join(keys)} order by {order}",  # noqa: S608 - our own words
        **parameters,
    )
    return Gains(tuple((customers, int(amount)) for customers, amount in rows))
