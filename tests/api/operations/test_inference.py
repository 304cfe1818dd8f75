"""No masked value and no hidden row can be inferred: two databases that differ in nothing else give the same answers."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import inference
import pytest
import random_queries
import world
from hypothesis import HealthCheck, Phase, given, settings
from people import finished_backtest
from sqlalchemy import Engine, func, select, text

from api.access import PERSONAL, ROWS, actor_of_login
from api.commands import policy
from api.database import make_engine, reading, writing
from api.endpoint.context import Context
from api.operations.root import schema
from policies.documents import shipped
from schema import tables
from schema.select.field import IDENTITIES, TYPES, Derived, source_of
from schema.select.global_id import global_id, parts_of

BLIND = "marketing"  # sees every kind masked, and may change customers
SEES = "sales"
EXAMPLES = int(os.environ.get("FENJI_EXAMPLES", "2"))  # of each field of the root
NO_ROWS = {"FallDecision"}  # of this world; that nobody asks about it is tried all the same


def fill(made: world.World) -> None:
    """Add rows of the nouns that the world has none of."""
    day = date(2026, 1, 1)
    with writing(made.engine) as session:
        rater = made.people["analyst"].id
        own: dict[str, Any] = {"customer_id": 2}
        session.add(
            tables.PanelRating(
                word="industry_outlook", rating=5, proposal=True, reason="x", given_on=day, rater_id=rater, **own
            )
        )
        session.add(tables.Appointment(policy_id=1, kind="override", tier="S", reason="x", valid_from=day, valid_until=day, appointed_by_id=rater, evidence="y", **own))  # fmt: skip


def write_secrets(engine: Engine, *, varied: bool) -> None:
    """Put a secret into every personal column of every row; the masks are the same in both databases."""
    with engine.begin() as connection:
        for name in connection.scalars(text("select name from sqlite_master where type = 'trigger'")).all():
            connection.execute(text(f"drop trigger {name}"))
        for table, type_ in TYPES.items():
            for field in type_.__strawberry_definition__.fields:
                source = source_of(field)
                if isinstance(source, Derived) and source.kind is not None:
                    first, second = inference.SECRETS[source.kind]
                    values = "case when rowid % 2 = 1 then :first else :second end" if varied else ":second"
                    given = {"second": second} | ({"first": first} if varied else {})
                    statement = f'update "{table.__tablename__}" set {source.columns[0]} = {values}'  # noqa: S608  # our own names
                    connection.execute(text(statement), given)


@pytest.fixture(scope="module")
def pair(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[world.World, world.World]]:
    """Two databases: in one the secrets vary, in the other all are the second one, and a draft was written and tried."""
    folder = tmp_path_factory.mktemp("inference")
    whole = folder / "whole.db"
    shutil.copyfile(sqlite_template, whole)
    engine = make_engine(f"sqlite:///{whole}")
    built = world.build(engine, folder, 6)
    fill(built)
    engine.dispose()
    made = []
    for name in ("one", "other"):
        shutil.copyfile(whole, folder / f"{name}.db")
        engine = make_engine(f"sqlite:///{folder / name}.db")
        with reading(engine) as connection:
            people = {login: actor_of_login(connection, login) for login in world.PEOPLE}
        made.append(world.World(engine, folder, {login: actor for login, actor in people.items() if actor}))
        write_secrets(engine, varied=name == "one")
    with writing(made[1].engine) as session:
        analyst = made[1].people["analyst"]
        draft = policy.save_draft(session, analyst, shipped()[world.POLICY].read_text() + "\n# a draft\n")
        finished_backtest(session, draft, analyst)
    for one in made:
        one.engine.dispose()  # the last connection writes the log back into the file, which tests copy
    made[0].began = made[1].began  # requests that are open have been so for as long in both
    yield made[0], made[1]
    for one in made:
        one.engine.dispose()


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


@pytest.mark.parametrize("planning", [True, False])
def test_everything_that_can_be_selected_reads_the_same(pair: tuple[world.World, world.World], planning: bool) -> None:
    differing = set()
    for name, identity in identities(pair[0].engine):
        type_: Any = inference.CORE.type_map[name]
        if "Node" not in {interface.name for interface in type_.interfaces}:
            continue
        query = f"query Q($id: ID!) {{ node(id: $id) {{ ... on {name} {inference.selection(type_, 1)} }} }}"
        answers = [json.dumps(made.ask(query, {"id": identity}, who=BLIND, planning=planning)) for made in pair]
        assert answers[0] == answers[1], name
        shown = [json.dumps(made.ask(query, {"id": identity}, who=SEES, planning=planning)) for made in pair]
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


# What hidden rows could show through: drafts and their backtests, which only the other database has.
HIDDEN = [
    "{ backtests { totalCount nodes { id state } pageInfo { hasNextPage endCursor } } }",
    "{ backtests(last: 5) { edges { cursor } } }",
    "{ policies { nodes { key versions { id state number backtests { id } } versionsCount } } }",
    "{ policies { nodes { versions(filter: {number: {isNull: true}}) { id } versionsCount(filter: {state: {equals: DRAFT}}) } } }",
    "{ policies { nodes { versions(orderBy: [{field: CREATED_AT, direction: DESC}], first: 1) { id } } } }",
    "{ policyVersions(last: 1) { totalCount edges { cursor node { id } } pageInfo { hasPreviousPage } } }",
    "{ policyVersions(filter: {state: {equals: DRAFT}}) { totalCount nodes { id } } }",
    "{ policies(filter: {versions: {count: {gte: 2}}}) { totalCount } p: policies(filter: {versions: {some: {number: {isNull: true}}}}) { totalCount } }",
    "{ backtests(orderBy: [{field: CREATED_AT, direction: DESC}], first: 1) { nodes { id } } }",
    "{ runs { nodes { version { state backtests { id } policy { versions { id } } } } } }",
    "{ customers(filter: {appointments: {some: {policy: {versions: {some: {state: {equals: DRAFT}}}}}}}) { totalCount } }",
    "{ customers(filter: {appointments: {some: {policy: {versions: {every: {number: {isNull: false}}}}}}}) { totalCount } }",
    "{ customers(filter: {appointments: {some: {policy: {versions: {count: {gte: 2}}}}}}) { totalCount } }",
    "{ customers(filter: {grade: {run: {version: {policy: {versions: {some: {backtests: {some: {state: {equals: FINISHED}}}}}}}}}}) { totalCount } }",
    "{ customers(filter: {grade: {run: {version: {policy: {versions: {count: {filter: {number: {isNull: true}}, equals: 0}}}}}}}) { totalCount } }",
    f'{{ policyVersion(id: "{global_id("PolicyVersion", 2)}") {{ state }} n: node(id: "{global_id("PolicyVersion", 2)}") {{ id }} b: node(id: "{global_id("Backtest", 2)}") {{ id }} }}',
    f'{{ backtests(filter: {{version: {{id: {{equals: "{global_id("PolicyVersion", 2)}"}}}}}}) {{ totalCount }} }}',
    f'mutation {{ r: submitPolicy(versionId: "{global_id("PolicyVersion", 2)}") {{ ... on Refusal {{ code message }} }} }}',
    f'mutation {{ r: cancelBacktest(id: "{global_id("Backtest", 2)}") {{ ... on Refusal {{ code message }} }} }}',
    f'mutation {{ r: startBacktest(versionId: "{global_id("PolicyVersion", 2)}") {{ ... on Refusal {{ code message }} }} }}',
    *(
        f'mutation {{ r: {name}(versionId: "{global_id("PolicyVersion", 2)}", {more}) {{ ... on Refusal {{ code message }} }} }}'
        for name, more in {
            "approvePolicy": 'reason: "x"', "rejectPolicy": 'reason: "x"', "putPolicyInForce": 'effectiveFrom: "2099-01-01"',
            "editPolicyDraft": 'document: "x"',
        }.items()
    ),
    f'mutation {{ r: withdrawPolicy(versionId: "{global_id("PolicyVersion", 2)}") {{ ... on Refusal {{ code message }} }} }}',
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(HIDDEN)))
def test_hidden_rows_show_through_nothing(pair: tuple[world.World, world.World], number: int) -> None:
    for planning in (True, False):
        answers = [made.ask(HIDDEN[number], who=BLIND, planning=planning) for made in pair]
        assert answers[0] == answers[1]


def test_hidden_rows_are_there_for_whoever_prepares_policies(pair: tuple[world.World, world.World]) -> None:
    reads = [query for query in HIDDEN if not query.startswith("mutation")]
    differing = 0
    for query in reads:
        answers = [made.ask(query, who="analyst") for made in pair]
        assert "errors" not in answers[1], (query, answers[1])
        differing += answers[0] != answers[1]
    assert differing >= len(reads) - 2
    assert {model.__name__ for model in ROWS} == {"PolicyVersion", "Backtest", "ApiKey"}


CONTACT = global_id("Contact", 1)
GUESSED = [
    f'updateContact(id: "{CONTACT}", input: {{{field}: "{inference.SECRETS[kind][0]}"}}, reason: "x") {{ __typename ... on Contact {{ {field} }} ... on Refusal {{ code message }} }}'
    for field, kind in {"name": "person", "mobile": "mobile", "landline": "landline", "email": "email"}.items()
] + [
    f'updateContacts(input: [{{id: "{CONTACT}", {field}: "{inference.SECRETS[kind][0]}", reason: "x"}}], dryRun: true) {{ __typename ... on ContactsWritten {{ written unchanged rejected errors {{ code message }} }} ... on Refusal {{ code message }} }}'
    for field, kind in {"name": "person", "mobile": "mobile", "landline": "landline", "email": "email"}.items()
] + [
    f'updateInteractions(input: [{{id: "{global_id("Interaction", 1)}", summary: "{inference.SECRETS["text"][0]}"}}], dryRun: true) {{ __typename ... on InteractionsWritten {{ written unchanged rejected errors {{ code message }} }} ... on Refusal {{ code message }} }}',
    f'updateNeeds(input: [{{id: "{global_id("Need", 1)}", description: "{inference.SECRETS["text"][0]}"}}], dryRun: true) {{ __typename ... on NeedsWritten {{ written unchanged rejected errors {{ code message }} }} ... on Refusal {{ code message }} }}',
    f'createContact(customerId: "{global_id("Customer", 2)}", input: {{name: "王建国", mobile: "13811110100"}}) {{ __typename ... on Contact {{ name mobile }} ... on Refusal {{ code message }} }}',
]  # fmt: skip


@pytest.fixture
def copies(pair: tuple[world.World, world.World], tmp_path: Path) -> Iterator[list[world.World]]:
    """Both databases copied, to write to; what differs in them does so in the copies."""
    made = []
    for number, one in enumerate(pair):
        path = tmp_path / f"{number}.db"
        shutil.copyfile(one.engine.url.database or "", path)
        made.append(world.World(make_engine(f"sqlite:///{path}"), tmp_path, one.people))
    shown = [one.data(f'{{ node(id: "{CONTACT}") {{ ... on Contact {{ mobile }} }} }}', who=SEES) for one in made]
    assert [one["node"]["mobile"] for one in shown] == list(inference.SECRETS["mobile"])
    yield made
    for one in made:
        one.engine.dispose()


@pytest.mark.parametrize("number", range(len(GUESSED)))
def test_writing_a_guess_does_not_tell_whether_it_stood_there(copies: list[world.World], number: int) -> None:
    answers = [made.ask(f"mutation {{ r: {GUESSED[number]} }}", who=BLIND) for made in copies]
    assert answers[0] == answers[1]
    assert "errors" not in answers[0], answers[0]
    assert "code" not in answers[0]["data"]["r"], answers[0]


def test_undoing_does_not_tell_whether_a_guess_stood_there(copies: list[world.World]) -> None:
    change = f'updateContacts(input: [{{id: "{CONTACT}", %s, reason: "x"}}]) {{ ... on ContactsWritten {{ undo {{ token }} }} }}'
    guess = f'mobile: "{inference.SECRETS["mobile"][0]}"'
    took_back = 'undo(token: "%s") { __typename ... on Refusal { code } }'
    for made in copies:

        def call(asked: str, made: world.World = made) -> Any:
            return made.data(f"mutation {{ r: {asked} }}", who=BLIND)["r"]

        tokens = [call(change % what)["undo"]["token"] for what in ('title: "t"', guess, guess)]
        for token in tokens[:2]:
            assert call(took_back % token) == {"__typename": "Refusal", "code": "undo_refused"}
        for token in reversed(tokens):
            assert call(took_back % token) == {"__typename": "Undone"}


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
