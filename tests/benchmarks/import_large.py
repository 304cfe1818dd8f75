"""Import a file of 200 MB into SQLite: rows a second and the largest resident memory, which must stay below 300 MB.

`python tests/benchmarks/import_large.py [MB]` from the project's folder; takes some minutes and about 1 GB of disk.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from api.commands.database import upgrade_database
from api.commands.intake import import_file
from api.commands.user import operator
from api.database import make_engine, writing

CUSTOMERS = 20_000


def main() -> None:
    """Write the files, import them, print time and memory."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        customers, orders = Path(folder) / "customers.csv", Path(folder) / "orders.csv"
        with customers.open("w", encoding="utf-8") as stream:
            stream.write("source_key,name\n")
            stream.writelines(f"C{number},公司{number}\n" for number in range(CUSTOMERS))
        rows = _write_orders(orders, size * 1_000_000)
        engine = make_engine(f"sqlite:///{Path(folder) / 'fenji.db'}")
        upgrade_database(engine)
        with writing(engine) as session:
            actor = operator(session)
        import_file(engine, actor, "customers", customers)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        begin = time.perf_counter()
        summary = import_file(engine, actor, "orders", orders)
        seconds = time.perf_counter() - begin
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        assert summary.created == rows, summary
        engine.dispose()
    print(
        f"{size} MB, {rows:,} rows in {seconds:.0f} s: {rows / seconds:,.0f} rows/s; {before} MB resident before, {peak} MB at most"
    )
    if peak >= 300:
        sys.exit("memory is above 300 MB")


def _write_orders(path: Path, size: int) -> int:
    """Write orders until the file has ``size`` bytes; return their number."""
    rows = written = 0
    with path.open("w", encoding="utf-8") as stream:
        written += stream.write("source_key,customer_key,ordered_on,amount,product_line\n")
        while written < size:
            day = f"{2015 + rows % 10}-{rows % 12 + 1:02d}-{rows % 28 + 1:02d}"
            written += stream.write(
                f"O{rows:09d},C{rows % CUSTOMERS},{day},{rows % 99_991}.{rows % 100:02d},line {rows % 7}\n"
            )
            rows += 1
    return rows


if __name__ == "__main__":
    main()
