"""Cases as text: YAML to paste under ``cases:`` of a document, or a CSV table to look through."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence

from policies.case import Case
from policies.exact import decimal_text

# What YAML reads as plain text, or as the null of a missing input.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.%/-]*|-[0-9][0-9.%/]*|[\u4e00-\u9fff]+", re.ASCII)
_MADE = ("status", "tier", "total", "candidates")
_TAKEN = {"true", "false", "null"}


def yaml_text(cases: Sequence[Case]) -> str:
    """Return cases as the YAML of a document's part ``cases:``."""
    lines = ["cases:" if cases else "cases: []"]
    for case in cases:
        given = ", ".join(f"{word}: {_scalar(value)}" for word, value in case.given.items())
        expect = ", ".join(f"{key}: {_value(value)}" for key, value in case.expect if value is not None)
        lines += [f"  - name: {_scalar(case.name)}", f"    given: {{{given}}}"]
        if case.cuts is not None:
            cuts = ", ".join(f"{_scalar(tier)}: {decimal_text(cut)}" for tier, cut in case.cuts.items())
            lines.append(f"    cuts: {{{cuts}}}")
        lines.append(f"    expect: {{{expect}}}")
    return "\n".join(lines) + "\n"


def csv_text(cases: Sequence[Case]) -> str:
    """Return cases as CSV: the name, a column for each input (``given_status``, ``given_total``), and what comes out.

    An input that a case does not mention is empty like a missing one.
    """
    words = list(dict.fromkeys(word for case in cases for word in case.given))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", *(f"given_{word}" if word in _MADE else word for word in words), *_MADE])
    for case in cases:
        expect = case.expect
        total = "" if expect.total is None else decimal_text(expect.total)
        made = [expect.status or "", expect.tier or "", total, "|".join(expect.candidates or ())]
        writer.writerow([case.name, *(case.given.get(word) or "" for word in words), *made])
    return text.getvalue()


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_scalar, value))}]"
    return _scalar(value if isinstance(value, str) else decimal_text(value))  # type: ignore[arg-type]  # a Fraction


def _scalar(value: str | None) -> str:
    if value is None:
        return "null"
    return value if _PLAIN.fullmatch(value) and value not in _TAKEN else json.dumps(value, ensure_ascii=False)
