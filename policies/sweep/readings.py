"""The other readings of a document's unclear clauses, each applied where that can be done mechanically, and whom it moves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Any

from policies.case import Interpretation
from policies.compiler import compile_plan
from policies.document import Card, Policy, Scorecard
from policies.findings import UnsoundPolicy
from policies.plan import Plan
from policies.refusal import Refusal
from policies.sweep.change import Form, applied, find, rebuilt
from policies.sweep.levels import Levels
from policies.version import canonical

# What an alternative says beside the reading itself.
_BESIDE = ("effect", "at")


@dataclass(frozen=True)
class Reading:
    """One other reading: ``plan`` is the policy read so, None where ``why`` says why it cannot be applied mechanically."""

    id: str
    clause: str
    alternative: str
    effect: str
    plan: Plan | None
    why: str


@dataclass(frozen=True)
class Moved:
    """What a reading does to customers: how many get another place, how many of them a better or a worse tier, and their amount in fen."""

    reading: Reading
    customers: int = 0
    up: int = 0
    down: int = 0
    amount: int = 0


def readings(document: Policy) -> tuple[Reading, ...]:
    """Return every alternative of every interpretation of a document, in its order."""
    return tuple(_read(document, one, said) for one in document.interpretations for said in one.alternatives)


def interpreted(levels: Levels, document: Policy) -> tuple[Moved, ...]:
    """Return how many customers, and how much of their amount, move under each alternative of a document."""
    before = levels.grade(compile_plan(document))
    found = []
    for reading in readings(document):
        if reading.plan is None:
            found.append(Moved(reading))
            continue
        after = levels.grade(reading.plan)
        up, down = after.rise_and_fall(before)
        found.append(Moved(reading, after.moved(before), up, down, after.moved_amount(before)))
    return tuple(found)


def _read(document: Policy, one: Interpretation, said: Mapping[str, str]) -> Reading:
    named = {key: value for key, value in said.items() if key not in _BESIDE}
    shown = ", ".join(f"{key}: {value}" for key, value in named.items())
    if said.get("at"):
        shown += f" ({said['at']})"
    plan, why = None, ""
    try:
        plan = _plan(document, named, said.get("at"))
    except UnsoundPolicy as unsound:
        why = next(finding.message for finding in unsound.findings if finding.severity == "error")
    except Refusal as refusal:
        why = refusal.message
    return Reading(one.id, one.clause, shown, said.get("effect", ""), plan, why)


def _plan(document: Policy, named: Mapping[str, str], at: str | None) -> Plan:
    """Return the plan of a document under an alternative; Refusal that says why it cannot be applied."""
    if len(named) != 1:
        raise Refusal("It names several things at once; write one alternative for each.", code="invalid")
    ((key, value),) = named.items()
    if key in ("rounding", "tier_rounding"):
        return _rounded(document, value)
    if key == "population":
        return compile_plan(_population(document, value, at))
    if key == "not_applicable":
        return compile_plan(_without_not_applicable(document, value))
    if key == "shares":
        tier, _, share = value.rpartition(" ")
        return compile_plan(applied(document, {f"tiers.{tier}": share}))
    if key == "condition" and value == "none" and at:
        return compile_plan(applied(document, {at: None}))
    path = f"{at}.{key}" if at else key
    return compile_plan(applied(document, {path: _value(document, path, value)}))


def _value(document: Policy, path: str, value: str) -> Any:
    """Return a value as what stands at its path: one, or a list of as many; Refusal where it says no such thing."""
    try:
        holder, key = find(json.loads(canonical(document)), path)
    except Refusal:
        raise _prose(f"{path}: {value}") from None
    here = holder.get(key, "") if isinstance(holder, dict) else holder[key]
    if isinstance(here, list):
        parts = [part.strip() for part in value.split(",")]
        if any(isinstance(part, dict) for part in here):
            raise _prose(f"{path}: {value}")
        if len(parts) != len(here):
            message = f"{path} has {len(here)} values ({', '.join(here)}), and the alternative names {len(parts)}."
            raise Refusal(message, code="invalid")
        return parts
    if isinstance(here, dict):
        raise _prose(f"{path}: {value}")
    return value


def _prose(said: str) -> Refusal:
    message = f"{said!r} is said in words; with at: and the path of what changes, such as at: HC.A2, it is applied."
    return Refusal(message, code="invalid")


def _rounded(document: Policy, way: str) -> Plan:
    """Return the plan whose totals are rounded to whole points before the tier is looked up."""
    plan = compile_plan(document)
    if not isinstance(document, Scorecard) or way not in ("half_up", "half_even"):
        raise Refusal(
            f"rounding {way} is known for the totals of a scorecard only, as half_up or half_even.", code="invalid"
        )
    bands = document.tiers.bands
    begins = []
    for tier in document.tiers.order[:-1]:
        least = floor(bands.cuts[tier]) + 1 if bands.closed == "right" else ceil(bands.cuts[tier])
        half = (least - Fraction(1, 2)) * plan.scale / 100
        above = way == "half_even" and least % 2 == 1  # a half goes to the even number below
        begins.append(floor(half) + 1 if above else ceil(half))
    return replace(plan, bands=(*begins, 0))


def _population(document: Policy, value: str, at: str | None) -> Policy:
    """Return a document that applies to everyone, or to other values of a word: the one named, or the one it has."""
    form: Form = json.loads(canonical(document))
    words = form.setdefault("population", {"applies_to": {}})["applies_to"]
    if value == "everyone" and words:
        del form["population"]
        return rebuilt(form)
    values = [part.strip() for part in value.split(",")]
    asked = [at] if at is not None else list(words)
    if len(asked) != 1 or (word := document.word(asked[0])) is None or not set(values) <= set(word.values):
        raise _prose(f"population: {value}")
    words[word.name] = values
    return rebuilt(form)


def _without_not_applicable(document: Policy, value: str) -> Policy:
    """Return a scorecard to which what is not applicable counts like missing."""
    if not isinstance(document, Card) or value != "pending":
        raise _prose(f"not_applicable: {value}")
    form: Form = json.loads(canonical(document))
    for holder in (form, *(part for dimension in form["dimensions"] for part in dimension["indicators"])):
        holder.pop("not_applicable", None)
    return rebuilt(form)
