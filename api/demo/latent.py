"""The hidden kinds of customer that drive the demonstration: how much they buy, how they change, how they are judged."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from statistics import NormalDist

from api.demo.clock import Window, office_hours, workday


@dataclass(frozen=True)
class Latent:
    """One kind; money in yuan, frequencies a year unless they say a month, shares from 0 to 1."""

    name: str
    share: float  # of all customers
    level: float  # median amount a year; of a one-off customer, of the order
    spread: float  # sigma of the logarithm of the level
    orders: float  # mean number of orders a year
    trend: float  # mean growth of the logarithm a year
    fresh: float  # share that arrives inside the window
    leaves: float  # chance a year to leave for good
    contract: float  # share with a framework contract
    renewal: float  # chance that it is renewed
    contacts_a_month: float
    services: float
    complaint: float  # share of service records
    satisfaction: float  # mean, 1 to 5
    quality: float  # mean of panel ratings, 0 to 10
    employees: float  # median
    refers: float  # weight as a referrer


KINDS: tuple[Latent, ...] = (
    #       name       share level   spread orders trend fresh leaves contr renew contact serv compl satis quality empl refers
    Latent("strategic", 0.03, 1.10e6, 0.50, 22.0,  0.15, 0.15, 0.01, 0.95, 0.97, 2.40, 4.0, 0.06, 4.50, 8.9, 900.0, 14.0),
    Latent("growing",   0.11, 60_000, 0.75,  6.0,  0.35, 0.50, 0.03, 0.50, 0.92, 1.10, 1.2, 0.08, 4.35, 7.4, 130.0, 4.0),
    Latent("steady",    0.22, 85_000, 0.80,  7.0,  0.02, 0.25, 0.04, 0.55, 0.90, 0.80, 1.0, 0.10, 4.25, 6.3, 140.0, 3.0),
    Latent("declining", 0.11, 150e3,  0.80,  7.0, -0.60, 0.10, 0.10, 0.50, 0.55, 0.50, 1.2, 0.26, 3.40, 4.2, 160.0, 0.8),
    Latent("one_off",   0.20, 22_000, 0.85,  1.0,  0.00, 0.55, 0.00, 0.04, 0.30, 0.12, 0.4, 0.12, 3.90, 4.4,  60.0, 0.5),
    Latent("dormant",   0.14, 45_000, 0.75,  4.0, -0.10, 0.25, 0.00, 0.30, 0.45, 0.35, 0.6, 0.20, 3.45, 3.6,  80.0, 0.4),
    Latent("prospect",  0.19, 0,      0.00,  0.0,  0.00, 0.60, 0.00, 0.00, 0.00, 0.35, 0.2, 0.05, 4.00, 5.0,  90.0, 0.1),
)  # fmt: skip


@dataclass(frozen=True)
class Life:
    """One customer's hidden life; a date of the future or ``None`` means: not inside the window."""

    kind: Latent
    first_contact: date
    known_at: datetime  # when the customer was entered
    old: bool  # entered from the former system on the first day
    begins: date | None  # from when orders may fall; for a newcomer and a one-off, the day of the first order
    stops: date | None  # no order on or after it
    level: float
    trend: float
    rank: float  # standard normal: how large among its kind
    terms: int  # days to pay
    delay: str  # prompt, sloppy, bad
    margin: float  # added to the margin of the product line
    hides_profit: bool
    satisfaction: float


def lives(seed: int, count: int, window: Window) -> list[Life]:
    """Return ``count`` lives in no order: kinds by their exact shares, levels by even quantiles within a kind."""
    rng = Random(f"{seed}:lives")
    found = []
    for kind, number in _quotas(count):
        ranks = [NormalDist().inv_cdf((place + 0.5) / number) for place in range(number)]
        rng.shuffle(ranks)
        found += [_life(rng, kind, rank, window) for rank in ranks]
    rng.shuffle(found)
    return found


def _quotas(count: int) -> list[tuple[Latent, int]]:
    """Return how many customers each kind has: rounded down, the rest to the largest remainders."""
    exact = [kind.share * count for kind in KINDS]
    numbers = [int(share + 1e-9) for share in exact]
    order = sorted(range(len(KINDS)), key=lambda place: (numbers[place] - exact[place], place))
    for place in order[: count - sum(numbers)]:
        numbers[place] += 1
    return list(zip(KINDS, numbers, strict=True))


def _life(rng: Random, kind: Latent, rank: float, window: Window) -> Life:
    """Draw one life."""
    old = rng.random() >= kind.fresh
    if old:
        first = workday(rng, window.start - timedelta(days=rng.randint(30, 5 * 365)))
        known_at = office_hours(rng, window.start)
    else:
        first = workday(rng, window.start + timedelta(days=rng.randrange(max(1, window.days - 21))))
        lag = rng.choices((0, 1, 2, 5), (50, 30, 12, 8))[0]
        known_at = office_hours(rng, first + timedelta(days=lag))
    begins, stops = _span(rng, kind, first, old, window)
    return Life(
        kind=kind,
        first_contact=first,
        known_at=known_at,
        old=old,
        begins=begins,
        stops=stops,
        level=kind.level * math.exp(kind.spread * rank),
        trend=rng.gauss(kind.trend, 0.12),
        rank=rank,
        terms=rng.choices((0, 30, 60, 90), (5, 30, 40, 25) if kind.name == "strategic" else (18, 46, 26, 10))[0],
        delay=rng.choices(("prompt", "sloppy", "bad"), (50, 32, 18) if kind.complaint >= 0.2 else (74, 21, 5))[0],
        margin=rng.gauss(-0.03 if kind.name == "strategic" else 0.0, 0.04),
        hides_profit=rng.random() < 0.05,
        satisfaction=rng.gauss(kind.satisfaction, 0.35),
    )


def _span(rng: Random, kind: Latent, first: date, old: bool, window: Window) -> tuple[date | None, date | None]:
    """Draw from when and until when a customer buys."""
    if kind.name == "prospect":
        return None, None
    if not old:
        begins = workday(rng, first + timedelta(days=1 + int(rng.gammavariate(2, 20))))
    elif kind.name == "one_off":
        begins = workday(rng, window.at(rng.uniform(0.0, 0.85)))
    else:
        begins = window.start
    if kind.name == "one_off":
        return begins, begins + timedelta(days=60)
    if kind.name == "dormant":
        share = rng.uniform(0.12, 0.70) if old else rng.uniform(0.10, 0.35)
        return begins, max(begins, window.start) + timedelta(days=max(20, int(window.days * share)))
    return begins, begins + timedelta(days=int(rng.expovariate(kind.leaves) * 365))
