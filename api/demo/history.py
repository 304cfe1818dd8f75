"""An invented, seeded history of Chinese companies that buy from us, as the CSV files of a former system's export.

The files go through the product's own import; their headers are its canonical fields, amounts are in yuan.  Everything
is drawn by ``random.Random`` from the seed: the same arguments give the same bytes.  Names, codes and numbers are
invented (a likeness is chance): mobiles have 0000 in the middle, e-mail domains end in the reserved ``.example``.

What is drawn, and from what:

- **Kinds** (hidden; exact shares): strategic 3 %, growing 11, steady 22, declining 11, one-off 20, dormant 14,
  prospect 19.  Their level, frequency, trend, loyalty, service and ratings: table ``latent.KINDS``.
- **Time**: the window is ``months`` long and ends on ``until``.  10-60 % of a kind first meet us inside it, uniformly;
  the others come from the former system on its first day, met up to five years earlier.
- **Level**: lognormal about the kind's median (quantiles, sigma .5-.85), so that 20 % of the buyers make 75-80 % of the
  revenue (2,000 customers).  Trend: normal about the kind's (strategic +15 %, growing +35 %, declining -60 % in logarithms a year,
  sigma .12), half in the number of orders, half in their size.  Leaving for good: exponential (1-10 % a year);
  dormant customers stop after 12-70 % of the window (newcomers 10-35 %).
- **Orders**: a month's number is Poisson with a gamma (shape 3) frailty: negative binomial.  Days by weekday, month of
  the year (.95-1.25, high in June and December), spring festival (.06 from 6 days before to 8 after, 1.25 in the three
  weeks behind), first week of October and first days of May (.08).  Amounts lognormal by product line
  (``trading.LINES``), cents, 35 % of the larger ones in whole 100 yuan, 50 yuan at least.  Product line by the
  customer's own gamma-drawn affinity, which leans on its section.  Profit: margin of the line (22-55 %) plus the
  customer's (sigma 4 %) plus noise (5 %); unknown for 0.15 % of orders and for a quarter in the 5 % of customers
  that hide it.  Terms 0, 30, 60 or 90 days; habits prompt 74 %, sloppy 21, bad 5 (50, 32, 18 where complaints are
  many): paid up to 10 days early, or late by a lognormal of median 12 or 45 days; 4 % of the bad never pay.
- **Contracts**: 4-95 % of a kind, 6, 12 or 24 months (12, 76, 12 %), renewed by the kind's chance, 80 % the next day.
- **Companies**: section by ``trades.SECTION_WEIGHTS`` (C 47 %), class and words of the name by ``trades.TRADES``; city
  by economic weight (``places``); brand of two or three characters; employees lognormal (sigma 1.0, correlated with
  the level), revenue lognormal about 620,000 yuan a head, founded a lognormal of median 11 years before we met.
- **People**: 1-4 contacts (larger companies more), roles without repetition, one primary.
- **Dealings**: interactions Poisson by month; service records Poisson, closed after a lognormal time (median 5-52
  hours), 2 % left open; quarterly surveys answered by 50-85 %; 45 % of complaints become improvement items.
- **Panel**: 92 % of buyers are rated on five words, once or twice, normal about the kind's quality (sigma 1.2).
- **Two kinds of time**: an event is entered 0 days later in 60 % of cases, 1-3 in 25 %, 4-10 in 13 %, 11-60 in 2 %,
  and never before its customer; web visits at once.  What was entered after ``until`` is not in the files.  A row is
  known when its last field was written: a closed service record when the closing was entered.  A payment has its own
  ``paid_known_at``.  ``status`` of a customer is the last one; the history is in ``status_changes.csv``.
- **Unknown**: 2-18 % of the optional fields of a customer are empty or 待确认.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

from api.demo.clock import Window, make_window
from api.demo.companies import Company, Row, companies, contact_rows, customer_row
from api.demo.dealings import improvement_rows, interaction_rows, service_rows, survey_rows
from api.demo.judgements import assessment_rows, need_rows, tag_rows
from api.demo.latent import lives
from api.demo.statuses import status_rows
from api.demo.trading import affinity, contract_rows, orders

# In the order of import: a file refers only to itself and to files above it.
FILES: tuple[str, ...] = (
    "customers",
    "contacts",
    "orders",
    "contracts",
    "interactions",
    "service_records",
    "surveys",
    "needs",
    "tags",
    "assessments",
    "status_changes",
    "improvements",
)
_COLUMNS = """
customers source_key,name,short_name,uscc,industry_code,region_code,address,founded_on,employees,annual_revenue,\
registered_capital,source_channel,referrer_key,first_contact_on,owner,department,status,status_since,known_at
contacts source_key,customer_key,name,title,mobile,landline,email,role,is_primary,known_at
orders source_key,customer_key,ordered_on,amount,profit,product_line,payment_due_on,paid_on,paid_known_at,known_at
contracts source_key,customer_key,title,amount,starts_on,ends_on,renewal_of,known_at
interactions source_key,customer_key,happened_at,kind,summary,by,known_at
service_records source_key,customer_key,opened_at,kind,problem,result,served_by,closed_at,satisfaction,known_at
surveys source_key,customer_key,surveyed_on,score,comment,known_at
needs source_key,customer_key,kind,description,budget_min,budget_max,wanted_on,urgency,source,known_at
tags source_key,customer_key,dimension,tag,known_at
assessments source_key,customer_key,word,rating,proposed_by,settled_by,reason,assessed_on,valid_until,known_at
status_changes source_key,customer_key,status,reason,changed_on,known_at
improvements source_key,customer_key,reported_on,problem,service_step,measure,responsible,due_on,state,known_at
"""
COLUMNS: dict[str, tuple[str, ...]] = {
    name: tuple(columns.split(",")) for name, columns in (line.split(" ") for line in _COLUMNS.strip().splitlines())
}


@dataclass(frozen=True)
class HistorySummary:
    """What was written: rows by file, bytes in all, revenue in yuan, and the hidden kind of each customer.

    ``top_fifth`` is the share of the revenue that the best 20 % of the customers with an order make, from 0 to 1.
    """

    folder: Path
    start: date
    until: date
    rows: dict[str, int]
    size: int
    revenue: Decimal
    top_fifth: Decimal
    kinds: dict[str, str]


def write_history(
    folder: Path, *, seed: int = 20260101, customers: int = 2000, months: int = 36, until: date
) -> HistorySummary:
    """Write the twelve files of a history of so many customers and months, the last day being ``until``.

    UTF-8 without BOM, commas, one line feed a row, rows in the order in which they were entered.  An existing file of
    the same name is overwritten.  Raises ``ValueError`` for fewer than 20 customers, months outside 12 to 120, or a
    window outside 2015 to 2031.
    """
    if customers < 20:
        raise ValueError(f"{customers} customers are too few to show every kind; ask for at least 20")
    if not 12 <= months <= 120:
        raise ValueError(f"{months} months are not between 12 and 120; choose the length of the history in between")
    window = make_window(until, months)
    found = companies(seed, lives(seed, customers, window))
    tables: dict[str, list[Row]] = {name: [] for name in FILES}
    revenue: list[int] = []
    mobiles: set[str] = set()
    for company in found:
        revenue.append(_customer(seed, company, window, tables, mobiles))
    folder.mkdir(parents=True, exist_ok=True)
    size = sum(_write(folder / f"{name}.csv", COLUMNS[name], rows) for name, rows in tables.items())
    revenue = sorted(filter(None, revenue), reverse=True)
    best = sum(revenue[: len(revenue) // 5])
    return HistorySummary(
        folder=folder,
        start=window.start,
        until=window.until,
        rows={name: len(rows) for name, rows in tables.items()},
        size=size,
        revenue=Decimal(sum(revenue)).scaleb(-2),
        top_fifth=round(Decimal(best) / Decimal(max(1, sum(revenue))), 4),
        kinds={company.key: company.life.kind.name for company in found},
    )


def _customer(seed: int, company: Company, window: Window, tables: dict[str, list[Row]], mobiles: set[str]) -> int:
    """Add all rows of one customer and return its revenue in fen; each customer has a random stream of its own."""
    rng = Random(f"{seed}:{company.key}")
    lines = affinity(rng, company)
    bought = orders(rng, company, window, lines)
    ordered = sorted(order.day for order in bought)
    statuses = status_rows(rng, company, window, bought)
    services = service_rows(rng, company, window, lines)
    last = statuses[-1]
    tables["customers"].append(customer_row(rng, company, last["status"], date.fromisoformat(last["changed_on"])))
    tables["contacts"] += contact_rows(rng, company, window, mobiles)
    tables["orders"] += [order.row for order in bought]
    tables["contracts"] += contract_rows(rng, company, window, ordered[0] if ordered else None)
    tables["interactions"] += interaction_rows(rng, company, window, lines)
    tables["service_records"] += services
    tables["surveys"] += survey_rows(rng, company, window, ordered)
    tables["needs"] += need_rows(rng, company, window, lines)
    tables["tags"] += tag_rows(rng, company)
    tables["assessments"] += assessment_rows(rng, company, window, ordered)
    tables["status_changes"] += statuses
    tables["improvements"] += improvement_rows(rng, company, window, services)
    return sum(order.amount for order in bought)


def _write(path: Path, columns: Sequence[str], rows: list[Row]) -> int:
    """Write one file in the order of entry (customers: of their keys) and return its size in bytes."""
    if path.stem != "customers":
        rows.sort(key=lambda row: (row["known_at"], row["source_key"]))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path.stat().st_size
