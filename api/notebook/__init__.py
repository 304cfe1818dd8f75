"""Running a notebook so that its result can be trusted: a child process, typed parameters, one report page, a manifest."""

from __future__ import annotations

from pathlib import Path

# The notebooks lie beside the packages and are opened by path.
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
FONT = NOTEBOOKS / "fonts" / "FenjiSansSC-Regular.otf"
# What a step inside a long cell is sent as; whoever runs the notebook keeps it, no notebook does.
PROGRESS = "application/vnd.fenji.progress+json"
