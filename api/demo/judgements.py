"""What people say about the demonstration's customers: needs, tags, ratings settled by the review panel."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from api.demo.clock import DAYS_A_YEAR, Window, add_months, entered, poisson, workday
from api.demo.companies import Company, Row
from api.demo.places import PANEL
from api.demo.trading import yuan
from api.demo.words import NEEDS, RATING_REASONS
from policies.vocabulary import RATINGS
from schema.reference import industries

_SECTIONS = {row.code: row.name_zh for row in industries() if row.level == 1}
_NEED_KINDS = {"产品采购": 50, "服务咨询": 17, "技术支持": 15, "合作代理": 6, "售后支持": 12}
# Urgency: share, least and most days until wanted (urgent within a month, normal within three, long-term).
_URGENCIES = {"high": (25, 5, 30), "medium": (45, 31, 90), "low": (30, 91, 365)}
_NEED_SOURCES = ("拜访", "电话", "官网表单", "展会", "邮件")


def need_rows(rng: Random, company: Company, window: Window, lines: dict[str, float]) -> list[Row]:
    """Return the needs: one or more of a prospect, 0.4 a year of a customer while it buys."""
    life, rows = company.life, list[Row]()
    begins = max(window.start, life.first_contact)
    ends = min(window.until, life.stops or window.until)
    years = max(0.0, (ends - begins).days / DAYS_A_YEAR)
    prospect = life.begins is None
    for _ in range(1 + poisson(rng, 0.3) if prospect else poisson(rng, 0.4 * years)):
        day = workday(rng, begins + timedelta(days=int(rng.random() * max(1.0, years * 365))))
        known = entered(rng, day, life.known_at)
        if known.date() > window.until:
            continue
        kind = rng.choices(list(_NEED_KINDS), list(_NEED_KINDS.values()))[0]
        urgency = rng.choices(list(_URGENCIES), [share for share, _, _ in _URGENCIES.values()])[0]
        _, least, most = _URGENCIES[urgency]
        budget = max(5, round((life.level or 40_000) * rng.lognormvariate(-0.7, 0.7) / 1000)) * 100_000
        told = rng.random() < 0.72
        line = rng.choices(list(lines), list(lines.values()))[0]
        rows.append(
            {
                "source_key": f"N{company.key[1:]}-{len(rows) + 1}",
                "customer_key": company.key,
                "kind": kind,
                "description": rng.choice(NEEDS[kind]).format(line=line),
                "budget_min": yuan(budget) if told else "",
                "budget_max": yuan(budget * rng.choice((12, 15, 20)) // 10) if told else "",
                "wanted_on": (known.date() + timedelta(days=rng.randint(least, most))).isoformat(),
                "urgency": urgency,
                "source": rng.choice(_NEED_SOURCES),
                "known_at": known.isoformat(),
            }
        )
    return rows


def tag_rows(rng: Random, company: Company) -> list[Row]:
    """Return the tags that were set when the customer was entered: industry, area, size, and a prospect's intent."""
    size = "大型" if company.employees >= 1000 else "中型" if company.employees >= 300 else "小型"
    tags = [("行业", _SECTIONS[company.trade.section]), ("地区", company.place.area), ("规模", size)]
    if company.life.begins is None:
        tags.append(("意向度", rng.choices(("高意向", "中意向", "低意向"), (20, 45, 35))[0]))
    elif company.life.kind.refers >= 3 and rng.random() < 0.4:
        tags.append(("潜力", "A类" if company.life.kind.name == "strategic" else "B类"))
    return [
        {
            "source_key": f"T{company.key[1:]}-{number}",
            "customer_key": company.key,
            "dimension": dimension,
            "tag": tag,
            "known_at": company.life.known_at.isoformat(),
        }
        for number, (dimension, tag) in enumerate(tags, start=1)
    ]


def assessment_rows(rng: Random, company: Company, window: Window, ordered: Sequence[date]) -> list[Row]:
    """Return the panel's ratings: 92 % of buyers, once within 180 days, again after 12 to 20 months (half of the lapsed).

    A rating holds 24 months.  Of a rated customer each word is left out in 1 % of the rounds.
    """
    life, rows, number = company.life, list[Row](), 0
    if not ordered or rng.random() >= 0.92:
        return []
    day = workday(rng, max(window.start, ordered[0]) + timedelta(days=rng.randint(20, 180)))
    for _ in range(2):
        before = bisect_right(ordered, day)
        lapsed = not before or (day - ordered[before - 1]).days > 365
        if lapsed and rng.random() < 0.5:
            break
        until = add_months(day, 24) - timedelta(days=1)
        settled_by = rng.choice(PANEL)
        for word in RATINGS:
            number += 1
            known = entered(rng, day, life.known_at)
            if rng.random() < 0.01 or known.date() > window.until:
                continue
            rating = _rating(rng, company, word.name)
            rows.append(
                {
                    "source_key": f"A{company.key[1:]}-{number:02d}",
                    "customer_key": company.key,
                    "word": word.name,
                    "rating": str(rating),
                    "proposed_by": company.owner,
                    "settled_by": settled_by,
                    "reason": RATING_REASONS[word.name][0 if rating < 4 else 1 if rating < 7 else 2],
                    "assessed_on": day.isoformat(),
                    "valid_until": until.isoformat(),
                    "known_at": known.isoformat(),
                }
            )
        day = workday(rng, add_months(day, rng.randint(12, 20)))
        if day > window.until:
            break
    return rows


def _rating(rng: Random, company: Company, word: str) -> int:
    """Draw a rating from 0 to 10 about the kind's quality; the outlook leans on the industry, standing on size."""
    quality = company.life.kind.quality
    mean = {
        "industry_outlook": 0.7 * company.trade.outlook + 0.3 * quality,
        "benchmark_effect": quality - 1.0 + 0.6 * company.life.rank,
        "supply_chain_fit": quality - 0.6,
    }.get(word, quality)
    return min(10, max(0, round(rng.gauss(mean, 1.2))))
