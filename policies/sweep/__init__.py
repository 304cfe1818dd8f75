"""Sweeps: customers scored once to level codes, then hundreds of variants of a policy graded exactly over the codes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policies.sweep.change import changed
    from policies.sweep.graded import Graded, Tally
    from policies.sweep.levels import Levels

__all__ = ["Graded", "Levels", "Tally", "changed"]
_HOMES = {"Graded": "graded", "Levels": "levels", "Tally": "graded", "changed": "change"}


def __getattr__(name: str) -> Any:
    """Load a name when it is first asked for: parameters and grids do without NumPy."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"policies.sweep.{_HOMES[name]}"), name)
