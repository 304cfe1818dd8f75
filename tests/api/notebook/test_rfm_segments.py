"""The notebook rfm_segments, run by the supervisor, gives the table that the R package rfm publishes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from api.notebook import NOTEBOOKS
from api.notebook.runner import Limits, run
from api.workbench import segments

SOURCE = NOTEBOOKS / "rfm_segments.py"


def test_the_published_segment_table_comes_out_of_the_notebook(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "run/inputs").mkdir(parents=True)
    shutil.copyfile(shared / "rfm_r/rfm_data_orders.csv", tmp_path / "run/inputs/orders.csv")
    published = json.loads((shared / "rfm_r/published.json").read_text(encoding="utf-8"))
    values = {"folder": "inputs", "date": published["analysis_date"], "policy": "rfm-segments"}
    metrics = run(SOURCE, values, tmp_path / "run", cache=tmp_path / "cache", limits=Limits(60, 120, 10))
    table = {row["segment"].replace("Cannot", "Can't"): (row["customers"], row["orders"], row["revenue"])
             for row in json.loads(metrics)["segments"] if row["customers"]}  # fmt: skip
    wanted = {
        row["seg"]: (row["customers"], row["orders"], row["revenue"] * 100)
        for row in published["published_table_readme"]
    }
    assert table == wanted
    shown = {row[0].split(" ", 1)[1].replace("Cannot", "Can't"): float(row[-1])
             for row in segments.open(tmp_path / "run/inputs", date=published["analysis_date"]).table().rows
             if row[1] not in ("0", "995")}  # fmt: skip
    assert shown == {row["seg"]: row["aov"] for row in published["published_table_readme"]}
    page = (tmp_path / "run/report.html").read_text(encoding="utf-8")
    assert "冠军客户 Champions" in page
    assert "data:image/svg+xml" in page
