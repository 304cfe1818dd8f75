"""The supervisor of a run: starts the child, follows its events, keeps the time, ends everything, and leaves a manifest."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from threading import Event
from typing import Any

from api.errors import ExtraMissing
from api.notebook.child import end_group
from api.notebook.strict import assignments
from policies.backtest.metrics import canonical, fingerprint
from policies.refusal import Refusal

NEEDED = ("papermill", "ipykernel", "jupytext", "nbconvert", "matplotlib", "numpy", "scipy")
# The only variables a notebook sees: no address of the database, no key.
PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG", "SYSTEMROOT", "LD_LIBRARY_PATH")
FIXED = {
    "PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "SOURCE_DATE_EPOCH": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8",
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg", "JUPYTER_PLATFORM_DIRS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}  # fmt: skip
Report = Callable[[int, int, str], None]


class NotebookFailed(Refusal):
    """A notebook that did not run to its end."""

    code = "backtest_failed"


@dataclass(frozen=True)
class Limits:
    """How long a cell and a whole run may take, and how long the child may then need to end by itself."""

    cell_seconds: float = 300
    total_seconds: float = 1800
    grace_seconds: float = 30


def require_extra() -> None:
    """Raise Refusal when the extra ``notebooks`` is not installed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ExtraMissing("notebooks", missing)


def run(
    source: Path, parameters: Mapping[str, Any], folder: Path, *, cache: Path, limits: Limits = Limits(),
    report: Report | None = None, cancelled: Event | None = None,
) -> bytes:  # fmt: skip
    """Run a percent notebook in ``folder`` and return the bytes of the ``metrics.json`` that it wrote there.

    Leaves ``executed.ipynb``, ``report.html`` and ``manifest.json``; a failed run leaves ``failed.ipynb`` and raises
    NotebookFailed.  ``cache`` keeps the fonts' index between runs.  Parameters are checked before a kernel starts.
    """
    require_extra()
    assignments(parameters)
    for name in ("executed.ipynb", "failed.ipynb", "report.html", "metrics.json", "manifest.json"):
        (folder / name).unlink(missing_ok=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fenji-") as private:
        job = {"source": str(source.resolve()), "parameters": dict(parameters), "folder": str(folder.resolve()),
               "cell_seconds": limits.cell_seconds, "total_seconds": limits.total_seconds}  # fmt: skip
        job_path = Path(private) / "job.json"
        job_path.write_text(json.dumps(job), encoding="utf-8")
        _supervise(job_path, _environment(Path(private), cache), limits, report or _silent, cancelled or Event())
    metrics = folder / "metrics.json"
    if not metrics.is_file():
        raise NotebookFailed(f"The notebook {source.name} ran, but wrote no metrics.json; end it with save_metrics().")
    shutil.copyfile(source, folder / source.name)
    _leave_manifest(folder, source, parameters, time.monotonic() - started)
    return metrics.read_bytes()


def _silent(done: int, total: int, message: str) -> None:
    """Report nothing."""


def _environment(private: Path, cache: Path) -> dict[str, str]:
    """Return the child's and the kernel's environment: nobody's start-up files, nothing that is secret."""
    folders = {name: private / name.lower() for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    folders["JUPYTER_RUNTIME_DIR"] = private / "r"
    folders["MPLCONFIGDIR"] = cache.resolve() / "matplotlib"
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**passed, **FIXED, **{name: str(folder) for name, folder in folders.items()}}


def _supervise(job: Path, environment: dict[str, str], limits: Limits, report: Report, cancelled: Event) -> None:
    reader, writer = os.pipe()
    kernels: list[int] = []
    deadline = time.monotonic() + limits.total_seconds + limits.grace_seconds
    ending: str | None = "it was interrupted"
    with open(job.with_suffix(".log"), "w+b") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "api.notebook.child", str(job), str(writer)],
            stdin=subprocess.PIPE, stdout=log, stderr=log, pass_fds=(writer,), env=environment, start_new_session=True,
            cwd=Path(__file__).resolve().parents[2],
        )  # fmt: skip
        os.close(writer)
        try:
            ending = _follow(reader, deadline, kernels, report, cancelled) or _told(
                child.wait(limits.grace_seconds), log
            )
        except KeyboardInterrupt:
            ending = "it was cancelled"
        except subprocess.TimeoutExpired:
            ending = "its process did not end"
        finally:
            # After a clean end the numbers may belong to other processes already.
            for pid in (*kernels, child.pid) if ending or child.poll() is None else ():
                end_group(pid)
            assert child.stdin is not None
            child.stdin.close()
            child.wait()
            os.close(reader)
    if ending:
        raise NotebookFailed(f"The notebook did not run to its end: {ending}.")


def _told(code: int, log: Any) -> str | None:
    """Return what a child died of that said nothing of it, None when it ended well."""
    if code == 0:
        return None
    log.seek(0)
    last = log.read()[-2000:].decode(errors="replace").strip().splitlines()
    return f"its process ended with {code}{': ' + last[-1] if last else ''}"


def _follow(reader: int, deadline: float, kernels: list[int], report: Report, cancelled: Event) -> str | None:
    """Read the child's events until it closes them; return why the run failed, None when they do not say."""
    with selectors.DefaultSelector() as selector:
        selector.register(reader, selectors.EVENT_READ)
        rest, cells, ending = b"", 0, None
        while True:
            if cancelled.is_set():
                return "it was cancelled"
            if time.monotonic() > deadline:
                return "its time was up"
            if not selector.select(timeout=0.2):
                continue
            chunk = os.read(reader, 65536)
            if not chunk:
                return ending
            *lines, rest = (rest + chunk).split(b"\n")
            for event in map(json.loads, lines):
                if event["event"] == "kernel":
                    kernels.append(event["pid"])
                elif event["event"] == "cell":
                    cells = event["total"]
                    report(event["done"], cells + 1, event["title"])
                elif event["event"] == "page":
                    report(cells, cells + 1, "报告 report")
                elif event["event"] == "refused":
                    raise Refusal(event["message"], code=event["code"])
                elif event["event"] == "failed":
                    ending = _sentence(event)


def _sentence(event: dict[str, str]) -> str:
    known = {"CellTimeoutError": "a cell took too long", "DeadKernelError": "its kernel died"}
    return known.get(event["kind"]) or event["message"].rstrip(".")


def _leave_manifest(folder: Path, source: Path, parameters: Mapping[str, Any], seconds: float) -> None:
    """Write what the run was made of: the hash of every file, the parameters and the versions of the libraries."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json")
    manifest = {
        "schema": "fenji.evidence/1",
        "notebook": source.name,
        "parameters": dict(parameters),
        "files": {path.relative_to(folder).as_posix(): fingerprint(path.read_bytes()) for path in files},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "packages": {name: version(name) for name in (*NEEDED, "fenji", "duckdb", "pyarrow", "sqlglot")},
        "confinement": "none: the kernel runs as the same user, without the application's settings",
        "seconds": round(seconds, 2),
    }
    partial = folder / "manifest.partial"
    partial.write_bytes(canonical(manifest))
    partial.replace(folder / "manifest.json")
