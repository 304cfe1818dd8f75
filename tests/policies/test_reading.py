"""Documents are read with lines, and everything that is not a plain policy is refused in a sentence."""

from fractions import Fraction
from pathlib import Path

import pytest
from policy_texts import CARD

from policies import DocumentError, UnknownPolicy, load, parse
from policies.document import Scorecard
from policies.documents import shipped
from policies.exact import exact, floor_tenth
from policies.version import canonical


def fault(text: str) -> tuple[int, str]:
    with pytest.raises(DocumentError) as caught:
        parse(text)
    return caught.value.problems[0].line, caught.value.problems[0].message


def test_a_small_card_is_read_with_its_lines_and_exact_numbers() -> None:
    card = parse(CARD)
    assert isinstance(card, Scorecard)
    assert card.dimensions[0].weight == 1
    assert card.line("dimensions", 0, "indicators", 0, "weight") == 15
    assert card.line("dimensions", 0, "indicators", 0, "nothing here") == 13
    assert card.text("dimensions", 0, "weight") == "100%"


@pytest.mark.parametrize(
    ("before", "after", "line", "said"),
    [
        ("weights:", "wieghts:", 6, "did you mean weights?"),
        ("        out_of: 10", "        out_of: 10\n        wieght: 1", 17, "did you mean weight?"),
        ("below: 0", "belwo: 0", 17, "did you mean below?"),
        ("unit: 万元", "units: 万元", 5, "did you mean unit?"),
        ("closed: left", "closed: lefft", 20, "write 'left' or 'right'"),
        ("  order: [A, B]\n", "", 18, "the key 'order' is missing"),
        ("missing: pending", "missing: zero", 7, "write missing: pending, missing: {points: n}, or missing: {reweight"),
        ("kind: scorecard", "kind: scorcard", 1, "did you mean scorecard?"),
        ("kind: scorecard\n", "", 0, "the key kind is missing"),
        ("out_of: 10", "out_of: \uff11\uff10", 16, "is not an exact number"),
        ("out_of: 10", "out_of: 1e1", 16, "is not an exact number"),
        ("out_of: 10", "out_of: .nan", 16, "is not an exact number"),
        ("out_of: 10", "out_of: null", 16, "is not an exact number"),
        ("        ladder:", "        panel: {}\n        ladder:", 17, "the key 'proposed_by' is missing"),
        ("        ladder: {zero: earns, cuts: [0, 10], points: [5, 10], below: 0}\n", "", 13, "one of ladder, values and panel"),
        ("id: small", "id: small\nid: large", 3, "stands here twice, first on line 2"),
        ("id: small", "id: &a small", 2, "anchors and aliases"),
        ("id: small", "id: !!python/object:os.system small", 2, "the tag"),
        ("id: small", "id: [small", 3, "this is not YAML"),
        ("order: [A, B]", "order: [\"A'\", B]", 19, "string should match pattern"),
        ("order: [A, B]", "order: [A]", 19, "at least 2 must stand here, not 1"),
        ("order: [A, B]", "order: A", 19, "write a list, not 'A'"),
        ("out_of: 10", "out_of: [1, {a: 2}]", 16, "a list is not an exact number"),
        ("out_of: 10", f"out_of: {'9' * 200}x", 16, f"'{'9' * 60}…' is not an exact number"),
        ("{zero: earns, cuts: [0, 10], points: [5, 10], below: 0}", "5", 17, "write a mapping of cuts, points, below, closed"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line_and_the_cure(before: str, after: str, line: int, said: str) -> None:
    assert before in CARD
    with pytest.raises(DocumentError) as caught:
        parse(CARD.replace(before, after, 1))
    found = [(problem.line, problem.message) for problem in caught.value.problems]
    assert any(said in message and line in (0, place) for place, message in found), found


def test_the_same_text_is_read_once() -> None:
    assert parse(CARD) is parse(CARD)
    assert parse(CARD) is not parse(CARD + "\n")


def test_a_list_is_not_called_short_because_its_entries_are_wrong() -> None:
    with pytest.raises(DocumentError) as caught:
        parse(CARD.replace("        out_of: 10\n", ""))
    assert [problem.message for problem in caught.value.problems] == ["the key 'out_of' is missing; add it"]


def test_what_is_no_document_is_refused() -> None:
    assert fault("")[1].startswith("the document is empty")
    assert fault("- a\n- b")[1].startswith("a policy is a mapping")
    assert fault("just text")[1].startswith("a policy is a mapping")
    assert fault("kind: rules\n---\nkind: rules")[0] == 2
    assert "bytes are more" in fault("#" * 600_000)[1]
    assert "nested deeper" in fault("kind: " + "[" * 500)[1]
    assert "more than 20,000 values" in fault("kind: [" + "1," * 30_000 + "]")[1]
    assert "not YAML" in fault("kind: \x00")[1]
    assert "surrogate" in fault('{"kind": "\\ud800"}')[1]
    assert fault('kind: rules\nid: "\\U0000FFFF\\UFFFFFFFF"') == (2, "this is not YAML: \\U names no character")
    assert fault('kind: "\\U00110000"')[0] == 1


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(50))
    assert fault(bomb) == (1, "anchors and aliases (& and *) are not allowed; write the value out")


def test_json_with_tabs_is_the_same_document() -> None:
    card = parse(CARD)
    assert parse(canonical(card)) == card
    assert parse(canonical(card).replace("{", "{\n\t")) == card


def test_words_of_yaml_1_1_stay_words() -> None:
    card = parse(CARD.replace("id: X\n", "id: NO\n").replace("zh: 小", "zh: 12:30"))
    assert isinstance(card, Scorecard)
    assert card.dimensions[0].id == "NO"
    assert card.title.zh == "12:30"


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    gbk = tmp_path / "gbk.yaml"
    gbk.write_bytes("title: 分级".encode("gbk"))
    with pytest.raises(DocumentError, match="UTF-8"):
        load(gbk)
    with pytest.raises(DocumentError, match="cannot read"):
        load(tmp_path / "none.yaml")
    marked = tmp_path / "bom.yaml"
    marked.write_bytes(b"\xef\xbb\xbf" + CARD.encode())
    assert load(marked) == parse(CARD)
    with pytest.raises(UnknownPolicy, match="did you mean 'sabcd-weighted'"):
        load("sabcd-wieghted")


def test_numbers_are_exact() -> None:
    assert exact("15%") == Fraction(3, 20)
    assert exact("0.1") + exact("0.2") == exact("0.3")
    assert exact("1/3") * 3 == 1
    for wrong in (0.1, True, "1/0", "1e5", "inf", "1_000", "", "1,000", "٣"):
        with pytest.raises(ValueError, match=r"exact number|zero"):
            exact(wrong)
    assert floor_tenth(Fraction("89.96")) == "89.9"
    assert floor_tenth(Fraction(-1, 100)) == "-0.1"


def test_every_shipped_document_is_named_by_its_id() -> None:
    assert {load(name).id for name in shipped()} == set(shipped())
    files = {path.name for path in next(iter(shipped().values())).parent.glob("*.yaml")}
    assert files == {path.name for path in shipped().values()}
