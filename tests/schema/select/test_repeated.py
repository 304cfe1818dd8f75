"""An operation that is asked again is executed as if for the first time: with its own variables, for its own caller."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
import world
from sqlalchemy import Engine

from api.endpoint.context import Context
from api.endpoint.prepared import KEPT_CHARACTERS
from api.operations.root import schema
from schema.select.executor import LEVELS
from schema.select.repeated import FOUND


@pytest.fixture
def made(engine: Engine, tmp_path: Path) -> world.World:
    return world.build(engine, tmp_path, 6, graded=False)


def test_directives_follow_the_variables_of_each_request(made: world.World) -> None:
    query = "query($names: Boolean!) { customers(first: 1) { nodes { number name @include(if: $names) } } }"
    shown = [made.data(query, {"names": names})["customers"]["nodes"][0].keys() for names in (True, False, True)]
    assert shown == [{"number", "name"}, {"number"}, {"number", "name"}]


def test_lists_follow_the_variables_of_each_request(made: world.World) -> None:
    query = (
        "query($f: CustomerFilter, $o: [CustomerOrder!], $n: Int) "
        "{ customers(filter: $f, orderBy: $o, first: $n) { totalCount nodes { number } } }"
    )
    everybody = made.data(query)["customers"]
    last = made.data(query, {"o": [{"field": "NUMBER", "direction": "DESC"}], "n": 1})["customers"]
    first = made.data(query, {"f": {"number": {"equals": everybody["nodes"][0]["number"]}}})["customers"]
    assert (everybody["totalCount"], first["totalCount"]) == (6, 1)
    assert last["nodes"] == everybody["nodes"][-1:]
    assert first["nodes"] == everybody["nodes"][:1]
    assert made.data(query)["customers"] == everybody


def test_wrong_variables_are_refused_the_second_time_as_the_first(made: world.World) -> None:
    query = "query($n: Int!) { customers(first: $n) { nodes { number } } }"
    refused = made.ask(query, {"n": "many"})
    assert made.data(query, {"n": 1})["customers"]["nodes"]
    assert made.ask(query, {"n": "many"}) == refused
    assert made.ask(query)["errors"][0]["message"].startswith("Variable '$n'")
    assert made.ask(query, {"n": -1})["errors"][0]["path"] == ["customers"]


def test_what_one_may_filter_by_another_may_not(made: world.World) -> None:
    query = 'query { contacts(filter: {mobile: {startsWith: "1"}}) { totalCount } }'
    for _ in range(2):
        assert made.data(query)["contacts"]["totalCount"] >= 0
        assert made.ask(query, who="analyst")["errors"][0]["extensions"]["code"] == "forbidden"


def test_a_row_may_be_named_by_its_id_in_one_request_and_by_its_key_in_the_next(made: world.World) -> None:
    number, id = made.data("{ customers(first: 1) { nodes { number id } } }")["customers"]["nodes"][0].values()
    query = "query($id: ID, $number: String) { customer(id: $id, number: $number) { number id } }"
    for text, order in ((query, (0, 1, 0)), (f"{query} ", (1, 0, 1))):
        for turn in order:
            found = made.data(text, ({"id": id}, {"number": number})[turn])["customer"]
            assert found == {"number": number, "id": id}


def test_nothing_is_kept_of_a_document_that_is_not(made: world.World) -> None:
    numbers = ", ".join(f'"{n:040}"' for n in range(900))
    query = f"{{ customers(filter: {{ number: {{ in: [{numbers}] }} }}) {{ nodes {{ number }} }} }}"
    assert len(query) > KEPT_CHARACTERS
    made.data(query)
    before = len(FOUND), len(LEVELS)
    for _ in range(3):
        assert made.data(query)["customers"]["nodes"] == []
    assert (len(FOUND), len(LEVELS)) == before


def test_nothing_of_a_caller_is_kept(made: world.World) -> None:
    query = (
        'query($n: Int!) { customers(first: $n) { nodes { number owner { name } } } customer(number: "none") { id } }'
    )
    gone = []
    for person in ("sales", "analyst"):
        context = Context(made.engine, made.home, signed_in=made.people[person])
        assert schema.answer(query, {"n": 2}, context).errors is None
        gone.append(weakref.ref(context))
        del context
    gc.collect()
    assert [one() for one in gone] == [None, None]
