"""Personal values are revealed for a reason, row by row, and every row that was shown is in the sealed audit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import world
from sqlalchemy import Engine, select

from api.commands.audit_seal import verify
from api.database import reading, writing
from schema.select.global_id import global_id
from schema.tables import Audit

REVEAL = (
    "mutation R($ids: [ID!]!, $fields: [String!], $reason: String!) { r: reveal(ids: $ids, fields: $fields, reason: $reason) "
    "{ __typename ... on Revealed { values { id field value } } ... on Refusal { code message } } }"
)
CONTACT, SUMMARY = global_id("Contact", 1), global_id("Interaction", 1)


def records(engine: Engine) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        rows = connection.execute(
            select(Audit.user_id, Audit.noun, Audit.noun_id, Audit.detail)
            .where(Audit.action == "reveal")
            .order_by(Audit.id)
        )
        return [tuple(row) for row in rows]


def test_values_are_shown_and_on_record(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 2, graded=False)
    with writing(engine) as session:
        session.connection().exec_driver_sql("update interactions set summary = '打 13800000100'")
    reason = "客户要求回电 13800000100"
    variables = {"ids": [CONTACT, SUMMARY, CONTACT], "reason": reason}
    shown = made.data(REVEAL, variables, who="finance")["r"]["values"]
    assert shown == [
        {"id": CONTACT, "field": "name", "value": "王0"},
        {"id": CONTACT, "field": "mobile", "value": "13800000100"},
        {"id": CONTACT, "field": "landline", "value": "021-55556666"},
        {"id": CONTACT, "field": "email", "value": "w0@a.cn"},
        {"id": CONTACT, "field": "changeReason", "value": None},
        {"id": SUMMARY, "field": "summary", "value": "打 13800000100"},
    ]
    one = made.data(REVEAL, {"ids": [CONTACT], "fields": ["mobile"], "reason": "回访"}, who="marketing")["r"]
    assert one["values"] == [{"id": CONTACT, "field": "mobile", "value": "13800000100"}]
    finance, marketing = made.people["finance"].id, made.people["marketing"].id
    kept = "客户要求回电 ***"
    assert records(engine) == [
        (finance, "contacts", "1", {"fields": ["name", "mobile", "landline", "email", "changeReason"], "reason": kept}),
        (finance, "interactions", "1", {"fields": ["summary"], "reason": kept}),
        (marketing, "contacts", "1", {"fields": ["mobile"], "reason": "回访"}),
    ]
    with reading(engine) as connection:
        assert verify(connection).differences == []
    assert made.data(f'{{ node(id: "{CONTACT}") {{ ... on Contact {{ mobile }} }} }}', who="finance") == {
        "node": {"mobile": "138****0100"}
    }


@pytest.mark.parametrize(
    ("who", "variables", "code"),
    [
        ("analyst", {"ids": [CONTACT], "reason": "x"}, "forbidden"),
        ("finance", {"ids": [CONTACT], "reason": "  "}, "invalid"),
        ("finance", {"ids": [CONTACT], "reason": "x" * 501}, "invalid"),
        ("finance", {"ids": [], "reason": "x"}, "invalid"),
        ("finance", {"ids": [global_id("Contact", n) for n in range(1, 22)], "reason": "x"}, "invalid"),
        ("finance", {"ids": [CONTACT], "fields": [], "reason": "x"}, "invalid"),
        ("finance", {"ids": [CONTACT], "fields": ["mobile", "title"], "reason": "x"}, "invalid"),
        ("finance", {"ids": [global_id("Customer", 1)], "reason": "x"}, "invalid"),
        ("finance", {"ids": ["x"], "reason": "x"}, "invalid"),
        ("finance", {"ids": [CONTACT, global_id("Contact", 999)], "reason": "x"}, "not_found"),
    ],
)
def test_what_cannot_be_revealed_is_refused_and_leaves_no_record(
    sqlite_engine: Engine, tmp_path: Path, who: str, variables: dict[str, Any], code: str
) -> None:
    made = world.build(sqlite_engine, tmp_path, 2, graded=False)
    answer = made.data(REVEAL, variables, who=who)["r"]
    assert (answer["__typename"], answer["code"]) == ("Refusal", code)
    assert "138" not in answer["message"]
    assert records(sqlite_engine) == []
