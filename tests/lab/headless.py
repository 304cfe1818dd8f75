"""Every notebook run headless in JupyterLab's environment, with widgets there: `make labcheck`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import jupyterlab
import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from study_inputs import DATES, write_inputs  # noqa: E402  # tests are no package

WIDGET = "application/vnd.jupyter.widget-view+json"
READ = {
    "explore_data": {"folder": "inputs"},
    "author_policy": {"folder": "inputs", "balances": {"V.V1": "70%"}},
    "backtest_policy": {"folder": "inputs", "dates": list(DATES), "horizon_months": 6, "tier_of_interest": "A"},
}


def main() -> None:
    """Run each notebook that a small folder of inputs is enough for; an error of a cell ends the check."""
    with tempfile.TemporaryDirectory() as folder:
        write_inputs(Path(folder) / "inputs")
        for name, parameters in READ.items():
            notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", nbformat.NO_CONVERT)
            cell = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
            cell.source += "\n" + "\n".join(f"{key} = {value!r}" for key, value in parameters.items())
            NotebookClient(notebook, timeout=300, resources={"metadata": {"path": folder}}).execute()
            shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
            widgets = sum(WIDGET in output.get("data", {}) for output in shown)
            if name == "author_policy" and not widgets:
                sys.exit("author_policy shows no sliders although ipywidgets is here")
            print(f"{name}: {len(shown)} outputs, {widgets} with widgets, JupyterLab {jupyterlab.__version__}")


if __name__ == "__main__":
    main()
