"""The supervisor of a run: starts the child, follows its events, keeps the time, ends everything, and leaves a manifest."""

from __future__ import annotations

import importlib.util
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from api.errors import ExtraMissing
from api.notebook import confinement as confining
from api.notebook.confinement import Bounds, Confinement
from api.notebook.ending import end, end_group
from api.notebook.evidence import EVENTS, hashes, write_manifest
from api.notebook.strict import assignments
from policies.backtest.metrics import canonical
from policies.refusal import Refusal

NEEDED = ("papermill", "ipykernel", "jupytext", "nbconvert", "matplotlib", "numpy", "scipy")
METRICS, INPUTS = "metrics.json", "inputs"
MOST_METRICS = 100_000_000
# The only variables a notebook sees: no address of the database, no key.
PASSED_ON = ("PATH", "HOME", "LANG", "SYSTEMROOT", "LD_LIBRARY_PATH")
FIXED = {
    "PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "SOURCE_DATE_EPOCH": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8",
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg", "JUPYTER_PLATFORM_DIRS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}  # fmt: skip
# What the kernel imports, imported once by a trusted process: it leaves compiled modules and the index of fonts.
WARM = "import matplotlib.font_manager, ipykernel.kernelapp, ipykernel.ipkernel, api.workbench"
Report = Callable[[int, int, str], None]
Cancelled = Callable[[], bool]


class NotebookFailed(Refusal):
    """A notebook that did not run to its end."""

    code = "backtest_failed"


class NotebookCancelled(NotebookFailed):
    """A notebook that somebody stopped."""

    code = "cancelled"


@dataclass(frozen=True)
class Limits:
    """How long a cell and a whole run may take, how long the child may then need to end by itself, and what a kernel may use."""

    cell_seconds: float = 300
    total_seconds: float = 1800
    grace_seconds: float = 30
    bounds: Bounds = field(default_factory=Bounds)


def require_extra() -> None:
    """Raise Refusal when the extra ``notebooks`` is not installed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ExtraMissing("notebooks", missing)


def run(
    source: Path, parameters: Mapping[str, Any], folder: Path, *, cache: Path, limits: Limits = Limits(),
    report: Report | None = None, cancelled: Cancelled | None = None, least: str = "rlimits",
    private: Sequence[Path] = (), about: Mapping[str, Any] | None = None,
) -> bytes:  # fmt: skip
    """Run a percent notebook and return the bytes of the ``metrics.json`` that it wrote into its working folder.

    The kernel is confined as far as the machine allows, ``least`` at the least; it reads ``folder/inputs`` as ``inputs``
    and writes into a folder of its own, of which only ``metrics.json`` is taken over.  Leaves ``executed.ipynb``,
    ``report.html``, ``events.jsonl`` and ``manifest.json`` (which also says what ``about`` holds); a failed run leaves
    ``failed.ipynb`` and raises NotebookFailed.  ``private`` is refused where every notebook reads.  ``cache`` keeps the fonts' index between runs.  Parameters are checked
    before a kernel starts.
    """
    require_extra()
    assignments(parameters)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("executed.ipynb", "failed.ipynb", "report.html", METRICS, EVENTS, "manifest.json"):
        (folder / name).unlink(missing_ok=True)
    reached = confining.reached(least)
    confining.require_hidden(private)
    before = hashes(folder, INPUTS)
    with _place() as place:
        readable = _prepare(place, folder / INPUTS, cache, reached)
        job = {"source": str(source.resolve()), "parameters": dict(parameters), "folder": str(folder.resolve()),
               "cell_seconds": limits.cell_seconds, "total_seconds": limits.total_seconds, "readable": readable,
               "confinement": asdict(reached), "bounds": asdict(limits.bounds)}  # fmt: skip
        job_path = place / "job.json"
        job_path.write_text(json.dumps(job), encoding="utf-8")
        supervision = Supervision(report or _silent, cancelled or _never)
        _supervise(job_path, _environment(place), limits, supervision)
        _take(place / "work" / METRICS, folder / METRICS, source.name)
    if hashes(folder, INPUTS) != before:
        raise NotebookFailed(f"The notebook {source.name} changed its inputs, so its figures say nothing.")
    shutil.copyfile(source, folder / source.name)
    (folder / EVENTS).write_bytes(b"".join(map(canonical, supervision.events)))
    write_manifest(folder, source.name, parameters, reached.described(limits.bounds), about or {}, NEEDED)
    return (folder / METRICS).read_bytes()


def _silent(done: int, total: int, message: str) -> None:
    """Report nothing."""


def _never() -> bool:
    return False


@contextmanager
def _place() -> Iterator[Path]:
    """A folder that others pass through but do not list, short enough for the addresses of sockets."""
    short = None if len(tempfile.gettempdir()) < 60 else "/tmp"  # mkdtemp makes a name nobody can guess
    with tempfile.TemporaryDirectory(prefix="fenji-", dir=short, ignore_cleanup_errors=True) as place:
        yield Path(place)


def _prepare(private: Path, inputs: Path, cache: Path, reached: Confinement) -> list[str]:
    """Make the kernel's folders, with its inputs and the index of fonts; return what it may read besides."""
    there = [inputs.resolve()] if inputs.is_dir() else []
    cell = confining.make_cell(private, reached, there)
    for shown in there:
        (cell.work / INPUTS).symlink_to(shown)
        if reached.user != os.geteuid():  # copies of our own, which the other user must read
            for path in (shown, *shown.rglob("*")):
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    fonts = cell.work / ".home" / "matplotlib"
    shutil.copytree(_warm(cache), fonts)
    for path in (fonts, *fonts.rglob("*")):
        confining.give(path, reached)
    return [str(path) for path in there]


def _warm(cache: Path) -> Path:
    """Return the folder with the index of fonts, made by a process that can be trusted when it is not there."""
    folder = cache.resolve() / "matplotlib"
    if not any(folder.glob("fontlist-*")):
        folder.mkdir(parents=True, exist_ok=True)
        passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        environment = {**passed, **FIXED, "MPLCONFIGDIR": str(folder)}
        subprocess.run(
            [sys.executable, "-c", WARM], env=environment, check=True, capture_output=True, cwd=confining.ROOT
        )
    return folder


def _take(left: Path, kept: Path, source: str) -> None:
    """Take over the one file that a kernel leaves; a link or a device would lead elsewhere."""
    if not left.is_file() or left.is_symlink():
        raise NotebookFailed(f"The notebook {source} ran, but wrote no {METRICS}; end it with save_metrics().")
    descriptor = os.open(left, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(MOST_METRICS + 1)
    if len(content) > MOST_METRICS:
        raise NotebookFailed(f"The notebook {source} wrote more than {MOST_METRICS:,} bytes of {METRICS}.")
    kept.write_bytes(content)


def _environment(private: Path) -> dict[str, str]:
    """Return the child's environment: nobody's start-up files, nothing that is secret."""
    folders = {
        name: private / name.lower()
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "MPLCONFIGDIR")
    }
    folders["JUPYTER_RUNTIME_DIR"] = private / "r"
    for folder in folders.values():
        folder.mkdir(exist_ok=True)
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**passed, **FIXED, **{name: str(folder) for name, folder in folders.items()}}


class Supervision:
    """What is known of a run while it runs: its events, and whom to end."""

    def __init__(self, report: Report, cancelled: Cancelled) -> None:
        self.report, self.cancelled = report, cancelled
        self.events: list[dict[str, Any]] = []
        self.kernels: list[int] = []
        self.cells = 0
        self.failed: str | None = None
        self.begun = time.monotonic()

    def take(self, event: dict[str, Any]) -> None:
        """Take an event of the child; Refusal when it refused."""
        kind = event.pop("event")
        if kind == "kernel":
            self.kernels.append(event["pid"])
            return
        self.events.append({"event": kind, "milliseconds": round(1000 * (time.monotonic() - self.begun)), **event})
        if kind == "cell":
            self.cells = event["total"]
            self.report(event["done"], self.cells + 1, event["title"])
        elif kind == "step":
            said = f"{event['title']} · {event['message']} {event['done']}/{event['total']}"
            self.report(event["cells"], event["of"] + 1, said)
        elif kind == "page":
            self.report(self.cells, self.cells + 1, "报告 report")
        elif kind == "refused":
            raise Refusal(event["message"], code=event["code"])
        elif kind == "failed":
            self.failed = _sentence(event)


def _supervise(job: Path, environment: dict[str, str], limits: Limits, supervision: Supervision) -> None:
    reader, writer = os.pipe()
    deadline = time.monotonic() + limits.total_seconds + limits.grace_seconds
    ending: str | None = "it was interrupted"
    with open(job.with_suffix(".log"), "w+b") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "api.notebook.child", str(job), str(writer)],
            stdin=subprocess.PIPE, stdout=log, stderr=log, pass_fds=(writer,), env=environment, start_new_session=True,
            cwd=confining.ROOT,
        )  # fmt: skip
        os.close(writer)
        try:
            ending = _follow(reader, deadline, supervision) or _told(child.wait(limits.grace_seconds), log)
        except KeyboardInterrupt:
            ending = CANCELLED
        except subprocess.TimeoutExpired:
            ending = "its process did not end"
        finally:
            # After a clean end the numbers may belong to other processes already.
            if ending or child.poll() is None:
                for pid in supervision.kernels:
                    end(pid)
                end_group(child.pid)
            assert child.stdin is not None
            child.stdin.close()
            child.wait()
            os.close(reader)
    if ending:
        kind = NotebookCancelled if ending == CANCELLED else NotebookFailed
        raise kind(f"The notebook did not run to its end: {ending}.")


CANCELLED = "it was cancelled"


def _told(code: int, log: Any) -> str | None:
    """Return what a child died of that said nothing of it, None when it ended well."""
    if code == 0:
        return None
    log.seek(0)
    last = log.read()[-2000:].decode(errors="replace").strip().splitlines()
    return f"its process ended with {code}{': ' + last[-1] if last else ''}"


def _follow(reader: int, deadline: float, supervision: Supervision) -> str | None:
    """Read the child's events until it closes them; return why the run failed, None when they do not say."""
    with selectors.DefaultSelector() as selector:
        selector.register(reader, selectors.EVENT_READ)
        rest = b""
        while True:
            if supervision.cancelled():
                return CANCELLED
            if time.monotonic() > deadline:
                return "its time was up"
            if not selector.select(timeout=0.2):
                continue
            chunk = os.read(reader, 65536)
            if not chunk:
                return supervision.failed
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                supervision.take(json.loads(line))


def _sentence(event: Mapping[str, str]) -> str:
    known = {"CellTimeoutError": "a cell took too long", "DeadKernelError": "its kernel died"}
    return known.get(event["kind"]) or event["message"].rstrip(".")
