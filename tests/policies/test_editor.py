"""The JSON Schema for editors: current, closed, and never stricter than the reader of documents."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from policy_mutations import changed_documents
from policy_texts import CARD, TABLE

from policies import DocumentError, parse
from policies.documents import shipped
from policies.editor import DIALECT, policy_schema, schema_text
from policies.reading import read
from policies.vocabulary import VOCABULARY

FILE = next(iter(shipped().values())).parent / "policy.schema.json"
SCHEMA = policy_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
TEXTS = {name: path.read_text(encoding="utf-8") for name, path in shipped().items()} | {"card": CARD, "table": TABLE}


def as_an_editor_reads(text: str) -> Any:
    return yaml.safe_load(text)


def test_the_published_schema_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == schema_text(), "run `make documentation`"
    assert json.loads(schema_text())["$schema"] == DIALECT
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", TEXTS)
def test_every_document_is_valid_as_an_editor_and_as_the_reader_reads_it(name: str) -> None:
    for values in (as_an_editor_reads(TEXTS[name]), read(TEXTS[name]).values):
        assert [error.message for error in VALIDATOR.iter_errors(values)] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("weights: absolute", "weights: relativ"),
        ("missing: pending", "missing: pendin"),
        ("missing: pending", "missing: {pts: 2}"),
        ("out_of: 10", "outof: 10"),
        ("out_of: 10", "out_of: ten"),
        ("weight: 100%", "weight: 100%%"),
        ("cuts: [0, 10]", "cuts: []"),
        ("input: amount_12m", "input: 近一年"),
        ("closed: left", "closed: both"),
        ("inputs:", "inputs: {近一年: {}}\nsource:"),
    ],
)
def test_what_the_reader_refuses_is_marked_in_the_editor(before: str, after: str) -> None:
    text = CARD.replace(before, after, 1)
    assert before in CARD
    with pytest.raises(DocumentError):
        parse(text)
    assert not VALIDATOR.is_valid(as_an_editor_reads(text))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("weight: 100%", "weight: 1"),
        ("weight: 100%", 'weight: "1/1"'),
        ("missing: pending", "missing: {points: 2.5}"),
        ("order: [A, B]", "order: [铂金, B]"),
        ("zh: 小", "zh: 7"),
    ],
)
def test_what_the_reader_accepts_is_not_marked(before: str, after: str) -> None:
    text = CARD.replace(before, after, 1)
    assert text != CARD
    parse(text)
    assert VALIDATOR.is_valid(as_an_editor_reads(text))


def test_an_editor_offers_the_words_of_the_vocabulary() -> None:
    offered = SCHEMA["$defs"]["Indicator"]["properties"]["input"]["anyOf"][0]["enum"]
    assert offered == list(VOCABULARY)


@settings(deadline=None)  # the machine is shared
@given(values=changed_documents())
def test_the_schema_refuses_no_document_that_can_be_read(values: dict[str, Any]) -> None:
    try:
        parse(json.dumps(values, ensure_ascii=False))
    except DocumentError:
        return
    assert [error.message for error in VALIDATOR.iter_errors(values)] == []
