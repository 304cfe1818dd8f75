"""The life of a policy version: who may move it, what is refused, and what the database refuses to a hand."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from people import finished_backtest, person
from policy_texts import TABLE
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.access import PERMISSIONS, Actor
from api.commands import policy
from api.commands.snapshot import today
from api.database import writing
from api.demo.story import challenger
from policies.documents import shipped
from policies.promotion import STEPS
from policies.refusal import Refusal
from schema.tables import Audit, PolicyChampion, PolicySubmission, PolicyVersion

G2 = shipped()["sabcd-weighted"].read_text(encoding="utf-8")
ZONE = "Asia/Shanghai"


@pytest.fixture
def analyst(engine: Engine) -> Actor:
    return person(engine, "chen", "analyst")


@pytest.fixture
def strategist(engine: Engine) -> Actor:
    return person(engine, "lin", "strategy")


def submitted(engine: Engine, analyst: Actor, document: str = G2) -> int:
    with writing(engine) as session:
        draft = policy.save_draft(session, analyst, document)
        finished_backtest(session, draft, analyst)
        policy.submit(session, analyst, draft.id)
        return draft.id


def approved(engine: Engine, analyst: Actor, strategist: Actor) -> int:
    version_id = submitted(engine, analyst)
    with writing(engine) as session:
        policy.approve(session, strategist, version_id, "回测通过")
    return version_id


def state(engine: Engine, version_id: int) -> str:
    with Session(engine) as session:
        return session.get_one(PolicyVersion, version_id).state


def test_a_policy_travels_from_draft_to_force(engine: Engine, analyst: Actor, strategist: Actor) -> None:
    version_id = approved(engine, analyst, strategist)
    with writing(engine) as session:
        version = session.get_one(PolicyVersion, version_id)
        assert (version.state, version.number) == ("approved", 1)
        policy.put_in_force(session, strategist, version_id, today(ZONE))
    with Session(engine) as session:
        assert policy.in_force(session, "sabcd-weighted", today(ZONE)).id == version_id  # type: ignore[union-attr]
        assert policy.in_force(session, "sabcd-weighted", today(ZONE) - timedelta(days=1)) is None
        actions = session.scalars(select(Audit.action).where(Audit.noun == "policy_version").order_by(Audit.id)).all()
        assert actions == ["save_draft", "submit", "approve", "put_in_force"]


@pytest.mark.parametrize("how", ["wrote", "edited", "submitted"])
def test_who_worked_on_a_version_cannot_decide_on_it(engine: Engine, analyst: Actor, how: str) -> None:
    both = person(engine, "both", "analyst", "strategy")
    author = both if how == "wrote" else analyst
    with writing(engine) as session:
        draft = policy.save_draft(session, author, G2)
        if how == "edited":
            policy.edit_draft(session, both, draft.id, G2.replace("五级加权评分", "五级加权评分(改)"))
        finished_backtest(session, draft, analyst)
        policy.submit(session, both if how == "submitted" else analyst, draft.id)
    for decide in (policy.approve, policy.reject):
        with pytest.raises(Refusal) as refused, writing(engine) as session:
            decide(session, both, draft.id, "mine")
        assert refused.value.code == "author_cannot_approve"
        assert state(engine, draft.id) == "submitted"


def test_the_database_refuses_a_contributors_approval_by_hand(engine: Engine, analyst: Actor) -> None:
    version_id = submitted(engine, analyst)
    by_hand = "update policy_versions set state = 'approved', number = 1, decided_by_id = :who where id = :id"
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text(by_hand), {"who": analyst.id, "id": version_id})
    editor = person(engine, "editor", "strategy")
    with writing(engine) as session:
        policy.contributed(session, version_id, editor, "backtested")
    with pytest.raises(IntegrityError, match="cannot decide on it"), engine.begin() as connection:
        connection.execute(text(by_hand), {"who": editor.id, "id": version_id})
    assert state(engine, version_id) == "submitted"


@pytest.mark.parametrize(
    "change",
    [
        "document = document || ' '", "canonical = '{}'", "semantic_hash = 'sha256:0'", "document_hash = 'sha256:0'",
        "state = 'draft'", "number = 7", "author_id = decided_by_id", "decided_by_id = author_id",
        "decision_reason = 'other'",
    ],
)  # fmt: skip
def test_the_database_refuses_to_change_a_promoted_version(
    engine: Engine, analyst: Actor, strategist: Actor, change: str
) -> None:
    version_id = approved(engine, analyst, strategist)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text(f"update policy_versions set {change} where id = {version_id}"))  # noqa: S608  # literals above
    with pytest.raises(IntegrityError, match="stays"), engine.begin() as connection:
        connection.execute(text(f"delete from policy_versions where id = {version_id}"))  # noqa: S608  # an integer


SWAPPED = "from policy_contributions where version_id = :submitted and user_id = :editor"
BY_HAND = [
    ("the submitted version under a new id", "update policy_versions set id = 77 where id = :submitted"),
    ("the editor under a new id", "update users set id = 77 where id = :editor"),
    ("the policy under a new key", "update policies set key = 'other'"),
    ("a decision by somebody without the role",
     "update policy_versions set state = 'approved', number = 9, decided_by_id = :seller where id = :submitted"),
    ("other figures of the evidence", "update backtests set metrics = '{}' where version_id = :approved"),
    ("the evidence of another document", "update backtests set semantic_hash = 'sha256:0' where version_id = :submitted"),
    ("no evidence any more", "delete from backtests where version_id = :approved"),
    ("in force for another policy",
     "insert into policy_champions (policy_id, version_id, effective_from, set_by_id, set_at) "
     "values (77, :approved, '2099-01-01', :seller, '2026-01-01')"),
    # SQLite's REPLACE asks no trigger for DELETE.
    ("sqlite: the approved version as a draft",
     "insert or replace into policy_versions (id, policy_id, state, document, canonical, semantic_hash, document_hash, author_id, "
     "created_at) select id, policy_id, 'draft', 'x', canonical, semantic_hash, document_hash, author_id, created_at "
     "from policy_versions where id = :approved"),
    ("sqlite: the submitted version in the place of the approved", "update or replace policy_versions set id = :approved where id = :submitted"),
    ("sqlite: the number of the approved version",
     "update or replace policy_versions set state = 'approved', number = 1, decided_by_id = :strategist where id = :submitted"),
    ("sqlite: a contribution to another version",
     f"insert or replace into policy_contributions select id, :approved, user_id, 'x', at {SWAPPED}"),
    ("sqlite: a submission with other evidence",
     "insert or replace into policy_submissions select version_id, 1, submitted_by_id, submitted_at from policy_submissions"),
    ("sqlite: an audit row", "insert or replace into audits select * from audits"),
    ("sqlite: a backtest", "insert or replace into backtests select * from backtests"),
    ("postgresql: nobody contributed", "truncate policy_contributions"),
    ("postgresql: no audit", "truncate audits"),
    ("postgresql: nothing", "truncate policies, users cascade"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "statement"), BY_HAND, ids=[what for what, _ in BY_HAND])
def test_the_database_refuses_what_a_hand_that_knows_sql_could_try(
    engine: Engine, analyst: Actor, strategist: Actor, what: str, statement: str
) -> None:
    dialect, named, _ = what.partition(":")
    if named and dialect != engine.dialect.name:
        pytest.skip(f"a statement of {dialect}")
    editor, seller = person(engine, "both", "analyst", "strategy"), person(engine, "wang", "sales")
    accepted, waiting = approved(engine, analyst, strategist), submitted(engine, analyst)
    with writing(engine) as session:
        policy.contributed(session, waiting, editor, "edited")
    values = {"submitted": waiting, "approved": accepted, "editor": editor.id, "seller": seller.id, "strategist": strategist.id}  # fmt: skip
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":  # as in SQLite's own shell, where foreign keys are not enforced
            assert connection.connection.dbapi_connection is not None
            connection.connection.dbapi_connection.execute("pragma foreign_keys = off")  # type: ignore[attr-defined]  # sqlite3's own connection
        with pytest.raises(IntegrityError), connection.begin():
            connection.execute(
                text(statement), {name: value for name, value in values.items() if f":{name}" in statement}
            )
        connection.invalidate()
    assert (state(engine, accepted), state(engine, waiting)) == ("approved", "submitted")


def test_who_ran_the_backtest_cannot_approve_by_hand_even_where_no_contribution_is_written(
    engine: Engine, analyst: Actor, strategist: Actor
) -> None:
    version_id = submitted(engine, analyst)
    with writing(engine) as session:
        finished_backtest(session, session.get_one(PolicyVersion, version_id), strategist)
    by_hand = "update policy_versions set state = 'approved', number = 1, decided_by_id = :who where id = :id"
    with pytest.raises(IntegrityError, match="cannot decide on it"), engine.begin() as connection:
        connection.execute(text(by_hand), {"who": strategist.id, "id": version_id})


def test_the_evidence_is_a_backtest_of_the_version_itself_even_by_hand(
    engine: Engine, analyst: Actor, strategist: Actor
) -> None:
    with writing(engine) as session:
        other, draft = (policy.save_draft(session, analyst, G2) for _ in range(2))
        evidence = finished_backtest(session, other, analyst)
        session.add(PolicySubmission(version_id=draft.id, backtest_id=evidence.id, submitted_by_id=analyst.id))
        draft.state = "submitted"
    with pytest.raises(IntegrityError, match="exactly this document"), writing(engine) as session:
        policy.approve(session, strategist, draft.id, "ok")


def test_the_database_refuses_to_approve_without_the_backtest_of_this_document(
    engine: Engine, analyst: Actor, strategist: Actor
) -> None:
    with writing(engine) as session:
        draft = policy.save_draft(session, analyst, G2)
    for move in ("state = 'submitted'", f"state = 'approved', number = 1, decided_by_id = {strategist.id}"):
        statement = text(f"update policy_versions set {move} where id = {draft.id}")  # noqa: S608  # literals and integers
        if "approved" in move:
            with pytest.raises(IntegrityError, match="finished backtest"), engine.begin() as connection:
                connection.execute(statement)
        else:
            with engine.begin() as connection:
                connection.execute(statement)


@pytest.mark.parametrize("table", ["audits", "policy_contributions", "policy_submissions", "policy_champions"])
def test_history_is_only_ever_added_to(engine: Engine, analyst: Actor, strategist: Actor, table: str) -> None:
    version_id = approved(engine, analyst, strategist)
    with writing(engine) as session:
        policy.put_in_force(session, strategist, version_id, today(ZONE))
    column = {"audits": "action", "policy_contributions": "what"}.get(table, "version_id")
    for statement in (f"update {table} set {column} = {column}", f"delete from {table}"):  # noqa: S608  # names above
        with pytest.raises(IntegrityError, match="only ever added"), engine.begin() as connection:
            connection.execute(text(statement))


def test_an_unapproved_version_is_not_put_in_force_even_by_hand(
    engine: Engine, analyst: Actor, strategist: Actor
) -> None:
    version_id = submitted(engine, analyst)
    with pytest.raises(Refusal), writing(engine) as session:
        policy.put_in_force(session, strategist, version_id, today(ZONE))
    by_hand = text(
        "insert into policy_champions (policy_id, version_id, effective_from, set_by_id, set_at) "
        "select policy_id, id, '2026-01-01', author_id, '2026-01-01' from policy_versions where id = :id"
    )
    with pytest.raises(IntegrityError, match="only an approved"), engine.begin() as connection:
        connection.execute(by_hand, {"id": version_id})


def test_what_was_in_force_on_a_past_day_cannot_be_rewritten(engine: Engine, analyst: Actor, strategist: Actor) -> None:
    version_id = approved(engine, analyst, strategist)
    with pytest.raises(Refusal, match="is over"), writing(engine) as session:
        policy.put_in_force(session, strategist, version_id, today(ZONE) - timedelta(days=1))
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(PolicyChampion)) == 0


def test_a_policy_over_facts_that_the_database_does_not_hold_is_not_submitted(engine: Engine, analyst: Actor) -> None:
    own = "unit: 万元}, staff: {type: count, title: {zh: 人数, en: Staff}}"
    text_of = TABLE.replace("unit: 万元}", own).replace("input: satisfaction, ge: 4.5", "input: staff, ge: 5")
    with pytest.raises(Refusal, match="staff") as refused:
        submitted(engine, analyst, text_of)
    assert refused.value.code == "facts_not_stored"


def test_submission_needs_evidence_of_exactly_this_document(engine: Engine, analyst: Actor) -> None:
    with writing(engine) as session:
        draft = policy.save_draft(session, analyst, G2)
    with pytest.raises(Refusal) as refused, writing(engine) as session:
        policy.submit(session, analyst, draft.id)
    assert refused.value.code == "evidence_missing"
    with writing(engine) as session:
        evidence = finished_backtest(session, session.get_one(PolicyVersion, draft.id), analyst)
        policy.edit_draft(session, analyst, draft.id, challenger(G2))
    with pytest.raises(Refusal) as refused, writing(engine) as session:
        policy.submit(session, analyst, draft.id, evidence.id)
    assert refused.value.code == "evidence_missing"
    assert state(engine, draft.id) == "draft"


def test_a_document_changed_by_hand_under_its_hash_is_neither_submitted_nor_approved(
    engine: Engine, analyst: Actor, strategist: Actor
) -> None:
    by_hand = text(
        "update policy_versions set document = replace(document, '[0, 10, 50, 100]', '[0, 10, 60, 100]') where id = :id"
    )
    with writing(engine) as session:
        draft = policy.save_draft(session, analyst, G2)
        evidence = finished_backtest(session, draft, analyst)
    with engine.begin() as connection:
        connection.execute(by_hand, {"id": draft.id})
    with pytest.raises(Refusal, match="not the one that was saved"), writing(engine) as session:
        policy.submit(session, analyst, draft.id)
    with writing(engine) as session:
        session.add(PolicySubmission(version_id=draft.id, backtest_id=evidence.id, submitted_by_id=analyst.id))
        session.get_one(PolicyVersion, draft.id).state = "submitted"
    with pytest.raises(Refusal, match="not the one that was saved"), writing(engine) as session:
        policy.approve(session, strategist, draft.id, "ok")
    assert state(engine, draft.id) == "submitted"


def test_two_who_decide_at_once_decide_once_and_two_versions_get_two_numbers(
    engine: Engine, analyst: Actor, strategist: Actor
) -> None:
    other = person(engine, "other", "strategy")
    first, second = (submitted(engine, analyst) for _ in range(2))
    answers: list[object] = []

    def decide(actor: Actor, version_id: int) -> None:
        try:
            with writing(engine) as session:
                answers.append(policy.approve(session, actor, version_id, "ok").number)
        except Refusal as refused:
            answers.append(refused.code)

    threads = [
        threading.Thread(target=decide, args=each) for each in ((strategist, first), (other, first), (other, second))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, answers)) == ["1", "2", "transition_not_allowed"]


def test_a_version_put_in_force_later_on_replaces_one_that_was_still_to_come(
    engine: Engine, analyst: Actor, strategist: Actor
) -> None:
    planned, urgent = (approved(engine, analyst, strategist) for _ in range(2))
    later = today(ZONE) + timedelta(days=30)
    with writing(engine) as session:
        policy.put_in_force(session, strategist, planned, later)
        assert policy.in_force(session, "sabcd-weighted", today(ZONE)) is None
        policy.put_in_force(session, strategist, urgent, today(ZONE))
    assert (state(engine, planned), state(engine, urgent)) == ("retired", "active")
    with Session(engine) as session:
        for day in (today(ZONE), later):
            assert policy.in_force(session, "sabcd-weighted", day).id == urgent  # type: ignore[union-attr]


def test_a_submitted_version_is_not_edited_and_a_wrong_role_writes_nothing(
    engine: Engine, analyst: Actor, strategist: Actor
) -> None:
    version_id = submitted(engine, analyst)
    with pytest.raises(Refusal, match="never changes"), writing(engine) as session:
        policy.edit_draft(session, analyst, version_id, G2)
    seller = person(engine, "wang", "sales")
    for attempt in (
        lambda session: policy.save_draft(session, seller, G2),
        lambda session: policy.approve(session, seller, version_id, "x"),
        lambda session: policy.put_in_force(session, seller, version_id, today(ZONE)),
        lambda session: policy.withdraw(session, seller, version_id),
    ):
        with pytest.raises(Refusal), writing(engine) as session:
            attempt(session)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(PolicyVersion)) == 1
    assert state(engine, version_id) == "submitted"


def put(engine: Engine, strategist: Actor, version_id: int) -> None:
    with writing(engine) as session:
        policy.put_in_force(session, strategist, version_id, today(ZONE))


def test_evidence_against_an_old_champion_is_refused_at_every_step(
    engine: Engine, analyst: Actor, strategist: Actor
) -> None:
    first, second = (approved(engine, analyst, strategist) for _ in range(2))
    with writing(engine) as session:
        third, fourth = (policy.save_draft(session, analyst, G2) for _ in range(2))
        for draft in (third, fourth):
            finished_backtest(session, draft, analyst)
        policy.submit(session, analyst, third.id)
        third_id, fourth_id = third.id, fourth.id
    put(engine, strategist, first)
    steps = [
        (lambda session: policy.put_in_force(session, strategist, second, today(ZONE)), "save it as a new draft"),
        (lambda session: policy.approve(session, strategist, third_id, "ok"), "save it as a new draft"),
        (lambda session: policy.submit(session, analyst, fourth_id), f"run `fenji backtest run {fourth_id}`"),
    ]
    for step, cure in steps:
        with (
            pytest.raises(Refusal, match=f"no version, but version {first} is in force now; {cure}") as refused,
            writing(engine) as session,
        ):
            step(session)
        assert refused.value.code == "evidence_stale"
    with Session(engine) as session:
        states = [session.get_one(PolicyVersion, number).state for number in (first, second, third_id, fourth_id)]
    assert states == ["active", "approved", "submitted", "draft"]


def test_the_next_version_takes_over_and_the_former_can_come_back(
    engine: Engine, analyst: Actor, strategist: Actor
) -> None:
    first = approved(engine, analyst, strategist)
    put(engine, strategist, first)
    second = approved(engine, analyst, strategist)
    for version_id in (second, first):
        put(engine, strategist, version_id)
        with Session(engine) as session:
            found = policy.in_force(session, "sabcd-weighted", today(ZONE))
            assert found is not None
            assert found.id == version_id
    assert (state(engine, first), state(engine, second)) == ("active", "retired")


def test_the_state_graph_and_the_table_of_permissions_name_the_same_roles() -> None:
    for step in STEPS:
        action = "submit_policy" if step.action in ("submit", "withdraw") else "decide_policy"
        assert set(step.roles) == PERMISSIONS[action], step
