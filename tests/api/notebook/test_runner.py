"""The supervisor: a run that did not reach its end is never taken for one that did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api.notebook.runner import Limits, NotebookFailed, run
from policies.refusal import Refusal

HEAD = '# %% tags=["parameters"]\nx: int = 1\nfolder: str = "."\n\n'
LAST = '\n# %%\nopen("metrics.json", "w").write("{}\\n")\n'
QUICK = Limits(cell_seconds=3, total_seconds=20, grace_seconds=10)


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
        return run(source, parameters or {"x": 2}, folder, cache=cache, limits=QUICK, **options)  # type: ignore[arg-type]  # of run

    return started


def statuses(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell["metadata"]["papermill"]["status"] for cell in cells if cell["cell_type"] == "code"]


def require_failed(tmp_path: Path) -> None:
    left = {path.name for path in (tmp_path / "run").iterdir()}
    assert left <= {"failed.ipynb"}
    if left:
        assert "completed" not in statuses(tmp_path / "run" / "failed.ipynb")[2:]


def test_a_run_to_the_end_sees_its_parameters_and_nothing_of_the_application(
    execute: Callable[..., bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENJI_DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    seen: list[tuple[int, int, str]] = []
    check = "import os\nassert x == 7 and folder == '甲'\nassert not [name for name in os.environ if 'FENJI' in name]"
    execute(check, parameters={"x": 7, "folder": "甲"}, report=lambda *step: seen.append(step))
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {"executed.ipynb", "manifest.json", "metrics.json", "report.html", "trap.py"}
    assert [step[:2] for step in seen] == [(1, 5), (2, 5), (3, 5), (4, 5), (4, 5)]
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["parameters"] == {"x": 7, "folder": "甲"}
    assert set(manifest["files"]) == names - {"manifest.json"}
    assert set(statuses(tmp_path / "run" / "executed.ipynb")) == {"completed"}


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "its kernel died"),
        ("import sys\nsys.exit(0)", r"cell 3 of 4 did not run to its end \(SystemExit: 0\)"),
        ("while True:\n    pass", "a cell took too long"),
        ("raise ValueError('三')", "cell 3 raised ValueError: 三"),
    ],
    ids=["killed", "exit 0", "endless", "exception"],
)
def test_a_cell_that_does_not_end_fails_the_run(
    execute: Callable[..., bytes], tmp_path: Path, cell: str, message: str
) -> None:
    with pytest.raises(NotebookFailed, match=message) as failed:
        execute(cell)
    assert failed.value.code == "backtest_failed"
    require_failed(tmp_path)
    assert len(statuses(tmp_path / "run" / "failed.ipynb")) == 4


def test_a_cancelled_run_leaves_no_process(execute: Callable[..., bytes], tmp_path: Path) -> None:
    cancelled, told = threading.Event(), tmp_path / "run" / "pid"

    def cancel_when_it_runs() -> None:
        while not told.exists() or not told.read_text():
            time.sleep(0.05)
        cancelled.set()

    threading.Thread(target=cancel_when_it_runs, daemon=True).start()
    with pytest.raises(NotebookFailed, match="it was cancelled"):
        execute("import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)", cancelled=cancelled)
    kernel = int(told.read_text())
    deadline = time.monotonic() + 5
    while _alive(kernel) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(kernel)
    told.unlink()
    require_failed(tmp_path)


def test_the_death_of_the_supervisor_leaves_no_process(tmp_path: Path, cache: Path) -> None:
    source, told = tmp_path / "trap.py", tmp_path / "pids"
    cell = f"import os, time\nopen({str(told)!r}, 'w').write(f'{{os.getpid()}} {{os.getppid()}}')\ntime.sleep(60)\n"
    source.write_text(f"{HEAD}# %%\n{cell}{LAST}", encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from api.notebook.runner import run\n"
        "run(Path(sys.argv[1]), {'x': 1}, Path(sys.argv[2]), cache=Path(sys.argv[3]))"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code, str(source), str(tmp_path), str(cache)])
    while supervisor.poll() is None and not (told.exists() and told.read_text()):
        time.sleep(0.05)
    supervisor.kill()
    supervisor.wait()
    deadline = time.monotonic() + 5
    kernel, child = map(int, told.read_text().split())
    while (_alive(kernel) or _alive(child)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(kernel)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


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
