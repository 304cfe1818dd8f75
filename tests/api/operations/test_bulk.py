"""Many rows in one mutation: errors by row, dry runs that write nothing, keys that hold, statements that do not grow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from time import sleep
from typing import Any

import pytest
import world
from bulk_mutations import BULK
from sqlalchemy import Engine, func, select

from api.commands import customer as customers_
from api.commands import tag
from api.commands.bulk.batch import Entry
from api.commands.bulk.call import Options, perform
from api.commands.bulk.customer import CustomerCreation
from api.database import reading, writing
from schema import tables
from schema.select.global_id import global_id

ANSWER = (
    "{ __typename ... on BulkAnswer { state given written unchanged rejected ids errors { index path code message } "
    "undo { token until } } ... on Refusal { code message } }"
)
CREATE = f"""mutation M($rows: [CustomerRow!]!, $mode: BulkMode! = REJECT_ALL, $dry: Boolean! = false, $key: String) {{
  r: createCustomers(input: $rows, mode: $mode, dryRun: $dry, idempotencyKey: $key) {ANSWER} }}"""
CONTACTS = f"""mutation M($rows: [ContactRow!]!, $mode: BulkMode! = REJECT_ALL) {{
  r: createContacts(input: $rows, mode: $mode) {ANSWER} }}"""
CHANGE = f"""mutation M($rows: [CustomerChange!]!, $mode: BulkMode! = REJECT_ALL, $dry: Boolean! = false) {{
  r: updateCustomers(input: $rows, mode: $mode, dryRun: $dry) {ANSWER} }}"""


def customer(n: int) -> str:
    return global_id("Customer", n)


def fingerprint(engine: Engine) -> str:
    """The hash of every row of every table, and on PostgreSQL of every sequence."""
    taken = sha256()
    with reading(engine) as connection:
        for table in tables.Base.metadata.sorted_tables:
            taken.update(repr(sorted(repr(tuple(row)) for row in connection.execute(select(table)))).encode())
        if engine.dialect.name == "postgresql":
            query = "select sequencename, last_value from pg_sequences order by 1"
            taken.update(repr(connection.exec_driver_sql(query).all()).encode())
    return taken.hexdigest()


def count(engine: Engine, table: Any) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.fixture
def made(engine: Engine, tmp_path: Path) -> world.World:
    return world.build(engine, tmp_path, 4, graded=False)


ROWS = [
    {"name": "甲公司", "employees": 5, "owner": "sales"},
    {"name": "乙公司", "industryCode": "no code", "owner": "nobody here"},
    {"name": "  "},
    {"name": "丁公司", "uscc": "91310000775785552L"},
    {"name": "丁分公司", "uscc": "91310000775785552L", "referrerId": "x"},
]
WRONG = [
    (1, ["industryCode"], "invalid"),
    (1, ["owner"], "not_found"),
    (2, ["name"], "invalid"),
    (4, ["referrerId"], "invalid"),
]


def test_each_mode_takes_the_rows_that_it_promises(made: world.World) -> None:
    before = fingerprint(made.engine)
    refused = made.data(CREATE, {"rows": ROWS})["r"]
    assert (refused["state"], refused["written"], refused["rejected"]) == ("NOTHING", 0, 3)
    assert refused["ids"] == [None] * 5
    assert refused["undo"] is None
    found = [(one["index"], one["path"], one["code"]) for one in refused["errors"]]
    assert found == [one for one in WRONG if one[1] != ["owner"]]  # a row that fails is not looked at further
    assert "no code of GB/T 4754" in refused["errors"][0]["message"]
    assert fingerprint(made.engine) == before

    some = made.data(CREATE, {"rows": ROWS, "mode": "REJECT_FAILED"})["r"]
    assert (some["state"], some["written"], some["rejected"]) == ("WRITTEN", 2, 3)
    assert [one is not None for one in some["ids"]] == [True, False, False, True, False]

    others = [dict(ROWS[1], name="戊公司"), ROWS[2]]
    most = made.data(CREATE, {"rows": others, "mode": "IGNORE_FAILED"})["r"]
    assert (most["state"], most["written"], most["rejected"]) == ("WRITTEN", 1, 1)
    assert [(one["index"], one["path"], one["code"]) for one in most["errors"]] == [
        (index - 1, path, code) for index, path, code in WRONG[:3]
    ]
    with reading(made.engine) as connection:
        row = connection.execute(select(tables.Customer).where(tables.Customer.name == "戊公司")).one()
    assert (row.industry_code, row.owner_id) == (None, None)


def test_a_written_row_has_its_number_status_audit_and_owner(made: world.World) -> None:
    query = CREATE.replace(
        "ids errors", "rows(first: 2) { number name status owner { login } statusChanges { status reason } } ids errors"
    )
    query = query.replace("on BulkAnswer", "on CustomersWritten")
    answer = made.data(query, {"rows": [ROWS[0], {"name": "丙公司", "status": "ACTIVE"}]})["r"]
    first, second = answer["rows"]
    assert first["owner"] == {"login": "sales"}
    assert second["statusChanges"] == [{"status": "ACTIVE", "reason": "record created"}]
    assert int(second["number"][-4:]) == int(first["number"][-4:]) + 1
    with reading(made.engine) as connection:
        audits = connection.execute(select(tables.Audit).order_by(tables.Audit.id.desc()).limit(2)).all()
    assert [(one.action, one.noun, global_id("Customer", one.noun_id)) for one in audits] == [
        ("create", "customers", answer["ids"][1]),
        ("create", "customers", answer["ids"][0]),
    ]
    assert audits[0].user_id == made.people["sales"].id


def test_a_dry_run_answers_as_the_call_would_and_writes_nothing(made: world.World) -> None:
    before = fingerprint(made.engine)
    dry = made.data(CREATE, {"rows": ROWS, "mode": "IGNORE_FAILED", "dry": True, "key": "k"})["r"]
    assert fingerprint(made.engine) == before
    real = made.data(CREATE, {"rows": ROWS, "mode": "IGNORE_FAILED", "key": "k"})["r"]
    assert (dry["state"], real["state"]) == ("DRY_RUN", "WRITTEN")
    assert dry["undo"] is None
    same = ("given", "written", "unchanged", "rejected", "errors")
    assert [dry[name] for name in same] == [real[name] for name in same]

    before = fingerprint(made.engine)
    rows = [{"id": customer(1), "employees": 77}, {"id": customer(99), "employees": 77}]
    dry = made.data(CHANGE, {"rows": rows, "mode": "REJECT_FAILED", "dry": True})["r"]
    assert (dry["written"], dry["rejected"]) == (1, 1)
    assert fingerprint(made.engine) == before


def test_every_bulk_mutation_tries_and_writes_the_same_rows_and_trying_writes_nothing(
    engine: Engine, tmp_path: Path
) -> None:
    made = world.build(engine, tmp_path, 12, graded=False)
    counts = "state given written unchanged rejected errors { code }"
    calls = [case for case in BULK if case[4].endswith("Written")]
    assert len(calls) > 40
    for name, arguments, right, _, _ in calls:
        tried = f"{arguments.removesuffix(')')}, dryRun: true)"
        before = fingerprint(engine)
        query = f"mutation {{ r: {name}{{}} {{ ... on BulkAnswer {{ {counts} }} ... on Refusal {{ message }} }} }}"
        dry = made.data(query.replace("{}", tried), who=right)["r"]
        assert fingerprint(engine) == before, name
        real = made.data(query.replace("{}", arguments), who=right)["r"]
        assert (dry, real["state"], real["written"]) == (real | {"state": "DRY_RUN"}, "WRITTEN", 1), name


def test_no_mode_leaves_half_a_row(made: world.World) -> None:
    """An order whose third line is wrong leaves no line, and a customer of a tag that is over gets no tag."""
    orders = (
        f"mutation M($rows: [OrderRow!]!, $mode: BulkMode!) {{ r: createOrders(input: $rows, mode: $mode) {ANSWER} }}"
    )
    lines = [{"product": "泵", "amount": "5"}, {"product": "阀", "quantity": 3}]
    rows = [{"customerId": customer(1), "orderedOn": "2026-01-05", "lines": lines}]
    before = fingerprint(made.engine)
    for mode in ("REJECT_ALL", "REJECT_FAILED", "IGNORE_FAILED"):
        answer = made.data(orders, {"rows": rows, "mode": mode})["r"]
        assert (answer["state"], answer["written"]) == ("NOTHING", 0)
        assert [(one["path"], one["code"]) for one in answer["errors"]] == [(["lines", "1"], "invalid")]
    large = [dict(rows[0], lines=[{"amount": "1000000000000"}] * 1000)]  # together more than 64 bits hold
    answer = made.data(orders, {"rows": large, "mode": "REJECT_FAILED"})["r"]
    assert [(one["path"], one["code"]) for one in answer["errors"]] == [(["amount"], "invalid")]
    tags = f"mutation M($rows: [TagAssignment!]!) {{ r: assignTags(input: $rows, mode: REJECT_FAILED) {ANSWER} }}"
    over = [{"customerId": customer(1), "dimension": "新维度", "name": "新", "endsOn": "2020-01-01"}]
    assert made.data(tags, {"rows": over})["r"]["errors"][0]["path"] == ["endsOn"]
    assert fingerprint(made.engine) == before


def test_an_idempotency_key_answers_again_and_is_refused_for_another_request(made: world.World) -> None:
    first = made.data(CREATE, {"rows": ROWS[:1], "key": "import 7"})["r"]
    before = fingerprint(made.engine)
    again = made.data(CREATE, {"rows": ROWS[:1], "key": "import 7"})["r"]
    assert again == first | {"state": "REPEATED"}
    other = made.data(CREATE, {"rows": ROWS[:2], "key": "import 7"})["r"]
    assert (other["__typename"], other["code"]) == ("Refusal", "idempotency_key_reused")
    assert fingerprint(made.engine) == before
    mine = made.data(CREATE, {"rows": ROWS[:1], "key": "import 7"}, who="marketing")["r"]
    assert mine["state"] == "WRITTEN", "a key belongs to the person who uses it"
    assert mine["ids"] != first["ids"]
    failed = made.data(CREATE, {"rows": ROWS[2:3], "key": "mended"})["r"]
    mended = made.data(CREATE, {"rows": ROWS[:1], "key": "mended"})["r"]
    assert (failed["state"], mended["state"]) == ("NOTHING", "WRITTEN"), "what wrote nothing leaves its key free"


def test_a_kept_answer_repeats_no_personal_value(made: world.World) -> None:
    rows = [{"customerId": customer(1), "name": "王芳", "mobile": m} for m in ("13800138000", "1380013")]
    query = CONTACTS.replace("mode: $mode)", 'mode: $mode, idempotencyKey: "k")')
    first = made.data(query, {"rows": rows, "mode": "REJECT_FAILED"})["r"]
    again = made.data(query, {"rows": rows, "mode": "REJECT_FAILED"})["r"]
    assert "1380013" in first["errors"][0]["message"]
    assert "1380013" not in again["errors"][0]["message"]
    assert again["errors"][0]["path"] == ["mobile"]


def test_two_calls_at_once_with_one_key_write_once(made: world.World) -> None:
    rows = [{"name": f"同时{n}公司"} for n in range(200)]
    before = count(made.engine, tables.Customer)

    def call(_: int) -> Any:
        return made.data(CREATE, {"rows": rows, "key": "at once"})["r"]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(call, range(4)))
    assert sorted(one["state"] for one in answers) == ["REPEATED"] * 3 + ["WRITTEN"]
    assert len({tuple(one["ids"]) for one in answers}) == 1
    assert count(made.engine, tables.Customer) == before + 200
    assert count(made.engine, tables.BulkCall) == 1


def test_a_tag_that_somebody_else_creates_at_the_same_moment_is_shared(made: world.World) -> None:
    bulk = f"mutation M($rows: [TagAssignment!]!) {{ r: assignTags(input: $rows) {ANSWER} }}"
    rows = [{"customerId": customer(n), "dimension": "新", "name": name} for n in (2, 3) for name in ("同时", "只有我")]
    single = f'mutation {{ r: assignTag(customerId: "{customer(4)}", dimension: "新", name: "同时") {{ __typename }} }}'
    with ThreadPoolExecutor(2) as pool:
        with writing(made.engine) as session:
            tag.assign(session, made.people["boss"], 1, "新", "同时")
            calls = [pool.submit(made.data, bulk, {"rows": rows}), pool.submit(made.data, single)]
            sleep(0.3)
        answers = [call.result()["r"] for call in calls]
    assert answers[0]["written"] == 4
    assert answers[1]["__typename"] == "Customer"
    with reading(made.engine) as connection:
        new = select(tables.Tag.name).where(tables.Tag.dimension == "新")
        assert sorted(connection.execute(new).scalars()) == ["只有我", "同时"]


def test_two_who_give_one_credit_code_at_the_same_moment_do_not_both_get_it(made: world.World) -> None:
    code = "91310000775785552L"
    calls: list[tuple[str, dict[str, Any]]] = [
        (CREATE, {"rows": [{"name": "丁公司", "uscc": code}]}),
        (CHANGE, {"rows": [{"id": customer(2), "uscc": code}]}),
        (f'mutation {{ r: updateCustomer(id: "{customer(3)}", input: {{uscc: "{code}"}}) {{ __typename }} }}', {}),
    ]
    with ThreadPoolExecutor(3) as pool:
        with writing(made.engine) as session:
            customers_.update(session, made.people["boss"], 1, {"uscc": code})
            waiting = [pool.submit(made.data, *call) for call in calls]
            sleep(0.3)
        answers = [call.result()["r"] for call in waiting]
    assert all(one["__typename"] == "Refusal" or one["state"] == "NOTHING" for one in answers), answers
    with reading(made.engine) as connection:
        held = select(tables.Customer.id).where(tables.Customer.uscc == code)
        assert list(connection.execute(held).scalars()) == [1]


def test_a_row_said_twice_and_a_row_that_is_not_there_are_told(made: world.World) -> None:
    rows = [
        {"id": customer(1), "employees": 9},
        {"id": customer(1), "shortName": "x"},
        {"id": customer(999), "employees": 9},
        {"id": global_id("Contact", 1), "employees": 9},
        {"id": customer(2)},
    ]
    answer = made.data(CHANGE, {"rows": rows, "mode": "REJECT_FAILED"})["r"]
    assert [(one["index"], one["path"], one["code"]) for one in answer["errors"]] == [
        (1, ["id"], "conflict"),
        (2, ["id"], "not_found"),
        (3, ["id"], "invalid"),
        (4, [], "invalid"),
    ]
    assert answer["ids"] == [customer(1), None, None, None, None]


def test_the_path_of_an_error_names_the_fields_of_the_input(made: world.World) -> None:
    query = f"mutation M($rows: [TagAssignment!]!) {{ r: assignTags(input: $rows, mode: REJECT_FAILED) {ANSWER} }}"
    rows = [
        {"customerId": customer(1), "dimension": "需求", "name": ""},
        {"customerId": "x", "dimension": "", "name": "甲"},
    ]
    rows += [{"customerId": customer(2), "dimension": "需求", "name": "甲", "endsOn": "2020-01-01"}]
    paths = [one["path"] for one in made.data(query, {"rows": rows})["r"]["errors"]]
    assert paths == [["name"], ["customerId"], ["endsOn"]]


def test_a_change_of_which_nothing_is_left_is_rejected(made: world.World) -> None:
    """Whoever sees masks is not told what is unchanged; it was told that such a row was written, and audited."""
    query = f"mutation M($rows: [NeedChange!]!) {{ r: updateNeeds(input: $rows, mode: IGNORE_FAILED) {ANSWER} }}"
    before = fingerprint(made.engine)
    for who in ("sales", "marketing"):
        answer = made.data(query, {"rows": [{"id": global_id("Need", 1), "budgetMin": "-7"}]}, who=who)["r"]
        assert (answer["state"], answer["written"], answer["unchanged"], answer["rejected"]) == ("NOTHING", 0, 0, 1)
        assert [one["path"] for one in answer["errors"]] == [["budgetMin"], []]
    assert fingerprint(made.engine) == before


def test_a_row_that_is_so_already_is_neither_written_nor_audited(made: world.World) -> None:
    made.data(CHANGE, {"rows": [{"id": customer(1), "employees": 9}]})
    before = count(made.engine, tables.Audit)
    answer = made.data(CHANGE, {"rows": [{"id": customer(1), "employees": 9}, {"id": customer(2), "employees": 9}]})[
        "r"
    ]
    assert (answer["written"], answer["unchanged"]) == (1, 1)
    assert answer["ids"] == [customer(1), customer(2)]
    assert count(made.engine, tables.Audit) == before + 1


def test_who_may_not_see_a_number_cannot_guess_it_by_what_is_unchanged(made: world.World) -> None:
    """Marketing edits contacts and sees masked numbers: a right guess must look like a wrong one."""
    change = f"mutation M($rows: [ContactChange!]!) {{ r: updateContacts(input: $rows, dryRun: true) {ANSWER} }}"
    with reading(made.engine) as connection:
        key, mobile = connection.execute(select(tables.Contact.id, tables.Contact.mobile)).first() or (0, "")
    row = {"id": global_id("Contact", key), "reason": "known"}
    made.data(change.replace("dryRun: true", "dryRun: false"), {"rows": [{**row, "title": "经理"}]}, who="marketing")
    guesses = [{**row, "mobile": mobile}, {**row, "mobile": "13999999999"}]
    right, wrong = (made.data(change, {"rows": [guess]}, who="marketing")["r"] for guess in guesses)
    assert right == wrong
    assert made.data(change, {"rows": guesses[:1]}, who="sales")["r"]["unchanged"] == 1


def test_who_sees_masks_is_told_what_is_unchanged_where_nothing_is_masked(made: world.World) -> None:
    change = f"mutation M($rows: [OrderChange!]!) {{ r: updateOrders(input: $rows) {ANSWER} }}"
    rows = {"rows": [{"id": global_id("Order", 1), "productLine": "泵"}]}
    assert made.data(change, rows, who="finance")["r"]["written"] == 1
    assert made.data(change, rows, who="finance")["r"]["unchanged"] == 1


@pytest.mark.parametrize(
    ("rows", "code"), [([], "invalid"), ([{"name": "甲"}] * 10_001, "too_large")], ids=["no row", "10,001 rows"]
)
def test_a_call_of_no_row_or_of_too_many_is_refused(made: world.World, rows: list[Any], code: str) -> None:
    before = fingerprint(made.engine)
    refused = made.data(CREATE, {"rows": rows})["r"]
    assert (refused["__typename"], refused["code"]) == ("Refusal", code)
    assert fingerprint(made.engine) == before


def test_the_number_of_statements_does_not_grow_with_the_rows(made: world.World) -> None:
    def statements(query: str, variables: dict[str, Any]) -> tuple[int, Any]:
        with made.statements() as seen:
            answer = made.data(query, variables)["r"]
        assert answer.get("rejected") == 0, answer
        return len(seen), answer

    counts: dict[str, list[int]] = {}
    for size in (10, 300):
        rows = [{"name": f"{size}家{n}", "owner": "sales"} for n in range(size)]
        counts.setdefault("create", []).append((created := statements(CREATE, {"rows": rows}))[0])
        ids = created[1]["ids"]
        change = [{"id": one, "employees": 3} for one in ids]
        counts.setdefault("update", []).append(statements(CHANGE, {"rows": change})[0])
        tags = f"mutation M($rows: [TagAssignment!]!) {{ r: assignTags(input: $rows) {ANSWER} }}"
        assigned = [{"customerId": one, "dimension": "规模", "name": str(size)} for one in ids]
        counts.setdefault("tag", []).append(statements(tags, {"rows": assigned})[0])
        moves = f"mutation M($rows: [CustomerStatusMove!]!) {{ r: changeCustomerStatuses(input: $rows) {ANSWER} }}"
        moved = [{"id": one, "status": "ACTIVE", "reason": "签约"} for one in ids]
        counts.setdefault("status", []).append(statements(moves, {"rows": moved})[0])
        people = [{"customerId": one, "name": "李雷"} for one in ids]
        counts.setdefault("contacts", []).append((hung := statements(CONTACTS, {"rows": people}))[0])
        gone = f'mutation M($ids: [ID!]!) {{ r: deleteContacts(ids: $ids, reason: "误录") {ANSWER} }}'
        counts.setdefault("delete", []).append(statements(gone, {"ids": hung[1]["ids"]})[0])
    assert all(few == many <= 20 for few, many in counts.values()), counts


def test_steps_of_many_items_follow_the_graph_and_undo_takes_them_back(made: world.World) -> None:
    moves = (
        f"mutation M($rows: [ImprovementMove!]!) {{ r: moveImprovements(input: $rows, mode: REJECT_FAILED) {ANSWER} }}"
    )
    items = [global_id("Improvement", n) for n in (1, 2, 3, 4)]
    agreed = {"step": "AGREE", "measure": "加人", "responsible": "何青", "dueOn": "2099-01-01"}
    rows = [
        {"id": items[0], **agreed},
        {"id": items[1], "step": "START"},
        {"id": items[2], **agreed, "measure": " "},
        {"id": items[3], **agreed, "verification": "早"},
    ]
    answer = made.data(moves, {"rows": rows}, who="service")["r"]
    assert (answer["written"], answer["rejected"]) == (1, 3)
    assert [(one["index"], one["path"], one["code"]) for one in answer["errors"]] == [
        (1, ["step"], "transition_not_allowed"),
        (2, ["measure"], "invalid"),
        (3, ["verification"], "invalid"),
    ]
    for step in ("START", "FINISH"):
        assert made.data(moves, {"rows": [{"id": items[0], "step": step}]}, who="service")["r"]["written"] == 1
    verified = [{"id": items[0], "step": "VERIFY", "verification": " 回访满意 "}]
    last = made.data(moves, {"rows": verified}, who="service")["r"]
    with reading(made.engine) as connection:
        row = connection.execute(select(tables.Improvement).where(tables.Improvement.id == 1)).one()
        steps = connection.execute(
            select(tables.Audit.action).where(tables.Audit.noun == "improvements").order_by(tables.Audit.id)
        ).scalars()
        assert list(steps) == ["agree", "start", "finish", "verify"]
    assert (row.state, row.verification, row.measure) == ("verified", "回访满意", "加人")
    undo = "mutation U($token: String!) { undo(token: $token) { __typename } }"
    made.data(undo, {"token": last["undo"]["token"]}, who="service")
    with reading(made.engine) as connection:
        row = connection.execute(select(tables.Improvement).where(tables.Improvement.id == 1)).one()
    assert (row.state, row.verification) == ("done", None)


@pytest.mark.parametrize("shown", ["rows(first: 501) { id }", "rows { contacts(first: -1) { id } }"])
def test_rows_that_cannot_be_shown_leave_the_answer_and_its_undo(made: world.World, shown: str) -> None:
    query = CREATE.replace("... on BulkAnswer", f"... on CustomersWritten {{ {shown} }} ... on BulkAnswer")
    answer = made.ask(query, {"rows": ROWS[:1]})
    (error,) = answer["errors"]
    assert (error["path"][:2], error["extensions"]["code"]) == (["r", "rows"], "invalid")
    assert (answer["data"]["r"]["state"], answer["data"]["r"]["rows"]) == ("WRITTEN", None)
    assert answer["data"]["r"]["undo"]["token"]


def test_both_paths_show_the_rows_of_a_call_with_the_same_bytes(made: world.World) -> None:
    query = """mutation M($rows: [CustomerRow!]!) { r: createCustomers(input: $rows, idempotencyKey: "k") { __typename
      ... on BulkAnswer { __typename written errors { path } } ... on CustomersWritten { ids
      rows(first: 2) { id number name owner { login } contacts { name } statusChanges(first: 1) { status } } } } }"""
    rows = {"rows": [{"name": f"甲{n}", "owner": "sales"} for n in range(3)]}
    made.data(query, rows)
    planned, ordinary = (made.ask(query, rows, planning=planning) for planning in (True, False))
    assert planned == ordinary
    assert [list(row) for row in planned["data"]["r"]["rows"]] == [list(row) for row in ordinary["data"]["r"]["rows"]]
    assert len(planned["data"]["r"]["rows"]) == 2


def test_a_call_that_passes_midnight_is_of_the_day_on_which_it_began(sqlite_engine: Engine, tmp_path: Path) -> None:
    made = world.build(sqlite_engine, tmp_path, 0, graded=False)
    action = CustomerCreation()
    action.instant = datetime(2026, 1, 31, 15, 59, 59, tzinfo=UTC)  # a second to February in Shanghai
    with writing(sqlite_engine) as session:
        perform(session, made.people["sales"], action, [Entry(0, {"name": "上海甲有限公司"})], Options("x", ""))
    with reading(sqlite_engine) as connection:
        assert connection.scalars(select(tables.Customer.number)).one().startswith("202601-")
        assert connection.scalars(select(tables.StatusChange.changed_on)).one() == date(2026, 1, 31)
