"""papermill told to be honest: a cell that did not run to its end is never completed, and nothing is saved on the way.

Lives in the child process only; papermill, nbclient and jupyter_client carry no types.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.translators import PythonTranslator, papermill_translators

from api.notebook import PROGRESS
from api.notebook.confinement import Bounds, Cell, Confinement, command, give
from api.notebook.ending import end
from api.notebook.strict import assignments

ENGINE = "fenji"
MOST_OUTPUT = 20_000_000  # characters of one notebook's outputs
PROGRESS_SECONDS = 0.5  # between two steps inside a cell that are told on
Emit = Callable[..., None]


class Incomplete(Exception):
    """A notebook that ended before its last cell had run."""


class TimeIsUp(Exception):
    """A notebook that took longer in all than it may."""


class TooMuchOutput(Exception):
    """A notebook that printed more than MOST_OUTPUT."""


class StrictTranslator(PythonTranslator):  # type: ignore[misc]  # papermill has no types
    """Parameters as literals; papermill's own would run names and odd values as code."""

    @classmethod
    def codify(cls, parameters: dict[str, Any], comment: str = "Parameters") -> str:
        """Return the source of the injected cell."""
        return f"# {comment}\n{assignments(parameters)}"


class Kernel(AsyncKernelManager):
    """This interpreter's own kernel, confined, on sockets in a private folder instead of ports."""

    cell: Cell
    confinement: Confinement
    bounds: Bounds

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        program = [
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
            "--HistoryManager.enabled=False",
            # Not orjson, which Jupyter takes where it is installed: without memory it ends the process, json raises.
            "--Session.packer=json",
            "--Session.unpacker=json",
        ]
        argv = command(self.confinement, self.cell, self.bounds, {}, program)
        self._kernel_spec = KernelSpec(argv=argv, display_name="Fenji", language="python")
        folder = self.cell.sockets
        self.transport, self.ip, self.connection_file = "ipc", f"{folder}/s", f"{folder}/kernel.json"

    def write_connection_file(self, **options: Any) -> None:
        """Write the kernel's addresses and key where it can read them."""
        super().write_connection_file(**options)
        give(Path(self.connection_file), self.confinement)

    async def shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:  # type: ignore[override]  # as the async manager's own
        """End the kernel with everything that it has started."""
        if (pid := getattr(self.provisioner, "pid", None)) is not None:
            end(pid)
        await super().shutdown_kernel(now=now, restart=restart)


class Manager(NotebookExecutionManager):  # type: ignore[misc]  # papermill has no types
    """Keeps the state of each cell, and tells it."""

    def __init__(self, nb: Any, emit: Emit, end: float) -> None:
        super().__init__(nb, output_path=None, progress_bar=False, autosave_cell_every=0)
        self.emit, self.end = emit, end
        self.told = 0.0
        self.total = sum(cell.cell_type == "code" for cell in nb.cells)
        self.done = 0

    def save(self, **_: Any) -> None:
        """Save nothing: the notebook is written once, at the end."""

    def cell_start(self, cell: Any, cell_index: int | None = None, **options: Any) -> None:
        """Open a cell, and tell it."""
        super().cell_start(cell, cell_index, **options)
        if time.monotonic() > self.end:
            raise TimeIsUp("its time was up")
        if cell.cell_type == "code":
            self.emit("begin", done=self.done, total=self.total, title=self._title(cell_index or 0))

    def step(self, cell_index: int, told: object) -> None:
        """Tell a step inside a cell, not more often than PROGRESS_SECONDS; anything else than a step is left alone."""
        if not isinstance(told, dict) or time.monotonic() - self.told < PROGRESS_SECONDS:
            return
        done, total, message = (told.get(name) for name in ("done", "total", "message"))
        if type(done) is int and type(total) is int and isinstance(message, str) and 0 <= done <= total < 2**31:
            self.told = time.monotonic()
            self.emit("step", cells=self.done, of=self.total, title=self._title(cell_index), done=done, total=total,
                      message=message[:200])  # fmt: skip

    def cell_complete(self, cell: Any, cell_index: int | None = None, **options: Any) -> None:
        """Close a cell; one that is left by an exception (dead kernel, time limit) has failed."""
        if sys.exc_info()[0] is not None:
            cell.metadata.papermill["status"] = self.FAILED
            cell.metadata.papermill["exception"] = self.nb.metadata.papermill["exception"] = True
        super().cell_complete(cell, cell_index, **options)
        if cell.cell_type == "code" and cell.metadata.papermill["status"] == self.COMPLETED:
            self.done += 1
            self.emit("cell", done=self.done, total=self.total, title=self._title(cell_index or 0))

    def notebook_complete(self, **_: Any) -> None:
        """Note the end; a cell that never began stays pending."""
        self.end_time = self.now()
        self.nb.metadata.papermill["end_time"] = self.end_time.isoformat()
        self.nb.metadata.papermill["duration"] = (self.end_time - self.start_time).total_seconds()

    def _title(self, index: int) -> str:
        """Return the nearest heading above a cell."""
        for cell in reversed(self.nb.cells[:index]):
            if cell.cell_type == "markdown" and cell.source.startswith("#"):
                return str(cell.source.splitlines()[0].lstrip("# "))
        return "notebook"


class Client(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """Tells the kernel's process, and stops a flood of output."""

    written = 0

    def start_new_kernel(self, **options: Any) -> None:
        """Start the kernel and tell its process number, so that the supervisor can end it whatever happens."""
        super().start_new_kernel(**options)
        self.nb_man.emit("kernel", pid=self.km.provisioner.pid)

    def process_message(self, message: Any, cell: Any, cell_index: int) -> Any:
        """Take a message of the kernel; TooMuchOutput when the notebook's outputs grow beyond all bounds."""
        content = message["content"]
        self.written += _size(content)
        if self.written > MOST_OUTPUT:
            raise TooMuchOutput(f"the outputs hold more than {MOST_OUTPUT:,} characters")
        if message["msg_type"] in ("display_data", "update_display_data") and PROGRESS in content.get("data", {}):
            self.nb_man.step(cell_index, content["data"][PROGRESS])
            return None  # never kept in the notebook
        return super().process_message(message, cell, cell_index)


def _size(value: object) -> int:
    """Return how many characters a message holds, whatever it is made of."""
    if isinstance(value, dict):
        return sum(len(str(key)) + _size(item) for key, item in value.items())
    if isinstance(value, list):
        return sum(map(_size, value)) + len(value)
    return len(value) if isinstance(value, str) else 8


class HonestEngine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
    """papermill's engine with a total time limit, and with the notebook kept when it fails."""

    last: Any = None

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, emit: Emit, cell_seconds: float, total_seconds: float,
                         **_: Any) -> Any:  # fmt: skip
        """Run every cell; raises what ended the run early."""
        cls.last = nb
        end = time.monotonic() + total_seconds
        manager = Manager(nb, emit, end)
        manager.notebook_start()
        try:
            Client(
                manager,
                kernel_manager_class=Kernel,
                kernel_name=kernel_name,
                timeout_func=lambda _cell: max(1, min(cell_seconds, end - time.monotonic())),
                startup_timeout=60,
                iopub_timeout=30,
                interrupt_on_timeout=False,
                shutdown_kernel="immediate",
                log_output=False,
            ).execute()
        finally:
            manager.notebook_complete()
        return nb


def require_complete(notebook: Any) -> None:
    """Raise Incomplete unless every code cell ran to its end: papermill takes ``sys.exit(0)`` for success."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    for number, cell in enumerate(cells, 1):
        status = cell.metadata.get("papermill", {}).get("status")
        left = next((output for output in cell.outputs if output.output_type == "error"), None)
        if status != "completed" or cell.execution_count is None or left is not None:
            why = f"{left.ename}: {left.evalue}".rstrip(": ") if left is not None else f"it is {status}"
            raise Incomplete(f"cell {number} of {len(cells)} did not run to its end ({why})")


def register() -> None:
    """Put the engine and the translator in the place of papermill's own."""
    papermill_engines.register(ENGINE, HonestEngine)
    for language in ("python", "python3"):
        papermill_translators.register(language, StrictTranslator)
