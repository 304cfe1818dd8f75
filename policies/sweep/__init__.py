"""Sweeps: customers scored once to level codes, then hundreds of variants of a policy graded exactly over the codes."""

from __future__ import annotations

from policies.sweep.change import changed
from policies.sweep.graded import Graded, Tally
from policies.sweep.levels import Levels

__all__ = ["Graded", "Levels", "Tally", "changed"]
