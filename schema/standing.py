"""Where customers stand after a run: its standings, as the decisions on proposed falls left them."""

from __future__ import annotations

from sqlalchemy import Select, and_, case, func, select

from policies.hold import Held, Standing, decided
from schema import tables

# The columns of a grade that ``stands`` takes, as paths.
STANDING = (
    "standing.tier", "standing.below", "standing.held", "standing.proposed", "standing.decision.decision",
)  # fmt: skip


def stands(
    tier: str | None, below: int | None, held: Held | None, proposed: str | None, decision: str | None
) -> Standing | None:
    """Return where a customer stands after a run and the decision on its fall; None where the run has no standings."""
    if below is None:
        return None
    standing = Standing(tier, below, held, proposed)
    return standing if decision is None else decided(standing, decision == "approved")


def standings_after(run_id: int | None) -> Select[int, str | None, int, str | None]:
    """Return the statement of (customer, tier, below, proposed) after a run: what the next one follows on.

    It says of every customer graded what ``stands`` says of one.  Where the run has no standings the computed tier stands.
    """
    grade, kept, fall = tables.Grade, tables.Standing, tables.FallDecision
    return (
        select(
            grade.customer_id,
            case((fall.decision == "approved", kept.proposed), else_=func.coalesce(kept.tier, grade.tier)).label(
                "tier"
            ),
            case((fall.decision.is_(None), func.coalesce(kept.below, 0)), else_=0).label("below"),
            case((fall.decision.is_(None), kept.proposed)).label("proposed"),
        )
        .outerjoin(kept, and_(kept.run_id == grade.run_id, kept.customer_id == grade.customer_id))
        .outerjoin(fall, and_(fall.run_id == kept.run_id, fall.customer_id == kept.customer_id))
        .where(grade.run_id == run_id)
    )
