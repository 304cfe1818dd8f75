"""A snapshot as analysts open it: the facts of a day from a folder of inputs, a kept file or the database."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from api.workbench.sheet import Sentence
from policies.backtest.metrics import fingerprint
from policies.backtest.replay import DESCRIPTION, SNAPSHOTS
from policies.plan import Fact
from policies.refusal import Refusal
from policies.sql_states import known_value
from policies.vocabulary import VOCABULARY, Word

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Snapshot:
    """The facts of a day: one row a customer in a Parquet file, read only; ``snapshot`` of the workbench opens one."""

    def __init__(self, path: Path, day: str | None = None, currency: str = "CNY") -> None:
        """Open a file; Refusal when it is none of facts, or names a customer twice."""
        self.path, self.currency = path, currency
        self.connection = duckdb.connect(":memory:")
        try:
            self.connection.read_parquet(str(path)).create(
                "facts"
            )  # once, so that a file changed later changes nothing
            columns = [str(name) for name, *_ in self.connection.execute("describe facts").fetchall()]
        except duckdb.Error as error:
            raise _no_snapshot(path, str(error).splitlines()[0]) from None
        self.columns = tuple(name for name in columns if name != "customer_id")
        self.words = tuple(VOCABULARY[name] for name in columns if name in VOCABULARY)
        if "customer_id" not in columns or not self.words:
            raise _no_snapshot(path, f"its columns are {', '.join(columns[:8])}")
        self.customers, different = self.rows("select count(*), count(distinct customer_id) from facts")[0]
        if self.customers == 0:
            raise _no_snapshot(path, "it holds no customer")
        if self.customers != different:
            raise _no_snapshot(path, f"{self.customers} rows have {different} different customer_id")
        found = _DAY.search(path.name)
        self.day = day or (found[0] if found else path.stem)

    def rows(self, query: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Return the rows of a query over the table ``facts``."""
        return self.connection.execute(query, parameters).fetchall()

    @cached_property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the file."""
        return fingerprint(self.path.read_bytes())

    def word(self, name: str) -> Word:
        """Return a word of the snapshot; Refusal names those that there are."""
        found = {word.name: word for word in self.words}
        if name not in found:
            raise Refusal(f"The snapshot has no fact {name!r}; it has {', '.join(found)}.", code="invalid")
        return found[name]

    def facts(self, customer: int) -> dict[str, Fact]:
        """Return the stored facts of one customer by its id; Refusal when the snapshot does not have it."""
        if isinstance(customer, bool) or not isinstance(customer, int):
            raise Refusal(f"{customer!r} is no customer id; give the whole number that tables show.", code="invalid")
        listed = ", ".join(exp.column(name, quoted=True).sql("duckdb") for name in self.columns)
        rows = self.rows(f"select {listed} from facts where customer_id = ?", [customer])  # noqa: S608 - quoted by sqlglot
        if not rows:
            least, most = self.rows("select min(customer_id), max(customer_id) from facts")[0]
            raise Refusal(
                f"The snapshot of {self.day} has no customer {customer}; its {self.customers} ids lie between {least} and {most}.",
                code="not_found",
            )
        return dict(zip(self.columns, rows[0], strict=True))

    def largest(self) -> int:
        """Return the id of the customer with the largest known amount of 12 months."""
        amount = known_value("amount_12m") if any(word.name == "amount_12m" for word in self.words) else "null"
        order = f"order by {amount} desc nulls last, customer_id"
        ((customer,),) = self.rows(f"select customer_id from facts {order} limit 1")  # noqa: S608 - our own expression
        return int(customer)

    def __repr__(self) -> str:
        return str(self._note())

    def _note(self) -> Sentence:
        about = f"{self.fingerprint[:19]}… {self.path.name}"
        return Sentence(f"{self.day} 的快照:{self.customers:,} 个客户,{len(self.words)} 项事实 ({about})",
                    f"snapshot of {self.day}: {self.customers:,} customers, {len(self.words)} facts")  # fmt: skip

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self._note()._repr_mimebundle_()


def in_folder(folder: Path, day: str | None) -> Snapshot:
    """Return the snapshot of a day in a folder, its last when none is named; Refusal names the days that there are.

    The folder is one of inputs (``snapshots/`` and inputs.json) or holds the files that ``fenji snapshot take`` keeps.
    """
    inside = folder / SNAPSHOTS if (folder / SNAPSHOTS).is_dir() else folder
    files = sorted(inside.glob("*.parquet"), key=lambda path: (path.name[:10], path.stat().st_mtime_ns))
    by_day = {path.name[:10]: path for path in files if _DAY.match(path.name)}
    if not by_day:
        raise _no_snapshot(folder, "it holds no file such as snapshots/2026-03-31.parquet")
    chosen = day or max(by_day)
    if chosen not in by_day:
        raise Refusal(f"{folder} has no snapshot of {chosen}; there are {_days(sorted(by_day))}.", code="invalid")
    described = folder / DESCRIPTION
    about = json.loads(described.read_text(encoding="utf-8")) if described.exists() else {}
    return Snapshot(by_day[chosen], chosen, str(about.get("currency", "CNY")))


def a_day(text: str) -> date | None:
    """Return a date that is written 2026-03-31, None for any other text."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        raise Refusal(
            f"{text!r} is not a date of the calendar; write one such as 2026-03-31.", code="invalid"
        ) from None


def _days(days: Sequence[str]) -> str:
    return ", ".join(days) if len(days) <= 12 else f"{days[0]} … {days[-1]} ({len(days)})"


def _no_snapshot(path: Path, why: str) -> Refusal:
    return Refusal(
        f"{path} is no snapshot of facts: {why}. Give a Parquet file of `fenji snapshot take`, a folder of inputs, or a date.",
        code="file_invalid",
    )
