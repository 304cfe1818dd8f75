"""The table of fields: headers are unambiguous, columns exist, values are cleaned or refused with field, value and cure."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from api.commands.consequences import LANDINGS
from api.commands.fields import NOUNS, Noun, clean, fold
from api.errors import Invalid


@pytest.mark.parametrize("noun", NOUNS.values(), ids=lambda noun: noun.name)
def test_no_header_names_two_fields_of_a_noun(noun: Noun) -> None:
    seen: dict[str, str] = {}
    for field in noun.fields:
        for header in (field.name, field.zh, field.en, *field.also.split()):
            assert seen.setdefault(fold(header), field.name) == field.name, f"{noun.name}: {header}"


@pytest.mark.parametrize("noun", NOUNS.values(), ids=lambda noun: noun.name)
def test_each_field_is_a_column_of_its_table_or_known_to_be_elsewhere(noun: Noun) -> None:
    table, landing = LANDINGS[noun.name]
    columns = set(table.__table__.c.keys())
    assert {field.target for field in noun.fields if field.name not in landing.elsewhere} <= columns
    assert all(field.zh and field.en for field in noun.fields)


@pytest.mark.parametrize("noun", NOUNS.values(), ids=lambda noun: noun.name)
def test_a_column_that_may_not_be_null_is_required_or_has_a_value_for_an_empty_cell(noun: Noun) -> None:
    table, landing = LANDINGS[noun.name]
    for field in noun.fields:
        if field.name in landing.elsewhere | set(landing.made) | {"known_at"}:
            continue
        column = table.__table__.c[field.target]
        assert column.nullable or field.required or field.default is not None, f"{noun.name}.{field.name}"


def test_text_and_typed_values_become_the_same() -> None:
    text = clean("orders", {"ordered_on": "2024年3月5日", "amount": "￥1,234.50", "profit": "-3", "currency": "人民币"})
    typed = clean(
        "orders", {"ordered_on": date(2024, 3, 5), "amount": Decimal("1234.5"), "profit": -3, "currency": "CNY"}
    )
    assert text == typed
    assert text == {
        "ordered_on": date(2024, 3, 5), "amount": Decimal("1234.50"), "profit": Decimal(-3), "currency": "CNY",
    }  # fmt: skip


def test_chinese_words_become_the_values_that_are_kept() -> None:
    assert clean("service_records", {"opened_at": "2024-03-05 09:30", "kind": "投诉"})["kind"] == "complaint"
    assert clean("contacts", {"name": "王芳", "is_primary": "是", "role": "决策者"}) == {
        "name": "王芳", "is_primary": True, "role": "decision_maker",
    }  # fmt: skip
    assert (
        clean(
            "assessments",
            {"word": "采购意向评分", "rating": "8", "assessed_on": "2024-01-01", "valid_until": "2025-01-01"},
        )["word"]
        == "purchase_intent"
    )
    assert clean("customers", {"name": "某公司", "region_code": "上海市", "industry_code": "I65"}) == {
        "name": "某公司", "region_code": "310000", "industry_code": "65",
    }  # fmt: skip


def test_what_is_not_known_is_null_and_never_a_guess() -> None:
    cleaned = clean(
        "customers", {"name": "某公司", "employees": "待确认", "uscc": "", "annual_revenue": None, "status": ""}
    )
    assert cleaned == {"name": "某公司", "employees": None, "uscc": None, "annual_revenue": None}


def test_a_time_without_zone_is_in_the_zone_of_the_settings() -> None:
    opened = clean("service_records", {"opened_at": "2024-03-05 09:30", "kind": "咨询"})["opened_at"]
    assert opened == datetime(2024, 3, 5, 1, 30, tzinfo=UTC)
    with_offset = clean("service_records", {"opened_at": "2024-03-05T09:30:00+01:00", "kind": "咨询"})["opened_at"]
    assert with_offset == datetime(2024, 3, 5, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("noun", "values", "parts"),
    [
        ("customers", {"nam": "x"}, ["'nam'", "'name'"]),
        ("customers", {}, ["name (公司全称)", "missing"]),
        ("customers", {"name": "待确认"}, ["name", "待确认"]),
        ("orders", {"ordered_on": "2024-02-30"}, ["ordered_on", "2024-02-30", "no day of the calendar"]),
        ("orders", {"ordered_on": "2024-02-28", "amount": "-0.01"}, ["amount", "-0.01", "negative"]),
        ("orders", {"ordered_on": "2024-02-28", "amount": "1000000000001"}, ["amount", "1,000,000,000,000"]),
        ("orders", {"ordered_on": "2024-02-28", "amount": "1.23456"}, ["amount", "1.23456", "4"]),
        ("orders", {"ordered_on": "2024-02-28", "product_line": "=cmd|'/c calc'!A1"}, ["product_line", "formula"]),
        ("orders", {"ordered_on": "2024-02-28", "product_line": "@SUM(A1)"}, ["product_line", "formula"]),
        ("surveys", {"surveyed_on": "2024-02-28", "score": "6"}, ["score", "'6'", "1 to 5"]),
        ("needs", {"kind": "产品采购", "budget_min": 5, "budget_max": 3}, ["budget_max", "'3'", "'5'"]),
        ("contracts", {"starts_on": "2024-02-28", "ends_on": "2024-02-27"}, ["ends_on", "2024-02-27"]),
        ("orders", {"ordered_on": "2024-02-28", "known_at": "2024-02-27 23:59:59"}, ["known_at", "ordered_on"]),
        ("interactions", {"happened_at": "2024-02-28 10:00", "kind": "拍照"}, ["kind", "拍照", "拜访"]),
        ("customers", {"name": "x" * 201}, ["name", "201", "200"]),
        ("customers", {"name": "某公司", "industry_code": "9999"}, ["industry_code", "9999", "GB/T 4754"]),
    ],
)
def test_a_wrong_value_is_refused_with_field_value_and_cure(
    noun: str, values: dict[str, object], parts: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        clean(noun, values)
    for part in parts:
        assert part in refused.value.message


def test_a_partial_change_may_leave_required_fields_out_but_not_empty() -> None:
    assert clean("customers", {"employees": 5}, partial=True) == {"employees": 5}
    with pytest.raises(Invalid, match="name"):
        clean("customers", {"name": " "}, partial=True)
