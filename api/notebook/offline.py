"""The check of a page that must run nothing and load nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from policies.refusal import Refusal

FORBIDDEN = frozenset({"script", "iframe", "frame", "object", "embed", "link", "base", "form", "applet", "portal"})
ADDRESSES = frozenset(
    {"src", "href", "xlink:href", "srcset", "action", "formaction", "poster", "data", "background", "cite"}
)
STYLE = re.compile(r"url\(\s*['\"]?(?!data:|#)|@import|expression\(", re.IGNORECASE)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in FORBIDDEN:
            self.faults.append(f"<{tag}>")
        if tag == "meta" and values.get("http-equiv"):
            if (values["http-equiv"] or "").lower() == "content-security-policy" and not self.policy:
                self.policy = values.get("content") or ""
            else:
                self.faults.append(f"<meta http-equiv={values['http-equiv']}>")
        for name, value in attrs:
            address = "".join((value or "").split()).lower()
            if name.startswith("on"):
                self.faults.append(f"{name} on <{tag}>")
            elif name in ADDRESSES and address and not address.startswith(("data:image/", "#")):
                self.faults.append(f"{name}={(value or '')[:60]} on <{tag}>")
            elif name == "style" and STYLE.search(value or ""):
                self.faults.append(f"style on <{tag}>")

    def handle_data(self, data: str) -> None:
        if self.lasttag == "style" and STYLE.search(data):
            self.faults.append("an address in <style>")


def faults(page: str) -> list[str]:
    """Return what in a page would run or load something; empty for a page that may be shown anywhere."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    if "default-src 'none'" not in reader.policy or "script-src" in reader.policy:
        reader.faults.append("no Content-Security-Policy that forbids everything by default")
    return reader.faults


def require_offline(page: str) -> None:
    """Raise Refusal for a page that would run or load something."""
    found = faults(page)
    if found:
        raise Refusal(
            f"The report would run or load {len(found)} things: {'; '.join(found[:5])}. "
            "Show tables and pictures of the workbench only, and no links.",
            code="backtest_failed",
        )
