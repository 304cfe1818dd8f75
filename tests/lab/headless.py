"""Every notebook run headless in JupyterLab's environment, completion asked for and a slider moved there: `make labcheck`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import jupyterlab
import nbformat
from jupyter_client.manager import start_new_kernel
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


# A draft and its sliders, as an analyst has them; ``moved`` waits until the figures have followed.
OPENED = """
from api import workbench
p = workbench.draft(workbench.champion("inputs"), on=workbench.snapshot("inputs"))
s = p.sliders("V.V1.weight")
box = s.widget()
slider, live = box.children[0].children[0], box.children[1]
assert s.latest.settle()
first = live.value
print(slider.comm.comm_id)
"""
MOVED = (
    "assert s.latest.settle() and live.value != first and '<table' in live.value, live.value[:200]; print(s.positions)"
)


def asked(client: Any, code: str) -> str:
    """Return what a cell prints; an error of it ends the check."""
    printed: list[str] = []
    reply = client.execute_interactive(
        code, timeout=120, output_hook=lambda message: printed.append(message["content"].get("text", ""))
    )
    if reply["content"]["status"] != "ok":
        sys.exit(f"{code}: {reply['content']['evalue']}")
    return "".join(printed).strip()


def live() -> None:
    """Ask for completion below a part, and move a slider as the browser does: by a message to its comm."""
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        comm = asked(client, OPENED)
        completed = client.complete("p.V.V1.", reply=True, timeout=60)["content"]["matches"]
        if not any(match.endswith("weight") for match in completed):
            sys.exit(f"p.V.V1. completes to {completed[:5]}")
        content = {"comm_id": comm, "data": {"method": "update", "state": {"index": 3}, "buffer_paths": []}}
        client.shell_channel.send(client.session.msg("comm_msg", content))
        print(f"completion: {len(completed)} names; slider moved: {asked(client, MOVED)[:60]}")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def main() -> None:
    """Run each notebook that a small folder of inputs is enough for; an error of a cell ends the check."""
    with tempfile.TemporaryDirectory() as folder:
        write_inputs(Path(folder) / "inputs")
        os.chdir(folder)
        live()
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
