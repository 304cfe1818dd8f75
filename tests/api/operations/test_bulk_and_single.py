"""A bulk call of one row writes what the single mutation writes, and refuses with the same code and sentence."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import world
from sqlalchemy import select

from api.access import actor_of_login
from api.database import make_engine, reading
from schema import tables
from schema.select.global_id import global_id
from schema.tables.base import UtcDateTime

CUSTOMER = {"customerId": global_id("Customer", 2)}
ONE, NONE = {"id": global_id("Customer", 1)}, {"id": global_id("Customer", 99)}
OWNED = {"id": global_id("Customer", 2)}
CONTACT, ORDER = {"id": global_id("Contact", 1)}, {"id": global_id("Order", 1)}
# (single mutation and its declared arguments, bulk mutation and its row type, the row)
ADD = "($customerId: ID!, $input: {}Input!)"
CASES: list[tuple[str, str, str, str, dict[str, Any]]] = [
    ("createCustomer", "($input: CustomerInput!)", "createCustomers", "CustomerRow", row)
    for row in (
        {"name": "甲公司", "owner": "sales", "uscc": "91310000775785552L", "annualRevenue": "12.5", "status": "INTENT"},
        {"name": " "}, {"name": "甲", "uscc": "91310000MA1K35UX00"}, {"name": "甲", "owner": "nobody"}, {"name": "甲", "employees": -1},
        {"name": "甲", "referrerId": global_id("Customer", 1)}, {"name": "甲", "foundedOn": None, "regionCode": "上海市"},
    )
] + [
    ("updateCustomer", "($id: ID!, $input: CustomerPatch!)", "updateCustomers", "CustomerChange", row)
    for row in (
        {**ONE, "employees": 7}, {**ONE}, {**NONE, "employees": 7}, {**ONE, "name": None}, {**ONE, "industryCode": "??"}, {**ONE, "owner": "boss"}, {**OWNED, "owner": None},
        {**ONE, "address": "=1+1"},
    )
] + [
    ("changeCustomerStatus", "($id: ID!, $status: CustomerStatus!, $reason: String!, $changedOn: Date)", "changeCustomerStatuses", "CustomerStatusMove", row)
    for row in (
        {**ONE, "status": "LOST", "reason": " 停业 "}, {**ONE, "status": "INTENT", "reason": "x"}, {**ONE, "status": "LOST", "reason": " "},
        {**ONE, "status": "LOST", "reason": "x", "changedOn": "2000-01-01"}, {**ONE, "status": "LOST", "reason": "x", "changedOn": "2999-01-01"},
    )
] + [
    ("createContact", ADD.format("Contact"), "createContacts", "ContactRow", {**CUSTOMER, **row})
    for row in ({"name": "王芳", "mobile": "138 0013 8000", "isPrimary": True}, {"name": "王", "email": "@"}, {"name": "王", "customerId": NONE["id"]})
] + [
    ("updateContact", "($id: ID!, $input: ContactPatch!, $reason: String!, $leftOn: Date)", "updateContacts", "ContactChange", row)
    for row in ({**CONTACT, "title": "经理", "reason": "升职", "leftOn": "2026-01-01"}, {**CONTACT, "reason": " "}, {**CONTACT, "mobile": "1", "reason": "x"})
] + [
    ("createOrder", ADD.format("Order"), "createOrders", "OrderRow", {**CUSTOMER, "orderedOn": "2026-01-05", **row})
    for row in (
        {"lines": [{"product": "泵", "quantity": 3, "unitPrice": "9.99", "discount": "10%"}], "paidOn": "2026-01-06"}, {"lines": [{"quantity": 3}]},
        {"amount": "5", "lines": [{"amount": "4"}]}, {"amount": "5", "currency": "人民币"}, {"currency": "??"},
    )
] + [
    ("updateOrder", "($id: ID!, $input: OrderPatch!)", "updateOrders", "OrderChange", row)
    for row in ({**ORDER, "amount": "9"}, {**ORDER, "productLine": "泵"}, {**ORDER, "orderedOn": "2999-01-01"})
] + [
    ("createServiceRecord", ADD.format("ServiceRecord"), "createServiceRecords", "ServiceRecordRow", {**CUSTOMER, "kind": "咨询", "openedAt": "2026-01-05T09:00:00+08:00", **row})
    for row in ({"contactId": CONTACT["id"]}, {"customerId": ONE["id"], "contactId": CONTACT["id"]}, {"closedAt": "2025-01-05T09:00:00+08:00"}, {"satisfaction": 9})
] + [
    ("createNeed", ADD.format("Need"), "createNeeds", "NeedRow", {**CUSTOMER, "kind": "采购", **row})
    for row in ({"urgency": "LOW", "budgetMin": "1.5"}, {"budgetMin": "5", "budgetMax": "4"})
] + [
    ("updateNeed", "($id: ID!, $input: NeedPatch!)", "updateNeeds", "NeedChange", {"id": global_id("Need", 1), "budgetMax": "1"}),
    ("settleAssessment", ADD.format("Assessment"), "settleAssessments", "AssessmentRow", {**CUSTOMER, "word": "industry_outlook", "rating": 7, "assessedOn": "2026-01-01", "validUntil": "2027-01-01"}),
    ("settleAssessment", ADD.format("Assessment"), "settleAssessments", "AssessmentRow", {**CUSTOMER, "word": "x", "rating": 7, "assessedOn": "2026-01-01", "validUntil": "2027-01-01"}),
    ("reportImprovement", ADD.format("Improvement"), "reportImprovements", "ImprovementRow", {**CUSTOMER, "reportedOn": "2026-01-01", "problem": "慢"}),
    ("createSurvey", ADD.format("Survey"), "createSurveys", "SurveyRow", {**CUSTOMER, "surveyedOn": "2026-01-01", "score": 6}),
    ("createInteraction", ADD.format("Interaction"), "createInteractions", "InteractionRow", {**CUSTOMER, "happenedAt": "2026-01-01T00:00:00Z", "kind": "电话"}),
    ("createContract", ADD.format("Contract"), "createContracts", "ContractRow", {**CUSTOMER, "startsOn": "2026-01-01", "endsOn": "2025-01-01"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def prepared(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alike")
    shutil.copyfile(sqlite_template, folder / "fenji.db")
    engine = make_engine(f"sqlite:///{folder / 'fenji.db'}")
    world.build(engine, folder, 4, graded=False)
    engine.dispose()
    return folder / "fenji.db"


@pytest.fixture
def twins(prepared: Path, tmp_path: Path) -> Iterator[list[world.World]]:
    """Two databases that hold the same."""
    found = []
    for name in ("single", "bulk"):
        (tmp_path / name).mkdir()
        shutil.copyfile(prepared, tmp_path / name / "fenji.db")
        engine = make_engine(f"sqlite:///{tmp_path / name / 'fenji.db'}")
        with reading(engine) as connection:
            people = {login: actor_of_login(connection, login) for login in world.PEOPLE}
        found.append(world.World(engine, tmp_path, {login: actor for login, actor in people.items() if actor}))
    yield found
    for one in found:
        one.engine.dispose()


def rows(made: world.World) -> dict[str, list[Any]]:
    """Every row but audits' fields and the records of calls; a moment of writing is only whether there is one."""
    found = {}
    with reading(made.engine) as connection:
        for table in tables.Base.metadata.sorted_tables:
            if table.name in ("bulk_calls", "audit_seals", "industries", "regions"):
                continue
            columns = [
                c for c in table.c if c.name not in ("detail", "seal", "created_at", "known_at", "paid_known_at", "at")
            ]
            late = [c.is_not(None) for c in table.c if isinstance(c.type, UtcDateTime) and c not in columns]
            found[table.name] = [tuple(row) for row in connection.execute(select(*columns, *late))]
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {list(case[4].values())[-1]}")
def test_one_row_in_bulk_is_as_the_single_mutation(
    twins: list[world.World], case: tuple[str, str, str, str, dict[str, Any]]
) -> None:
    single, declared, plural, row_type, row = case
    alone, together = twins
    direct = {
        name: row[name]
        for name in ("id", "customerId", "status", "reason", "changedOn", "leftOn")
        if f"${name}:" in declared and name in row
    }
    given = {name: value for name, value in row.items() if name not in direct}
    variables = direct | ({"input": given} if "$input" in declared else {})
    names = ", ".join(
        f"{name}: ${name}"
        for name in ("id", "customerId", "input", "status", "reason", "changedOn", "leftOn")
        if f"${name}:" in declared
    )
    one = alone.data(
        f"mutation M{declared} {{ r: {single}({names}) {{ __typename ... on Refusal {{ code message }} }} }}", variables
    )["r"]
    many = together.data(
        f"mutation M($rows: [{row_type}!]!) {{ r: {plural}(input: $rows) {{ ... on BulkAnswer {{ written errors {{ code message }} }} }} }}",
        {"rows": [row]},
    )["r"]
    if one["__typename"] == "Refusal":
        assert many["written"] == 0
        assert many["errors"][0] == {"code": one["code"], "message": one["message"]}
    else:
        assert many == {"written": 1, "errors": []}
    assert rows(together) == rows(alone)


def test_an_explicit_null_takes_the_account_manager_away(twins: list[world.World]) -> None:
    made = twins[0]
    query = "mutation M($id: ID!, $owner: String) { r: updateCustomer(id: $id, input: { owner: $owner }) { ... on Customer { owner { login } } ... on Refusal { code } } }"
    assert made.data(query, {**OWNED, "owner": "boss"})["r"] == {"owner": {"login": "boss"}}
    assert made.data(query, {**OWNED, "owner": None})["r"] == {"owner": None}
    assert made.data(query, OWNED)["r"] == {"code": "invalid"}, "left out is not null: nothing is given"
