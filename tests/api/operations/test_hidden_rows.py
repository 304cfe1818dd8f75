"""No hidden row can be inferred: two databases of which one has drafts and backtests besides give the same answers."""

from __future__ import annotations

import pytest
import world
from inference import BLIND

from api.access import ROWS
from schema.select.global_id import global_id

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
