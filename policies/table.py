"""What is wrong with a rule table as a whole: gaps, overlaps, lines and tiers that nobody can reach, each with a customer.

Completeness and overlap are decided in all dimensions together, over the cells of ``diagram``.  A cell is one choice, for
each input, among the values the table writes and what lies below, between and above them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from policies.diagram import Diagram, Met, ReadsTotals, TooLarge
from policies.document import Rules
from policies.exact import INT64_LEAST, INT64_MOST, UNITS, shown, unit_of
from policies.findings import Finding, found
from policies.plan import Plan
from policies.seams import given_text, sample

# Overlaps are told pair by pair, and no more of them than this.
MOST_PAIRS = 12


def unique_findings(grid: Plan) -> Iterator[Finding]:
    """Yield where a ``match: unique`` table leaves a gap or its lines overlap; ``grid`` has an axis cut at every written value."""
    document = grid.document
    assert isinstance(document, Rules)
    try:
        diagram = Diagram(grid.axes, _codes(grid), [line.when for line in grid.lines])
    except TooLarge:
        message = "this table has too many lines and inputs, or reads the total of a part, to prove that its lines leave no gap and do not overlap"
        cure = "Split it into smaller policies, or say match: first and else:."
        yield found(document, "table_undecided", ("match",), message, cure)
        return
    gap = diagram.holding.get(0)
    if gap is not None and document.else_ is None:
        customer = customer_of(grid, gap)
        message = f"{gap.cells:,} of {diagram.cells:,} cells meet no line, such as {told(grid, gap)}"
        yield found(document, "table_gap", ("rules",), message, "Add lines for them, or else:.", customer)
    several = diagram.count(lambda mask: mask.bit_count() > 1)
    pairs = list(_pairs(diagram, len(grid.lines)))
    for index, (low, high, met) in enumerate(pairs[:MOST_PAIRS]):
        one, other = document.rules[low], document.rules[high]
        more = f", and {len(pairs) - MOST_PAIRS} other pairs overlap" if index + 1 == MOST_PAIRS < len(pairs) else ""
        message = (
            f"{one.id} ({one.then}) and {other.id} ({other.then}) both hold in {met.cells:,} of {diagram.cells:,} cells "
            f"(in {several:,} more than one line does), such as {told(grid, met)}{more}"
        )
        cure = "Narrow one of them, or say match: first and put the line that wins above."
        yield found(document, "table_overlap", ("rules", high, "when"), message, cure, customer_of(grid, met))


def _codes(plan: Plan) -> list[list[int]]:
    """Return the codes of each axis: every one, but of the population's words only those it applies to."""
    population = plan.document.population.applies_to if plan.document.population else {}
    codes = []
    for axis in plan.axes:
        applies = population.get(axis.word.name) or axis.values
        codes.append(
            [
                code
                for code in range(1, axis.radix)
                if not axis.values or code > axis.cells or axis.sample(code) in applies
            ]
        )
    return codes


def _pairs(diagram: Diagram, lines: int) -> Iterator[tuple[int, int, Met]]:
    """Yield each two lines that hold in the same cells, and those cells."""
    found_: dict[tuple[int, int], Met] = {}
    for mask, met in diagram.holding.items():
        for pair in combinations([line for line in range(lines) if mask >> line & 1], 2):
            old = found_.get(pair)
            found_[pair] = met if old is None else Met(old.cells + met.cells, old.codes)
    for (low, high), met in sorted(found_.items()):
        yield low, high, met


def reach_findings(plan: Plan) -> Iterator[Finding]:
    """Yield lines, an ``else`` and tiers of a rule table that no customer can reach, and what stands before them."""
    document = plan.document
    assert isinstance(document, Rules)
    lines = len(plan.lines)
    try:
        diagram = Diagram(
            plan.axes, _codes(plan), [*(line.when for line in plan.lines), *(step.when for step in plan.steps)], lines
        )
    except ReadsTotals:
        return  # nothing can be told of it, and nothing is wrong
    except TooLarge:
        message = "this table has too many lines and inputs to tell whether each line can be reached"
        yield found(document, "lines_undecided", ("rules",), message, "Split it into smaller policies to have it told.")
        return
    reached = {_first(mask, lines) for mask in diagram.holding}
    for line in range(lines):
        if line not in reached:
            yield _shadowed(plan, line)
    if document.else_ is not None and lines not in reached:
        message = "every customer meets a line, so else never decides"
        yield found(
            document, "else_unreached", ("else",), message, "Take else out with match: unique, or check the lines."
        )
    yield from _tiers(plan, diagram)


def _first(mask: int, lines: int) -> int:
    return next((line for line in range(lines) if mask >> line & 1), lines)


def _shadowed(plan: Plan, line: int) -> Finding:
    """Return that nobody reaches a line, and the lines that everybody meets before who could."""
    document = plan.document
    assert isinstance(document, Rules)
    rule, path = document.rules[line], ("rules", line, "when")
    # Its own condition stands apart from those before it, so that it is not cut away behind them.
    own = Diagram(plan.axes, _codes(plan), [one.when for one in plan.lines[: line + 1]], line)
    taken = {_first(mask, line): met for mask, met in own.holding.items() if mask >> line & 1}
    if not taken:
        message = f"no customer can meet the condition of {rule.id}"
        return found(document, "rule_shadowed", path, message, "Correct its values, or take the line out.")
    before = ", ".join(f"{document.rules[other].id} ({document.rules[other].then})" for other in sorted(taken))
    met = taken[min(taken)]
    message = (
        f"no customer can reach {rule.id} ({rule.then}): who meets it meets {before} before, such as {told(plan, met)}"
    )
    cure = "Move the line up, narrow the lines before it, or take it out."
    return found(document, "rule_shadowed", path, message, cure, customer_of(plan, met))


def _tiers(plan: Plan, diagram: Diagram) -> Iterator[Finding]:
    """Yield tiers in which nobody ends, although a line or a gate names them."""
    lines, ends = len(plan.lines), dict[int, Met]()
    named = {line.tier for line in plan.lines} | {step.to for step in plan.steps}
    named |= set() if plan.otherwise is None else {plan.otherwise}
    moved: dict[int, tuple[int, Met]] = {}
    for mask, met in diagram.holding.items():
        line = _first(mask, lines)
        start = plan.lines[line].tier if line < lines else plan.otherwise
        if start is None:
            continue  # a gap, which is told where it is proved
        end = start
        for index, step in enumerate(plan.steps):
            if mask >> (lines + index) & 1 and step.hits >> end & 1:
                end = step.to
        ends.setdefault(end, met)
        moved.setdefault(start, (end, met))
    for place in sorted(named - set(ends)):
        tier = plan.tiers[place]
        message, example = f"no customer can be {tier}: no line that gives it can be reached", None
        if place in moved:
            end, met = moved[place]
            message = f"no customer can be {tier}: gates and minimum conditions move everyone away, such as to {plan.tiers[end]}"
            example = customer_of(plan, met)
        yield found(
            plan.document, "tier_unreachable", ("tiers", "order"), message, "Check the lines and gates.", example
        )


def customer_of(plan: Plan, met: Met) -> dict[str, str]:
    """Return a customer of a cell, written as a case of the document writes facts."""
    population = plan.document.population.applies_to if plan.document.population else {}
    facts = {name: values[0] for name, values in population.items() if values}
    return facts | {
        name: given_text(plan.document, plan.document.fact(name), value) for name, value in _values(plan, met)
    }


def told(plan: Plan, met: Met) -> str:
    """Return a customer of a cell as a reader writes it."""
    document = plan.document
    texts = (
        f"{document.fact(name).zh} {shown(document.fact(name), value, document.unit(name))}"
        for name, value in _values(plan, met)
    )
    return ", ".join(texts)


def _values(plan: Plan, met: Met) -> Iterator[tuple[str, int | str]]:
    for place, axis in enumerate(plan.axes):
        code = met.codes[place]
        if code > axis.cells:
            yield axis.word.name, "not_applicable"
            continue
        if axis.values:
            yield axis.word.name, axis.values[code - 1]
            continue
        low, high = axis.least, axis.most
        low = axis.cuts[code - 2] if code > 1 else INT64_LEAST if low is None else low
        high = axis.cuts[code - 1] - 1 if code <= len(axis.cuts) else INT64_MOST if high is None else high
        scale = UNITS[axis.word.type][unit_of(axis.word, plan.document.unit(axis.word.name))]
        yield axis.word.name, sample(low, high, scale)
