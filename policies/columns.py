"""The names that no column of facts may have: SQL's own words, and the columns that stand beside the facts."""

from __future__ import annotations

# What DuckDB, PostgreSQL and SQLite do not take as the name of a column, or take for something of their own; tests compare it with theirs.
_SQL = """
add all alter analyse analyze and anti any array as asc asof asymmetric at authorization autoincrement between bigint
binary bit boolean both by case cast char character check coalesce collate collation column columns commit concurrently
constraint create cross dec decimal default deferrable delete desc describe distinct do drop else end escape except
exists extract false fetch float for foreign freeze from full generated glob group grouping grouping_id having ilike in
index initially inner inout insert int integer intersect interval into is isnull join lambda lateral leading left like
limit map national natural nchar none not nothing notnull null nullif numeric offset on only or order out outer overlaps
overlay pivot pivot_longer pivot_wider placing position positional precision primary qualify real references returning
right row select semi set setof show similar smallint some struct substring summarize symmetric table tablesample then
time timestamp to trailing transaction treat trim true try_cast tuple union unique unpack unpivot update using values
varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces
xmlparse xmlpi xmlroot xmlserialize xmltable
cmax cmin ctid current_catalog current_date current_role current_schema current_time current_timestamp current_user grant
localtime localtimestamp raise session_user system_user tableoid user xmax xmin
"""
RESERVED = frozenset(_SQL.split()) | {"customer", "customer_id", "snapshot_id", "file_row_number"}
