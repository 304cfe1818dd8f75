"""What needs what in a policy: from its inputs through indicators, rules and gates to the tier, in the order of evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx

from policies.composition import inside
from policies.condition import Condition
from policies.document import Policy, Rules, Scorecard, conditions
from policies.reading import Path
from policies.refusal import Refusal
from policies.values import Labels

# The stages in the order in which they are evaluated, with their names.
STAGES: dict[str, Labels] = {
    "input": Labels(zh="输入", en="input"),
    "population": Labels(zh="适用范围", en="population"),
    "part": Labels(zh="组成政策", en="part"),
    "indicator": Labels(zh="指标", en="indicator"),
    "dimension": Labels(zh="维度", en="dimension"),
    "total": Labels(zh="总分", en="total"),
    "rule": Labels(zh="规则", en="rule"),
    "band": Labels(zh="分级", en="band"),
    "condition": Labels(zh="最低条件", en="minimum condition"),
    "floor": Labels(zh="保底门槛", en="floor"),
    "cap": Labels(zh="封顶门槛", en="cap"),
    "set": Labels(zh="指定门槛", en="set"),
    "tier": Labels(zh="等级", en="tier"),
}


@dataclass(frozen=True, order=True)
class Node:
    """One thing that is evaluated: its stage, its name, and the part it stands in (empty for the whole)."""

    stage: str
    name: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.part}.{self.name}" if self.part else self.name


def graph(document: Policy) -> nx.DiGraph[Node]:
    """Return what needs what: an edge leads from what is evaluated first to what needs it.

    Inputs belong to the whole, everything else to the whole or to one of its parts.  Only of a document without errors.
    """
    made: nx.DiGraph[Node] = nx.DiGraph()
    for name, part in inside(document).items():
        made.add_edges_from(_edges(part, name, Node("part", name)))
    made.add_edges_from(_edges(document, "", Node("tier", "tier")))
    return made


def evaluation_order(document: Policy) -> list[Node]:
    """Return everything in an order in which it can be evaluated: by need, then by stage, then as the document has it."""
    made = graph(document)
    places = {node: (list(STAGES).index(node.stage), place) for place, node in enumerate(made.nodes)}
    return list(nx.lexicographical_topological_sort(made, key=lambda node: places[node]))


def lineage(document: Policy, name: str) -> tuple[list[Node], list[Node]]:
    """Return what a node needs, and what needs it, directly or through others, both in the order of evaluation.

    ``name`` is a word, or the id of an indicator, dimension, rule, gate or part; Refusal for none of them.
    """
    ordered = evaluation_order(document)
    found = [node for node in ordered if name in (str(node), node.name)]
    if not found:
        names = ", ".join(dict.fromkeys(str(node) for node in ordered))
        raise Refusal(f"The policy {document.id} has no {name!r}; it has {names}.", code="not_found")
    made = graph(document)
    before = {other for node in found for other in nx.ancestors(made, node)}
    after = {other for node in found for other in nx.descendants(made, node)}
    return [node for node in ordered if node in before], [node for node in ordered if node in after]


def _edges(document: Policy, part: str, end: Node) -> Iterator[tuple[Node, Node]]:
    """Yield the edges of one policy, from its inputs to the tier it gives."""
    last = Node("band", "band", part)
    for word in document.population.applies_to if document.population else ():
        yield Node("input", word), Node("population", "population")
    if document.population:
        yield Node("population", "population"), last
    if isinstance(document, Scorecard):
        total = Node("total", "total", part)
        for dimension, indicator, _ in document.indicators:
            scored, subtotal = Node("indicator", indicator.id, part), Node("dimension", dimension.id, part)
            yield Node("input", indicator.input), scored
            yield scored, subtotal
            yield subtotal, total
        yield total, last
    read = {path: condition for condition, path in conditions(document)}
    for index, rule in enumerate(document.rules if isinstance(document, Rules) else ()):
        here = Node("rule", rule.id, part)
        yield from _needs(document, read[("rules", index, "when")], part, here)
        yield here, last
    for node, path in _steps(document, part):
        yield last, node
        yield from _needs(document, read[path], part, node)
        last = node
    yield last, end


def _steps(document: Policy, part: str) -> Iterator[tuple[Node, Path]]:
    """Yield minimum conditions from the best tier down, then floors, caps and sets, each with the path of its condition."""
    for tier in document.tiers.order:
        if tier in document.tiers.conditions:
            yield Node("condition", tier, part), ("tiers", "conditions", tier)
    for kind in ("floor", "cap", "set"):
        for index, gate in enumerate(document.gates):
            if gate.effect.kind == kind:
                yield Node(kind, gate.id, part), ("gates", index, "when")


def _needs(document: Policy, condition: Condition, part: str, node: Node) -> Iterator[tuple[Node, Node]]:
    for leaf, _ in condition.leaves(()):
        name = str(leaf.input)
        yield Node("part", name) if name in document.parts else Node("input", name), node
    for leaf, _ in condition.scores(()):
        yield Node("dimension", str(leaf.dimension), part), node
