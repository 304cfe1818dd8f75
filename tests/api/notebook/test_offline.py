"""The check of the report page: whatever runs or loads is found."""

from __future__ import annotations

import pytest

from api.notebook.offline import faults, require_offline
from policies.refusal import Refusal

HEAD = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:">'


def test_a_page_of_text_tables_and_inline_pictures_passes() -> None:
    body = (
        '<p class="a">1</p><img src="data:image/svg+xml;base64,AAAA"><a href="#x">x</a><style>a{b:url(data:x)}</style>'
    )
    assert faults(HEAD + body) == []


@pytest.mark.parametrize(
    "body",
    [
        "<script>1</script>", '<SCRIPT SRC="a.js"></SCRIPT>', '<img src="https://a.b/c.png">', '<img src=" HTTP://a.b/c">',
        '<img src="//a.b/c">', '<img src="c.png" onerror="x()">', '<a href="javascript:x()">x</a>',
        '<a href="java\nscript:x()">x</a>', '<a href="https://a.b">x</a>', '<iframe srcdoc="x"></iframe>',
        '<link rel="stylesheet" href="a.css">', "<style>@import 'a.css'</style>", "<style>a{b:url(https://a.b)}</style>",
        "<p style=\"background:url('a.png')\">", '<meta http-equiv="refresh" content="0;url=https://a.b">',
        '<svg><use xlink:href="https://a.b#c"/></svg>', '<base href="https://a.b">', '<form action="/approve"></form>',
        '<object data="a.swf"></object>', '<img srcset="a.png 2x">', '<a href="data:text/html,x">x</a>',
    ],
)  # fmt: skip
def test_what_runs_or_loads_is_found(body: str) -> None:
    assert len(faults(HEAD + body)) >= 1
    with pytest.raises(Refusal, match="would run or load"):
        require_offline(HEAD + body)


def test_a_page_without_its_security_policy_is_found() -> None:
    assert faults("<p>1</p>") != []
    assert faults("<meta http-equiv=Content-Security-Policy content=\"script-src *; default-src 'none'\">") != []
