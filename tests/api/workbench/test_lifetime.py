"""Rankings in the workbench: a table, a picture and the models, and a note where nothing can be fitted."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from study_inputs import DATES, write_inputs

from api import workbench
from api.workbench.lifetime import NAMES
from api.workbench.study import Study
from api.workbench.table import Note, Table
from policies.lifetime import COLUMNS


def rankings(folder: Path, histories: bool = True) -> Study:
    write_inputs(folder, customers=80)
    if histories:
        (folder / "histories").mkdir()
        rows = [(key, 300, 10 * (key % 28), key % 28, key % 28, key * 1000 * (key % 28)) for key in range(1, 81)]
        columns = [pa.array(column, pa.int64()) for column in zip(*rows, strict=True)]
        for date in DATES:
            pq.write_table(pa.table(columns, names=list(COLUMNS)), folder / "histories" / f"{date}.parquet")
    return workbench.open(folder, dates=DATES, horizon_months=6, tier_of_interest="A")


def test_every_ranking_has_a_row_and_a_curve(tmp_path: Path) -> None:
    found = rankings(tmp_path / "inputs")
    table = found.rankings()
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == list(NAMES.values())
    assert table.rows[-1][2] == "100.0%"
    assert found.rankings_picture() == found.rankings_picture()
    assert "<text" not in found.rankings_picture().svg
    assert isinstance(found.lifetime_models(), Table)
    assert found.rankings(DATES[0]) != table


def test_a_folder_without_histories_says_so_and_shows_the_other_rankings(tmp_path: Path) -> None:
    found = rankings(tmp_path / "inputs", histories=False)
    assert found.rankings().rows[-2] == (NAMES["lifetime"], *"–" * 6)
    note = found.lifetime_models()
    assert isinstance(note, Note)
    assert "run `fenji backtest run` again" in str(note)
    assert "lifetime" not in found.compared().gains
    assert found.rankings_picture().svg.startswith("<svg")
