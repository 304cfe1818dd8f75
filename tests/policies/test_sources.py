"""The tables of the sources in their own words: exactly what is wrong with each, and customers who really fall through."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from policies import UnsoundPolicy, check, compile_plan, load
from policies.document import Rules, Scorecard
from policies.documents import shipped, sources
from policies.findings import Finding
from policies.oracle import facts_of, totals, truth
from policies.reading import read
from policies.version import document_hash, semantic_hash

PAGE = (Path(__file__).resolve().parents[2] / "policies" / "README.md").read_text(encoding="utf-8")
# Each source with the codes it shows, and figures that its findings and the README tell in the same words.
EXPECTED: dict[str, tuple[list[str], list[str]]] = {
    "g1-verbatim": (["ladder_open", "ladder_overlap", "ladder_overlap", "zero_earns", "ladder_open", "ladder_overlap"], ["10 or 15 points", "10 of 30"]),
    "g2-verbatim": (["ladder_open", *["ladder_overlap"] * 3, "zero_earns", "band_gap"], ["3,523,139 of 67,108,864 combinations of points (5.25%)"]),
    "g2-literal": ([*["full_points_unreached"] * 13, "tier_unreachable"], ["totals lie between 2.0 and 10.0, so everyone is D"]),
    "g3-formula": ([*["weights_dimension"] * 4, "tier_unreachable"], ["totals lie between 5.9 and 29.5, so everyone is D"]),
    "p-verbatim": (["table_gap", *["table_overlap"] * 5], ["108 of 686 cells meet no line", "in 164 more than one line does"]),
    "c-lifecycle-verbatim": (["table_gap", "table_overlap"], ["7 of 35 cells meet no line", "in 2 more than one line does"]),
    "c-size-verbatim": (["table_overlap"], ["1 of 5 cells"]),
    "s-verbatim": (["table_gap", "table_overlap", "table_overlap"], ["12 of 50 cells meet no line", "in 11 more than one line does"]),
    "m-value-verbatim": (["table_overlap"], ["1 of 5 cells"]),
}  # fmt: skip


def customer(finding: Finding) -> dict[str, str]:
    assert finding.counter_example is not None
    return dict(finding.counter_example)


@pytest.mark.parametrize("name", sources())
def test_the_check_finds_exactly_what_is_wrong_with_a_source(name: str) -> None:
    document = load(name)
    codes, figures = EXPECTED[name]
    findings = check(document)
    assert document.id == name
    assert name not in shipped()
    assert sorted(finding.code for finding in findings) == sorted(codes)
    assert all(finding.line > 0 for finding in findings)
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    for figure in figures:
        assert any(figure in finding.message for finding in findings), figure
        assert figure in row
    with pytest.raises(UnsoundPolicy):
        compile_plan(document) if name != "g2-literal" else raise_errors(findings, document)


def raise_errors(findings: list[Finding], document: Scorecard | Rules) -> None:
    """The literal total is only absurd: it has a plan, and the check refuses it."""
    if any(finding.severity == "error" for finding in findings):
        raise UnsoundPolicy(document, findings)


@pytest.mark.parametrize(
    "name", [name for name in sources() if "tiers: {order" in sources()[name].read_text(encoding="utf-8")]
)
def test_the_customers_of_a_table_meet_no_line_or_two(name: str) -> None:
    document = load(name)
    assert isinstance(document, Rules)
    for finding in check(document):
        facts = facts_of(document, customer(finding))
        met = [rule.id for rule in document.rules if truth(document, rule.when, facts)]
        assert len(met) == 0 if finding.code == "table_gap" else len(met) >= 2
        assert all(rule in finding.message for rule in met[:1])


def test_the_customer_between_two_tiers_of_g2_has_a_total_of_89_and_a_half() -> None:
    document = load("g2-verbatim")
    assert isinstance(document, Scorecard)
    (gap,) = [finding for finding in check(document) if finding.code == "band_gap"]
    repaired = load("g2-literal")
    assert isinstance(repaired, Scorecard)
    # The literal scorecard has the same rungs without a seam, and out of 100 a tenth of the total.
    low, high = totals(repaired, facts_of(repaired, customer(gap)))
    assert low == high == Fraction("8.95")
    assert "such as a customer with a total of 89.5" in gap.message


@pytest.mark.parametrize(("name", "most"), [("g2-literal", Fraction(10)), ("g3-formula", Fraction("29.5"))])
def test_the_best_customer_of_a_wrong_formula_is_d(name: str, most: Fraction) -> None:
    document = load(name)
    assert isinstance(document, Scorecard)
    (finding,) = [finding for finding in check(document) if finding.code == "tier_unreachable"]
    assert totals(document, facts_of(document, customer(finding))) == (most, most)
    assert "no customer can be S, A, B, C" in finding.message


def test_the_other_reading_of_p_leaves_more_gaps_and_fewer_overlaps() -> None:
    from policies import parse

    text = sources()["p-verbatim"].read_text(encoding="utf-8")
    before = (
        '{any: [{input: amount_12m, within: <5}, {input: idle_3m, eq: "yes"}, {input: satisfaction, within: <3.5}]}'
    )
    after = '{all: [{any: [{input: amount_12m, within: <5}, {input: idle_3m, eq: "yes"}]}, {input: satisfaction, within: <3.5}]}'
    assert before in text
    messages = [finding.message for finding in check(parse(text.replace(before, after)))]
    assert any(message.startswith("342 of 686 cells meet no line") for message in messages)
    assert any("in 40 more than one line does" in message for message in messages)


def test_every_source_is_read_whole_and_has_both_hashes() -> None:
    for name, path in sources().items():
        assert read(path.read_text(encoding="utf-8")).values
        assert semantic_hash(load(name)) != document_hash(load(name))
        assert re.search(r"title: \{zh: .*en: ", path.read_text(encoding="utf-8"))
