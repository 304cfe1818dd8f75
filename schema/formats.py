"""The written forms of codes, telephone numbers, dates and money: normalised, or refused with a sentence that says why.

Every function takes the text of one cell and returns its normal form, or raises ``ValueError`` with the value and the
cure.  None reads a database or a clock.  Sources: GB 32100-2015 with amendment 1 (统一社会信用代码), GB 11714-1997
(organisation code).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import NoReturn

CHINA = timezone(timedelta(hours=8), "CST")

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

# Areas with a four-digit code whose numbers certainly have eight digits; elsewhere seven and eight both pass.
_EIGHT_DIGITS = """
    0311 0371 0411 0431 0451 0510 0511 0512 0513 0514 0515 0516 0517 0518 0519 0523 0527 0531 0532 0551 0571 0574
    0577 0591 0595 0731 0755 0757 0769 0851 0871 0898
"""
EIGHT_DIGIT_AREAS = frozenset(_EIGHT_DIGITS.split())

# Money at rest is a 64-bit number of 1/10000 yuan.
MONEY_LIMIT = Decimal(2**63 - 1) / 10_000
_MONEY = re.compile(r"([+-]?)(?:CNY|RMB|¥)?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(万|亿)?(?:元|CNY|RMB)?", re.ASCII)

_UNKEPT = re.compile("[\x00\ud800-\udfff]")  # by a database: NUL, and halves of surrogate pairs
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF])
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xA0: " ", 0xFFE5: "¥"}
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－"), "-")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff（）〇"


def _refuse(text: str, sentence: str) -> NoReturn:
    """Raise ``ValueError`` with the value, cut at 60 characters, before the sentence."""
    shown = text if len(text) <= 60 else text[:60] + "…"
    raise ValueError(f"{shown!r} {sentence}")


def storable(text: str) -> bool:
    """Say whether both databases can keep a text: no NUL, no half of a surrogate pair."""
    return _UNKEPT.search(text) is None


def fold(text: str) -> str:
    """Return a text as it is compared without case and width: lower case, in Unicode's compatible form (NFKC)."""
    if text.isascii():
        return text.lower()
    # Letter by letter, as PostgreSQL does it: a sigma is the same at the end of a word, an i has no dot beside it.
    return unicodedata.normalize("NFKC", text).replace("Σ", "σ").replace("İ", "i").lower()


def half_width(text: str) -> str:
    """Return the text with full-width letters, digits and signs made ASCII, invisible marks dropped and ends trimmed.

    Full-width ￥ becomes ¥, the ideographic and the no-break space become a space; Chinese characters stay.
    """
    return (text if text.isascii() else text.translate(_INVISIBLE).translate(_HALF_WIDTH)).strip()


def _plain(text: str) -> str:
    """Return the half-width text with every kind of dash made a hyphen, as numbers and dates are written."""
    plain = half_width(text)
    return plain if plain.isascii() else plain.translate(_DASHES)


def clean_company_name(text: str) -> str:
    """Normalise the spelling of a company name, not its words.

    Letters and digits become half-width, brackets the full-width （） of a Chinese business licence, spaces beside
    Chinese characters go, other runs of space become one.  A name without a Chinese character keeps ASCII brackets.
    """
    name = re.sub(r"\s+", " ", half_width(text))
    if not name:
        _refuse(text, "is empty; give the company's full name as on its business licence")
    if any(ord(char) < 32 or ord(char) == 127 for char in name):
        _refuse(text, "holds a control character; type the name again")
    if not re.search(rf"[{_HAN}]", name):
        return name
    name = name.replace("(", "（").replace(")", "）")
    return re.sub(rf"(?<=[{_HAN}]) | (?=[{_HAN}])", "", name)


def normalise_uscc(text: str) -> str:
    """Normalise a 统一社会信用代码 to 18 capitals and digits, its check digit verified (GB 32100)."""
    code = re.sub(r"[\s-]", "", _plain(text)).upper()
    if len(code) != 18:
        _refuse(text, f"has {len(code)} characters; a 统一社会信用代码 has 18, copy it from the business licence")
    wrong = [char for char in code if char not in USCC_ALPHABET]
    if wrong:
        _refuse(
            text, f"holds {wrong[0]!r}; a 统一社会信用代码 has digits and capitals without I O S V Z, check for 1 and 0"
        )
    if not code[2:8].isdigit():
        _refuse(text, f"has {code[2:8]!r} as positions 3 to 8; they are the six digits of the registering region")
    expected = _uscc_check(code[:17])
    if code[17] != expected:
        _refuse(
            text, f"ends in {code[17]!r} where its check digit is {expected!r}; compare each character with the licence"
        )
    return code


def organisation_code(uscc: str) -> str:
    """Return the organisation code inside a 统一社会信用代码 (positions 9 to 17), its check verified (GB 11714).

    Apart from ``normalise_uscc``: a code whose outer check digit is right may carry an old inner one that is not.
    """
    inner = normalise_uscc(uscc)[8:17]
    expected = _organisation_check(inner[:8])
    if inner[8] != expected:
        _refuse(
            uscc,
            f"holds the organisation code {inner}, whose check character is {expected!r}; compare with the licence",
        )
    return inner


def make_uscc(region_code: str, body: str, *, registration: str = "91") -> str:
    """Complete a 统一社会信用代码 with both check characters.

    ``region_code`` is six digits, ``body`` the eight characters of the organisation code before its check character,
    ``registration`` the two characters of authority and kind (91: an enterprise at the market regulator).
    """
    if not re.fullmatch(r"\d{6}", region_code, re.ASCII):
        _refuse(region_code, "is no region code; give six digits such as 310000")
    if len(registration) != 2 or len(body) != 8 or any(char not in USCC_ALPHABET for char in registration + body):
        _refuse(registration + body, "is no beginning and body; give 2 and 8 characters of " + USCC_ALPHABET)
    first = registration + region_code + body + _organisation_check(body)
    return first + _uscc_check(first)


def _uscc_check(first: str) -> str:
    """Return the check character of the first 17 (weights are powers of 3, modulus 31)."""
    total = sum(USCC_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(first))
    return USCC_ALPHABET[-total % 31]


def _organisation_check(body: str) -> str:
    """Return the check character of an organisation code's first eight (10 is X)."""
    values = (_ORGANISATION_ALPHABET.index(char) for char in body)
    check = -sum(weight * value for weight, value in zip(_ORGANISATION_WEIGHTS, values, strict=True)) % 11
    return "X" if check == 10 else str(check)


def normalise_mobile(text: str) -> str:
    """Normalise a mainland mobile number to its 11 digits; spaces, dashes, brackets, +86 and full-width digits pass."""
    number = re.sub(r"[\s().-]", "", _plain(text))
    number = re.sub(r"^(?:\+86|0086|86(?=\d{11}$))", "", number)
    if not re.fullmatch(r"\d+", number, re.ASCII):
        _refuse(text, "is no mobile number; write one number of 11 digits, a second one in a contact of its own")
    if len(number) != 11:
        _refuse(text, f"has {len(number)} digits; a mobile number has 11")
    if not re.match(r"1[3-9]", number):
        _refuse(text, f"begins with {number[:2]}; a mobile number begins with 13 to 19")
    return number


def normalise_landline(text: str) -> str:
    """Normalise a landline to area-number, area-number-extension, or the 400-800-8888 form of a service number."""
    clean = _plain(text).lower()
    main, _, extension = re.sub(r"转|分机|ext\.?|#|x", "\n", clean, count=1).partition("\n")
    groups = re.findall(r"\d+", main, re.ASCII)
    extension = extension.strip(" .:-")
    if (
        not groups
        or re.search(r"[^\d\s()+.-]", main, re.ASCII)
        or ("\n" in clean)
        or not re.fullmatch(r"\d{0,6}", extension)
    ):
        _refuse(text, "is no landline; write area code and number, such as 010-62770334")
    number = _landline("".join(groups))
    if number is None and not extension and len(groups) > 1 and len(groups[-1]) <= 6:
        number, extension = _landline("".join(groups[:-1])), groups[-1]
    if number is None:
        _refuse(
            text, "is no landline; write area code and number with every digit, such as 010-62770334 or 0755-26888888"
        )
    return f"{number}-{extension}" if extension else number


def _landline(digits: str) -> str | None:
    """Return area-number, or ``None`` where the digits are no landline."""
    if re.fullmatch(r"[48]00\d{7}", digits):
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    abroad = re.fullmatch(r"(?:00)?86(0?[1-9]\d{8,10})", digits)
    if abroad:
        digits = "0" + abroad[1].removeprefix("0")
    match = re.fullmatch(r"(010|02\d)([2-8]\d{7})|(0[3-9]\d\d)([2-8]\d{6,7})", digits)
    if match is None:
        return None
    area, number = match[1] or match[3], match[2] or match[4]
    return None if area in EIGHT_DIGIT_AREAS and len(number) != 8 else f"{area}-{number}"


def normalise_email(text: str) -> str:
    """Normalise an e-mail address: half-width, no spaces around, the domain in lower case."""
    address = half_width(text)
    if address.count("@") != 1:
        _refuse(text, f"has {address.count('@')} signs @; an e-mail address has one, such as name@company.example")
    local, domain = address.split("@")
    if not re.fullmatch(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*", local, re.ASCII) or len(local) > 64:
        _refuse(text, f"has {local!r} before the @; use at most 64 letters, digits and single dots")
    if (
        not re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", domain.lower())
        or len(domain) > 253
    ):
        _refuse(text, f"has {domain!r} behind the @; write a whole domain such as company.example")
    return f"{local}@{domain.lower()}"


_DATE = re.compile(
    r"(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{4})/(\d{1,2})/(\d{1,2})|(\d{4})\.(\d{1,2})\.(\d{1,2})|(\d{4})(\d\d)(\d\d)|"
    r"(\d{4}) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?[日号])(?:[ T]0?0:00(?::00(?:\.0+)?)?)?",
    re.ASCII,
)
_MOMENT = re.compile(r"(.+?)[ T]+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d+))?)? ?(Z|[+-]\d\d:?\d\d)?", re.ASCII)


def parse_date(text: str) -> date:
    """Read a date as 2024-03-05, 2024/3/5, 2024.3.5, 20240305 or 2024年3月5日; midnight behind it is dropped."""
    match = _DATE.fullmatch(_plain(text))
    if match is None:
        _refuse(text, "is no date; write year, month and day as 2024-03-05")
    year, month, day = (int(part) for part in match.groups() if part is not None)
    if not 1900 <= year <= 2100:
        _refuse(text, f"has the year {year}; years from 1900 to 2100 pass, correct the year")
    try:
        return date(year, month, day)
    except ValueError:
        _refuse(text, f"is no day of the calendar (month {month}, day {day}); write a real date such as 2024-03-05")


def parse_timestamp(text: str) -> datetime:
    """Read an ISO date and time, with its offset; without one it is China's time (+08:00).

    A date alone is its midnight in China.
    """
    clean = _plain(text)
    if _DATE.fullmatch(clean):
        return datetime.combine(parse_date(clean), time(), CHINA)
    match = _MOMENT.fullmatch(clean)
    if match is None:
        _refuse(text, "is no date and time; write 2024-03-05T09:30:00+08:00")
    day, hour, minute, second, fraction, offset = match.groups()
    clock = f"{hour:0>2}:{minute}:{second or '00'}.{fraction or '0':0<6.6}"
    try:
        moment = datetime.fromisoformat(f"{parse_date(day)}T{clock}{offset or '+08:00'}")
    except ValueError:
        _refuse(text, "is no date and time; write a real one such as 2024-03-05T09:30:00+08:00")
    return moment.replace(tzinfo=CHINA) if moment.utcoffset() == CHINA.utcoffset(None) else moment


def parse_money(text: str) -> Decimal:
    """Read an amount in yuan exactly: 1,234.50, ￥1,234.5, 12.5万, 1.2亿元, −30, full-width digits.

    At most 4 decimals once 万 or 亿 is multiplied out, at most 922,337,203,685,477.5807 (64 bits of 1/10000 yuan).
    """
    clean = re.sub(r"\s", "", _plain(text)).upper()
    match = _MONEY.fullmatch(re.sub("^(CNY|RMB|¥)([+-])", r"\2\1", clean))
    if match is None:
        _refuse(text, "is no amount of money; write digits with a point, such as 1234.50 or 12.5万")
    sign, whole, fraction, unit = match.groups()
    whole, digits = whole.replace(",", "").lstrip("0"), (fraction or "")[1:].rstrip("0")
    zeros = {None: 0, "万": 4, "亿": 8}[unit]
    if len(digits) > zeros + 4:
        _refuse(text, f"has {len(digits) - zeros} decimals of a yuan; at most 4 are kept exactly, round it first")
    # 15 + 12 digits stay inside the 28 of decimal's own context, so that nothing below rounds.
    value = Decimal(f"{whole}{digits}" or "0").scaleb(zeros - len(digits)) if len(whole) <= 15 else MONEY_LIMIT + 1
    if value > MONEY_LIMIT:
        _refuse(text, f"is more than {MONEY_LIMIT:,} yuan; check the unit")
    value = value if len(digits) > zeros else value.quantize(Decimal(1))
    return -value if sign == "-" else value
