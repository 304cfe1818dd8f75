"""Level codes: every fact of a snapshot scored once to the finest cells that any variant needs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from policies.impact import REVENUE
from policies.plan import Axis, Plan
from policies.refusal import Refusal
from policies.states import NOT_APPLICABLE, PENDING
from policies.vocabulary import Word

if TYPE_CHECKING:
    from policies.sweep.graded import Graded

Integers = NDArray[np.int64]
Codes = NDArray[np.uint8] | NDArray[np.uint16]
# Fine codes below the cells, which count from CELLS on: missing or pending, not applicable, and a value that cannot be.
MISSING, OUTSIDE, IMPOSSIBLE, CELLS = range(4)
# With more cuts than this a binary search beats one comparison a cut.
_FEW_CUTS = 24
_NAMED_STATES = ("pending", "not_applicable")
# The place of a name that is no value of its word.
_STRANGE = -1


@dataclass(frozen=True)
class Column:
    """The facts of one word: stored integers or, of a word in words, the places of its values; and their fine codes."""

    word: Word
    facts: Integers
    cuts: tuple[int, ...]
    codes: Codes

    @classmethod
    def coded(cls, word: Word, facts: Integers, cuts: Iterable[int]) -> Column:
        """Return the column with the cells that begin at ``cuts``, one a value for a word in words."""
        ascending = tuple(range(1, len(word.values))) if word.values else tuple(sorted(set(cuts)))
        kind = np.uint8 if len(ascending) + CELLS < 255 else np.uint16
        if len(ascending) <= _FEW_CUTS:
            codes: Any = np.full(len(facts), CELLS, kind)
            for cut in ascending:
                codes += facts >= cut
        else:
            codes = (np.searchsorted(np.array(ascending, np.int64), facts, side="right") + CELLS).astype(kind)
        axis = Axis(word.name, word)
        least, most = (0, len(word.values) - 1) if word.values else (axis.least, axis.most)
        if least is not None:
            codes[facts < least] = IMPOSSIBLE
        if most is not None:
            codes[facts > most] = IMPOSSIBLE
        codes[facts == PENDING] = MISSING
        codes[facts == NOT_APPLICABLE] = OUTSIDE
        return cls(word, facts, ascending, codes)

    @property
    def size(self) -> int:
        """Return the number of fine codes."""
        return CELLS + len(self.cuts) + 1

    def table(self, axis: Axis) -> Integers:
        """Return, by fine code, the code of an axis of a plan, whose cuts must be among the column's; 0 for an impossible value."""
        named = bool(self.word.values)
        cells = [1, *(cut + 1 if named else 1 + bisect_right(axis.cuts, cut) for cut in self.cuts)]
        return np.array([0, axis.outside, 0, *cells], np.int64)


@dataclass(frozen=True)
class Amounts:
    """Money in fen, 0 where it is not known, and whether it is known."""

    fen: Integers
    known: NDArray[np.bool_]


class Levels:
    """A snapshot scored once: the fine codes of every word that some plans read, and what the customers bought.

    ``customers`` are their ids in the order of the file, ``amount`` the 12 months before in fen, ``next_amount`` what they
    bought in the period after (None without a file of outcomes).
    """

    def __init__(self, snapshot: Path, outcomes: Path | None = None) -> None:
        """Open a Parquet file of facts, and one with customer_id and next_amount (fen) of those who bought in the period after."""
        self._snapshot = snapshot
        self.customers = _whole(snapshot, "customer_id")
        bought = _whole(snapshot, REVENUE)
        known = bought > PENDING
        self.amount = Amounts(np.where(known, bought, 0), known)
        self.next_amount = None if outcomes is None else _later(outcomes, self.customers)
        self._columns: dict[str, Column] = {}

    @classmethod
    def read(cls, snapshot: Path, *plans: Plan, outcomes: Path | None = None) -> Levels:
        """Score a Parquet file of facts to the union of the cuts of all ``plans``.

        Refusal when a file cannot be read or lacks a column that a plan reads.
        """
        made = cls(snapshot, outcomes)
        made.refine(plans)
        return made

    def refine(self, plans: Sequence[Plan]) -> None:
        """Split cells where a plan has a cut that no plan had before, and score words that none has read."""
        wanted: dict[str, tuple[Word, set[int]]] = {}
        for plan in plans:
            for word in plan.words:
                wanted.setdefault(word.name, (word, set()))
            for axis in plan.axes:
                wanted[axis.word.name][1].update(axis.cuts)
        for name, (word, cuts) in wanted.items():
            column = self._columns.get(name)
            if column is None or column.word.values != word.values:
                self._columns[name] = Column.coded(word, self._facts(word), cuts)
            elif not word.values and not cuts <= set(column.cuts):
                self._columns[name] = Column.coded(word, column.facts, cuts | set(column.cuts))

    def _facts(self, word: Word) -> Integers:
        """Return the facts of a word, PENDING where they are missing."""
        if not word.values:
            return _whole(self._snapshot, word.name)
        column = _column(self._snapshot, word.name)
        named = pc.index_in(pc.cast(column, pa.string()), value_set=pa.array([*word.values, *_NAMED_STATES]))
        places: Integers = named.fill_null(_STRANGE).to_numpy(zero_copy_only=False).astype(np.int64)
        places[places == len(word.values)] = PENDING
        places[places == len(word.values) + 1] = NOT_APPLICABLE
        places[column.is_null().to_numpy(zero_copy_only=False)] = PENDING
        return places

    def column(self, name: str) -> Column:
        """Return the facts and fine codes of a word that some plan reads."""
        return self._columns[name]

    def grade(self, plan: Plan) -> Graded:
        """Grade every customer with a plan, exactly as its statement does; a ranking without cut scores ranks these customers.

        Raises Refusal when the plan reads a word that the snapshot does not have.
        """
        from policies.sweep.regrade import grade

        self.refine([plan])
        return grade(self, plan)


def _column(path: Path, name: str) -> Any:
    try:
        if name not in pq.read_schema(path).names:
            raise _unreadable(path, f"it lacks {name}")
        return pq.read_table(path, columns=[name]).column(name).combine_chunks()
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, str(error).splitlines()[0]) from error


def _whole(path: Path, name: str) -> Integers:
    """Return a column of whole numbers, PENDING where it is empty."""
    column = _column(path, name)
    if not pa.types.is_integer(column.type):
        raise _unreadable(path, f"{name} is {column.type}, not whole numbers")
    found: Integers = pc.cast(column, pa.int64()).fill_null(PENDING).to_numpy(zero_copy_only=False)
    return found


def _later(path: Path, customers: Integers) -> Amounts:
    """Return what each customer bought in the period after, 0 for who is not in the file."""
    who, fen = _whole(path, "customer_id"), _whole(path, "next_amount")
    everyone = np.ones(len(customers), np.bool_)
    if not len(who):
        return Amounts(np.zeros(len(customers), np.int64), everyone)
    order = np.argsort(who)
    places = order[np.minimum(np.searchsorted(who, customers, sorter=order), len(who) - 1)]
    return Amounts(np.where(who[places] == customers, fen[places], 0), everyone)


def _unreadable(path: Path, why: str) -> Refusal:
    return Refusal(f"{path} is no snapshot of facts: {why}. `fenji snapshot take` writes one.", code="file_invalid")
