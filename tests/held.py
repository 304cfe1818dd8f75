"""A world under a policy with a hold rule, whose customers have the totals that a test gives them, run after run."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import world
from people import finished_backtest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from api import jobs
from api.commands import policy as policies_
from api.commands import run as runs
from api.commands.snapshot import today
from api.database import writing
from api.settings import settings
from schema.select.global_id import global_id
from schema.tables import Customer, Order, Run, Standing

POLICY = "held"
ORDER = ("S", "A", "B", "C")
CUTS = {"S": 90, "A": 75, "B": 60, "C": 0}
EXITS = {"S": "88", "A": "73", "B": "58"}
Kept = tuple[str | None, int, str | None, str | None]


def card(hold: dict[str, Any] | None, **more: Any) -> str:
    """A card whose total is the amount of twelve months in 万元, in four tiers."""
    points = list(range(1, 101))
    indicator = {
        "id": "I", "input": "amount_12m", "weight": "100%", "out_of": 100,
        "ladder": {"cuts": points, "points": points, "below": 0},
    }  # fmt: skip
    return json.dumps({
        "kind": "scorecard", "id": POLICY, "title": {"zh": "甲", "en": "x"}, "weights": "absolute", "missing": "pending",
        "inputs": {"amount_12m": {"type": "money", "unit": "万元"}},
        "dimensions": [{"id": "D", "title": {"zh": "甲", "en": "d"}, "weight": "100%", "indicators": [indicator]}],
        "tiers": {"order": ORDER, "bands": {"closed": "left", "cuts": CUTS}},
        **({"hold": hold} if hold else {}), **more,
    })  # fmt: skip


@dataclass
class Held:
    """A world with customers 1 … n, each with one order."""

    made: world.World
    first: date = field(
        default_factory=lambda: today(settings().zone) - timedelta(days=30)
    )  # runs are of the days after
    days: int = 0

    def put(self, document: str) -> None:
        """Put a document in force."""
        analyst, strategy = self.made.people["analyst"], self.made.people["strategy"]
        with writing(self.made.engine) as session:
            draft = policies_.save_draft(session, analyst, document)
            evidence = finished_backtest(session, draft, analyst)
            policies_.submit(session, analyst, draft.id, evidence.id)
            policies_.approve(session, strategy, draft.id, "ok")
            policies_.put_in_force(session, strategy, draft.id, today(settings().zone))

    def run(self, *totals: int | None, again: bool = False) -> int:
        """Grade everybody with these totals as of the next day, or of the same one again; return the run's id."""
        self.days += not again
        as_of = self.first + timedelta(days=self.days)
        with writing(self.made.engine) as session:
            for customer, total in enumerate(totals, start=1):
                amount = None if total is None else total * 10_000
                session.execute(update(Order).where(Order.customer_id == customer).values(amount=amount))
            started = runs.start(session, self.made.people["analyst"], POLICY, as_of)
        jobs.run(self.made.engine, self.made.home, started.job_id)
        return started.id

    def standings(self, run_id: int) -> list[Kept]:
        """The standings of a run in the order of customers."""
        with Session(self.made.engine) as session:
            rows = session.scalars(select(Standing).where(Standing.run_id == run_id).order_by(Standing.customer_id))
            return [(row.tier, row.below, row.held, row.proposed) for row in rows]

    def effective(self, *, planning: bool = True) -> list[str | None]:
        """The tier in effect today, customer by customer."""
        nodes = self.made.data("{ customers { nodes { effectiveTier } } }", planning=planning)["customers"]["nodes"]
        return [node["effectiveTier"] for node in nodes]

    def decide(
        self, run_id: int, customer: int, decision: str = "APPROVED", who: str | None = "strategy", reason: str = "同意"
    ) -> Any:
        """Decide on a fall through GraphQL; the member of the result."""
        fields = "__typename ... on Standing { tier proposed reasonZh reasonEn decision { decision reason decidedBy { login } } } ... on Refusal { code message }"
        identity = global_id("Standing", run_id, customer)
        query = (
            f'mutation {{ r: decideFall(id: "{identity}", decision: {decision}, reason: "{reason}") {{ {fields} }} }}'
        )
        answer = self.made.ask(query, who=who)
        return answer["errors"][0]["extensions"] if who is None else answer["data"]["r"]

    def open(self) -> list[str]:
        """The numbers of the customers whose fall waits for a decision."""
        query = f'{{ falls(policyKey: "{POLICY}") {{ totalCount nodes {{ tier proposed customer {{ number }} run {{ asOf }} }} }} }}'
        found = self.made.data(query)["falls"]
        assert found == self.made.data(query, planning=False)["falls"]
        assert found["totalCount"] == len(found["nodes"])
        return [node["customer"]["number"] for node in found["nodes"]]

    def counts(self, run_id: int) -> tuple[Any, str | None]:
        """What the run says of its standings."""
        with Session(self.made.engine) as session:
            run = session.get_one(Run, run_id)
            return run.standing_counts, run.standings_fingerprint


def build(engine: Engine, home: Path, customers: int, hold: dict[str, Any] | None) -> Held:
    """Build the world and put the card with a hold rule in force."""
    built = Held(world.build(engine, home, 0, graded=False))
    known = datetime.now(UTC) - timedelta(days=400)
    with writing(engine) as session:
        for n in range(1, customers + 1):
            customer = Customer(number=f"202601-{n:04d}", name=f"公司{n}号", status="active", known_at=known)
            session.add(customer)
            session.flush()
            ordered = built.first - timedelta(days=270)
            session.add(Order(customer_id=customer.id, ordered_on=ordered, amount=1, known_at=known))
    built.put(card(hold))
    return built
