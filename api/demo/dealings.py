"""What happens between the demonstration's customers and us besides orders: interactions, service, surveys, improvements."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random

from api.demo.clock import DAYS_A_YEAR, Window, add_months, entered, office_hours, poisson
from api.demo.companies import Company, Row
from api.demo.places import SALES, SERVICE
from api.demo.words import INTERACTIONS, MEASURES, PROBLEMS, SURVEY_COMMENTS

# Kind of interaction and its share.
_KINDS = {"visit": 20, "call": 40, "mail": 20, "event": 7, "web": 13}
# Service records that are no complaint: kind and share.
_SERVICES = {"consult": 45, "technical_support": 35, "visit": 20}
# Median hours from opening to closing.
_HOURS = {"consult": 5.0, "technical_support": 20.0, "visit": 8.0, "complaint": 52.0}
# After a customer left, or before a newcomer bought: contacts a month.
_AFTER, _BEFORE = 0.06, 1.0


def score(rng: Random, mean: float, spread: float) -> int:
    """Draw a whole score from 1 to 5."""
    return min(5, max(1, round(rng.gauss(mean, spread))))


def interaction_rows(rng: Random, company: Company, window: Window, lines: dict[str, float]) -> list[Row]:
    """Return the visits, calls, mails, events and web visits that were entered by the end of the window."""
    life, rows = company.life, list[Row]()
    for month in window.contact:
        rate = life.kind.contacts_a_month
        if life.stops is not None and month.first >= life.stops:
            rate = _AFTER
        elif not life.old and life.begins is not None and month.first < life.begins:
            rate = max(rate, _BEFORE)
        for _ in range(poisson(rng, rate * month.usual_days / 30.4)):
            day = month.pick(rng)
            if not life.first_contact <= day <= window.until:
                continue
            kind = rng.choices(list(_KINDS), list(_KINDS.values()))[0]
            happened = office_hours(rng, day)
            known = entered(rng, happened, life.known_at)
            if kind == "web":  # The web site writes its own records, at once.
                known = max(happened + timedelta(seconds=rng.randint(1, 60)), life.known_at)
            if known.date() > window.until:
                continue
            line = rng.choices(list(lines), list(lines.values()))[0]
            by = company.owner if rng.random() < 0.9 else rng.choice(SALES)
            rows.append(
                {
                    "source_key": f"I{company.key[1:]}-{len(rows) + 1:03d}",
                    "customer_key": company.key,
                    "happened_at": happened.isoformat(),
                    "kind": kind,
                    "summary": rng.choice(INTERACTIONS[kind]).format(line=line),
                    "by": "" if kind == "web" else by,
                    "known_at": known.isoformat(),
                }
            )
    return rows


def service_rows(rng: Random, company: Company, window: Window, lines: dict[str, float]) -> list[Row]:
    """Return the service records; a record is known as exported when it was closed and the closing entered.

    What was not closed, or not yet entered as closed, is open: known since its opening was entered, without a result.
    """
    life, rows = company.life, list[Row]()
    for month in window.contact:
        gone = life.stops is not None and month.first >= life.stops
        for _ in range(poisson(rng, life.kind.services * (0.15 if gone else 1.0) * month.usual_days / DAYS_A_YEAR)):
            day = month.pick(rng)
            if not max(life.first_contact, life.begins or life.first_contact) <= day <= window.until:
                continue
            row = _service_row(rng, company, window, office_hours(rng, day), lines)
            if row is not None:
                rows.append({"source_key": f"S{company.key[1:]}-{len(rows) + 1:03d}"} | row)
    return rows


def _service_row(
    rng: Random, company: Company, window: Window, opened: datetime, lines: dict[str, float]
) -> Row | None:
    """Return one service record without its key, or ``None`` when not even its opening was entered in time."""
    life = company.life
    complaint = rng.random() < life.kind.complaint
    kind = "complaint" if complaint else rng.choices(list(_SERVICES), list(_SERVICES.values()))[0]
    problem, result = rng.choice(PROBLEMS[kind])
    closed = opened + timedelta(seconds=int(3600 * rng.lognormvariate(math.log(_HOURS[kind]), 0.8)))
    if not 8 <= closed.hour < 20:  # Nobody closes at night: in the morning that follows.
        closed = office_hours(rng, closed.date() + timedelta(days=1 if closed.hour >= 20 else 0))
    opening_known, closing_known = entered(rng, opened, life.known_at), entered(rng, closed, life.known_at)
    done = rng.random() >= 0.02 and closing_known.date() <= window.until
    known = closing_known if done else opening_known
    if known.date() > window.until:
        return None
    rated = done and rng.random() < 0.65
    satisfaction = score(rng, life.satisfaction - (0.8 if complaint else 0.0), 0.7)
    return {
        "customer_key": company.key,
        "opened_at": opened.isoformat(),
        "kind": kind,
        "problem": problem.format(line=rng.choices(list(lines), list(lines.values()))[0]),
        "result": result if done else "",
        "served_by": rng.choice(SERVICE),
        "closed_at": closed.isoformat() if done else "",
        "satisfaction": str(satisfaction) if rated else "",
        "known_at": known.isoformat(),
    }


def survey_rows(rng: Random, company: Company, window: Window, ordered: Sequence[date]) -> list[Row]:
    """Return the answers to quarterly surveys, asked of customers with an order in the 12 months before."""
    life, rows, quarter = company.life, list[Row](), 1
    answers = {"strategic": 0.85, "declining": 0.5}.get(life.kind.name, 0.62)
    while (end := add_months(window.start, 3 * quarter)) <= window.until + timedelta(days=1):
        quarter += 1
        day = end - timedelta(days=rng.randint(3, 25))
        before = bisect_right(ordered, day)
        if not before or (day - ordered[before - 1]).days > 365 or rng.random() >= answers:
            continue
        known = entered(rng, day, life.known_at)
        if known.date() > window.until:
            continue
        drift = -0.2 * (day - window.start).days / DAYS_A_YEAR if life.kind.name == "declining" else 0.0
        points = score(rng, life.satisfaction + drift, 0.6)
        rows.append(
            {
                "source_key": f"Q{company.key[1:]}-{len(rows) + 1:02d}",
                "customer_key": company.key,
                "surveyed_on": day.isoformat(),
                "score": str(points),
                "comment": rng.choice(SURVEY_COMMENTS[points]),
                "known_at": known.isoformat(),
            }
        )
    return rows


def improvement_rows(rng: Random, company: Company, window: Window, services: Sequence[Row]) -> list[Row]:
    """Return an improvement item for 45 % of the complaints, in the state that was entered last in the window."""
    rows = []
    for service in services:
        if service["kind"] != "complaint" or rng.random() >= 0.45:
            continue
        step, measure = next(found for word, found in MEASURES.items() if word in service["problem"])
        reported = date.fromisoformat(service["opened_at"][:10]) + timedelta(days=rng.randint(0, 3))
        state, known = "", datetime.max
        day = reported
        for following, least, most in _course(rng):
            day += timedelta(days=rng.randint(least, most))
            moment = entered(rng, day, max(company.life.known_at, datetime.fromisoformat(service["opened_at"])))
            if day > window.until or moment.date() > window.until:
                break
            state, known = following, moment
        if not state:
            continue
        rows.append(
            {
                "source_key": f"F{service['source_key'][1:]}",
                "customer_key": company.key,
                "reported_on": reported.isoformat(),
                "problem": service["problem"],
                "service_step": step,
                "measure": "" if state == "open" else measure,
                "responsible": rng.choice(SERVICE),
                "due_on": (reported + timedelta(days=rng.choice((14, 30, 45)))).isoformat(),
                "state": state,
                "known_at": known.isoformat(),
            }
        )
    return rows


def _course(rng: Random) -> list[tuple[str, int, int]]:
    """Return the states of an item with the least and most days to reach each; 8 % are reopened, 12 % get stuck."""
    course = [("open", 0, 0), ("agreed", 2, 10), ("in_progress", 2, 14), ("done", 7, 40)]
    course.append(("reopened", 10, 40) if rng.random() < 0.08 else ("verified", 14, 45))
    return course[: rng.randint(1, 3)] if rng.random() < 0.12 else course
