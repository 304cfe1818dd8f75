"""Who sees what: nobody sees only the schema, personal fields are masked, defects and refusals look as they should."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import world
from sqlalchemy import Engine

from api.access import EVERYONE, PERSONAL, new_key
from api.database import writing
from api.endpoint.context import Context
from api.errors import Forbidden
from api.operations.root import schema
from schema.select.global_id import global_id

CONTACTS = "{ customers { nodes { contacts { name mobile landline email } } } }"


@pytest.mark.parametrize(
    "query", ["{ __schema { types { name } } }", '{ __type(name: "Customer") { name } }', "{ __typename }"]
)
def test_nobody_may_read_the_schema(sqlite_engine: Engine, tmp_path: Path, query: str) -> None:
    made = world.World(sqlite_engine, tmp_path, {})
    assert "errors" not in made.ask(query, who=None)


@pytest.mark.parametrize(
    "query",
    [
        "{ me { name } }",
        "{ __typename ... { ...F } } fragment F on Query { policies { nodes { key } } }",
        "subscription { runProgress { done } }",
        "{ customers { totalCount } }",
    ],
)
def test_nobody_may_read_anything_else_and_is_told_what_to_do(
    sqlite_engine: Engine, tmp_path: Path, query: str
) -> None:
    response = world.World(sqlite_engine, tmp_path, {}).ask(query, who=None)
    assert response["data"] is None
    (error,) = response["errors"]
    assert error["extensions"]["code"] == "not_signed_in"
    assert "Authorization: Bearer" in error["message"]


def test_an_unknown_a_revoked_and_an_inactive_key_are_refused(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 1, graded=False)
    key = world.key(made, "sales")
    with made.statements() as seen:
        good = Context(engine, tmp_path, key)
        assert schema.answer("{ me { login } }", None, good).data == {"me": {"login": "sales"}}
    assert len(seen) == 3, seen  # the key, its roles, the answer
    with writing(engine) as session:
        session.connection().exec_driver_sql("update users set active = false where login = 'sales'")
    for bad in (new_key(), "", "fenji_", key):
        with pytest.raises(Forbidden):
            Context(engine, tmp_path, bad).sign_in()


@pytest.mark.parametrize("role", sorted(EVERYONE))
@pytest.mark.parametrize("planning", [True, False])
def test_personal_fields_are_masked_unless_the_role_may_see_them(
    sqlite_engine: Engine, tmp_path: Path, role: str, planning: bool
) -> None:
    made = world.build(sqlite_engine, tmp_path, 2, graded=False)
    who = "boss" if role == "admin" else role
    (contact,) = made.data(CONTACTS, who=who, planning=planning)["customers"]["nodes"][1]["contacts"]
    clear = {"name": "王0", "mobile": "13800000100", "landline": "021-55556666", "email": "w0@a.cn"}
    hidden = {"name": "王**", "mobile": "138****0100", "landline": "021****6666", "email": "w***@a.cn"}
    kinds = {"name": "person"}
    assert contact == {name: (clear if role in PERSONAL[kinds.get(name, name)] else hidden)[name] for name in (*clear,)}
    assert contact != clear or role in {"sales", "service", "admin"}


@pytest.mark.parametrize("planning", [True, False])
def test_free_text_is_scrubbed_unless_the_role_may_see_it(
    sqlite_engine: Engine, tmp_path: Path, planning: bool
) -> None:
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    with writing(sqlite_engine) as session:
        session.connection().exec_driver_sql(
            "update interactions set summary = '王工说打 138 0000 0100 或 wang@a.cn,要 20 台'"
        )
        session.connection().exec_driver_sql("update service_records set remarks = '手机13800000100'")
    query = "{ customers { nodes { interactions { summary } serviceRecords { remarks problem } } } }"
    shown = {who: made.data(query, who=who, planning=planning)["customers"]["nodes"][0] for who in ("sales", "finance")}
    assert shown["sales"] == {
        "interactions": [{"summary": "王工说打 138 0000 0100 或 wang@a.cn,要 20 台"}],
        "serviceRecords": [{"remarks": "手机13800000100", "problem": "延迟"}],
    }
    assert shown["finance"] == {
        "interactions": [{"summary": "王工说打 *** 或 ***,要 20 台"}],
        "serviceRecords": [{"remarks": "手机***", "problem": "延迟"}],
    }


def test_one_kept_plan_masks_for_one_viewer_and_not_for_the_next(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 2, graded=False)
    seen = [
        made.data(CONTACTS, who=who)["customers"]["nodes"][1]["contacts"][0]["mobile"]
        for who in ("sales", "finance", "sales")
    ]
    assert seen == ["13800000100", "138****0100", "13800000100"]


def test_a_new_contact_is_masked_in_the_answer_to_its_own_mutation(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    identity = made.data("{ customers { nodes { id } } }")["customers"]["nodes"][0]["id"]
    call = f'createContact(customerId: "{identity}", input: {{name: "李", mobile: "13912345678"}})'
    query = f"mutation {{ c: {call} {{ ... on Contact {{ mobile }} }} }}"
    assert made.data(query, who="marketing") == {"c": {"mobile": "139****5678"}}


@pytest.mark.parametrize(("field", "mask"), [("name", "王**"), ("email", "w***@a.cn"), ("mobile", "138****0100")])
def test_a_mask_that_is_written_back_does_not_take_the_place_of_what_it_hides(
    sqlite_engine: Engine, tmp_path: Path, field: str, mask: str
) -> None:
    made = world.build(sqlite_engine, tmp_path, 2, graded=False)
    identity, kept = global_id("Contact", 1), made.data(CONTACTS)
    one = f'updateContact(id: "{identity}", input: {{{field}: "{mask}", title: "经理"}}, reason: "x")'
    refused = made.data(f"mutation {{ r: {one} {{ ... on Refusal {{ code message }} }} }}", who="marketing")["r"]
    assert refused["code"] == "invalid"
    assert field in refused["message"]
    many = f'updateContacts(input: [{{id: "{identity}", {field}: "{mask}", title: "经理", reason: "x"}}], mode: IGNORE_FAILED)'
    shown = "... on ContactsWritten { written errors { path code } rows { title } }"
    answer = made.data(f"mutation {{ r: {many} {{ {shown} }} }}", who="marketing")["r"]
    assert answer == {"written": 1, "errors": [{"path": [field], "code": "invalid"}], "rows": [{"title": "经理"}]}
    assert made.data(CONTACTS) == kept


def test_a_scrubbed_text_is_not_written_back_by_who_sees_it_so(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 2, graded=False)
    call = f'updateInteraction(id: "{global_id("Interaction", 1)}", input: {{summary: "打 ***,要 20 台"}})'
    query = f"mutation {{ r: {call} {{ __typename }} }}"
    assert made.data(query, who="marketing") == {"r": {"__typename": "Refusal"}}
    assert made.data(query, who="sales") == {"r": {"__typename": "Interaction"}}


def test_a_defect_is_logged_with_an_id_and_masked(
    sqlite_engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    with writing(sqlite_engine) as session:
        session.connection().exec_driver_sql("drop table surveys")
    with caplog.at_level(logging.ERROR, "fenji.graphql"):
        response = made.ask("{ customers { nodes { surveys { score } } } }")
    (error,) = response["errors"]
    identity = error["extensions"]["id"]
    assert error["message"] == f"Internal error, id {identity}."
    assert error["extensions"] == {"code": "internal", "id": identity}
    assert "surveys" not in error["message"]
    assert identity in caplog.text
    assert "no such table" in caplog.text


def test_a_refusal_of_a_query_keeps_its_code_and_sentence(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    (error,) = made.ask("{ customer { name } }")["errors"]
    assert error["extensions"]["code"] == "invalid"
    assert "id or the number" in error["message"]
