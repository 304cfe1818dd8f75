"""Hashes: the semantic one changes with the meaning and with nothing else."""

import pytest

from policies import check, compile_plan, load, parse
from policies.documents import shipped
from policies.version import canonical, differences, document_hash, semantic_hash

TEXT = shipped()["sabcd-weighted"].read_text(encoding="utf-8")
G2 = parse(TEXT)
HASHES = {
    "diamond-to-bronze": "sha256:fedc4c24651b4b188cbd05bd8721ea8e1922f182977f19a1533034b8e2db6d58",
    "sabcd-weighted": "sha256:ca0d112280e61cc27d9a07d7d562acb1ed82a8c8392e8637041e1e1074a8e5e9",
    "vvip-percentile": "sha256:1eadcfeffb305f38bbe23e5cc925d1385973c8483a371f8e05ab816e463f92ae",
    "sabc-threshold": "sha256:c8ab90d0e8a4a39f75a65a3413e1175163ef3a534174d0c6f927a64c1166528d",
    "abc-value": "sha256:ec17ebe482f280ffbdfd5d39e5597ff4f279de3d816067bbf56a56159d2cb410",
    "customer-size": "sha256:a868d3813c818d7ac248f8fcc797d4a6d16f2e41b70c53f0b30a29fbbb714c58",
    "customer-lifecycle": "sha256:37baa94c73822b1477c58eaebd8e6de8b158ecb6a5f1acc3c377a1297b77640c",
    "value-level": "sha256:34f46e81a6ab7a4276c77cf25d0be33f134460e4e9615f1c9eabeb96aabf2b5d",
    "potential-class": "sha256:f4aa450dfe61a01ede24331573f2daae7c8678136e8269dc79decee412d652ec",
    "intent-level": "sha256:d817f4ef59f8cf2758fc53ef5619ada0e5c03957c6068e891dd89089ea05b47f",
    "activity-level": "sha256:7810d3b191df85f79a6d5d451a1a28129fb002061042cbc9ae52f688e41de450",
    "enterprise-size": "sha256:34b9d6adb0c7fff2a71ccfb83051e3abec783a5006e233de73f451b56c35366c",
    "tax-credit": "sha256:833a7544dc065f1dc79800ab66ca8a4a1fab06a488405ed442424001a88150db",
    "rfm-segments": "sha256:d181bc9a12537a9062bf4409f634c2f58507f3a7b5f8efe10d1f6167c8ff2c2b",
    "rfm-retail": "sha256:a4c82fb83a52c6c9688b13b5ef1fc266416f5274a4178e39aec1d500b87c45fe",
    "rfm-wholesale": "sha256:aa227e23264990879833603e8c7686f6e661194b4140a394ce58c39b35ecae17",
    "size-lifecycle-value": "sha256:844fbf236d88a98dad316b1e668dc4feb698ddb34dbc46e5295e40eb4581135d",
}


@pytest.mark.parametrize("name", shipped())
def test_the_canonical_form_is_the_same_document(name: str) -> None:
    document = load(name)
    again = parse(canonical(document))
    assert again == document
    assert canonical(again) == canonical(document)
    assert (semantic_hash(again), document_hash(again)) == (semantic_hash(document), document_hash(document))
    assert compile_plan(again) == compile_plan(document)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("zh: 五级加权评分", "zh: 五级评分"),
        ("document: G2", "document: G9"),
        ("id: A2", "id: A2b"),
        ("raters: 3", "raters: 5"),
        ("name: 满分为 S", "name: 满分"),
        ("clause: 采购频率", "clause: 频率"),
        ("status: assumed", "status: null"),
        ("weight: 15%", "weight: 0.15"),
        ("weight: 15%", "weight: 3/20"),
        ("amount_12m: {type: money, unit: 万元}", "amount_12m: {unit: 万元}"),
        ("missing: pending", "missing: pending\n"),
    ],
)
def test_labels_and_ways_of_writing_are_not_semantic(before: str, after: str) -> None:
    assert before in TEXT
    assert semantic_hash(parse(TEXT.replace(before, after))) == semantic_hash(G2)


def test_a_unit_with_its_cuts_rewritten_is_the_same_policy() -> None:
    text = TEXT.replace("amount_12m: {type: money, unit: 万元}", "amount_12m: {type: money, unit: 元}")
    rewritten = parse(text.replace("[0, 10, 50, 100]", "[0, 100000, 500000, 1000000]"))
    assert semantic_hash(rewritten) == semantic_hash(G2)
    assert document_hash(rewritten) != document_hash(G2)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("cuts: [0, 10, 50, 100]", "cuts: [0, 10, 60, 100]"),
        ("points: [2, 5, 8, 10], below: 0}", "points: [2, 5, 9, 10], below: 0}"),
        ("below: 0", "below: 1"),
        ("unit: 万元", "unit: 元"),
        ("out_of: 15", "out_of: 20"),
        ("not_applicable: {points: 2}", "not_applicable: {points: 3}"),
        ("closed: left, cuts: {S: 90", "closed: right, cuts: {S: 90"),
        ("S: 90", "S: 91"),
        ("[active, lost, intent]", "[active, lost]"),
        ("input: referrals_12m", "input: complaints_12m"),
    ],
)
def test_whatever_can_change_a_result_is_semantic(before: str, after: str) -> None:
    assert before in TEXT
    assert semantic_hash(parse(TEXT.replace(before, after, 1))) != semantic_hash(G2)


def test_the_hashes_of_the_shipped_policies_stay_what_they_are() -> None:
    assert {name: semantic_hash(load(name)) for name in shipped()} == HASHES


def test_differences_name_the_place_by_id() -> None:
    changed = parse(TEXT.replace("cuts: [0, 10, 50, 100]", "cuts: [0, 10, 60, 100]"))
    assert differences(G2, changed) == [("dimensions.HC.indicators.A2.ladder.cuts.2", "50", "60")]
    assert differences(G2, G2) == []


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("sabc-threshold", "amount_12m, ge: 50", "amount_12m, ge: 1%"),
        ("sabcd-weighted", "[0, 10, 50, 100]", "[0, 10, 5000%, 100]"),
        ("sabcd-weighted", "orders_12m, eq: 0", "orders_12m, eq: 0%"),
    ],
)
def test_the_canonical_form_is_refused_for_the_same_reason(name: str, before: str, after: str) -> None:
    text = shipped()[name].read_text(encoding="utf-8")
    assert before in text
    document = parse(text.replace(before, after))
    again = parse(canonical(document))
    assert [finding.code for finding in check(document)] == ["wrong_unit"]
    assert [finding.code for finding in check(again)] == ["wrong_unit"]
    assert canonical(again) == canonical(document)
