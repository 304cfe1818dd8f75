"""Policies inside a policy: the order of their evaluation, what is wrong with them, and a tier of one as a condition."""

from __future__ import annotations

from collections.abc import Iterator

from policies.columns import RESERVED
from policies.conditional import named_numbers
from policies.document import Policy, Rules, conditions
from policies.findings import Finding, found
from policies.kleene import Group, Negation, Score, Test, TierIn
from policies.plan import Plan, Step
from policies.reading import Path
from policies.vocabulary import VOCABULARY

YES, NO = Group(0, ()), Group(1, ())


def order(document: Policy) -> tuple[list[str], list[list[str]]]:
    """Return the parts in the order in which they are evaluated, and every circle among them; with one there is no order."""
    if not document.parts:
        return [], []
    import networkx as nx  # a fifth of a second, which only compositions and graphs pay

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(document.parts)
    for name, part in document.parts.items():
        graph.add_edges_from((read, name) for read in parts_read(part, document))
    circles = sorted(nx.simple_cycles(graph))
    return ([] if circles else list(nx.lexicographical_topological_sort(graph))), circles


def parts_read(part: Policy, whole: Policy) -> list[str]:
    """Return the parts of a policy whose tiers the conditions of one of them, or its own, compare."""
    named = (str(leaf.input) for condition, path in conditions(part) for leaf, _ in condition.leaves(path))
    return list(dict.fromkeys(name for name in named if name in whole.parts))


def inside(document: Policy) -> dict[str, Policy]:
    """Return the parts of a policy in the order in which they are evaluated; only of one without a cycle."""
    views = document.views
    return {name: views[name] for name in order(document)[0]}


def composition_findings(document: Policy) -> Iterator[Finding]:
    """Yield what is wrong with the parts of a policy as parts; what is wrong inside each is its own check's matter."""
    for cycle in order(document)[1]:
        first = cycle.index(min(cycle))
        ring = " -> ".join([*cycle[first:], *cycle[:first], cycle[first]])
        message = f"each needs the tier of the one before: {ring}"
        yield found(document, "part_cycle", ("parts", min(cycle)), message, "Let one of them do without the other.")
    used = {name for home in (document, *document.parts.values()) for name in parts_read(home, document)}
    for name, part in document.parts.items():
        path: Path = ("parts", name)
        if name not in used:
            yield found(document, "part_unused", path, f"nothing compares the tier of {name}", "Remove it or use it.")
        homes = (document, *document.parts.values())
        if name in VOCABULARY or name in RESERVED or any(name in home.inputs for home in homes):
            message = f"{name} is the name of a part and of a fact"
            yield found(document, "duplicate_id", path, message, "Give the part another name.")
        for key in ("population", "parameters", "parts", "hold", "review"):
            if getattr(part, key):
                message = f"the part {name} has {key}, which only a whole policy can have"
                yield found(document, "part_whole", (*path, key), message, "Take it out of the part.")
        if isinstance(part, Rules) and part.else_ is None:
            # While inputs are missing its tier would follow from no single condition.
            message = f"the part {name} has no else, which only a whole policy can leave out"
            yield found(document, "part_whole", path, message, "Let else: name the tier of its last line.")
        for named, word, place in named_numbers(part):
            message = f"the part {name} compares {word} with the parameter {named.name}, and parameters are the whole's"
            yield found(document, "part_whole", (*path, *place), message, "Write the number out.")
    for path, name in _misused(document):
        message = f"{name} is a part: its tier is compared with eq or in, and neither scored, nor listed as population, nor asked whether it applies"
        yield found(document, "part_misused", path, message, "Compare it in a rule, a gate or a minimum condition.")


def _misused(document: Policy) -> Iterator[tuple[Path, str]]:
    for name in document.population.applies_to if document.population else ():
        if name in document.parts:
            yield ("population", "applies_to", name), name
    homes: list[tuple[Path, Policy]] = [
        ((), document),
        *((("parts", name), part) for name, part in document.parts.items()),
    ]
    for start, home in homes:
        for _, indicator, path in home.indicators if home.kind == "scorecard" else ():
            if indicator.input in document.parts:
                yield (*start, *path, "input"), indicator.input
        for condition, path in conditions(home):
            for leaf, place in condition.leaves(path):
                if leaf.input in document.parts and leaf.is_ is not None:
                    yield (*start, *place, "is"), str(leaf.input)


def tier_in(name: str, plan: Plan, tiers: int) -> Test:
    """Return whether the tier of a part is one of a bitmask, as a condition over facts.

    It is true where every candidate is one of them, false where none is, and not known otherwise: exactly what the
    candidates of the part say, for the rules, bands and steps are folded so that an unknown whose outcomes agree decides
    nothing.
    """
    return TierIn(name, tiers, _after(plan, plan.steps, tiers))


def _after(plan: Plan, steps: tuple[Step, ...], tiers: int) -> Test:
    """Fold the last step: who is hit lands on its tier, whoever is not stays."""
    if not steps:
        return _matched(plan, tiers) if plan.kind == "rules" else _banded(plan, tiers)
    *before, step = steps
    rest = tuple(before)
    if tiers >> step.to & 1:
        return _any(_after(plan, rest, tiers), _all(step.when, _after(plan, rest, tiers | step.hits)))
    return _any(_after(plan, rest, tiers & ~step.hits), _all(Negation(step.when), _after(plan, rest, tiers)))


def _matched(plan: Plan, tiers: int) -> Test:
    """Fold the lines from the last: a line whose tier counts, or the rest; not a line whose tier does not, and the rest."""
    folded: Test = YES if tiers & plan.rest else NO
    for line in reversed(plan.lines):
        counts = tiers >> line.tier & 1
        folded = _any(line.when, folded) if counts else _all(Negation(line.when), folded)
    return folded


def _banded(plan: Plan, tiers: int) -> Test:
    """Return whether the total lies in one of the bands: each run of neighbours is two comparisons."""
    runs: list[Test] = []
    last = len(plan.bands) - 1
    place = 0
    while place <= last:
        first = place
        while place <= last and tiers >> place & 1:
            place += 1
        if place > first:
            above = YES if place > last else Score(plan.indicators, plan.bands[place - 1])
            below = Negation(Score(plan.indicators, plan.bands[first - 1])) if first else YES
            runs.append(_all(above, below))
        place += 1
    return _any(*runs)


def _any(*parts: Test) -> Test:
    """Return whether one holds, without what never does and flat."""
    if YES in parts:
        return YES
    return _flat(1, [part for part in parts if part != NO]) or NO


def _all(*parts: Test) -> Test:
    """Return whether all hold, without what always does and flat."""
    if NO in parts:
        return NO
    return _flat(2, [part for part in parts if part != YES]) or YES


def _flat(kind: int, parts: list[Test]) -> Test | None:
    """Join parts under one ``any`` (kind 1) or ``all`` (kind 2), taking in those of groups of the same kind."""
    joined: list[Test] = []
    for part in parts:
        same = isinstance(part, Group) and len(part.parts) > 1 and part.least == (1 if kind == 1 else len(part.parts))
        joined += part.parts if same and isinstance(part, Group) else [part]
    if len(joined) < 2:
        return joined[0] if joined else None
    return Group(1 if kind == 1 else len(joined), tuple(joined))


def depth(test: Test) -> int:
    """Return how deep groups are nested inside a test, those of other parts apart; negations count."""
    if isinstance(test, Group):
        return 1 + max((depth(part) for part in test.parts), default=0)
    return 1 + depth(test.part) if isinstance(test, Negation) else 0


def tiers_in(plan: Plan) -> tuple[TierIn, ...]:
    """Return every condition on a part's tier that a plan reads, each after those it reads itself."""
    tests = [*(line.when for line in plan.lines), *(step.when for step in plan.steps)]
    return tuple(dict.fromkeys(node for test in tests for node in _nodes(test)))


def _nodes(test: Test) -> Iterator[TierIn]:
    if isinstance(test, Group):
        for part in test.parts:
            yield from _nodes(part)
    elif isinstance(test, Negation | TierIn):
        yield from _nodes(test.part)
    if isinstance(test, TierIn):
        yield test
