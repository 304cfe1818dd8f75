"""The mutation figure: of all small changes that make a policy another one, how many some case of it notices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policies.attainable import codes_of
from policies.case import Case
from policies.check import outcome_of
from policies.compiler import compile_plan
from policies.condition import SIGNS, Condition
from policies.differences import structure_differences
from policies.document import Policy
from policies.exact import exact, shown, stored
from policies.findings import UnsoundPolicy
from policies.mutants import Mutant, mutants, part_at
from policies.oracle import facts_of
from policies.plan import Facts, Plan, outcome
from policies.reading import Path
from policies.values import Labels

# Mutants times mutants and cases: what each costs grows with the document, as their number does.  Of more, some are taken evenly.
_MOST_WORK = 60_000
_FEWEST = 20


@dataclass(frozen=True)
class Survivor:
    """A change that no case notices: its path in the document, and the document with it."""

    path: Path
    old: Policy
    new: Policy

    @property
    def line(self) -> int:
        """Return the line of what is changed."""
        return self.old.line(*self.path)

    @cached_property
    def change(self) -> Labels:
        """Return the change in words: ``A2's third cut 50 → 50.000001 万元``."""
        short = _threshold(self)
        if short is not None:
            return short
        told = structure_differences(self.old, self.new)
        return Labels(zh="; ".join(part.zh for part in told), en="; ".join(part.en for part in told))


@dataclass(frozen=True)
class Mutation:
    """``killed`` of ``tried`` mutants make a case fail; ``mutants`` is how many there are in all, with those that mean the same."""

    killed: int
    tried: int
    mutants: int
    survivors: tuple[Survivor, ...]


@dataclass(frozen=True, eq=False)
class _Trial:
    """A case that comes out as it expects, its facts in stored values, and the outcome in the plan's integers."""

    case: Case
    facts: Facts
    before: tuple[int, int, int] | None


def mutation(plan: Plan) -> Mutation:
    """Return how many mutants of a plan's document make one of its cases come out otherwise than it expects.

    Left out are mutants whose own check finds an error and those that compile to the same plan.  A case that does not
    come out as it expects already is not asked.
    """
    document = plan.document
    every = list(mutants(plan))
    most = max(_FEWEST, _MOST_WORK // (len(every) + len(document.cases) + 1))
    chosen = every if len(every) <= most else [every[place * len(every) // most] for place in range(most)]
    trials = [_trial(plan, case) for case in document.cases if not _fails(plan, case)]
    tried, survivors = 0, []
    for mutant in chosen:
        changed = _other_plan(plan, mutant)
        if changed is None:
            continue
        tried += 1
        noticing = next((trial for trial in _asked(plan, changed, trials) if _fails(changed, trial.case)), None)
        if noticing is None:
            survivors.append(Survivor(mutant.path, document, changed.document))
        else:
            # Changes beside each other are mostly noticed by the same case.
            trials.remove(noticing)
            trials.insert(0, noticing)
    return Mutation(tried - len(survivors), tried, len(every), tuple(survivors))


def _trial(plan: Plan, case: Case) -> _Trial:
    if "total" in case.given or plan.shares:
        return _Trial(case, {}, None)
    facts = facts_of(plan.document, case.given)
    return _Trial(case, facts, outcome(plan, codes_of(plan, facts)))


def _asked(plan: Plan, changed: Plan, trials: list[_Trial]) -> Iterator[_Trial]:
    """Yield the cases that may notice a change: a bare total, and whose total or tiers are others in quick integers."""
    alike = (changed.scale, changed.tiers, changed.population) == (plan.scale, plan.tiers, plan.population)
    for trial in trials:
        if not alike or trial.before is None or outcome(changed, codes_of(changed, trial.facts)) != trial.before:
            yield trial


def _other_plan(plan: Plan, mutant: Mutant) -> Plan | None:
    """Return the plan of a mutant, None when it is unsound or means the same."""
    try:
        changed = compile_plan(mutant.document())
    except UnsoundPolicy:
        return None
    return None if changed == plan else changed


def _threshold(survivor: Survivor) -> Labels | None:
    """Return a changed threshold without the rest of its condition: ``rule core: amount of 12 months ge 50万元 → …``."""
    depth = next((n for n in range(1, len(survivor.path)) if survivor.path[-n] in Condition.operators), None)
    if depth is None or survivor.path[0] == "parts":
        return None
    document, path = survivor.old, survivor.path[: len(survivor.path) - depth]
    old, new = (part_at(one, path) for one in (document, survivor.new))
    if old.input is None:
        return None
    word, operator = document.fact(old.input), old.comparison[0]
    texts = []
    for language in ("zh", "en"):
        values = [
            ", ".join(shown(word, int(stored(word, exact(value), unit)), unit, language) for value in one.comparison[1])
            for one in (old, new)
            for unit in (document.unit(word.name),)
        ]
        name = word.zh if language == "zh" else word.en
        texts.append(f"{_owner(document, path)[language == 'en']}: {name} {SIGNS[operator]} {' → '.join(values)}")
    return Labels(zh=texts[0], en=texts[1])


def _owner(document: Policy, path: Path) -> tuple[str, str]:
    """Return whose condition stands at a path."""
    if path[0] in ("rules", "gates"):
        name = part_at(document, path[:2]).id
        return (f"规则 {name}", f"rule {name}") if path[0] == "rules" else (f"门槛 {name}", f"gate {name}")
    return f"{path[2]} 的最低条件", f"minimum condition of {path[2]}"


def _fails(plan: Plan, case: Case) -> bool:
    try:
        made: dict[str, Any] = outcome_of(plan, case)
    except ValueError:
        return True
    return any(value is not None and made[name] != value for name, value in case.expect)
