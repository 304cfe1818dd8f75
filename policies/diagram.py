"""A decision diagram over the cells of conditions: in how many cells which of them hold, exactly, and one such cell each.

Conditions are substituted axis by axis.  What is left of them is one state, and equal states are worked out once: so
millions of millions of cells are counted without being listed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from policies.kleene import Group, Leaf, Negation, Score, Test, TierIn
from policies.plan import Axis

# Steps after which a table is given up: about two seconds.
MOST_STEPS = 400_000
FALSE, TRUE = 0, 1

State = tuple[int, ...]
# Its kind; an axis, or how many parts must hold; the codes at which a leaf holds; its parts.
Node = tuple[str, int, frozenset[int], tuple[int, ...]]
NONE: frozenset[int] = frozenset()


class TooLarge(Exception):
    """A table that takes more than ``MOST_STEPS`` steps to decide."""


class ReadsTotals(TooLarge):
    """A table that compares the tier of a scorecard, whose combinations of points are not cells here."""


@dataclass(frozen=True)
class Met:
    """The cells in which the same conditions hold: how many, and one of them as a code for each axis."""

    cells: int
    codes: dict[int, int]


class Diagram:
    """Conditions over axes; a cell has one of the codes on each axis, and nothing is missing (code 0).

    ``holding`` maps a bitmask of the conditions that hold, and no others, to its cells.  With ``first`` only the first
    that holds counts among the first so many conditions.  Raises TooLarge.
    """

    def __init__(
        self, axes: Sequence[Axis], codes: Sequence[Sequence[int]], tests: Sequence[Test], first: int = 0
    ) -> None:
        self.axes, self.codes, self.first, self.steps = axes, codes, first, 0
        self.nodes: list[Node] = [("false", 0, NONE, ()), ("true", 0, NONE, ())]
        self.places: dict[Node, int] = {}
        self.reads: list[frozenset[int]] = [NONE, NONE]
        self.replaced: dict[tuple[int, int, int], int] = {}
        self.known: dict[State, dict[int, Met]] = {}
        start = self._cut(tuple(self._node(test) for test in tests))
        self.cells = prod(self.size(axis) for axis in range(len(axes)))
        rest = set(range(len(axes))) - self._support(start)
        others = {axis: self._middle(axis, codes[axis]) for axis in rest}
        found = self._met(start).items()
        self.holding = {mask: Met(met.cells * self._room(rest), others | met.codes) for mask, met in found}

    def size(self, axis: int) -> int:
        """Return the number of cells of an axis."""
        return len(self.codes[axis])

    def count(self, wanted: Callable[[int], bool]) -> int:
        """Return in how many cells the conditions hold that ``wanted`` says."""
        return sum(met.cells for mask, met in self.holding.items() if wanted(mask))

    def _met(self, state: State) -> dict[int, Met]:
        """Return the cells of the axes that a state reads, by what holds there."""
        found = self.known.get(state)
        if found is not None:
            return found
        reads = self._support(state)
        if not reads:
            return {sum(1 << i for i, node in enumerate(state) if node == TRUE): Met(1, {})}
        axis, total = min(reads), dict[int, Met]()
        for after, codes in self._branches(state, axis).items():
            free = reads - {axis} - self._support(after)
            room = len(codes) * self._room(free)
            chosen = {axis: self._middle(axis, codes)} | {
                other: self._middle(other, self.codes[other]) for other in free
            }
            for mask, met in self._met(after).items():
                self.steps += 1
                old = total.get(mask)
                cells = met.cells * room
                total[mask] = Met(cells, chosen | met.codes) if old is None else Met(old.cells + cells, old.codes)
        self.known[state] = total
        return total

    def _branches(self, state: State, axis: int) -> dict[State, list[int]]:
        """Return what is left of a state for each code of an axis, with the codes that leave the same."""
        found: dict[State, list[int]] = {}
        for code in self.codes[axis]:
            self.steps += len(state)
            found.setdefault(self._cut(tuple(self._at(node, axis, code) for node in state)), []).append(code)
        if self.steps > MOST_STEPS:
            raise TooLarge
        return found

    def _cut(self, state: State) -> State:
        """Return a state without the conditions that no longer matter, after the first that holds."""
        if TRUE not in state[: self.first]:
            return state
        place = state.index(TRUE) + 1
        return (*state[:place], *(FALSE for _ in state[place : self.first]), *state[self.first :])

    def _middle(self, axis: int, codes: Sequence[int]) -> int:
        """Return a code that shows others like it best: in the middle, and not a single value where that can be."""
        cuts = self.axes[axis].cuts
        wide = [code for code in codes if not 1 < code <= len(cuts) or cuts[code - 1] - cuts[code - 2] > 1]
        return (wide or codes)[(len(wide or codes) - 1) // 2]

    def _room(self, axes: set[int] | frozenset[int]) -> int:
        return prod(self.size(axis) for axis in axes)

    def _support(self, state: State) -> frozenset[int]:
        return NONE.union(*(self.reads[node] for node in state))

    def _node(self, test: Test) -> int:
        """Return a condition as a node."""
        if isinstance(test, Leaf):
            return self._leaf(test.axis, test.codes)
        if isinstance(test, Score):
            raise ReadsTotals
        if isinstance(test, TierIn):
            return self._node(test.part)
        if isinstance(test, Negation):
            return self._negation(self._node(test.part))
        assert isinstance(test, Group)
        return self._group(test.least, [self._node(part) for part in test.parts])

    def _at(self, node: int, axis: int, code: int) -> int:
        """Return what is left of a node where an axis has a code."""
        if axis not in self.reads[node]:
            return node
        key = (node, axis, code)
        found = self.replaced.get(key)
        if found is None:
            kind, number, codes, parts = self.nodes[node]
            if kind == "leaf":
                found = TRUE if code in codes else FALSE
            elif kind == "not":
                found = self._negation(self._at(parts[0], axis, code))
            else:
                found = self._group(number, [self._at(part, axis, code) for part in parts])
            self.replaced[key] = found
        return found

    def _leaf(self, axis: int, codes: frozenset[int]) -> int:
        inside = len(codes.intersection(self.codes[axis]))
        if inside in (0, self.size(axis)):
            return TRUE if inside else FALSE
        return self._kept(("leaf", axis, codes, ()), frozenset({axis}))

    def _negation(self, node: int) -> int:
        if node in (FALSE, TRUE):
            return FALSE if node == TRUE else TRUE
        kind, _, _, parts = self.nodes[node]
        return parts[0] if kind == "not" else self._kept(("not", 0, NONE, (node,)), self.reads[node])

    def _group(self, least: int, parts: list[int]) -> int:
        least -= parts.count(TRUE)
        parts = sorted(part for part in parts if part not in (FALSE, TRUE))
        if least <= 0 or least > len(parts):
            return TRUE if least <= 0 else FALSE
        if len(parts) == 1:
            return parts[0]
        if least in (1, len(parts)):
            unlike = sorted(set(parts))
            least, parts = (1 if least == 1 else len(unlike)), unlike
            if len(parts) == 1:
                return parts[0]
        return self._kept(("group", least, NONE, tuple(parts)), NONE.union(*(self.reads[part] for part in parts)))

    def _kept(self, node: Node, reads: frozenset[int]) -> int:
        place = self.places.get(node)
        if place is None:
            place = self.places[node] = len(self.nodes)
            self.nodes.append(node)
            self.reads.append(reads)
        return place
