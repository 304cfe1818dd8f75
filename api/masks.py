"""How personal values look to somebody who may not see them: masks by kind, each of a length that tells nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

# At least five digits, as far apart as a telephone number is written; Chinese numerals count, 幺 is the one of telephone numbers.
_DIGIT = r"[\d〇零一二三四五六七八九幺]"
_NUMBER = re.compile(rf"[+（(]?{_DIGIT}(?:[\s\-–—._·()（）/+,，、\u200b-\u200d\u2060]{{0,3}}{_DIGIT}){{4,}}")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}\s?[@＠]\s?[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
HIDDEN = "***"
MASK = "**"  # stands in every mask


def mask_number(value: str) -> str:
    """Return a mobile or landline with its middle hidden: 138****5678; a short one whole, or too few digits were left."""
    return "****" if len(value) < 11 else f"{value[:3]}****{value[-4:]}"


def mask_email(value: str) -> str:
    """Return an e-mail address with its name hidden: w***@example.cn."""
    name, _, host = value.partition("@")
    return f"{name[:1]}***@{host}"


def mask_person(value: str) -> str:
    """Return a person's name with all but its first character hidden: 王**."""
    return f"{value.strip()[:1]}**"


def scrub(value: str) -> str:
    """Return free text without what looks like a telephone number, another long number or an e-mail address."""
    return _NUMBER.sub(HIDDEN, _ADDRESS.sub(HIDDEN, value))


# kind of a personal field -> its mask; api.access.PERSONAL says who sees which kind as it is.
MASKS: dict[str, Callable[[str], str]] = {
    "mobile": mask_number,
    "landline": mask_number,
    "email": mask_email,
    "person": mask_person,
    "text": scrub,
}
