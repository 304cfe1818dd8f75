"""The supervisor: a run that did not reach its end is never taken for one that did."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from api.notebook import confinement
from api.notebook.cage import descendants
from api.notebook.confinement import PROMISES, Bounds, Confinement, probe
from api.notebook.ending import alive
from api.notebook.runner import Limits, NotebookCancelled, NotebookFailed, run
from policies.refusal import Refusal

HEAD = '# %% tags=["parameters"]\nx: int = 1\nfolder: str = "."\n\n'
LAST = '\n# %%\nopen("metrics.json", "w").write("{}\\n")\n'
QUICK = Limits(cell_seconds=4, total_seconds=20, grace_seconds=10, bounds=Bounds(memory_mb=800, file_mb=50))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def execute(tmp_path: Path, cache: Path) -> Callable[..., bytes]:
    def started(*cells: str, parameters: dict[str, object] | None = None, **options: object) -> bytes:
        source = tmp_path / "trap.py"
        source.write_text(HEAD + "".join(f"# %%\n{cell}\n\n" for cell in cells) + LAST, encoding="utf-8")
        folder = tmp_path / "run"
        folder.mkdir(exist_ok=True)
        return run(source, parameters or {"x": 2}, folder, cache=cache, **{"limits": QUICK, **options})  # type: ignore[arg-type]  # of run

    return started


def statuses(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell["metadata"]["papermill"]["status"] for cell in cells if cell["cell_type"] == "code"]


def require_failed(tmp_path: Path) -> None:
    left = {path.name for path in (tmp_path / "run").iterdir()} - {"inputs"}
    assert left <= {"failed.ipynb"}
    if left:
        assert "completed" not in statuses(tmp_path / "run" / "failed.ipynb")[2:]


def alive_with(marker: str) -> list[int]:
    """The processes that have a text in their command line, this one aside."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if marker.encode() in path.read_bytes() and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
    return found


def soon(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_a_run_to_the_end_sees_its_parameters_and_nothing_of_the_application(
    execute: Callable[..., bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENJI_DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    seen: list[tuple[int, int, str]] = []
    notebooks_meanwhile: list[Path] = []

    def follow(*step: Any) -> None:
        seen.append(step)
        notebooks_meanwhile.extend((tmp_path / "run").glob("*.ipynb"))

    check = "import os\nassert x == 7 and folder == '甲'\nassert not [name for name in os.environ if 'FENJI' in name]"
    execute(check, parameters={"x": 7, "folder": "甲"}, report=follow)
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {"events.jsonl", "executed.ipynb", "manifest.json", "metrics.json", "report.html", "trap.py"}
    assert [step[:2] for step in seen] == [(1, 5), (2, 5), (3, 5), (4, 5), (4, 5)]
    assert notebooks_meanwhile[:-1] == []  # written once, at the end, not at every cell's
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["parameters"] == {"x": 7, "folder": "甲"}
    assert set(manifest["files"]) == names - {"manifest.json"}
    assert manifest["confinement"]["level"] in PROMISES
    assert set(statuses(tmp_path / "run" / "executed.ipynb")) == {"completed"}


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "its kernel died"),
        ("import sys\nsys.exit(0)", r"cell 3 of 4 did not run to its end \(SystemExit: 0\)"),
        ("import os\nos._exit(0)", "its kernel died"),
        ("while True:\n    pass", "a cell took too long"),
        ("raise ValueError('三')", "cell 3 raised ValueError: 三"),
        ("for _ in range(30):\n    print('x' * 1_000_000)", "hold more than 20,000,000 characters"),
        ("raise ValueError('x' * 30_000_000)", "hold more than 20,000,000 characters"),
        ("hog = bytearray(900_000_000)", "cell 3 raised MemoryError"),
        ("open('flood', 'wb').write(bytes(80_000_000))", "OSError|cell 3 raised|its kernel died"),
        ("import os\nos.symlink('/etc/hostname', 'metrics.json')\nraise SystemExit", "SystemExit"),
    ],
    ids=["killed", "exit 0", "exit by force", "endless", "exception", "print", "traceback", "memory", "file", "link"],
)
def test_a_cell_that_does_not_end_fails_the_run(
    execute: Callable[..., bytes], tmp_path: Path, cell: str, message: str
) -> None:
    with pytest.raises(NotebookFailed, match=message) as failed:
        execute(cell)
    assert failed.value.code == "backtest_failed"
    require_failed(tmp_path)
    assert len(statuses(tmp_path / "run" / "failed.ipynb")) == 4


def test_the_total_time_ends_a_run_of_many_short_cells(execute: Callable[..., bytes], tmp_path: Path) -> None:
    with pytest.raises(NotebookFailed, match=r"its time was up|took too long"):
        execute(
            *["import time\ntime.sleep(0.9)"] * 9, limits=Limits(cell_seconds=60, total_seconds=3, grace_seconds=10)
        )
    assert statuses(tmp_path / "run" / "failed.ipynb")[-1] == "pending"
    assert not (tmp_path / "run" / "manifest.json").exists()


def test_a_metrics_file_that_is_a_link_is_not_taken_over(execute: Callable[..., bytes], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    link = f"import os\nos.symlink({str(secret)!r}, 'other')\nos.symlink('other', 'metrics.json')\nopen = lambda *_: __import__('io').StringIO()"
    with pytest.raises(NotebookFailed, match=r"wrote no metrics.json"):
        execute(link)
    assert not (tmp_path / "run" / "metrics.json").exists()


def test_progress_inside_a_cell_is_told_and_is_not_part_of_the_notebook(
    execute: Callable[..., bytes], tmp_path: Path
) -> None:
    seen: list[tuple[int, int, str]] = []
    cell = (
        "import time\nfrom api.workbench import progress\nfor step in range(1, 5):\n"
        "    progress(step, 4, '第几步')\n    time.sleep(0.6)"
    )
    execute(cell, report=lambda *step: seen.append(step), limits=Limits(cell_seconds=60, total_seconds=90))
    inside = [message for _, _, message in seen if "第几步" in message]
    assert inside[0] == "notebook · 第几步 1/4"
    assert inside[-1] == "notebook · 第几步 4/4"
    assert "第几步 " not in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "fenji.progress" not in (tmp_path / "run" / "executed.ipynb").read_text(encoding="utf-8")
    assert (tmp_path / "run" / "events.jsonl").read_text(encoding="utf-8").count('"event":"step"') == len(inside)


@pytest.mark.parametrize(
    ("reach", "prevented"),
    [
        ("open({secret!r}).read()", lambda reached: reached.level != "rlimits"),
        ("import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)", lambda reached: reached.filtered or reached.level != "rlimits"),
    ],
    ids=["database", "network"],
)  # fmt: skip
def test_a_notebook_that_reads_the_database_file_or_the_network_fails(
    execute: Callable[..., bytes], tmp_path: Path, reach: str, prevented: Callable[[Confinement], bool]
) -> None:
    reached = confinement.reached()
    if not prevented(reached):
        pytest.skip(f"this machine reaches {reached.level} only")
    secret = tmp_path / "fenji.db"
    secret.write_text("secret")
    tmp_path.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(NotebookFailed, match="cell 3 raised"):
        execute(reach.format(secret=str(secret), port=server.getsockname()[1]))
    require_failed(tmp_path)


def test_a_flood_of_progress_is_thinned_out(execute: Callable[..., bytes]) -> None:
    seen: list[str] = []
    flood = (
        "from IPython.display import display\nfor step in range(2000):\n"
        "    display({'application/vnd.fenji.progress+json': {'done': step, 'total': 2000, 'message': 'x'}}, raw=True)\n"
        "display({'application/vnd.fenji.progress+json': ['nothing']}, raw=True)"
    )
    execute(flood, report=lambda *step: seen.append(step[2]))
    assert 1 <= sum("x " in message for message in seen) < 20


DAEMON = (
    "import subprocess, time\n"
    "subprocess.Popen(['/bin/sh', '-c', 'setsid sleep {marker} & setsid sleep {marker} &'])\ntime.sleep({seconds})"
)


@pytest.mark.parametrize("level", ["namespaces", "landlock", "rlimits"])
def test_a_cancelled_run_leaves_no_process(
    execute: Callable[..., bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    force(monkeypatch, level)
    marker = f"60.{os.getpid()}{random.randrange(10**6):06}"
    with pytest.raises(NotebookCancelled, match="it was cancelled"):
        execute(DAEMON.format(marker=marker, seconds=60), cancelled=lambda: len(alive_with(f"sleep\0{marker}")) >= 2)
    assert soon(lambda: alive_with(f"sleep\0{marker}") == [], 5)
    assert alive_with(str(tmp_path)) == []
    require_failed(tmp_path)


@pytest.mark.parametrize("level", ["namespaces", "rlimits"])
def test_a_run_that_ends_well_leaves_no_process(
    execute: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    force(monkeypatch, level)
    marker = f"61.{os.getpid()}{random.randrange(10**6):06}"
    execute(DAEMON.format(marker=marker, seconds=0.2))
    assert soon(lambda: alive_with(f"sleep\0{marker}") == [], 5)


@pytest.mark.parametrize("level", ["namespaces", "landlock", "rlimits"])
def test_the_death_of_the_supervisor_leaves_no_process(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    reached = force(monkeypatch, level)
    source = tmp_path / "trap.py"
    marker = f"62.{os.getpid()}{random.randrange(10**6):06}"
    source.write_text(f"{HEAD}# %%\n{DAEMON.format(marker=marker, seconds=60)}\n{LAST}", encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from api.notebook import confinement; from api.notebook.runner import run\n"
        f"confinement._strongest = lambda: (confinement.{reached!r}, ())\n"
        "run(Path(sys.argv[1]), {'x': 1}, Path(sys.argv[2]), cache=Path(sys.argv[3]))"
    )
    (tmp_path / "inputs").mkdir()
    supervisor = subprocess.Popen([sys.executable, "-c", code, str(source), str(tmp_path), str(cache)])
    assert soon(lambda: len(alive_with(f"sleep\0{marker}")) >= 2)
    started = descendants(supervisor.pid)
    assert len(started) >= 4  # the child, the launcher, the kernel, a sleeper
    supervisor.kill()
    supervisor.wait()
    assert soon(lambda: not any(map(alive, started)) and alive_with(marker) == [], 5)


def force(monkeypatch: pytest.MonkeyPatch, level: str) -> Confinement:
    """Confine kernels by a level, weaker than what the machine could; skip where it cannot."""
    found, why = probe(level)
    if found is None:
        pytest.skip(f"no {level} here: {why}")
    monkeypatch.setattr(confinement, "_strongest", lambda: (found, ()))
    return found


def test_a_notebook_that_changes_its_inputs_is_caught_where_it_can(
    execute: Callable[..., bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    force(monkeypatch, "rlimits")
    inputs = tmp_path / "run" / "inputs"
    inputs.mkdir(parents=True)
    (inputs / "facts").write_text("1")
    with pytest.raises(NotebookFailed, match=r"changed its inputs|cell 3 raised PermissionError"):
        execute("open('inputs/facts', 'w').write('2')")
    assert not (tmp_path / "run" / "manifest.json").exists()


def test_a_level_that_the_machine_does_not_reach_is_refused_before_anything_starts(
    execute: Callable[..., bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = Confinement("rlimits", os.geteuid(), False)
    monkeypatch.setattr(confinement, "_strongest", lambda: (weak, ("namespaces: not allowed",)))
    with pytest.raises(
        Refusal, match=r"confined by landlock at least .* allows rlimits only \(namespaces: not allowed\)"
    ) as refused:
        execute("1", least="landlock")
    assert refused.value.code == "confinement_missing"
    with pytest.raises(Refusal, match="'chroot' is no level"):
        execute("1", least="chroot")
    require_failed(tmp_path)


def test_a_parameter_that_the_notebook_does_not_have_is_refused(execute: Callable[..., bytes], tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no parameter y; it has folder, x") as refused:
        execute("1", parameters={"y": 1})
    assert refused.value.code == "invalid"
    require_failed(tmp_path)


def test_a_parameter_that_carries_code_is_refused_before_anything_starts(
    execute: Callable[..., bytes], tmp_path: Path
) -> None:
    with pytest.raises(Refusal, match="cannot be a parameter's name"):
        execute("1", parameters={"x=1\nimport os\ny": 1})
    require_failed(tmp_path)
