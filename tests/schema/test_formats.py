"""Formats: what passes, in which normal form, and what each refusal says."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema import formats

TENCENT = "9144030071526726XG"  # A public code with X as check character of the organisation code.


def test_a_real_code_passes_in_any_writing() -> None:
    for text in (TENCENT, TENCENT.lower(), " 91440300 71526726-XG ", "９１４４０３００７１５２６７２６ＸＧ"):
        assert formats.normalise_uscc(text) == TENCENT
    assert formats.organisation_code(TENCENT) == "71526726X"


def test_every_shared_real_code_passes_both_checks_and_is_made_again_from_its_body(shared: Path) -> None:
    codes = (shared / "uscc" / "valid_uscc.txt").read_text(encoding="utf-8").split()
    assert len(codes) == 200
    for code in codes:
        assert formats.normalise_uscc(code) == code
        assert formats.organisation_code(code) == code[8:17]
        assert formats.make_uscc(code[2:8], code[8:16], registration=code[:2]) == code


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has 0 characters"),
        (TENCENT[:-1], "has 17 characters"),
        (TENCENT[:-1] + "I", "holds 'I'"),
        (TENCENT[:-1] + "H", "its check digit is 'G'"),
        ("9144O30071526726XG", "check for 1 and 0"),
        ("91A4030071526726XG", "positions 3 to 8"),
    ],
)
def test_a_wrong_code_is_refused_with_its_reason(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        formats.normalise_uscc(text)


def test_an_outer_check_digit_does_not_hide_a_wrong_organisation_code() -> None:
    right = formats.make_uscc("310000", "12345678")
    body = right[:16] + ("0" if right[16] != "0" else "1")
    wrong = next(body + last for last in formats.USCC_ALPHABET if _passes(formats.normalise_uscc, body + last))
    with pytest.raises(ValueError, match=f"whose check character is '{right[16]}'"):
        formats.organisation_code(wrong)


@given(
    region=st.integers(110000, 659999).map(str),
    body=st.text(formats.USCC_ALPHABET, min_size=8, max_size=8),
    place=st.integers(0, 17),
    other=st.sampled_from(formats.USCC_ALPHABET),
)
def test_a_made_code_passes_and_any_one_changed_character_is_noticed(
    region: str, body: str, place: int, other: str
) -> None:
    code = formats.make_uscc(region, body)
    assert formats.normalise_uscc(code) == code
    assert formats.organisation_code(code) == code[8:17]
    changed = code[:place] + other + code[place + 1 :]
    assert _passes(formats.normalise_uscc, changed) == (changed == code)


def test_a_code_is_not_made_from_a_wrong_region_or_body() -> None:
    with pytest.raises(ValueError, match="six digits"):
        formats.make_uscc("31", "12345678")
    with pytest.raises(ValueError, match="2 and 8 characters"):
        formats.make_uscc("310000", "1234567O")


def test_the_shared_telephone_numbers_pass_as_the_peer_library_says(shared: Path) -> None:
    with (shared / "cn_phone" / "vectors.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 29
    for row in rows:
        mobile = _passes(formats.normalise_mobile, row["raw"])
        landline = _passes(formats.normalise_landline, row["raw"])
        assert mobile == (row["type"] == "mobile"), row
        assert landline == (row["type"] in ("fixed", "premium", "tollfree")), row
        if mobile:
            assert "+86" + formats.normalise_mobile(row["raw"]) == row["e164"]
        if row["type"] == "fixed":
            number = formats.normalise_landline(row["raw"])
            assert "+86" + number.removeprefix("0").replace("-", "") == row["e164"]


@pytest.mark.parametrize(
    "text", ["13800138000", "138 0013 8000", "+86-138-0013-8000", "１３８００１３８０００", "\u202d13800138000\u202c"]
)
def test_a_mobile_number_is_normalised_to_eleven_digits(text: str) -> None:
    assert formats.normalise_mobile(text) == "13800138000"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1380013800", "has 10 digits"),
        ("12800138000", "begins with 12"),
        ("王总138", "'王总138' is no mobile number"),
        ("13800138000/13900139000", "a second one in a contact of its own"),
    ],
)
def test_a_wrong_mobile_number_is_refused_with_its_reason(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        formats.normalise_mobile(text)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("(010)62770334", "010-62770334"),
        ("86-10-62770334", "010-62770334"),
        ("+86 755 2688 8888", "0755-26888888"),
        ("07522688888", "0752-2688888"),
        ("021-68888888-801", "021-68888888-801"),
        ("021-68888888转801", "021-68888888-801"),
        ("010-6277-0334", "010-62770334"),
        ("4008008888", "400-800-8888"),
    ],
)
def test_a_landline_is_normalised_to_area_and_number(text: str, normal: str) -> None:
    assert formats.normalise_landline(text) == normal


@pytest.mark.parametrize("text", ["62770334", "0755-2688888", "010-1234567", "0100-62770334", "abc", "", "13800138000"])
def test_a_landline_without_area_or_digits_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no landline; write area code and number"):
        formats.normalise_landline(text)


def test_an_email_address_is_normalised() -> None:
    assert formats.normalise_email(" Wang.Lei＠Example.COM ") == "Wang.Lei@example.com"


@pytest.mark.parametrize(
    "text", ["", "a@b", "a b@c.com", "a..b@c.com", "@c.com", "a@b.com;c@d.com", "张@c.com", "a@-b.com"]
)
def test_a_wrong_email_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="has "):
        formats.normalise_email(text)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        (" 北京 恒泰　（集团) 有限公司 ", "北京恒泰（集团）有限公司"),
        ("苏州ＡＢＣ科技\u200b有限公司", "苏州ABC科技有限公司"),
        ("Acme  Trading Co., Ltd. (Hong Kong)", "Acme Trading Co., Ltd. (Hong Kong)"),
    ],
)
def test_a_company_name_loses_stray_spaces_and_widths(text: str, normal: str) -> None:
    assert formats.clean_company_name(text) == normal
    assert formats.clean_company_name(normal) == normal


def test_an_empty_company_name_is_refused() -> None:
    with pytest.raises(ValueError, match="full name as on its business licence"):
        formats.clean_company_name(" 　")


@pytest.mark.parametrize(
    "text",
    ["2024-03-05", "2024/3/5", "2024.3.5", "20240305", "2024年3月5日", "2024-03-05 00:00:00", "２０２４-０３-０５"],
)
def test_a_date_is_read_in_each_usual_spelling(text: str) -> None:
    assert formats.parse_date(text) == date(2024, 3, 5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2024-02-30", "no day of the calendar"),
        ("05/03/2024", "write year, month and day"),
        ("0202-03-05", "the year 202"),
        ("2024-03-05 10:00", "write year, month and day"),
        ("", "write year, month and day"),
    ],
)
def test_an_impossible_or_unclear_date_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        formats.parse_date(text)


@pytest.mark.parametrize(
    "text", ["2024-03-05T09:30:00+08:00", "2024-03-05 09:30", "2024/3/5 9:30:00", "2024-03-05T01:30:00Z"]
)
def test_a_moment_without_an_offset_is_chinas_time(text: str) -> None:
    assert formats.parse_timestamp(text) == datetime(2024, 3, 5, 1, 30, tzinfo=UTC)


def test_a_moment_that_does_not_exist_is_refused() -> None:
    for text in ("2024-03-05T25:00", "2024-02-30T09:00", "soon"):
        with pytest.raises(ValueError, match="no da"):
            formats.parse_timestamp(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.50", "1234.5"),
        ("￥1,234.5", "1234.5"),
        ("-￥30", "-30"),
        ("12.5万", "125000"),
        ("1.23456789亿元", "123456789"),
        ("0.12345万", "1234.5"),
        ("１，２３４．５０ 元", "1234.5"),
        ("0.0001", "0.0001"),
        ("12.50000", "12.5"),
        ("922337203685477.5807", "922337203685477.5807"),
    ],
)
def test_money_is_read_exactly(text: str, value: str) -> None:
    assert formats.parse_money(text) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0.00001", "has 5 decimals"),
        ("1,23", "is no amount"),
        ("1e5", "is no amount"),
        ("$5", "is no amount"),
        ("=1+1", "is no amount"),
        ("", "is no amount"),
        ("922337203685477.5808", "is more than"),
        ("9" * 1000, "is more than"),
    ],
)
def test_money_that_cannot_be_kept_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refusal:
        formats.parse_money(text)
    assert len(str(refusal.value)) < 200


@given(st.decimals(-(10**12), 10**12, places=4))
def test_money_written_with_thousands_comes_back_as_it_was(value: Decimal) -> None:
    assert formats.parse_money(f"{value:,}") == value


def _passes(normalise: Callable[[str], str], text: str) -> bool:
    try:
        normalise(text)
    except ValueError:
        return False
    return True
