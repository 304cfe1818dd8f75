"""Every mutation as nobody, as a wrong role and as a right one; a refusal is a member of the result and writes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

import pytest
import world
from bulk_mutations import BULK
from people import finished_backtest
from sqlalchemy import Engine, func, select, update

from api.access import PERMISSIONS, actor_of_login
from api.commands import api_key, improvement, policy
from api.commands import user as users
from api.commands.audit_seal import verify
from api.commands.bulk.batch import Entry
from api.commands.bulk.call import Options, perform
from api.commands.bulk.customer import CustomerChange
from api.commands.snapshot import today
from api.database import make_engine, reading, writing
from api.operations.root import schema
from api.settings import settings
from policies.documents import shipped
from schema import tables
from schema.select.global_id import global_id

CUSTOMER = global_id("Customer", 1)
FREE, SUBMITTED, APPROVED = (global_id("PolicyVersion", n) for n in (2, 3, 4))


@dataclass(frozen=True)
class Case:
    """A mutation that succeeds for ``right`` and is refused to ``wrong``."""

    name: str
    arguments: str
    right: str
    wrong: str
    returns: str
    variables: Callable[[], dict[str, Any]] = dict


def document() -> dict[str, Any]:
    return {"document": shipped()[world.POLICY].read_text()}


def day() -> dict[str, Any]:
    return {"day": str(today(settings().zone))}


CASES = [
    Case("createCustomer", '(input: {name: "上海新客户有限公司", employees: 5, owner: "sales"})', "sales", "analyst", "Customer"),
    Case("updateCustomer", f'(id: "{CUSTOMER}", input: {{shortName: "新简称"}})', "marketing", "finance", "Customer"),
    Case("changeCustomerStatus", f'(id: "{CUSTOMER}", status: LOST, reason: "停业")', "sales", "strategy", "Customer"),
    Case("createContact", f'(customerId: "{CUSTOMER}", input: {{name: "李雷", mobile: "13800138000"}})', "sales", "analyst", "Contact"),
    Case("updateContact", f'(id: "{global_id("Contact", 1)}", input: {{title: "经理"}}, reason: "升职")', "sales", "finance", "Contact"),
    Case("assignTag", f'(customerId: "{CUSTOMER}", dimension: "需求", name: "急")', "sales", "finance", "Customer"),
    Case("removeTag", f'(customerId: "{global_id("Customer", 2)}", tagId: "{global_id("Tag", 1)}")', "sales", "finance", "Customer"),
    Case("createNeed", f'(customerId: "{CUSTOMER}", input: {{kind: "技术支持", urgency: LOW}})', "sales", "finance", "Need"),
    Case("updateNeed", f'(id: "{global_id("Need", 1)}", input: {{budgetMax: "99.5"}})', "sales", "finance", "Need"),
    Case(
        "createOrder",
        f'(customerId: "{CUSTOMER}", input: {{orderedOn: "2026-01-05", lines: [{{product: "泵", quantity: 3, unitPrice: "9.99", discount: "10%"}}]}})',
        "finance", "service", "Order",
    ),
    Case("updateOrder", f'(id: "{global_id("Order", 1)}", input: {{paidOn: $day}})', "finance", "marketing", "Order", day),
    Case("createContract", f'(customerId: "{CUSTOMER}", input: {{startsOn: "2026-01-01", amount: "5"}})', "sales", "marketing", "Contract"),
    Case("updateContract", f'(id: "{global_id("Contract", 1)}", input: {{title: "年度合同"}})', "sales", "marketing", "Contract"),
    Case("createInteraction", f'(customerId: "{CUSTOMER}", input: {{kind: "电话", happenedAt: "2026-01-05T09:00:00+08:00"}})', "sales", "finance", "Interaction"),
    Case("updateInteraction", f'(id: "{global_id("Interaction", 1)}", input: {{summary: "改期"}})', "sales", "finance", "Interaction"),
    Case("createServiceRecord", f'(customerId: "{CUSTOMER}", input: {{kind: "consult", openedAt: "2026-01-05T09:00:00+08:00"}})', "service", "finance", "ServiceRecord"),
    Case("updateServiceRecord", f'(id: "{global_id("ServiceRecord", 1)}", input: {{satisfaction: 5}})', "service", "finance", "ServiceRecord"),
    Case("createSurvey", f'(customerId: "{CUSTOMER}", input: {{surveyedOn: "2026-01-05", score: 4}})', "service", "finance", "Survey"),
    Case("updateSurvey", f'(id: "{global_id("Survey", 1)}", input: {{score: 2}})', "service", "finance", "Survey"),
    Case("settleAssessment", f'(customerId: "{CUSTOMER}", input: {{word: "industry_outlook", rating: 7, assessedOn: "2026-01-01", validUntil: "2027-01-01"}})', "analyst", "finance", "Assessment"),
    Case("proposeRating", f'(customerId: "{CUSTOMER}", input: {{word: "industry_outlook", rating: 7}})', "sales", "finance", "PanelRating"),
    Case("giveRating", f'(customerId: "{CUSTOMER}", input: {{word: "industry_outlook", rating: 7}})', "analyst", "finance", "PanelRating"),
    Case("appoint", f'(customerId: "{CUSTOMER}", input: {{policyKey: "{world.POLICY}", tier: "S", validUntil: $day, reason: "x"}})', "strategy", "sales", "Appointment", day),
    Case("overrideTier", f'(customerId: "{CUSTOMER}", input: {{policyKey: "{world.POLICY}", tier: "S", validUntil: $day, reason: "x", evidence: "y"}})', "strategy", "sales", "Appointment", day),
    Case("decideFall", f'(id: "{global_id("Standing", 1, 1)}", decision: APPROVED, reason: "x")', "strategy", "analyst", "Standing"),
    Case("endAppointment", f'(id: "{global_id("Appointment", 1)}", reason: "x")', "strategy", "analyst", "Appointment"),
    Case("reportImprovement", f'(customerId: "{CUSTOMER}", input: {{reportedOn: "2026-01-01", problem: "慢"}})', "service", "finance", "Improvement"),
    Case("updateImprovement", f'(id: "{global_id("Improvement", 1)}", input: {{serviceStep: "响应"}})', "service", "finance", "Improvement"),
    Case("agreeImprovement", f'(id: "{global_id("Improvement", 1)}", measure: "加人", responsible: "何青", dueOn: "2099-01-01")', "service", "finance", "Improvement"),
    Case("startImprovement", f'(id: "{global_id("Improvement", 2)}")', "service", "finance", "Improvement"),
    Case("finishImprovement", f'(id: "{global_id("Improvement", 3)}")', "service", "finance", "Improvement"),
    Case("verifyImprovement", f'(id: "{global_id("Improvement", 4)}", verification: "回访满意")', "service", "finance", "Improvement"),
    Case("reopenImprovement", f'(id: "{global_id("Improvement", 4)}", verification: "仍慢")', "service", "finance", "Improvement"),
    Case("savePolicyDraft", "(document: $document)", "analyst", "strategy", "PolicyVersion", document),
    Case("editPolicyDraft", f'(versionId: "{FREE}", document: $document)', "analyst", "strategy", "PolicyVersion", document),
    Case("submitPolicy", f'(versionId: "{FREE}")', "analyst", "sales", "PolicyVersion"),
    Case("approvePolicy", f'(versionId: "{SUBMITTED}", reason: "可以")', "strategy", "analyst", "PolicyVersion"),
    Case("rejectPolicy", f'(versionId: "{SUBMITTED}", reason: "不可")', "strategy", "analyst", "PolicyVersion"),
    Case("withdrawPolicy", f'(versionId: "{SUBMITTED}")', "analyst", "sales", "PolicyVersion"),
    Case("putPolicyInForce", f'(versionId: "{APPROVED}", effectiveFrom: $day)', "strategy", "analyst", "PolicyVersion", day),
    Case("makeMainPolicy", f'(key: "{world.POLICY}")', "strategy", "analyst", "Policy"),
    Case("runGrading", f'(policyKey: "{world.POLICY}", asOf: $day)', "analyst", "sales", "Run", day),
    Case("startBacktest", f'(versionId: "{FREE}", parameters: {{}})', "analyst", "sales", "Backtest"),
    Case("cancelBacktest", f'(id: "{global_id("Backtest", 1)}")', "analyst", "sales", "Backtest"),
    Case("createUser", '(login: "ana", name: "安娜", roles: [ANALYST])', "boss", "strategy", "User"),
    Case("setUserRoles", '(login: "finance", roles: [SALES])', "boss", "strategy", "User"),
    Case("deactivateUser", '(login: "finance")', "boss", "strategy", "User"),
    Case("issueApiKey", '(login: "marketing", name: "crm")', "boss", "strategy", "IssuedApiKey"),
    Case("reveal", f'(ids: ["{global_id("Contact", 1)}"], reason: "回访")', "marketing", "analyst", "Revealed"),
    Case("revokeApiKey", f'(id: "{global_id("ApiKey", 1)}")', "boss", "strategy", "ApiKey"),
    *(Case(*one) for one in BULK),
]  # fmt: skip
# What needs more than this world holds succeeds in the tests of its own noun.
ELSEWHERE = {"startBacktest", "cancelBacktest", "giveRating", "appoint", "decideFall", "endAppointment"}


def operation(case: Case) -> str:
    declared = {document: "($document: String!)", day: "($day: Date!)"}.get(case.variables, "")
    shown = {"IssuedApiKey": "key", "Revealed": "values { field }", "Undone": "operation"}.get(
        case.returns, "ids" if case.returns.endswith("Written") else "id"
    )
    return f"mutation M{declared} {{ r: {case.name}{case.arguments} {{ __typename ... on {case.returns} {{ {shown} }} ... on Refusal {{ code message }} }} }}"


def stages(made: world.World) -> None:
    """Add versions in the states draft, submitted and approved, and improvements in every state, and a bulk call."""
    analyst, strategy, service = (made.people[name] for name in ("analyst", "strategy", "service"))
    with writing(made.engine) as session:
        for stage in range(3):
            draft = policy.save_draft(session, analyst, document()["document"])
            evidence = finished_backtest(session, draft, analyst)
            if stage:
                policy.submit(session, analyst, draft.id, evidence.id)
            if stage == 2:
                policy.approve(session, strategy, draft.id, "ok")
        for key in (2, 3, 4):
            improvement.agree(session, service, key, "加人", "何青", today(settings().zone))
        for key in (3, 4):
            improvement.start(session, service, key)
        improvement.finish(session, service, 4)
        api_key.issue(session, made.people["boss"], "sales")
        call = perform(
            session, made.people["sales"], CustomerChange(), [Entry(0, {"department": "x"}, key=6)], Options("x", "")
        )
        session.execute(
            update(tables.BulkCall).where(tables.BulkCall.token == call.token).values(token="of the call in this world")
        )


@pytest.fixture(scope="module")
def prepared(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with a whole world in it, to copy."""
    folder = tmp_path_factory.mktemp("mutations")
    shutil.copyfile(sqlite_template, folder / "fenji.db")
    engine = make_engine(f"sqlite:///{folder / 'fenji.db'}")
    stages(world.build(engine, folder, 6))
    engine.dispose()  # the last connection writes the log back into the file
    return folder / "fenji.db"


@pytest.fixture
def made(prepared: Path, tmp_path: Path) -> Iterator[world.World]:
    shutil.copyfile(prepared, tmp_path / "fenji.db")
    engine = make_engine(f"sqlite:///{tmp_path / 'fenji.db'}")
    with reading(engine) as connection:
        people = {login: actor_of_login(connection, login) for login in world.PEOPLE}
    yield world.World(engine, tmp_path, {login: actor for login, actor in people.items() if actor})
    engine.dispose()


def rows(engine: Engine) -> dict[str, list[Any]]:
    """Everything in the database."""
    with reading(engine) as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table)).all()]
            for table in tables.Base.metadata.sorted_tables
            if table.name not in ("industries", "regions", "facts")
        }


def test_every_mutation_has_a_case() -> None:
    mutations = schema._schema.mutation_type
    assert mutations is not None
    assert sorted(mutations.fields) == sorted(case.name for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nobody_and_a_wrong_role_are_refused_and_nothing_is_written(made: world.World, case: Case) -> None:
    before = rows(made.engine)
    anonymous = made.ask(operation(case), case.variables(), who=None)
    assert anonymous["errors"][0]["extensions"]["code"] == "not_signed_in"
    assert anonymous["data"] is None
    refused = made.data(operation(case), case.variables(), who=case.wrong)["r"]
    assert refused["__typename"] == "Refusal"
    assert refused["code"] == "forbidden", refused
    assert case.wrong in refused["message"] or "role" in refused["message"], refused
    assert rows(made.engine) == before


@pytest.mark.parametrize("case", [case for case in CASES if case.name not in ELSEWHERE], ids=lambda case: case.name)
def test_the_right_role_succeeds_and_leaves_an_audit_row(made: world.World, case: Case) -> None:
    with reading(made.engine) as connection:
        before = connection.execute(select(func.count()).select_from(tables.Audit)).scalar_one()
    answer = made.data(operation(case), case.variables(), who=case.right)["r"]
    assert answer["__typename"] == case.returns, answer
    with reading(made.engine) as connection:
        after = connection.execute(select(func.count()).select_from(tables.Audit)).scalar_one()
        last = connection.execute(select(tables.Audit.user_id).order_by(tables.Audit.id.desc())).scalar()
    assert after > before
    assert last == made.people[case.right].id


def test_mutations_do_the_same_on_postgresql(postgres_engine: Engine, tmp_path: Path) -> None:
    made = world.build(postgres_engine, tmp_path, 6)
    stages(made)
    taken = {"rejectPolicy", "withdrawPolicy", "reopenImprovement"}  # their rows have moved on by then
    for case in CASES:
        if case.name not in ELSEWHERE | taken:
            assert made.data(operation(case), case.variables(), who=case.right)["r"]["__typename"] == case.returns, (
                case.name
            )
    with reading(postgres_engine) as connection:
        assert verify(connection).differences == []


REFUSED = [
    ('createCustomer(input: {name: "  "})', "invalid", "name"),
    ('createCustomer(input: {name: "甲", uscc: "91310000MA1K35UX00"})', "invalid", "uscc"),
    ('createCustomer(input: {name: "甲", industryCode: "9999"})', "invalid", "industry_code"),
    ('createCustomer(input: {name: "甲", owner: "nobody"})', "not_found", "nobody"),
    ('createCustomer(input: {name: "甲", employees: -1})', "invalid", "-1"),
    (f'updateCustomer(id: "{CUSTOMER}", input: {{}})', "invalid", "Nothing"),
    (f'updateCustomer(id: "{CUSTOMER}", input: {{name: null}})', "invalid", "name"),
    (f'updateCustomer(id: "{global_id("Contact", 1)}", input: {{shortName: "x"}})', "invalid", "Contact"),
    (f'updateCustomer(id: "{global_id("Customer", 999)}", input: {{shortName: "x"}})', "not_found", "999"),
    (f'changeCustomerStatus(id: "{CUSTOMER}", status: ACTIVE, reason: "x")', "transition_not_allowed", "active"),
    (f'changeCustomerStatus(id: "{CUSTOMER}", status: LOST, reason: " ")', "invalid", "reason"),
    (f'changeCustomerStatus(id: "{CUSTOMER}", status: LOST, reason: "x", changedOn: "2099-01-01")', "invalid", "2099"),
    (f'createContact(customerId: "{CUSTOMER}", input: {{name: "李", mobile: "123"}})', "invalid", "mobile"),
    (f'updateContact(id: "{global_id("Contact", 1)}", input: {{title: "x"}}, reason: "")', "invalid", "reason"),
    (f'createNeed(customerId: "{CUSTOMER}", input: {{kind: "x", budgetMin: 9, budgetMax: 1}})', "invalid", "budget_max"),
    (f'updateNeed(id: "{global_id("Need", 1)}", input: {{budgetMax: 1}})', "invalid", "budget_max"),
    (f'createOrder(customerId: "{CUSTOMER}", input: {{orderedOn: "2026-01-05", amount: 1, lines: [{{amount: 2}}]}})', "invalid", "sum of the lines"),
    (f'createOrder(customerId: "{CUSTOMER}", input: {{orderedOn: "2026-01-05", lines: [{{product: "x"}}]}})', "invalid", "line 1"),
    (f'createOrder(customerId: "{CUSTOMER}", input: {{orderedOn: "2026-01-05", lines: [{", ".join(["{amount: 1000000000000}"] * 93)}]}})', "invalid", "lines sum to"),
    (f'assignTag(customerId: "{global_id("Customer", 2)}", dimension: "需求", name: "采购设备0")', "conflict", "already"),
    (f'removeTag(customerId: "{CUSTOMER}", tagId: "{global_id("Tag", 1)}")', "not_found", "does not carry"),
    (f'createServiceRecord(customerId: "{CUSTOMER}", input: {{kind: "consult", openedAt: "2026-01-05T09:00:00+08:00", contactId: "{global_id("Contact", 1)}"}})', "invalid", "another customer"),
    (f'finishImprovement(id: "{global_id("Improvement", 1)}")', "transition_not_allowed", "open"),
    (f'verifyImprovement(id: "{global_id("Improvement", 4)}", verification: " ")', "invalid", "verification"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "code", "said"), REFUSED, ids=[f"{n}-{call.split('(')[0]}" for n, (call, _, _) in enumerate(REFUSED)]
)
def test_bad_input_is_a_refusal_with_the_value_and_nothing_is_written(
    made: world.World, call: str, code: str, said: str
) -> None:
    before = rows(made.engine)
    answer = made.data(f"mutation {{ r: {call} {{ __typename ... on Refusal {{ code message }} }} }}", who="sales")["r"]
    assert (answer["__typename"], answer["code"]) == ("Refusal", code), answer
    assert said in answer["message"]
    assert rows(made.engine) == before


def test_who_loses_a_race_is_refused_and_has_written_nothing(postgres_engine: Engine, tmp_path: Path) -> None:
    made = world.build(postgres_engine, tmp_path, 2, graded=False)
    query = 'mutation { r: createUser(login: "zoe", name: "佐伊", roles: [SALES]) { __typename ... on Refusal { code message } } }'
    with ThreadPoolExecutor(1) as pool:
        with writing(made.engine) as session:
            users.create(session, made.people["boss"], "zoe", "佐伊", ["sales"])
            later = pool.submit(made.data, query, who="boss")
            sleep(0.3)
        answer = later.result()["r"]
    assert (answer["code"], "users" in answer["message"]) == ("conflict", False)
    with reading(made.engine) as connection:
        people = connection.execute(select(tables.User.id).where(tables.User.login == "zoe")).scalars().all()
        told = select(tables.Audit.noun_id).where(tables.Audit.noun == "user").order_by(tables.Audit.id.desc())
        assert people == [int(connection.execute(told).scalars().all()[0])]


def test_an_order_of_lines_has_their_exact_sum(made: world.World) -> None:
    case = next(case for case in CASES if case.name == "createOrder")
    query = operation(case).replace("{ id }", "{ amount lines { amount discount } }")
    order = made.data(query, who="finance")["r"]
    assert order == {"__typename": "Order", "amount": "26.9730", "lines": [{"amount": "26.9730", "discount": 1000}]}


def test_every_action_of_the_table_that_mutations_need_is_tried() -> None:
    tried = {role for case in CASES for role in (case.right, case.wrong)}
    assert {role for roles in PERMISSIONS.values() for role in roles} - {"admin"} == tried - {"boss"}


# mutation -> the action of the one table that it needs
ACTIONS: dict[str, str] = {
    name: action
    for action, names in {
        "edit_customer": (
            "createCustomer updateCustomer changeCustomerStatus createContact updateContact assignTag removeTag createNeed "
            "updateNeed createInteraction updateInteraction createCustomers updateCustomers changeCustomerStatuses assignTags "
            "removeTags createContacts updateContacts deleteContact deleteContacts createNeeds updateNeeds deleteNeed "
            "deleteNeeds createInteractions updateInteractions deleteInteraction deleteInteractions"
        ),
        "edit_order": (
            "createOrder updateOrder createContract updateContract createOrders updateOrders deleteOrder deleteOrders "
            "createContracts updateContracts deleteContract deleteContracts"
        ),
        "edit_service": (
            "createServiceRecord updateServiceRecord createSurvey updateSurvey reportImprovement updateImprovement "
            "agreeImprovement startImprovement finishImprovement verifyImprovement reopenImprovement createServiceRecords "
            "updateServiceRecords deleteServiceRecord deleteServiceRecords createSurveys updateSurveys deleteSurvey "
            "deleteSurveys reportImprovements updateImprovements moveImprovements"
        ),
        "assess": "settleAssessment settleAssessments proposeRating giveRating",
        "appoint": "appoint",
        "override_tier": "overrideTier",
        "decide_fall": "decideFall",
        "write_policy": "savePolicyDraft editPolicyDraft withdrawPolicy",
        "submit_policy": "submitPolicy",
        "decide_policy": "approvePolicy rejectPolicy putPolicyInForce makeMainPolicy",
        "backtest": "startBacktest cancelBacktest",
        "run_grading": "runGrading",
        "reveal": "reveal",
        "manage_users": "createUser setUserRoles deactivateUser issueApiKey revokeApiKey",
    }.items()
    for name in names.split()
}
# Who ends an appointment follows from who made it, and the command asks that before it knows the row.
ACTIONS["endAppointment"] = "appoint"
# A call is undone with its own action, and by whoever made it alone (tests of undo).
ACTIONS["undo"] = "edit_customer"
# What writes to the rows that a filter finds needs what the mutation of a list needs.
for listed in (case.name.removesuffix("Where") for case in CASES if case.name.endswith("Where")):
    ACTIONS[f"{listed}Where"] = ACTIONS[listed if listed in ACTIONS else f"{listed}s"]


def test_every_mutation_names_its_action() -> None:
    assert sorted(ACTIONS) == sorted(case.name for case in CASES)
    assert set(ACTIONS.values()) <= PERMISSIONS.keys()


def test_every_role_is_refused_every_mutation_whose_action_it_has_not_and_nothing_is_written(made: world.World) -> None:
    before, tried = rows(made.engine), 0
    for case in CASES:
        for login, (role,) in world.PEOPLE.items():
            if role not in PERMISSIONS[ACTIONS[case.name]]:
                answer = made.data(operation(case), case.variables(), who=login)["r"]
                assert answer.get("code") == "forbidden", (case.name, role, answer)
                tried += 1
    assert rows(made.engine) == before
    assert tried > 100


def test_every_role_that_has_the_action_is_let_in(made: world.World, prepared: Path) -> None:
    for case in CASES:
        for login, (role,) in world.PEOPLE.items():
            if role in PERMISSIONS[ACTIONS[case.name]] and role not in (case.right, "admin") and case.name != "undo":
                shutil.copyfile(prepared, made.home / f"{case.name}-{role}.db")
                again = world.World(
                    make_engine(f"sqlite:///{made.home / f'{case.name}-{role}.db'}"), made.home, made.people
                )
                answer = again.data(operation(case), case.variables(), who=login)["r"]
                again.engine.dispose()
                assert answer.get("code") != "forbidden", (case.name, role, answer)


def test_one_operation_sees_what_its_earlier_fields_wrote(made: world.World) -> None:
    name = f'updateCustomer(id: "{CUSTOMER}", input: {{shortName: "%s"}}) {{ ... on Customer {{ shortName }} }}'
    found = made.data(f"mutation {{ a: {name % '甲'} b: {name % '乙'} }}")
    assert found == {"a": {"shortName": "甲"}, "b": {"shortName": "乙"}}
