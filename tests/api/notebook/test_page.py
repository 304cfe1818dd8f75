"""The report page of a notebook: its pictures stay pictures, its texts keep their letters."""

from __future__ import annotations

import base64
import re
from io import BytesIO

import nbformat.v4 as notebook
import pytest
from fontTools.ttLib import TTFont

from api.notebook.page import render
from policies.refusal import Refusal

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="90"><path d="M0 0L9 9"/></svg>'


def page_of(data: dict[str, str]) -> str:
    output = notebook.new_output("display_data", data=data, metadata={"image/svg+xml": {"alt": "等级"}})
    cell = notebook.new_code_cell("1", outputs=[output], execution_count=1)
    return render(notebook.new_notebook(cells=[notebook.new_markdown_cell("# 回测报告"), cell]))


def test_a_picture_stays_an_svg_and_cannot_run_anything() -> None:
    page = page_of({"image/svg+xml": SVG.replace("<path", "<script>approve()</script><path")})
    (picture,) = re.findall(r'<img alt="等级" class="picture" src="data:image/svg\+xml;base64,([^"]+)"/?>', page)
    assert "M0 0L9 9" in base64.b64decode(picture).decode()  # as an image: a browser runs nothing in it
    assert "<svg" not in page
    assert "approve" not in page


def test_the_font_inside_has_every_chinese_letter_of_the_page() -> None:
    page = page_of({"text/html": "<table><tr><td>等级迁移</td></tr></table>"})
    (font,) = re.findall(r"url\(data:font/woff;base64,([^)]+)\)", page)
    letters = TTFont(BytesIO(base64.b64decode(font))).getBestCmap()
    assert {ord(letter) for letter in "等级迁移回测报告"} <= set(letters)


@pytest.mark.parametrize(
    "html",
    [
        "<script>approve()</script>",
        '<img src="https://a.b/c.png">',
        '<form action="/graphql"></form>',
        "<svg onload='x()'></svg>",
    ],
)
def test_html_of_an_output_that_would_run_or_load_something_is_refused(html: str) -> None:
    with pytest.raises(Refusal, match="would run or load"):
        page_of({"text/html": html})
