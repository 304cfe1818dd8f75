"""People: overrides by person with what came of them, raters' agreement, from files of inputs made by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from panels import panel_of

from policies.backtest.people import APPOINTMENTS, EVERYBODY, RATINGS, people

DAY = date(2026, 3, 31)


def write(
    folder: Path, appointed: list[tuple[int, str, str, str]], rated: list[tuple[str, int, str, int, str]]
) -> None:
    (folder / APPOINTMENTS).mkdir(parents=True)
    names = ("customer_id", "tier", "person", "kind")
    pq.write_table(
        pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in appointed],
                             schema=pa.schema([("customer_id", pa.int64()), *((name, pa.string()) for name in names[1:])])),
        folder / APPOINTMENTS / f"{DAY}.parquet",
    )  # fmt: skip
    columns = ("word", "panel", "person", "rating", "given_on")
    rows = [dict(zip(columns, row, strict=True)) for row in rated]
    pq.write_table(pa.Table.from_pylist(rows), folder / RATINGS)


def test_overrides_are_counted_by_person_beside_the_champion(tmp_path: Path) -> None:
    panel = panel_of(
        [("B", "S", 1, 90), ("B", "S", 1, 10), ("B", "S", 1, 20), ("S", "S", 1, 5), ("S", "S", 1, 50), ("A", "A", 1, 7), ("pending", "A", 1, 1)]
    )  # fmt: skip
    write(
        tmp_path,
        [(1, "A", "lin", "override"), (2, "S", "lin", "override"), (4, "C", "wang", "override"), (6, "A", "wang", "appointment"),
         (7, "A", "wang", "appointment")],
        [("w", 1, "a", 5, "2026-01-01"), ("w", 1, "b", 7, "2026-01-02"), ("w", 2, "a", 4, "2026-01-01"), ("w", 2, "b", 4, "2026-04-01")],
    )  # fmt: skip
    found = people(panel, tmp_path, DAY)
    assert found is not None
    assert (found.side, found.customers, found.rate) == ("champion", 7, Fraction(4, 7))
    everybody, named, lin, wang = found.overrides
    assert (named.kind, named.person, named.same, named.outside) == ("appointment", "wang", 1, 1)
    assert (everybody.person, everybody.up, everybody.down, everybody.same, everybody.outside) == (
        EVERYBODY,
        2,
        1,
        1,
        1,
    )
    # The two B raised bought 50 in the mean, the one left behind 20; the S lowered bought 5, the one left behind 50.
    assert (lin.up, lin.up_mean, lin.up_peers, lin.down_mean) == (2, 50, 20, None)
    assert (wang.down, wang.down_mean, wang.down_peers, wang.up_mean) == (1, 5, 50, None)
    # The second panel was not settled by the day.
    assert (found.raters["w"].panels, found.raters["w"].apart, found.raters[EVERYBODY].panels) == (1, 2, 1)


def test_without_anybody_left_behind_there_are_no_peers(tmp_path: Path) -> None:
    write(tmp_path, [(1, "S", "lin", "override")], [("w", 1, "a", 5, "2026-01-01")])
    found = people(panel_of([("A", "A", 1, 3)]), tmp_path, DAY)
    assert found is not None
    assert (found.overrides[0].up_mean, found.overrides[0].up_peers) == (3, None)


def test_inputs_without_people_have_none(tmp_path: Path) -> None:
    assert people(panel_of([("A", "A", 1, 3)]), tmp_path, DAY) is None
