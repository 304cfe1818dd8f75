"""The rows of the GraphQL benchmark: the same on SQLite and PostgreSQL, written by SQL that both understand."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from sqlalchemy import Engine

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import world

CUSTOMERS, CONTACTS, CUSTOMER_TAGS, TAGS = 100_000, 250_000, 600_000, 60
# The world has a few customers of its own; the benchmark's follow after number 1000.
FIRST = 1000
ROWS = (
    (
        CUSTOMERS,
        "insert into customers (id, number, name, short_name, employees, annual_revenue, founded_on, region_code, status, "
        "department, created_at, source_system, known_at) "
        "select {first} + i, '202601-' || (1000000 + i), '公司' || i || '有限公司', case when i % 3 = 0 then '简' || i end, "
        "i % 500, i * 12500, case i % 2 when 0 then {founded} else {later} end, "
        "case i % 5 when 0 then '130200' when 1 then '130300' when 2 then '130400' when 3 then '130500' else '130600' end, "
        "case i % 4 when 0 then 'active' when 1 then 'potential' when 2 then 'intent' else 'lost' end, "
        "'部门' || (i % 20), {known}, 'benchmark', {known} from counted",
    ),
    (
        CONTACTS,
        "insert into contacts (id, customer_id, name, title, mobile, email, is_primary, source_system, known_at) "
        "select {first} + i, {first} + i % {customers} * 79 % {customers}, '联系人' || i, '经理', '138' || (10000000 + i), "
        "'c' || i || '@example.cn', i % 3 = 0, 'benchmark', {known} from counted",
    ),
    (
        TAGS,
        "insert into tags (id, dimension, name) select {first} + i, '维度' || (i % 4), '标签' || i from counted",
    ),
    (
        CUSTOMER_TAGS,
        "insert into customer_tags (id, customer_id, tag_id, source_system, known_at) select {first} + i, "
        "{first} + i % {customers}, {first} + (i / {customers} * 7 + i % {customers} * 13) % {tags}, 'benchmark', {known} from counted",
    ),
    (
        1,
        "insert into runs (version_id, snapshot_id, as_of, state, started_by_id, created_at) "
        "select version_id, snapshot_id, as_of, 'running', started_by_id, created_at from runs, counted where id = 1",
    ),
    (
        CUSTOMERS,
        "insert into grades (run_id, customer_id, status, tier, total, worst, best, candidates, levels) "
        "select 2, {first} + i, 'graded', "
        "case i % 5 when 0 then 'S' when 1 then 'A' when 2 then 'B' when 3 then 'C' else 'D' end, "
        "i % 1000, i % 1000, i % 1000, 1, 0 from counted",
    ),
    (1, "update customers set created_at = {known}"),
    (1, "update runs set state = 'finished' where id = 2"),
)

# Whether an index alone does not tell of all rows: by chance, the same statement then takes twice the time, for all servers.
UNSEEN = "select relallvisible < relpages from pg_class where relname = 'customers'"


def fill(engine: Engine, home: Path) -> world.World:
    """Fill an empty database; it holds 100,000 customers with contacts, tags and a grade each."""
    made = world.build(engine, home, 4)
    postgres = engine.dialect.name == "postgresql"
    names: dict[str, object] = {"first": FIRST, "customers": CUSTOMERS, "tags": TAGS}
    kinds = {
        "known": ("timestamp", "2026-01-01 00:00:00.000000"),
        "founded": ("date", "2001-02-03"),
        "later": ("date", "2015-11-30"),
    }
    names |= {name: f"{kind} '{value}'" if postgres else f"'{value}'" for name, (kind, value) in kinds.items()}
    with engine.begin() as connection:
        for rows, statement in ROWS:
            connection.exec_driver_sql(
                ((counted(rows) if "counted" in statement else "") + statement.format(**names)).replace(
                    "%", "%%" if postgres else "%"
                )
            )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("vacuum analyze" if postgres else "analyze")
        for _ in range(60 if postgres else 0):
            if not connection.exec_driver_sql(UNSEEN).scalar_one():
                break
            time.sleep(1)  # PostgreSQL's own vacuum looks at the rows, so that ours cannot say that everybody sees them
            connection.exec_driver_sql("vacuum customers")
    return made


def counted(rows: int) -> str:
    """Return the part of a statement that counts from 0."""
    return f"with recursive counted(i) as (select 0 union all select i + 1 from counted where i < {rows - 1}) "
