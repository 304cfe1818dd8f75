"""Import CDNOW's orders into SQLite: rows a second, and the ratio to a plain executemany of the same rows.

`python tests/benchmarks/import_orders.py` from the project's folder; needs ../shared/data (or FENJI_SHARED_DATA).
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from api.commands.database import upgrade_database
from api.commands.intake import import_file
from api.commands.user import operator
from api.database import make_engine, writing
from api.intake.mapping import load_mapping

SHARED = Path(os.environ.get("FENJI_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def main() -> None:
    """Import customers, then orders three times into fresh databases; print the best of each."""
    source = SHARED / "cdnow" / "CDNOW_master.txt"
    if not source.exists():
        sys.exit(f"no {source}; set FENJI_SHARED_DATA")
    imported, plain, rows = [], [], 0
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "fenji.db"
            engine = make_engine(f"sqlite:///{file}")
            upgrade_database(engine)
            with writing(engine) as session:
                actor = operator(session)
            import_file(engine, actor, "customers", source, mapping=load_mapping("cdnow-customers"))
            mapping = load_mapping("cdnow-orders")
            begin = time.perf_counter()
            rows = import_file(engine, actor, "orders", source, mapping=mapping).created
            imported.append(time.perf_counter() - begin)
            engine.dispose()
            plain.append(_plain(file))
    print(f"import      {rows:,} rows in {min(imported):.2f} s: {rows / min(imported):,.0f} rows/s")
    print(
        f"executemany {rows:,} rows in {min(plain):.2f} s: {rows / min(plain):,.0f} rows/s (sqlite3, same table and indexes)"
    )
    print(f"ratio       {min(imported) / min(plain):.1f}")


def _plain(file: Path) -> float:
    """Put the same rows into the same table with the driver alone, values ready; return the seconds."""
    connection = sqlite3.connect(file)
    connection.execute("pragma foreign_keys=on")
    rows = connection.execute("select * from orders").fetchall()
    connection.execute("delete from orders")
    connection.commit()
    begin = time.perf_counter()
    connection.executemany(f"insert into orders values ({', '.join('?' * len(rows[0]))})", rows)
    connection.commit()
    seconds = time.perf_counter() - begin
    connection.close()
    return seconds


if __name__ == "__main__":
    main()
