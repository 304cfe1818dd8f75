"""What the demonstration's customers buy: orders with profit and payment, contracts with renewals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from api.demo.clock import DAYS_A_YEAR, Window, add_months, entered, poisson
from api.demo.companies import Company, Row

# Product line: usual share of orders, size of an order against the mean, sigma of its logarithm, gross margin.
LINES: dict[str, tuple[float, float, float, float]] = {
    "设备": (0.22, 2.2, 0.75, 0.22),
    "备件": (0.26, 0.55, 0.60, 0.36),
    "软件": (0.13, 1.2, 0.60, 0.55),
    "服务": (0.17, 0.75, 0.50, 0.40),
    "耗材": (0.22, 0.40, 0.55, 0.30),
}
# Sections that lean to a line: factor on the usual share.
_LEANINGS: dict[str, dict[str, float]] = {
    "I": {"软件": 4.0, "耗材": 0.4},
    "M": {"软件": 2.0, "设备": 1.5},
    "C": {"备件": 1.3, "耗材": 1.3},
    "Q": {"耗材": 2.0, "服务": 1.5},
    "F": {"耗材": 1.8, "备件": 1.4},
}


@dataclass(frozen=True)
class Order:
    """One order with what other files depend on: its day, its amount in fen, when it was entered."""

    day: date
    amount: int
    known_at: datetime
    row: Row


def affinity(rng: Random, company: Company) -> dict[str, float]:
    """Draw a customer's shares of the product lines (gamma 1.2 around the usual share of its section)."""
    leaning = _LEANINGS.get(company.trade.section, {})
    return {
        name: share * leaning.get(name, 1.0) * rng.gammavariate(1.2, 1.0) for name, (share, _, _, _) in LINES.items()
    }


def orders(rng: Random, company: Company, window: Window, lines: dict[str, float]) -> list[Order]:
    """Return the orders that were known by the end of the window, by day.

    Arrivals: Poisson by month with a gamma (shape 3) frailty, so negative binomial; days by season and week.
    """
    life = company.life
    if life.begins is None or life.begins > window.until:
        return []
    days = [life.begins] if life.kind.name == "one_off" or not life.old else []
    if life.kind.name == "one_off":
        days += [life.begins + timedelta(days=rng.randint(5, 59))] if rng.random() < 0.22 else []
    else:
        days += _days(rng, company, window)
    usual = sum(share * LINES[name][1] for name, share in lines.items()) / sum(lines.values())
    found = []
    for number, day in enumerate(sorted(day for day in days if day <= window.until), start=1):
        line = rng.choices(list(lines), list(lines.values()))[0]
        _, factor, sigma, margin = LINES[line]
        years = max(0.0, (day - max(life.begins, window.start)).days / DAYS_A_YEAR)
        mean = life.level / life.kind.orders * factor / usual * math.exp(life.trend * years / 2)
        fen = max(5_000, round(100 * mean * rng.lognormvariate(-sigma * sigma / 2, sigma)))
        if rng.random() < 0.35 and fen > 100_000:
            fen = round(fen, -4)
        unknown = rng.random() < (0.25 if life.hides_profit else 0.0015)
        profit = None if unknown else round(fen * min(0.85, rng.gauss(margin + life.margin, 0.05)))
        known = entered(rng, day, life.known_at)
        if known.date() <= window.until:
            row = {
                "source_key": f"O{company.key[1:]}-{number:03d}",
                "customer_key": company.key,
                "ordered_on": day.isoformat(),
                "amount": yuan(fen),
                "profit": "" if profit is None else yuan(profit),
                "product_line": line,
            }
            row |= _payment(rng, company, window, day, known) | {"known_at": known.isoformat()}
            found.append(Order(day, fen, known, row))
    return found


def _days(rng: Random, company: Company, window: Window) -> list[date]:
    """Draw the days of the orders of a customer who buys again and again."""
    life, found = company.life, list[date]()
    begins, stops = life.begins or window.start, life.stops or window.until + timedelta(days=1)
    for month in window.trade:
        years = max(0.0, (month.first - max(begins, window.start)).days / DAYS_A_YEAR)
        mean = life.kind.orders * math.exp(life.trend * years / 2) * month.usual_days / DAYS_A_YEAR
        found += [month.pick(rng) for _ in range(poisson(rng, mean * rng.gammavariate(3.0, 1 / 3)))]
    return [day for day in found if begins <= day < stops]


def yuan(fen: int) -> str:
    """Return an amount of fen in yuan with two decimals."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _payment(rng: Random, company: Company, window: Window, day: date, known: datetime) -> Row:
    """Return when an order is due by the customer's terms and when it was paid by its habit, as known at the end."""
    life = company.life
    due = day + timedelta(days=life.terms)
    bad = life.delay == "bad"
    if life.delay == "prompt" or rng.random() < 0.5:
        late = rng.randint(-min(10, life.terms), 2)
    else:
        late = 1 + int(rng.lognormvariate(math.log(45 if bad else 12), 0.7))
    paid = max(day, due + timedelta(days=late))
    paid_known = entered(rng, paid, known)
    unpaid = (bad and rng.random() < 0.04) or paid_known.date() > window.until
    return {
        "payment_due_on": due.isoformat(),
        "paid_on": "" if unpaid else paid.isoformat(),
        "paid_known_at": "" if unpaid else paid_known.isoformat(),
    }


def contract_rows(rng: Random, company: Company, window: Window, first_order: date | None) -> list[Row]:
    """Return a chain of framework contracts, each the renewal of the one before it.

    A customer from before the window brings a contract that began up to 330 days earlier; others sign 10 to 90 days
    after their first order.  No contract begins after the customer left.
    """
    life, kind = company.life, company.life.kind
    if first_order is None or rng.random() >= kind.contract:
        return []
    if life.old and kind.name != "one_off":
        starts = window.start - timedelta(days=rng.randrange(330))
        starts = max(starts, life.first_contact)
    else:
        starts = first_order + timedelta(days=rng.randint(10, 90))
    rows: list[Row] = []
    former, known, level = "", life.known_at, life.level * rng.uniform(0.6, 1.1)
    while starts <= window.until and (life.stops is None or starts < life.stops or kind.name == "one_off"):
        known = entered(rng, starts, known)  # A renewal is entered after what it renews.
        if known.date() > window.until:
            break
        ends = add_months(starts, rng.choices((6, 12, 24), (12, 76, 12))[0]) - timedelta(days=1)
        key = f"K{company.key[1:]}-{len(rows) + 1}"
        rows.append(
            {
                "source_key": key,
                "customer_key": company.key,
                "title": f"{company.short_name}{starts.year}年度{rng.choice(('框架合同', '供货合同', '维保合同'))}",
                "amount": yuan(max(500_000, round(level / 1000) * 100_000)),
                "starts_on": starts.isoformat(),
                "ends_on": ends.isoformat(),
                "renewal_of": former,
                "known_at": known.isoformat(),
            }
        )
        if rng.random() >= kind.renewal:
            break
        former, level = key, level * math.exp(life.trend)
        starts = ends + timedelta(days=1 if rng.random() < 0.8 else rng.randint(2, 30))
    return rows
