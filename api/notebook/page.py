"""The report page: one file, code hidden, Chinese with its font inside, no script, and nothing loaded from anywhere.

Lives in the child process only.
"""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont
from nbconvert import HTMLExporter

from api.notebook import FONT
from api.notebook.offline import require_offline

TEMPLATES = Path(__file__).parent / "templates"
PLACE_OF_FONT = "FENJI_FONT"


def render(notebook: Any) -> str:
    """Return the page of an executed notebook; Refusal when it would run a script or load something."""
    exporter = HTMLExporter(
        template_name="report", extra_template_basedirs=[str(TEMPLATES)], exclude_input=True,
        exclude_input_prompt=True, exclude_output_prompt=True,
    )  # fmt: skip
    title = next(
        (cell.source.splitlines()[0].lstrip("# ") for cell in notebook.cells if cell.cell_type == "markdown"), ""
    )
    css = (TEMPLATES / "report" / "report.css").read_text(encoding="utf-8")
    page, _ = exporter.from_notebook_node(notebook, {"report": {"title": title, "css": css}})
    require_offline(page)
    return str(page).replace(PLACE_OF_FONT, _font(page))


def _font(text: str) -> str:
    """Return the shipped font cut down to the characters of a text, as base64 of WOFF."""
    font = TTFont(FONT, recalcTimestamp=False)
    cutter = subset.Subsetter(subset.Options(layout_features=[], notdef_outline=True))
    cutter.populate(text=text)
    cutter.subset(font)
    font.flavor = "woff"
    buffer = BytesIO()
    font.save(buffer)
    return base64.b64encode(buffer.getvalue()).decode()
