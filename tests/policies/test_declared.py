"""Facts that a document declares itself: read, checked, graded from files, refused where the database would be asked."""

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import Engine, text

from policies import check, compile_plan, explain, grade, parse
from policies.columns import RESERVED
from policies.offline import grade_file
from policies.version import canonical, document_hash, semantic_hash

# The keywords of sqlite.org/lang_keywords.html that are none of DuckDB's.
_WORDS = """
abort action after always attach before begin cascade conflict current current_date current_time current_timestamp
database detach each exclude exclusive explain fail filter first following generated groups if ignore immediate
indexed insert instead key last match materialized no nulls others over partition plan pragma preceding query raise
range recursive regexp reindex release rename replace restrict rollback rows savepoint temp temporary ties trigger
unbounded vacuum view virtual without rowid
"""
SIZES = """\
kind: rules
id: sizes
title: {zh: 规模, en: Size}
inputs:
  employees: {type: count, title: {zh: 从业人员, en: Employees}}
  listed: {type: flag, title: {zh: 上市, en: Listed}}
  trade: {type: category, values: [工业, 批发业], title: {zh: 行业, en: Trade}}
tiers: {order: [大型, 中型, 小型]}
rules:
  - {id: large, when: {all: [{input: trade, eq: 工业}, {input: employees, ge: 1000}]}, then: 大型}
  - {id: public, when: {input: listed, eq: yes}, then: 中型}
else: 小型
"""


def test_a_declared_fact_is_graded_and_explained_like_a_word_of_the_vocabulary() -> None:
    document = parse(SIZES)
    assert check(document) == []
    plan = compile_plan(document)
    assert grade(plan, {"trade": "工业", "employees": 1000}).tier == "大型"
    assert grade(plan, {"trade": "批发业", "employees": 1000, "listed": "yes"}).tier == "中型"
    assert grade(plan, {"trade": "批发业", "employees": 1000}).status == "pending"
    assert grade(plan, {"trade": "农业", "employees": 1000}).status == "error"
    assert "  从业人员:1000" in explain(plan, {"trade": "工业", "employees": 1000}).lines("zh")


def test_a_declared_fact_counts_in_the_hashes_by_its_type_and_values_and_not_by_its_title() -> None:
    document, renamed = parse(SIZES), parse(SIZES.replace("en: Trade", "en: Sector"))
    assert semantic_hash(renamed) == semantic_hash(document)
    assert document_hash(renamed) != document_hash(document)
    assert semantic_hash(parse(SIZES.replace("[工业, 批发业]", "[工业, 批发业, 零售业]"))) != semantic_hash(document)
    assert parse(canonical(document)) == document


def test_a_file_holds_declared_facts(tmp_path: Path) -> None:
    facts, grades = tmp_path / "facts.csv", tmp_path / "grades.csv"
    facts.write_text("customer,trade,employees,listed\n甲,工业,1000,no\n乙,批发业,5,yes\n丙,,,\n", encoding="utf-8")
    grade_file(compile_plan(parse(SIZES)), facts, grades)
    lines = grades.read_text(encoding="utf-8").splitlines()
    assert lines[1:] == ["甲,graded,大型,,大型", "乙,graded,中型,,中型", "丙,pending,,,大型|中型|小型"]


@pytest.mark.parametrize("value", ['" 批发业"', '""'])
def test_a_value_that_no_cell_can_say_is_refused(value: str) -> None:
    (finding,) = check(parse(SIZES.replace("批发业", value)))
    assert finding.code == "declared_wrong"
    assert finding.message.startswith("no file of facts can say ")


def test_no_declared_fact_has_a_name_that_sql_reads_otherwise() -> None:
    listed = (
        duckdb.connect()
        .sql("select keyword_name from duckdb_keywords() where keyword_category <> 'unreserved'")
        .fetchall()
    )
    assert {name for (name,) in listed} <= RESERVED
    for name in ("order", "customer", "Staff"):
        (finding,) = check(parse(SIZES.replace("employees", name)))
        assert (finding.code, finding.path) == ("declared_wrong", f"inputs.{name}")


def test_every_name_that_is_free_reads_its_own_column_in_sqlite() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        for name in set(_WORDS.split()) - RESERVED:
            found = connection.execute(f"select {name} from (select 7 as {name})").fetchall()  # noqa: S608 - our own words
            assert found == [(7,)], name


def test_no_free_name_is_reserved_by_postgresql(postgres_engine: Engine) -> None:
    with postgres_engine.connect() as connection:
        reserved = connection.execute(text("select word from pg_get_keywords() where catcode in ('R', 'T')")).scalars()
        system = connection.execute(
            text("select attname from pg_attribute where attrelid = 'pg_class'::regclass and attnum < 0")
        ).scalars()
        assert {*reserved, *system} <= RESERVED


@pytest.mark.parametrize("name", ["employes", "Trade"])
def test_a_fact_that_nobody_declares_is_unknown_with_the_nearest_name(name: str) -> None:
    right = {"employes": "employees", "Trade": "trade"}[name]
    findings = check(parse(SIZES.replace(f"input: {right}", f"input: {name}")))
    unknown = next(finding for finding in findings if finding.code == "unknown_word")
    assert unknown.cure == f"Did you mean {right}?"
