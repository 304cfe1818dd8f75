"""Masks hide what they must, and tell nothing by their length."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Text
from sqlalchemy.inspection import inspect

import api.operations.root  # noqa: F401 - every mapped type is declared with it
from api.access import EVERYONE, PERSONAL, ROWS, Actor
from api.commands.fields import NOUNS
from api.masks import MASK, MASKS, scrub
from policies.refusal import Refusal
from schema.filter.word import nouns, permitted
from schema.select.field import TYPES, Column, Derived, source_of
from schema.tables import ApiKey, Backtest, Base, Customer, PolicyVersion


@pytest.mark.parametrize(
    ("kind", "value", "mask"),
    [
        ("mobile", "13800005678", "138****5678"),
        ("mobile", "1380000", "****"),
        ("mobile", "", "****"),
        ("landline", "55556666", "****"),
        ("landline", "021-55556666", "021****6666"),
        ("email", "wang.wei@example.cn", "w***@example.cn"),
        ("email", "@", "***@"),
        ("person", "王建国", "王**"),
        ("person", "王", "王**"),
        ("person", "Maria Anders", "M**"),
        ("person", "", "**"),
        ("text", "打 13800005678", "打 ***"),
    ],
)
def test_each_kind_has_its_mask(kind: str, value: str, mask: str) -> None:
    assert MASKS[kind](value) == mask
    assert MASK in mask


@pytest.mark.parametrize(
    "hidden",
    [
        "13800000100", "138 0000 0100", "138-0000-0100", "+86 138 0000 0100", "021-55556666", "(021) 5555 6666", "１３８００００００１００",
        "一三八零零零零零一零零", "幺三八〇〇〇〇〇幺〇〇", "95588", "138,0000,0100", "138、0000、0100", "138\u200b0000\u200b0100", "1,200,000", "1.3.8.0.0.0.0.0.1.0.0", "wang@a.cn", "w.w+x@mail.example.cn", "wang＠a.cn", "wang @ a.cn",
    ],
)  # fmt: skip
def test_free_text_loses_numbers_and_addresses_however_they_are_written(hidden: str) -> None:
    assert scrub(f"请联系{hidden}确认") == "请联系***确认"


def test_free_text_keeps_the_rest() -> None:
    kept = "2024年采购 300 台,3 月 5 日交货,8 小时内答复;型号 A4-80"
    assert scrub(kept) == kept


@given(st.text(alphabet="abc王@.,-+ 01５三", max_size=300))
def test_no_long_number_and_no_address_is_left_in_scrubbed_text(text: str) -> None:
    left = scrub(text)
    assert not re.search(r"\d{5}", left)
    assert not re.search(r"[a-z]@[a-z]", left)
    assert scrub(left) == left


def test_scrubbing_takes_linear_time() -> None:
    for part in ("a", "1 ", "a@", "1-", "@", "+"):
        assert scrub(part * 100_000) is not None


def test_every_kind_has_a_mask_and_nobody_sees_nothing() -> None:
    assert MASKS.keys() == PERSONAL.keys()
    nobody = Actor(0, "", "", frozenset())
    for kind, roles in PERSONAL.items():
        assert roles < EVERYONE
        assert not nobody.may_see(kind)
        with pytest.raises(Refusal, match="your roles do not show") as refused:
            permitted(kind, nobody, "Contact.mobile")
        assert refused.value.code == "forbidden"
        for role in roles:
            permitted(kind, Actor(1, "a", "a", frozenset({role})), "Contact.mobile")
    permitted(None, nobody, "Customer.name")


def test_what_is_masked_is_personal_to_every_door_that_writes() -> None:
    shown = {
        (model.__tablename__, name)
        for model in TYPES
        for name, word in nouns(model).words.items()
        if word.kind is not None
    }
    written = {(noun.name, field.target): field.personal for noun in NOUNS.values() for field in noun.fields}
    assert {key for key, personal in written.items() if personal} == shown & written.keys()


def test_rows_are_seen_by_the_table() -> None:
    for table, seen in ROWS.items():
        for role in EVERYONE:
            condition = Actor(1, "a", "a", frozenset({role})).visible(table)
            assert (condition is None) == (role in seen.roles)
    assert ROWS.keys() == {PolicyVersion, Backtest, ApiKey}
    assert Actor(0, "", "", frozenset()).visible(Customer) is None


# Texts of any length that everybody reads whole; a new one is masked, or stands here because somebody decided so.
OPEN_TEXTS = {
    ("policy_versions", "document"),
    ("policy_versions", "decision_reason"),
    ("appointments", "evidence"),
    ("runs", "error"),
    ("backtests", "error"),
}


def test_no_field_shows_a_personal_column_under_another_name_and_every_long_text_is_decided_on() -> None:
    read: dict[tuple[str, str], set[str | None]] = {}
    for model, type_ in TYPES.items():
        for field in type_.__strawberry_definition__.fields:
            source = source_of(field)
            paths = source.paths if isinstance(source, Derived) else []
            if isinstance(source, Column):
                paths = [source.name or field.python_name]
            for path in paths:
                *relations, name = path.split(".")
                table: Any = model
                for relation in relations:
                    table = inspect(table).relationships[relation].mapper.class_
                column = inspect(table).attrs[name].columns[0]
                read.setdefault((column.table.name, column.name), set()).add(getattr(source, "kind", None))
    assert all(len(kinds) == 1 for kinds in read.values() if kinds != {None}), read
    columns = {key: Base.metadata.tables[key[0]].c[key[1]] for key in read if key[0] in Base.metadata.tables}
    assert {
        key for key, column in columns.items() if isinstance(column.type, Text) and read[key] == {None}
    } == OPEN_TEXTS
