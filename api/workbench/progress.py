"""Progress inside a long cell: told to whoever follows the run, and never part of the notebook."""

from __future__ import annotations

import sys
import time

from api.notebook import PROGRESS

_last = 0.0


def progress(done: int, total: int, message: str = "") -> None:
    """Tell that ``done`` of ``total`` steps of this cell are done; quick enough for every turn of a loop.

    In a run the supervisor keeps it beside the progress of the cells (runProgress).  In Jupyter nothing is shown, in a
    terminal a line.
    """
    global _last
    if done < total and time.monotonic() - _last < 0.2:
        return
    _last = time.monotonic()
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        if sys.stderr.isatty():
            sys.stderr.write(f"{done}/{total} {message}\n")
        return
    from IPython.display import display  # only where it runs already

    display({PROGRESS: {"done": int(done), "total": int(total), "message": str(message)}}, raw=True)  # type: ignore[no-untyped-call]  # IPython's own
