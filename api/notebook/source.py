"""Notebooks at rest: the percent source is the truth, the ``.ipynb`` beside it is generated and without outputs.

``python -m api.notebook.source`` writes every ``.ipynb`` anew; a test keeps them in step.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from api.notebook import NOTEBOOKS


def read(path: Path) -> Any:
    """Return the notebook of a percent source; cell ids come from the content, so that they are the same everywhere."""
    import jupytext  # an optional extra, and slow to import

    notebook = jupytext.read(path, fmt="py:percent")
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\0{cell.source}".encode()).hexdigest()[:10]
        seen[digest] += 1
        cell["id"] = f"{digest}-{seen[digest]}"
    notebook.metadata.pop("jupytext", None)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return notebook


def generated(path: Path) -> str:
    """Return the text of the ``.ipynb`` that belongs to a percent source."""
    import nbformat

    return str(nbformat.writes(read(path), version=nbformat.NO_CONVERT)) + "\n"


def parameters_cell(notebook: Any) -> str:
    """Return the source of the cell tagged ``parameters``, empty when there is none."""
    cells = (cell.source for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    return next(cells, "")


def main() -> None:
    """Write the ``.ipynb`` of every percent source in notebooks/."""
    for path in sorted(NOTEBOOKS.glob("*.py")):
        path.with_suffix(".ipynb").write_text(generated(path), encoding="utf-8")
        sys.stdout.write(f"{path.with_suffix('.ipynb').name}\n")


if __name__ == "__main__":
    main()
