"""Undoing a bulk call gives back exactly the former state, or does nothing and says why."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import world
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update

from api.commands import customer, tag
from api.database import reading, writing
from api.jobs import Worker
from api.settings import settings
from schema import tables
from schema.select.global_id import global_id
from schema.tables.base import now

BULK = "{ __typename ... on BulkAnswer { state written ids undo { token until } errors { message } } ... on Refusal { code message } }"
UNDO = "mutation U($token: String!) { r: undo(token: $token) { __typename ... on Undone { operation rows } ... on Refusal { code message } } }"
# What a call leaves: the record of it, audits with their seals, the counter of customer numbers, and for a day events.
LEFT = {"bulk_calls", "audits", "audit_seals", "customer_numbers", "events"}
KINDS = {
    "createCustomers": "CustomerRow", "updateCustomers": "CustomerChange", "changeCustomerStatuses": "CustomerStatusMove",
    "assignTags": "TagAssignment", "removeTags": "TagRemoval", "createContacts": "ContactRow", "updateContacts": "ContactChange",
    "createOrders": "OrderRow", "updateOrders": "OrderChange", "updateNeeds": "NeedChange",
    "updateServiceRecords": "ServiceRecordChange",
}  # fmt: skip


def state(engine: Engine) -> dict[str, list[Any]]:
    """Every row of every table that an undone call leaves as it was."""
    with reading(engine) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in tables.Base.metadata.sorted_tables
            if table.name not in LEFT
        }


def ask(made: world.World, name: str, rows: Any, who: str = "sales") -> Any:
    if name.startswith("delete"):
        query = f'mutation M($ids: [ID!]!) {{ r: {name}(ids: $ids, reason: "误录", mode: REJECT_FAILED) {BULK} }}'
        return made.data(query, {"ids": rows}, who=who)["r"]
    query = f"mutation M($rows: [{KINDS[name]}!]!) {{ r: {name}(input: $rows, mode: IGNORE_FAILED) {BULK} }}"
    return made.data(query, {"rows": rows}, who=who)["r"]


def undo(made: world.World, call: Any, who: str = "sales") -> Any:
    return made.data(UNDO, {"token": call["undo"]["token"]}, who=who)["r"]


@pytest.fixture
def made(engine: Engine, tmp_path: Path) -> world.World:
    return world.build(engine, tmp_path, 5, graded=False)


def identity(type_name: str, most: int) -> st.SearchStrategy[str]:
    return st.integers(1, most).map(lambda n: global_id(type_name, n))


TEXT = st.none() | st.text("甲乙 a1", max_size=6)
MONEY = st.none() | st.decimals(0, 10**6, places=4).map(str)
DAY = st.none() | st.dates(date(1990, 1, 1), date(2026, 1, 1)).map(str)
INSTANT = st.none() | st.datetimes(datetime(2025, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)).map(str)
NAME = st.text("甲乙丙", min_size=1, max_size=4)
CUSTOMER = {"employees": st.none() | st.integers(0, 9), "foundedOn": DAY,
            "annualRevenue": MONEY, "industryCode": st.sampled_from([None, "6513", "x"]), "owner": st.sampled_from(["sales", "boss", "x"])}  # fmt: skip
LINE = {"product": TEXT, "quantity": st.none() | st.integers(0, 9), "unitPrice": MONEY, "amount": MONEY}


def row(needed: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(needed, optional=optional)


ROWS: dict[str, st.SearchStrategy[Any]] = {
    "createCustomers": row({"name": NAME}, CUSTOMER),
    "updateCustomers": row({"id": identity("Customer", 6)}, {**CUSTOMER, "name": NAME}),
    "changeCustomerStatuses": row(
        {"id": identity("Customer", 5), "status": st.sampled_from(["ACTIVE", "LOST", "INTENT"]), "reason": TEXT.map(str)}, {}
    ),
    "assignTags": row(
        {"customerId": identity("Customer", 5), "dimension": st.sampled_from(["需求", "新"]), "name": st.sampled_from(["采购设备0", "乙"])}, {}
    ),
    "removeTags": row({"customerId": identity("Customer", 5), "tagId": identity("Tag", 4)}, {}),
    "createContacts": row(
        {"customerId": identity("Customer", 5), "name": st.text("王李", max_size=2)},
        {"mobile": st.sampled_from(["13800138000", "1", None]), "isPrimary": st.booleans()},
    ),
    "updateContacts": row(
        {"id": identity("Contact", 6), "reason": TEXT.map(str)}, {"title": TEXT, "leftOn": DAY, "email": st.sampled_from(["a@b.cn", "x"])}
    ),
    "createOrders": row(
        {"customerId": identity("Customer", 5), "orderedOn": DAY.map(lambda day: day or "2025-01-01")},
        {"amount": MONEY, "paidOn": DAY, "lines": st.lists(row({}, LINE), max_size=2)},
    ),
    "updateOrders": row({"id": identity("Order", 8)}, {"amount": MONEY, "paidOn": DAY, "currency": st.sampled_from(["USD", "¥", "??"])}),
    "updateNeeds": row({"id": identity("Need", 5)}, {"budgetMin": MONEY, "budgetMax": MONEY, "wantedOn": DAY, "urgency": st.sampled_from(["LOW", None])}),
    "updateServiceRecords": row({"id": identity("ServiceRecord", 5)}, {"openedAt": INSTANT, "closedAt": INSTANT, "satisfaction": st.integers(0, 6)}),
    "deleteContacts": identity("Contact", 6),
    "deleteOrders": identity("Order", 8),
    "deleteNeeds": identity("Need", 5),
}  # fmt: skip
CALLS = st.sampled_from(sorted(ROWS)).flatmap(
    lambda name: st.tuples(st.just(name), st.lists(ROWS[name], min_size=1, max_size=5))
)


def test_undoing_calls_in_turn_gives_back_every_former_state(made: world.World) -> None:
    """Any sequence of calls, undone from the last to the first, passes through the same states backward."""
    written = []

    @hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(CALLS, min_size=1, max_size=4))
    def property(calls: list[Any]) -> None:
        passed = []
        for name, rows in calls:
            before = state(made.engine)
            answer = ask(made, name, rows)
            assert answer["__typename"] != "Refusal", answer
            if answer["undo"] is None:
                assert (answer["written"], state(made.engine)) == (0, before)
            else:
                passed.append((answer, before))
        for answer, before in reversed(passed):
            assert undo(made, answer)["__typename"] == "Undone"
            assert state(made.engine) == before
        written.extend(answer["written"] for answer, _ in passed)

    property()
    assert sum(written) > 30, "the property must have written something"


def changed_after(made: world.World, call: Any) -> None:
    with writing(made.engine) as session:
        customer.update(session, made.people["boss"], 1, {"employees": 123})


def status_changed_and_back(made: world.World, call: Any) -> None:
    with writing(made.engine) as session:
        for status in ("potential", "lost"):
            customer.change_status(session, made.people["boss"], 1, status, "later")


def named_since(made: world.World, call: Any) -> None:
    with writing(made.engine) as session:
        key = session.scalars(select(tables.Customer.id).order_by(tables.Customer.id.desc())).first()
        assert key is not None
        tag.assign(session, made.people["boss"], key, "需求", "急")


@pytest.mark.parametrize(
    ("name", "rows", "since"),
    [
        ("updateCustomers", [{"id": global_id("Customer", 1), "shortName": "新"}], changed_after),
        ("changeCustomerStatuses", [{"id": global_id("Customer", 1), "status": "LOST", "reason": "停业"}], status_changed_and_back),
        ("createCustomers", [{"name": "新公司"}], named_since),
    ],
    ids=["changed", "status moved on", "named by a newer row"],
)  # fmt: skip
def test_a_call_is_not_undone_when_its_rows_have_changed_since(
    made: world.World, name: str, rows: Any, since: Any
) -> None:
    call = ask(made, name, rows)
    since(made, call)
    before = state(made.engine)
    refused = undo(made, call)
    assert (refused["__typename"], refused["code"]) == ("Refusal", "undo_refused"), refused
    assert "since" in refused["message"] or "after the call" in refused["message"] or "newer" in refused["message"]
    assert state(made.engine) == before


def test_undo_does_not_give_two_customers_one_credit_code(made: world.World) -> None:
    first, code = global_id("Customer", 1), "91310000775785552L"
    ask(made, "updateCustomers", [{"id": first, "uscc": code}])
    freed = ask(made, "updateCustomers", [{"id": first, "uscc": None}])
    taken = ask(made, "createCustomers", [{"name": "丁公司", "uscc": code}])
    before = state(made.engine)
    refused = undo(made, freed)
    assert (refused["code"], "belongs to customer" in refused["message"]) == ("undo_refused", True)
    assert state(made.engine) == before
    undo(made, taken)
    assert undo(made, freed)["__typename"] == "Undone"


def test_only_who_made_a_call_undoes_it_once_and_in_time(made: world.World) -> None:
    call = ask(made, "updateCustomers", [{"id": global_id("Customer", 1), "shortName": "新"}])
    before = state(made.engine)
    assert undo(made, call, "boss")["code"] == "forbidden"
    assert undo(made, call, "finance")["code"] == "forbidden"
    assert undo(made, {"undo": {"token": "another"}})["code"] == "not_found"
    with writing(made.engine) as session:
        late = now() - timedelta(hours=1)
        session.execute(update(tables.BulkCall).values(undo_until=late))
    assert undo(made, call)["code"] == "undo_refused"
    assert state(made.engine) == before
    ask(made, "updateCustomers", [{"id": global_id("Customer", 2), "shortName": "新"}])
    with reading(made.engine) as connection:
        kept = connection.execute(select(tables.BulkCall.changes).order_by(tables.BulkCall.id)).scalars().all()
    assert kept[0] is None, "former values are not kept longer than they can be used"
    assert kept[1]
    second = ask(made, "updateCustomers", [{"id": global_id("Customer", 3), "shortName": "新"}])
    assert undo(made, second)["__typename"] == "Undone"
    assert undo(made, second)["code"] == "undo_refused"


def test_where_nothing_can_be_undone_no_former_value_is_kept(
    made: world.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "undo_hours", 0)
    call = ask(made, "updateContacts", [{"id": global_id("Contact", 1), "email": "a@b.cn", "reason": "新"}])
    assert (call["state"], call["undo"]) == ("WRITTEN", None)
    with reading(made.engine) as connection:
        token, changes = connection.execute(select(tables.BulkCall.token, tables.BulkCall.changes)).one()
    assert changes is None
    assert undo(made, {"undo": {"token": token}})["code"] == "undo_refused"


def test_former_values_are_forgotten_when_their_time_is_over(made: world.World, tmp_path: Path) -> None:
    kept, over = (ask(made, "deleteContacts", [global_id("Contact", n)]) for n in (1, 2))
    with writing(made.engine) as session:
        session.execute(
            update(tables.BulkCall).where(tables.BulkCall.token == over["undo"]["token"]).values(undo_until=now())
        )
    worker = Worker(made.engine, tmp_path, poll_seconds=0.01)
    worker.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with reading(made.engine) as connection:
            rows = connection.execute(select(tables.BulkCall.token, tables.BulkCall.changes)).all()
            found = {row.token: row.changes for row in rows}
        if found[over["undo"]["token"]] is None:
            break
    worker.stop()
    assert found[over["undo"]["token"]] is None
    assert found[kept["undo"]["token"]]


def test_each_row_that_is_taken_back_is_audited(made: world.World) -> None:
    call = ask(made, "createContacts", [{"customerId": global_id("Customer", n), "name": "王芳"} for n in (1, 2)])
    undo(made, call)
    with reading(made.engine) as connection:
        audits = connection.execute(
            select(tables.Audit.noun, tables.Audit.noun_id)
            .where(tables.Audit.action == "undo")
            .order_by(tables.Audit.id)
        ).all()
    assert [global_id("Contact", key) for noun, key in audits if noun == "contacts"] == call["ids"]


def test_who_sees_masks_undoes_in_turn_and_nothing_below_a_later_write(made: world.World) -> None:
    contact, before = global_id("Contact", 1), state(made.engine)
    same = {"id": contact, "title": "甲", "reason": "x"}
    first, again = (ask(made, "updateContacts", [same], who="marketing") for _ in range(2))
    assert undo(made, first, who="marketing")["code"] == "undo_refused"  # although the row stands as the call left it
    assert undo(made, again, who="marketing")["__typename"] == "Undone"
    reveal = f'mutation {{ r: reveal(ids: ["{contact}"], reason: "x") {{ __typename }} }}'
    assert made.data(reveal, who="marketing")["r"]["__typename"] == "Revealed"  # on record, and no write
    assert undo(made, first, who="marketing")["__typename"] == "Undone"
    assert state(made.engine) == before
