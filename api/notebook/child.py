"""The child process of a run: ``python -m api.notebook.child JOB.json FD`` runs a notebook and writes its page.

Events go to the file descriptor as JSON lines.  Standard input is the lifeline: when it closes, because the supervisor
has died, the kernel and this process end.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

from api.notebook.confinement import Bounds, Confinement, cell_of
from api.notebook.ending import end
from policies.refusal import Refusal

KERNEL: list[int] = []


def main(job_path: str, descriptor: int) -> int:
    """Run the job; return 0 when every cell has run and the page is written."""
    os.set_inheritable(descriptor, False)
    events = os.fdopen(descriptor, "w", encoding="utf-8", buffering=1)

    def emit(event: str, **values: Any) -> None:
        if event == "kernel":
            KERNEL.append(values["pid"])
        events.write(json.dumps({"event": event, **values}, ensure_ascii=False) + "\n")

    threading.Thread(target=_lifeline, args=(Path(job_path).parent,), daemon=True).start()
    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    folder, private = Path(job["folder"]), Path(job_path).parent
    from api.notebook import engine

    try:
        notebook = _run(job, private, emit)
    except Refusal as refusal:
        emit("refused", code=refusal.code, message=refusal.message)
        return 1
    except Exception as error:  # noqa: BLE001  # whatever ended the run is its result; the supervisor turns it into a refusal
        if engine.HonestEngine.last is not None:
            _write(engine.HonestEngine.last, folder / "failed.ipynb")
        emit("failed", kind=type(error).__name__, message=_sentence(error))
        return 1
    _write(notebook, folder / "executed.ipynb")
    emit("page")
    from api.notebook.page import render

    try:
        page = render(notebook)
    except Refusal as refusal:
        emit("refused", code=refusal.code, message=refusal.message)
        return 1
    (folder / "report.html").write_text(page, encoding="utf-8")
    return 0


def _run(job: dict[str, Any], private: Path, emit: Any) -> Any:
    # papermill would load pyarrow for files in Hadoop, which takes longer than the rest of it.
    sys.modules["pyarrow"] = None  # type: ignore[assignment]  # None is how an import is refused
    import papermill

    from api.notebook import engine
    from api.notebook.source import parameters_cell, read
    from api.notebook.strict import require_declared

    source = read(Path(job["source"]))
    require_declared(job["parameters"], parameters_cell(source))
    engine.register()
    kernel = engine.Kernel
    kernel.confinement, kernel.bounds = Confinement(**job["confinement"]), Bounds(**job["bounds"])
    kernel.cell = cell_of(private, [Path(path) for path in job["readable"]])
    # While the kernel starts, what writes the page is loaded.
    threading.Thread(target=importlib.import_module, args=("api.notebook.page",), daemon=True).start()
    notebook = papermill.execute_notebook(
        source, None, parameters=job["parameters"], engine_name=engine.ENGINE, progress_bar=False,
        cwd=str(private), emit=emit, cell_seconds=job["cell_seconds"], total_seconds=job["total_seconds"],
    )  # fmt: skip
    engine.require_complete(notebook)
    return notebook


def _write(notebook: Any, path: Path) -> None:
    import nbformat

    partial = path.with_suffix(".partial")
    partial.write_text(nbformat.writes(notebook), encoding="utf-8")
    partial.replace(path)


def _sentence(error: Exception) -> str:
    name, value = getattr(error, "ename", None), getattr(error, "evalue", None)
    number = getattr(error, "exec_count", None)
    if name:
        return f"cell {number} raised {name}: {value}"
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _lifeline(private: Path) -> None:
    while os.read(0, 1):  # not sys.stdin: its lock would be held when the interpreter ends
        pass
    for pid in KERNEL:
        end(pid)
    shutil.rmtree(private, ignore_errors=True)
    os._exit(13)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
