"""What the workbench tells IPython and Jupyter: how drafts are completed, how something is shown, and how refusals look."""

from __future__ import annotations

import sys
from typing import Any

from api.workbench.completion import register
from policies.refusal import Refusal


def shell() -> Any:
    """Return the running IPython shell, None in plain Python."""
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return get_ipython()


def announce(shown: object) -> None:
    """Show something now, in the middle of a cell or a script."""
    if shell() is None:
        sys.stdout.write(f"{shown}\n")
    else:
        from IPython import display

        display.display(shown)  # type: ignore[no-untyped-call]  # IPython has no types here


def settle() -> None:
    """In IPython: complete below the parts of drafts, and show a refusal as its sentence without a traceback."""
    running = shell()
    if running is not None:
        register(running.Completer, running.user_ns)
        running.set_custom_exc((Refusal,), _refused)


def _refused(
    running: Any, kind: type[BaseException], error: BaseException, trace: Any, tb_offset: Any = None
) -> list[str]:
    """Show the sentence of a refusal; the cell has failed all the same."""
    lines = [f"{kind.__name__}: {error}"]
    running._showtraceback(kind, error, lines)
    return lines
