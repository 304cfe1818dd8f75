"""The demonstration's companies and their people: names, codes, places, sizes, contacts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from api.demo.clock import Window, entered
from api.demo.latent import Life
from api.demo.places import SALES, Place, places
from api.demo.trades import SECTION_WEIGHTS, TRADES, Trade
from api.demo.words import (
    BRAND_FIRST,
    BRAND_SECOND,
    CHANNELS,
    FAMOUS,
    GIVEN,
    MOBILE_PREFIXES,
    ROADS,
    SURNAMES,
    TITLES,
)
from schema.formats import EIGHT_DIGIT_AREAS, USCC_ALPHABET, make_uscc

Row = dict[str, str]

_CAPITALS = (50, 100, 200, 300, 500, 800, 1000, 2000, 3000, 5000, 8000, 10000, 20000, 50000)  # 万元


@dataclass(frozen=True)
class Company:
    """One customer: what stands on its card, and the hidden life behind it."""

    key: str
    life: Life
    trade: Trade
    place: Place
    name: str
    short_name: str
    domain: str
    uscc: str
    industry_code: str
    address: str
    founded_on: date
    employees: int
    annual_revenue: int
    registered_capital: int
    channel: str
    referrer: str
    owner: str


@dataclass
class _Taken:
    """What is given out already, so that it stays unique."""

    names: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    mobiles: set[str] = field(default_factory=set)
    domains: Counter[str] = field(default_factory=Counter)


def companies(seed: int, lives: Sequence[Life]) -> list[Company]:
    """Return a company for each life, in the order of first contact, keys C00001 and on."""
    rng, taken, found = Random(f"{seed}:companies"), _Taken(), list[Company]()
    referrers: list[float] = []
    for number, life in enumerate(
        sorted(lives, key=lambda life: (life.first_contact, life.level, life.trend)), start=1
    ):
        channel = rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]
        referrer = ""
        if channel == "客户转介绍":
            if found:
                referrer = rng.choices(found, referrers)[0].key
            else:
                channel = "主动咨询"
        company = _company(rng, f"C{number:05d}", life, taken, channel, referrer)
        found.append(company)
        referrers.append(life.kind.refers)
    return found


def _company(rng: Random, key: str, life: Life, taken: _Taken, channel: str, referrer: str) -> Company:
    """Draw one company."""
    section = rng.choices(list(SECTION_WEIGHTS), list(SECTION_WEIGHTS.values()))[0]
    trades = [trade for trade in TRADES if trade.section == section]
    trade = rng.choices(trades, [trade.weight for trade in trades])[0]
    place = rng.choices(places(), [place.weight for place in places()])[0]
    name, short, domain = _name(rng, trade, place, taken)
    founded = life.first_contact - timedelta(days=90 + int(365 * min(38.0, rng.lognormvariate(math.log(11), 0.7))))
    # A large customer of ours tends to be a large company: correlation about 0.5.
    employees = int(life.kind.employees * math.exp(0.5 * life.rank + 0.9 * rng.gauss(0, 1))) + 3
    revenue = round(employees * rng.lognormvariate(math.log(62), 0.6)) * 10_000
    wanted = employees * rng.lognormvariate(math.log(5), 0.7)
    capital = min(_CAPITALS, key=lambda size: abs(math.log(size / wanted))) * 10_000
    province = "" if place.city == place.province else place.province
    return Company(
        key=key,
        life=life,
        trade=trade,
        place=place,
        name=name,
        short_name=short,
        domain=domain,
        uscc=_uscc(rng, place.code, founded, taken),
        industry_code=rng.choice(trade.classes),
        address=f"{province}{place.city}{rng.choice(ROADS)}{rng.randint(1, 999)}号",
        founded_on=founded,
        employees=employees,
        annual_revenue=revenue,
        registered_capital=capital,
        channel=channel,
        referrer=referrer,
        owner=place.owner if rng.random() < 0.9 else rng.choice(SALES),
    )


def _name(rng: Random, trade: Trade, place: Place, taken: _Taken) -> tuple[str, str, str]:
    """Draw a full name that nobody has yet, its short form and an e-mail domain (.example is reserved, RFC 2606)."""
    while True:
        brand = [rng.choice(BRAND_FIRST), rng.choice(BRAND_SECOND)]
        if rng.random() < 0.18:
            brand.append(rng.choice(BRAND_SECOND))
        text = "".join(character for character, _ in brand)
        if len(set(text)) < len(text) or text[:2] in FAMOUS:
            continue
        word = rng.choice(trade.words)
        form = rng.choices(("有限公司", "有限责任公司", "股份有限公司", "集团有限公司"), (74, 7, 13, 6))[0]
        name = f"{place.short}{text}{word}{form}"
        if rng.random() < 0.08:
            name = f"{text}{word}（{place.short}）{form.removeprefix('集团')}"
        if name in taken.names:
            continue
        taken.names.add(name)
        domain = "".join(sound for _, sound in brand)
        taken.domains[domain] += 1
        number = taken.domains[domain]
        return name, text + word, f"{domain}{number if number > 1 else ''}.example"


def _uscc(rng: Random, region_code: str, founded: date, taken: _Taken) -> str:
    """Draw a code that nobody has yet: eight digits, or MA and six characters since the reform of October 2015."""
    while True:
        if founded >= date(2015, 10, 1):
            body = "MA" + "".join(rng.choices(USCC_ALPHABET, k=6))
        else:
            body = f"{rng.randrange(10_000_000, 80_000_000)}"
        code = make_uscc(region_code, body)
        if code not in taken.codes:
            taken.codes.add(code)
            return code


def customer_row(rng: Random, company: Company, status: str, since: date) -> Row:
    """Return the card as exported: some optional fields empty or 待确认."""
    life = company.life

    def unless(share: float, value: object, unknown: str = "") -> str:
        return unknown if rng.random() < share else str(value)

    return {
        "source_key": company.key,
        "name": company.name,
        "short_name": unless(0.05, company.short_name),
        "uscc": unless(0.12 if life.begins is None else 0.02, company.uscc),
        "industry_code": unless(0.02, company.industry_code, "待确认"),
        "region_code": company.place.code,
        "address": unless(0.06, company.address),
        "founded_on": unless(0.04, company.founded_on.isoformat()),
        "employees": unless(0.05, company.employees, "待确认"),
        "annual_revenue": unless(0.18, f"{company.annual_revenue}.00", "待确认"),
        "registered_capital": unless(0.06, f"{company.registered_capital}.00"),
        "source_channel": unless(0.03, company.channel) if not company.referrer else company.channel,
        "referrer_key": company.referrer,
        "first_contact_on": life.first_contact.isoformat(),
        "owner": company.owner,
        "department": company.place.department,
        "status": status,
        "status_since": since.isoformat(),
        "known_at": life.known_at.isoformat(),
    }


def contact_rows(rng: Random, company: Company, window: Window, mobiles: set[str]) -> list[Row]:
    """Return one to four people; the first is the primary contact and known from the start."""
    large = company.life.kind.name == "strategic" or company.employees > 400
    number = rng.choices((1, 2, 3, 4), (5, 20, 40, 35) if large else (38, 34, 19, 9))[0]
    roles = rng.sample(list(TITLES), number)
    rows: list[Row] = []
    mails: set[str] = set()
    for place, role in enumerate(sorted(roles, key=list(TITLES).index) if rng.random() < 0.6 else roles):
        known = company.life.known_at
        if place:
            known = entered(rng, known.date() + timedelta(days=int(rng.expovariate(1 / 150))), known)
        if known.date() > window.until:
            continue
        surname, given = rng.choice(SURNAMES), [rng.choice(GIVEN) for _ in range(rng.choice((1, 2, 2)))]
        local = f"{surname[1]}.{''.join(sound for _, sound in given)}"
        if local in mails:
            local += str(place + 1)
        mails.add(local)
        mobile = _mobile(rng, mobiles) if rng.random() < 0.96 else ""
        rows.append(
            {
                "source_key": f"P{company.key[1:]}-{place + 1}",
                "customer_key": company.key,
                "name": surname[0] + "".join(character for character, _ in given),
                "title": rng.choice(TITLES[role]),
                "mobile": mobile,
                "landline": _landline(rng, company.place.dialling) if rng.random() < 0.45 else "",
                "email": f"{local}@{company.domain}" if not mobile or rng.random() < 0.8 else "",
                "role": role if rng.random() < 0.95 else "",
                "is_primary": "no" if place else "yes",
                "known_at": known.isoformat(),
            }
        )
    return rows


def _mobile(rng: Random, taken: set[str]) -> str:
    """Draw a number with a real prefix and 0000 in the middle, so that an invented number is seen to be one."""
    while True:
        number = f"{rng.choice(MOBILE_PREFIXES)}0000{rng.randrange(10_000):04d}"
        if number not in taken:
            taken.add(number)
            return number


def _landline(rng: Random, area: str) -> str:
    """Draw a landline of an area, empty where the area is not known."""
    if not area:
        return ""
    eight = len(area) == 3 or area in EIGHT_DIGIT_AREAS
    return f"{area}-{rng.choice('5678')}{rng.randrange(10**7 if eight else 10**6):0{7 if eight else 6}d}"
