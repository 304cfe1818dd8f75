"""The status of the demonstration's customers over time: potential, intent, active, lost and back (R3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random

from api.demo.clock import Window, entered, workday
from api.demo.companies import Company, Row
from api.demo.trading import Order

_LOST_REASONS = ("长期无订单", "转向竞争对手", "项目终止", "多次联系无回应")


def status_rows(rng: Random, company: Company, window: Window, found: Sequence[Order]) -> list[Row]:
    """Return every status of a customer with its first one, each entered after the one before; never empty.

    potential, intent (60 % before they buy), active on the day of the first order, lost some months after the last
    business (dormant 75 %, left 90 %, one-off 35 %, prospects 28 %), 8 % of these won back to intent.  A customer
    from the former system starts with the status it had there.
    """
    first = found[0] if found else None
    changes = [_beginning(rng, company, window)]
    if not company.life.old and rng.random() < 0.6:
        day = workday(rng, company.life.first_contact + timedelta(days=rng.randint(3, 60)))
        known = entered(rng, day, changes[-1][3])
        if first is None or (day < first.day and known <= first.known_at):
            changes.append(("intent", day, "明确采购意向", known))
    if first is not None and changes[0][0] != "active":
        changes.append(("active", first.day, "首次下单", first.known_at))
    for status, day, reason in _loss(rng, company, found):
        changes.append((status, day, reason, entered(rng, day, changes[-1][3])))
    known_changes = [change for change in changes if change[3].date() <= window.until]
    return [_row(company, number, change) for number, change in enumerate(known_changes, start=1)]


Change = tuple[str, date, str, datetime]


def _row(company: Company, number: int, change: Change) -> Row:
    """Return a change as exported."""
    status, day, reason, known = change
    return {
        "source_key": f"Z{company.key[1:]}-{number}",
        "customer_key": company.key,
        "status": status,
        "reason": reason,
        "changed_on": day.isoformat(),
        "known_at": known.isoformat(),
    }


def _beginning(rng: Random, company: Company, window: Window) -> Change:
    """Return the first status, known with the customer."""
    life = company.life
    if not life.old:
        return "potential", life.first_contact, "首次联系", life.known_at
    buys = life.kind.name not in ("one_off", "prospect")
    status = "active" if buys else rng.choice(("potential", "potential", "intent"))
    return status, window.start, "系统上线时导入", life.known_at


def _loss(rng: Random, company: Company, found: Sequence[Order]) -> list[tuple[str, date, str]]:
    """Return the loss of a customer, and a return to intent, for those whom we lose."""
    life = company.life
    if life.kind.name == "prospect":
        chance, last, least = 0.28, max(life.first_contact, life.known_at.date()), 180
    elif not found or life.stops is None:
        return []
    else:
        chance = {"one_off": 0.35, "dormant": 0.75}.get(life.kind.name, 0.9)
        last, least = max(life.stops, found[-1].day), 120
    day = workday(rng, last + timedelta(days=rng.randint(least, least + 240)))
    reason, back = rng.choice(_LOST_REASONS), workday(rng, day + timedelta(days=rng.randint(60, 200)))
    if rng.random() >= chance:
        return []
    lost = [("lost", day, reason)]
    return [*lost, ("intent", back, "重新联系，有新需求")] if rng.random() < 0.08 else lost
