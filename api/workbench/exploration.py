"""Exploration of a snapshot: coverage, distributions, outliers, and what is missing by customer state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import floor
from pathlib import Path
from typing import Any

from api.workbench.bar_pictures import Series, bars, lying_shares
from api.workbench.pictures import Picture
from api.workbench.sheet import Sheet
from api.workbench.snapshot import Snapshot
from api.workbench.table import Head, Note, Table, count, percent
from policies.backtest.metrics import canonical
from policies.exact import decimal_text, unit_of, written
from policies.exact import percent as share_of
from policies.states import NAMES, NOT_APPLICABLE, PENDING, State
from policies.vocabulary import Word

SCHEMA = "fenji.exploration/1"
STATES: tuple[State, ...] = ("value", "missing", "pending", "not_applicable")
_FEW = 15  # so many different values are shown one by one
_BINS = 10
QUANTILES = (0, 5, 25, 50, 75, 95, 99, 100)


@dataclass(frozen=True)
class Coverage:
    """How many customers have each state of one fact, and how many different values there are."""

    word: Word
    states: dict[State, int]
    different: int


class Exploration:
    """What a snapshot holds, fact by fact; every figure is a whole number."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    @cached_property
    def covered(self) -> tuple[Coverage, ...]:
        """Return the coverage of every fact."""
        found = []
        for word in self.snapshot.words:
            state = _state_sql(word)
            rows = self.snapshot.rows(
                f"select {state} as state, count(*), count(distinct {word.name}) from facts group by 1"  # noqa: S608 - words of our own
            )
            counts = {name: (number, different) for name, number, different in rows}
            states = {name: counts.get(name, (0, 0))[0] for name in STATES}
            found.append(Coverage(word, states, counts.get("value", (0, 0))[1]))
        return tuple(found)

    def coverage(self) -> Table:
        """Return for every fact how many customers have a value, miss it, were asked, or cannot have one."""
        all_ = self.snapshot.customers
        heads: tuple[Head, ...] = (
            ("事实", "fact"), ("名称", "name"), *((NAMES[state].zh, NAMES[state].en) for state in STATES),
            ("覆盖率", "coverage"), ("不同值", "different values"),
        )  # fmt: skip
        rows = tuple(
            (
                one.word.zh,
                one.word.name,
                *(count(one.states[state]) for state in STATES),
                percent(Fraction(one.states["value"], all_)),
                count(one.different),
            )
            for one in self.covered
        )
        return Table((f"数据覆盖,{self.snapshot.day},{count(all_)} 个客户", "coverage"), heads, rows, words=2)

    def coverage_picture(self) -> Picture:
        """Draw the share of customers in each state, one bar a fact."""
        all_ = self.snapshot.customers
        parts = [
            (f"{NAMES[state].zh} {NAMES[state].en}", [100 * one.states[state] / all_ for one in self.covered])
            for state in STATES
        ]
        texts = [percent(Fraction(one.states["value"], all_)) for one in self.covered]
        return lying_shares("数据覆盖 coverage", [one.word.zh for one in self.covered], parts, texts)

    def missing_by(self, name: str = "status") -> Table:
        """Return for each value of a fact in words (the customer's status) which share of its customers miss each fact."""
        word = self.snapshot.word(name)
        groups = self.snapshot.rows(
            f"select coalesce({name}, '缺失 missing') as g, count(*) from facts group by 1 order by 1"  # noqa: S608 - a word of our own
        )
        columns = [one for one in self.covered if one.states["value"] < self.snapshot.customers and one.word != word]
        counts = ", ".join(f"count(*) filter ({_state_sql(one.word)} in ('missing', 'pending'))" for one in columns)
        rows = {}
        if columns:
            found = self.snapshot.rows(f"select coalesce({name}, '缺失 missing') as g, {counts} from facts group by 1")  # noqa: S608
            rows = {row[0]: row[1:] for row in found}
        heads: tuple[Head, ...] = (
            ("事实", "fact"),
            *((str(group), f"{count(number)} customers") for group, number in groups),
        )
        cells = tuple(
            (one.word.zh, *(percent(Fraction(rows[group][i], number)) for group, number in groups))
            for i, one in enumerate(columns)
            if any(rows[group][i] for group, _ in groups)
        )
        return Table((f"按{word.zh}的缺失率", f"missing or asked, by {word.en}"), heads, cells)

    def quantiles(self) -> Table:
        """Return the quantiles of every number, in the units that a reader writes."""
        found = [(word, self._quantiles(word)) for word in self.snapshot.words if word.type != "category"]
        heads: tuple[Head, ...] = (("事实", "fact"), ("单位", "unit"), *((_quantile_name(q), "") for q in QUANTILES))
        rows = tuple(
            (word.zh, _unit(word), *(_text(word, value) for value in values)) for word, values in found if values
        )
        return Table(("分位数", "quantiles of the values that are known"), heads, rows, words=2)

    def _quantiles(self, word: Word) -> list[int]:
        listed = ", ".join(f"quantile_disc({word.name}, {q / 100})" for q in QUANTILES)
        (row,) = self.snapshot.rows(f"select {listed} from facts where {_state_sql(word)} = 'value'")  # noqa: S608
        return [] if row[0] is None else list(row)

    def bins(self, name: str) -> list[tuple[str, int]]:
        """Return how many customers have each value of a fact, or lie in each range of values where there are many."""
        word = self.snapshot.word(name)
        where = f"{_state_sql(word)} = 'value'"
        different = next(one.different for one in self.covered if one.word == word)
        if word.values or different <= _FEW:
            rows = self.snapshot.rows(f"select {name}, count(*) from facts where {where} group by 1 order by 1")  # noqa: S608
            return [(str(value) if word.values else _text(word, value), number) for value, number in rows]
        values = dict(zip(QUANTILES, self._quantiles(word), strict=True))
        step = _round_step(values[95] - values[5])
        first = values[5] // step * step
        place = f"least({_BINS + 1}, greatest(0, floor(({name} - {first}) / {step}) + 1))"  # below, the bins, above
        rows = self.snapshot.rows(
            f"select cast({place} as int), count(*) from facts where {where} group by 1 order by 1"  # noqa: S608
        )
        return [(_range(word, place, first, step), number) for place, number in rows]

    def distribution(self, name: str) -> Table | Note:
        """Return the values of one fact with the number of customers and their share."""
        word, found = self.snapshot.word(name), self.bins(name)
        all_ = sum(number for _, number in found)
        if not all_:
            return Note(f"{word.zh}没有已知的值。", f"No customer has a known {word.en}.")
        rows = tuple((label, count(number), percent(Fraction(number, all_))) for label, number in found)
        return Table(
            (f"{word.zh}的分布", word.en),
            ((_with_unit("数值", word), "value"), ("客户数", "customers"), ("占比", "share")),
            rows,
        )

    def distribution_picture(self, name: str) -> Picture | Note:
        """Draw how many customers have each value, or lie in each range of values."""
        word, found = self.snapshot.word(name), self.bins(name)
        if not found:
            return Note(f"{word.zh}没有已知的值。", f"No customer has a known {word.en}.")
        numbers = [number for _, number in found]
        series = Series("", numbers, [*map(count, numbers)])
        return bars(
            f"{word.zh}的分布 {word.en}",
            [label.replace("–", "–\n") for label, _ in found],
            [(f"{_with_unit(word.zh, word)} {word.en}", [series])],
        )

    def distributions(self, names: Sequence[str]) -> Sheet:
        """Draw several facts under each other."""
        return Sheet(tuple(self.distribution_picture(name) for name in names))

    def outliers(self, most: int = 3) -> Table | Note:
        """Return the numbers with values far outside (Tukey's fences, 3 interquartile ranges), and the customers of the furthest.

        Source: Tukey (1977), Exploratory Data Analysis.
        """
        rows = []
        for word in self.snapshot.words:
            if word.type == "category" or not (values := self._quantiles(word)):
                continue
            low, high = values[2], values[4]
            least, greatest = low - 3 * (high - low), high + 3 * (high - low)
            if low == high:
                continue  # half of the customers or more have one value, and every other would be an outlier
            far = self.snapshot.rows(
                f"select customer_id, {word.name}, count(*) over () from facts where {_state_sql(word)} = 'value' "  # noqa: S608
                f"and ({word.name} < {least} or {word.name} > {greatest}) order by abs({word.name}) desc, 1 limit {int(most)}"
            )
            if far:
                named = "; ".join(f"{customer}: {_text(word, value)}" for customer, value, _ in far)
                rows.append((word.zh, _unit(word), _text(word, least), _text(word, greatest), count(far[0][2]), named))
        if not rows:
            return Note("没有远离其余的值。", "No value lies far outside the others.")
        heads: tuple[Head, ...] = (
            ("事实", "fact"),
            ("单位", "unit"),
            ("下限", "fence below"),
            ("上限", "fence above"),
            ("客户数", "customers"),
            ("最远的客户", "the furthest, by customer id"),
        )
        return Table(
            ("离群值(四分位距的 3 倍以外)", "outliers beyond three interquartile ranges"), heads, tuple(rows), words=2
        )

    def figures(self) -> dict[str, Any]:
        """Return coverage and quantiles as plain whole numbers, in stored units."""
        return {
            "schema": SCHEMA, "snapshot": self.snapshot.fingerprint, "day": self.snapshot.day, "customers": self.snapshot.customers,
            "facts": {
                one.word.name: {**one.states, "different": one.different, **({} if one.word.values else {"quantiles": self._quantiles(one.word)})}
                for one in self.covered
            },
        }  # fmt: skip

    def save_metrics(self, path: str | Path = "metrics.json") -> Note:
        """Write ``metrics.json``; the same snapshot gives the same bytes."""
        Path(path).write_bytes(canonical(self.figures()))
        return Note(f"指标已写入 {Path(path).name}。", f"The figures are in {Path(path).name}.")


def _state_sql(word: Word) -> str:
    pending, outside = (
        ("'pending'", "'not_applicable'") if word.values else (str(PENDING), str(NOT_APPLICABLE + 1) + " - 1")
    )
    return f"case when {word.name} is null then 'missing' when {word.name} = {pending} then 'pending' when {word.name} = {outside} then 'not_applicable' else 'value' end"


def _quantile_name(q: int) -> str:
    return {0: "最小", 50: "中位数", 100: "最大"}.get(q, f"{q}%")


def _unit(word: Word) -> str:
    return {"ratio": "%", "category": "", "money": "万元"}.get(word.type, unit_of(word, None))


def _with_unit(name: str, word: Word) -> str:
    return f"{name}({_unit(word)})" if _unit(word) else name


def _text(word: Word, value: int) -> str:
    """Return a stored value in the unit of ``_unit``, rounded down to two decimals of it where it is money."""
    if word.type == "money":
        return decimal_text(Fraction(floor(Fraction(value, 10_000)), 100))
    number = written(word, value)
    return share_of(number).removesuffix("%") if word.type == "ratio" else decimal_text(number)


def _range(word: Word, place: int, first: int, step: int) -> str:
    low, high = _text(word, first + (place - 1) * step), _text(word, first + place * step)
    return f"<{high}" if place == 0 else f"≥{low}" if place > _BINS else f"{low}–{high}"


def _round_step(span: int) -> int:
    """Return the least 1, 2 or 5 times a power of ten that covers a span in the bins."""
    power = 1
    while True:
        for times in (1, 2, 5):
            if times * power * _BINS >= span:
                return times * power
        power *= 10
