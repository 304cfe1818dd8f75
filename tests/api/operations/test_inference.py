"""No masked value can be inferred: two databases that differ in nothing else give the same answers."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from typing import Any

import inference
import pytest
import random_queries
import world
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument
from hypothesis import HealthCheck, Phase, given, settings
from inference import BLIND, SEES
from sqlalchemy import Engine, func, select

from api.access import PERSONAL
from api.database import reading
from api.endpoint.context import Context
from api.operations.root import schema
from schema import tables
from schema.select.field import IDENTITIES, TYPES
from schema.select.global_id import global_id, parts_of

EXAMPLES = int(os.environ.get("FENJI_EXAMPLES", "2"))  # of each field of the root
NO_ROWS = {"FallDecision"}  # of this world; that nobody asks about it is tried all the same


def codes(answer: Any) -> set[str]:
    found = {error.get("extensions", {}).get("code") for error in answer.get("errors", ())}
    refusal = (answer.get("data") or {}).get("r")
    return found | ({refusal["code"]} if isinstance(refusal, dict) and "code" in refusal else set())


PROBES = {
    "queries": inference.of_queries,
    "searches": inference.of_searches,
    "relations": inference.of_relations,
    "orders": inference.of_orders,
    "groups": inference.of_groups,
    "mutations": inference.of_mutations,
}


@pytest.mark.parametrize("kind", PROBES)
def test_what_asks_about_a_masked_value_is_refused_whatever_the_value(
    pair: tuple[world.World, world.World], kind: str
) -> None:
    tried = 0
    for probe in PROBES[kind]():
        answers = [made.ask(probe.document, who=BLIND) for made in pair]
        assert answers[0] == answers[1], probe
        assert codes(answers[0]) == {"forbidden"}, (probe, answers[0])
        for secret in (secret for values in inference.SECRETS.values() for secret in values):
            assert secret not in json.dumps(answers[0], ensure_ascii=False), probe
        tried += 1
    assert (
        tried >= {"queries": 600, "searches": 50, "relations": 700, "orders": 3, "groups": 20, "mutations": 200}[kind]
    )


def test_the_probes_are_no_blanks_for_whoever_sees_the_values(pair: tuple[world.World, world.World]) -> None:
    told: dict[tuple[str, str], bool] = {}
    for probe in [*inference.of_queries(), *inference.of_orders(), *inference.of_groups()]:
        if told.get(probe.about) and "customers" not in probe.document[:12]:
            continue
        answers = [made.ask(probe.document, who=SEES) for made in pair]
        assert "errors" not in answers[0], (probe, answers[0])
        told[probe.about] = told.get(probe.about, False) or answers[0] != answers[1]
    every = {(name, field) for name, fields in inference.PERSONAL.items() for field in fields}
    assert told.keys() == every
    assert {about for about, differs in told.items() if not differs} == {
        about for about in every if about[0] in NO_ROWS
    }


def identities(engine: Engine) -> list[tuple[str, str]]:
    """The type and global id of some rows of every type that has one."""
    found = []
    with reading(engine) as connection:
        for name, identity in IDENTITIES.items():
            columns = [getattr(identity.table, column) for column in identity.columns]
            for row in connection.execute(select(*columns).order_by(*columns).limit(1)).all():
                found.append((name, global_id(name, *row)))
    return found


def selection(type_: GraphQLObjectType, depth: int) -> str:
    """Return everything that can be selected of a type without required arguments, relations ``depth`` deep."""
    parts = ["__typename"]
    for name, field in type_.fields.items():
        below = get_named_type(field.type)
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        if is_leaf_type(below):
            parts.append(name)
        elif depth and isinstance(below, GraphQLObjectType) and below.name in {one.__name__ for one in TYPES.values()}:
            parts.append(f"{name} {selection(below, depth - 1)}")
    return f"{{ {' '.join(parts)} }}"


def test_everything_that_can_be_selected_reads_the_same(pair: tuple[world.World, world.World]) -> None:
    differing = set()
    for name, identity in identities(pair[0].engine):
        type_: Any = inference.CORE.type_map[name]
        if "Node" not in {interface.name for interface in type_.interfaces}:
            continue
        query = f"query Q($id: ID!) {{ node(id: $id) {{ ... on {name} {selection(type_, 1)} }} }}"
        answers = [json.dumps(made.ask(query, {"id": identity}, who=BLIND)) for made in pair]
        assert answers[0] == answers[1], name
        shown = [json.dumps(made.ask(query, {"id": identity}, who=SEES)) for made in pair]
        if shown[0] != shown[1]:
            differing.add(name)
    assert differing >= set(inference.PERSONAL) - NO_ROWS, differing


def test_random_queries_of_who_sees_masks_read_the_same(
    pair: tuple[world.World, world.World], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = [secret for values in inference.SECRETS.values() for secret in values]
    monkeypatch.setitem(random_queries.SCALARS, "String", [*random_queries.TEXTS, *secrets])
    ids: dict[str, list[str]] = {}
    for identity in pair[0].ids():
        ids.setdefault(parts_of(identity)[0], []).append(identity)
    seen = Counter[str]()

    def check(query: random_queries.Query) -> None:
        answers = [made.ask(query.text, query.variables, who=BLIND) for made in pair]
        assert answers[0] == answers[1], query
        seen.update(codes(answers[0]) or {"answered"})

    assert inference.CORE.query_type is not None
    for root in sorted(inference.CORE.query_type.fields):
        drawn = random_queries.queries(inference.CORE, random_queries.Known(ids), [root])
        settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), phases=[Phase.generate])(
            given(query=drawn)(check)
        )()
    assert seen["answered"] > sum(seen.values()) / 3


def test_no_subscription_is_narrowed_by_a_masked_value(pair: tuple[world.World, world.World]) -> None:
    async def first(made: world.World, document: str) -> Any:
        context = Context(made.engine, made.home, signed_in=made.people[BLIND])
        events = await schema.stream(document, None, context)
        try:
            return await asyncio.wait_for(anext(events), 5)
        finally:
            await events.aclose()

    async def tried() -> set[str]:
        names = set()
        for probe in inference.of_subscriptions():
            told = await first(pair[0], probe.document)
            assert [error.extensions["code"] for error in told.errors] == ["forbidden"], probe
            names.add(probe.document.split("(")[0])
        return names

    listed = inference.CORE.subscription_type
    assert listed is not None
    narrowed = {f"subscription {{ {name}" for name, field in listed.fields.items() if "filter" in field.args}
    assert narrowed - asyncio.run(tried()) == {"subscription { runs"}  # from a run no filter leads to a customer


def test_every_filter_of_the_schema_is_swept() -> None:
    assert inference.CORE.mutation_type is not None
    by_filter = {name for name, field in inference.CORE.mutation_type.fields.items() if "filter" in field.args}
    others = {  # what marketing may not write is refused before the filter is read
        name
        for name in by_filter
        if any(noun in name for noun in ("Order", "Contract", "Service", "Survey", "Improve"))
    }
    like = {"changeCustomerStatusesWhere", "removeTagWhere", "updateInteractionsWhere"}  # as their neighbours do
    assert by_filter == inference.WRITES.keys() | others | like
    assert PERSONAL.keys() == inference.SECRETS.keys()


def test_the_two_databases_have_as_many_rows_of_every_noun_that_is_not_hidden(
    pair: tuple[world.World, world.World],
) -> None:
    for table in (tables.Contact, tables.Interaction, tables.ServiceRecord, tables.Appointment, tables.PanelRating):
        counts = []
        for made in pair:
            with reading(made.engine) as connection:
                counts.append(connection.scalar(select(func.count()).select_from(table)))
        assert counts[0] == counts[1]
        assert counts[0]
