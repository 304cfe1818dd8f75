"""Parameters: figures that a source leaves open, named in cuts and comparisons, and refused while nobody has set them."""

import copy

import pytest
from policy_texts import CARD, TABLE

from policies import DocumentError, UnsoundPolicy, check, compile_plan, grade, parse, sound
from policies.values import Named
from policies.version import canonical, document_hash, semantic_hash

FIGURE = "parameters: {vip_amount: {title: {zh: 大客户金额, en: Large amount}, type: money, unit: 万元, value: %s}}\n"
RULES = TABLE.replace("ge: 50", "ge: vip_amount")
LADDER = CARD.replace("cuts: [0, 10]", "cuts: [0, vip_amount]")
FACTS = {"status": "active", "amount_12m": 50_000_000, "satisfaction": 450}


def test_a_parameter_decides_like_the_number_in_its_place() -> None:
    for text, plain in ((RULES + FIGURE % 50, TABLE), (LADDER + FIGURE % 10, CARD)):
        document = parse(text)
        assert check(document) == []
        assert compile_plan(document) == compile_plan(parse(plain))
        assert semantic_hash(document) == semantic_hash(parse(plain))
        assert document_hash(document) != document_hash(parse(plain))
    assert grade(compile_plan(parse(RULES + FIGURE % 50)), FACTS).tier == "S"
    assert grade(compile_plan(parse(RULES + FIGURE % "50.01")), FACTS).tier == "C"


def test_the_canonical_form_keeps_the_name() -> None:
    for text in (RULES + FIGURE % 50, LADDER + FIGURE % 10, RULES + FIGURE % "null"):
        document = parse(text)
        again = parse(canonical(document))
        assert again == document
        assert canonical(again) == canonical(document)
        assert '"vip_amount"' in canonical(document)


def test_an_unset_parameter_is_named_with_its_line_and_refuses_plan_and_submission() -> None:
    for text in (RULES + FIGURE % "null", LADDER + FIGURE % "null"):
        document = parse(text)
        (finding,) = check(document)
        assert (finding.code, finding.severity, finding.path) == ("parameter_unset", "error", "parameters.vip_amount")
        assert finding.line == text.count("\n")
        for refused in (compile_plan, sound):
            with pytest.raises(UnsoundPolicy, match="vip_amount has no value"):
                refused(document)
    assert semantic_hash(parse(RULES + FIGURE % "null")) != semantic_hash(parse(RULES + FIGURE % 0))


def test_a_word_that_is_no_parameter_is_refused_where_it_stands() -> None:
    with pytest.raises(DocumentError, match=r"line 9.*'vip_amont'.*or the id of a parameter: vip_amount"):
        parse(RULES.replace("vip_amount", "vip_amont").replace("tiers:", "\ntiers:") + FIGURE % 50)
    with pytest.raises(DocumentError, match="not an exact number"):
        parse(LADDER)
    with pytest.raises(DocumentError, match=r"parameters\.vip_amount\.value"):
        parse(RULES + FIGURE % "lots")


def test_a_named_number_survives_a_copy() -> None:
    named = Named("vip_amount", None)
    assert copy.deepcopy(named) is copy.copy(named) is named
