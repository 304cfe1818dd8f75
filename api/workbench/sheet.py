"""A sheet: tables, notes and pictures that are shown together, as HTML in Jupyter and as text in a terminal."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from api.workbench.pictures import Picture
from api.workbench.table import Note, Table
from policies.findings import Finding

Shown = Table | Note | Picture
SEVERITY = {"error": "错误 error", "warning": "提醒 warning"}


class Sentence(Note):
    """A sentence that tells something, where a note says that something cannot be had."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        html = f"<p><strong>{escape(self.zh)}</strong><br><small>{escape(self.en)}</small></p>"
        return {"text/html": html, "text/plain": str(self)}


@dataclass(frozen=True, repr=False)
class Sheet:
    """Several things under each other."""

    parts: tuple[Shown, ...]

    def __repr__(self) -> str:
        return "\n\n".join(map(str, self.parts))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": "".join(map(_html, self.parts)), "text/plain": repr(self)}


def _html(part: Shown) -> str:
    if isinstance(part, Picture) and "<text" in part.svg:
        return part.svg  # in the page itself, where its letters find the page's font
    if isinstance(part, Picture):
        content = base64.b64encode(part.svg.encode()).decode()
        return f'<img class="picture" alt="{escape(part.title)}" src="data:image/svg+xml;base64,{content}">'
    return part._repr_mimebundle_()["text/html"]


def findings_shown(findings: Sequence[Finding], caption: tuple[str, str] = ("检查结果", "findings")) -> Table | Note:
    """Return findings as a table, one line each with its place, its values and its cure."""
    if not findings:
        return Note("检查没有发现问题。", "The check finds nothing.")
    rows = []
    for one in findings:
        facts = {} if one.code == "case_fails" else one.counter_example or {}  # a case stands in the document already
        example = ", ".join(f"{key} = {value}" for key, value in facts.items())
        shows = f" 反例 e.g. {example}." if example else ""
        rows.append((SEVERITY[one.severity], one.path, f"{one.message}. {one.cure}{shows} [{one.code}]"))
    heads = (("级别", "severity"), ("位置", "place"), ("问题与办法", "finding and cure"))
    zh, en = caption
    return Table((f"{zh}:{len(findings)}", en), heads, tuple(rows), words=3)
