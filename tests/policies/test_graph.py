"""What needs what: the order of evaluation, and what hangs on an input."""

import networkx as nx
import pytest
from policy_texts import COMPOSED

from policies import Refusal, load, parse
from policies.documents import shipped
from policies.graph import STAGES, evaluation_order, graph, lineage


@pytest.mark.parametrize("name", shipped())
def test_everything_is_evaluated_after_what_it_needs_and_leads_to_the_tier(name: str) -> None:
    document = load(name)
    made, ordered = graph(document), evaluation_order(document)
    places = {node: place for place, node in enumerate(ordered)}
    assert all(places[before] < places[after] for before, after in made.edges)
    (last,) = [node for node in ordered if made.out_degree(node) == 0]
    assert last.stage == "tier"
    assert all(last in nx.descendants(made, node) for node in ordered if node != last)
    assert {node.stage for node in ordered} <= set(STAGES)


def test_g2_is_evaluated_in_the_order_of_the_specification() -> None:
    stages = [node.stage for node in evaluation_order(load("sabcd-weighted"))]
    assert list(dict.fromkeys(stages)) == [
        "input",
        "population",
        "indicator",
        "dimension",
        "total",
        "band",
        "cap",
        "tier",
    ]


def test_the_lineage_of_an_input_passes_through_the_parts() -> None:
    document = parse(COMPOSED)
    before, after = lineage(document, "staff")
    assert before == []
    assert [str(node) for node in after if node.stage in ("rule", "part", "cap")] == [
        "size.l", "size", "value.small", "value", "first", "second"
    ]  # fmt: skip
    before, after = lineage(document, "value")
    assert "orders_12m" in [str(node) for node in before]
    with pytest.raises(Refusal, match=r"has no .stuff.; it has .*staff"):
        lineage(document, "stuff")
