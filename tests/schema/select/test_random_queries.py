"""Random queries of the whole schema have the same answer, byte for byte: planned or not, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import re
from base64 import urlsafe_b64decode
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import world
from graphql import parse, validate
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from people import finished_backtest
from random_queries import Known, Query, queries
from sqlalchemy import Engine

from api.commands import policy as policies_
from api.database import writing
from api.operations.root import schema
from policies.documents import shipped
from schema.select.global_id import parts_of

EXAMPLES = int(os.environ.get("FENJI_EXAMPLES", "2"))  # of each field of the root
ASKING = ["sales", "analyst", "finance", "boss"]  # sees personal fields; sees drafts; sees neither; sees both
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.+]+")
QUERY = schema._schema.query_type
assert QUERY is not None
ROOTS = sorted(QUERY.fields)


def build(engine: Engine, home: Path) -> world.World:
    """Build a graded world with a draft and its backtest besides."""
    made = world.build(engine, home, 8)
    with writing(engine) as session:
        analyst = made.people["analyst"]
        text = shipped()[world.POLICY].read_text() + "\n# another\n"
        finished_backtest(session, policies_.save_draft(session, analyst, text), analyst)
    return made


def known(made: world.World) -> Known:
    """Return what random values would never hit of a world."""

    @cache
    def cursors(listed: str) -> list[str]:
        found = made.ask(f"{{ list: {listed} {{ edges {{ cursor }} }} }}")["data"]
        return [edge["cursor"] for edge in found["list"]["edges"]] if found and found["list"] else []

    ids: dict[str, list[str]] = {}
    for identity in made.ids():
        ids.setdefault(parts_of(identity)[0], []).append(identity)
    return Known(ids, cursors)


def every_root(values: Known, check: Any, examples: int = EXAMPLES) -> None:
    """Check some random queries of each field of the root, each asked by somebody."""
    for root in ROOTS:
        given_ = given(query=queries(schema._schema, values, [root]), who=st.sampled_from(ASKING))
        settings(max_examples=examples, suppress_health_check=list(HealthCheck), phases=[Phase.generate])(
            given_(check)
        )()


def test_random_queries_have_the_same_answer_both_ways(engine: Engine, tmp_path: Path) -> None:
    made, seen = build(engine, tmp_path), Counter[str]()

    def check(query: Query, who: str) -> None:
        asked = made.ask(query.text, query.variables, who=who)  # which asks again without planning
        codes = {error.get("extensions", {}).get("code", "of the request") for error in asked.get("errors", ())}
        assert not codes & {"internal", "of the request"}, (query, asked)
        seen.update(codes or {"answered"})
        for values in ({}, dict.fromkeys(query.variables)) if query.variables else ():
            made.ask(query.text, values, who=who)  # from the plans that are kept

    every_root(known(made), check)
    assert seen["answered"] > sum(seen.values()) / 3


def test_random_queries_have_the_same_answer_on_both_databases(
    sqlite_engine: Engine, postgres_engine: Engine, tmp_path: Path
) -> None:
    worlds = [build(engine, tmp_path / engine.dialect.name) for engine in (sqlite_engine, postgres_engine)]
    values = known(worlds[0])
    assert values.ids == known(worlds[1]).ids

    def cursors(listed: str) -> list[str]:
        return [cursor for cursor in values.cursors(listed) if timeless(cursor) == cursor]

    def check(query: Query, who: str) -> None:
        found = [timeless(made.ask(query.text, query.variables, who=who)) for made in worlds]
        assert found[0] == found[1], query

    every_root(Known(values.ids, cursors), check, EXAMPLES // 2)


def timeless(value: Any) -> Any:
    """Return an answer without the instants in it, which are those of the building, also in cursors."""
    if isinstance(value, dict):
        return {key: timeless(one) for key, one in value.items()}
    if isinstance(value, list):
        return [timeless(one) for one in value]
    if not isinstance(value, str):
        return value
    if INSTANT.search(value):
        return INSTANT.sub("…", value)
    try:
        inside = urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
    except ValueError:
        return value
    return INSTANT.sub("…", inside) if INSTANT.search(inside) else value


def test_random_queries_are_valid() -> None:
    @settings(max_examples=100, suppress_health_check=list(HealthCheck))
    @given(queries(schema._schema, Known()))
    def check(query: Query) -> None:
        assert validate(schema._schema, parse(query.text)) == [], query.text

    check()
