"""Import on both databases: what lands, what is rejected, what a second import changes, and what a crash leaves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from people import person
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands.intake import IntakeSummary, import_file, import_folder
from api.commands.user import operator
from api.database import writing
from api.errors import Forbidden
from api.intake.mapping import parse_mapping
from policies.refusal import Refusal
from schema.tables import (
    Audit,
    Base,
    Contact,
    Contract,
    Customer,
    CustomerTag,
    Intake,
    Order,
    OrderLine,
    ServiceRecord,
    StatusChange,
    Tag,
)  # fmt: skip

CUSTOMERS = """source_key,name,referrer_key,first_contact_on,owner,status,status_since,known_at
C1,上海甲有限公司,C2,2023-05-02,admin,潜在,2023-05-02,2023-05-03 10:00
C2,上海乙有限公司,,2023-05-09,,合作中,2023-08-01,2023-05-09 10:00
C3,上海丙有限公司,C1,2023-06-01,,,,
"""


@pytest.fixture
def actor(engine: Engine) -> Actor:
    with writing(engine) as session:
        return operator(session)


def load(engine: Engine, actor: Actor, folder: Path, noun: str, text: str, **options: Any) -> IntakeSummary:
    path = folder / f"{noun}.csv"
    path.write_text(text, encoding="utf-8")
    return import_file(engine, actor, noun, path, **options)


def counts(summary: IntakeSummary) -> tuple[int, int, int, int]:
    return summary.created, summary.changed, summary.unchanged, summary.rejected


def everything(engine: Engine) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with Session(engine) as session:
        return {
            name: sorted(map(tuple, session.execute(select(table)).all()), key=repr)
            for name, table in Base.metadata.tables.items()
        }


def test_customers_land_with_number_owner_referrer_and_status(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    assert counts(load(engine, actor, tmp_path, "customers", CUSTOMERS)) == (3, 0, 0, 0)
    with Session(engine) as session:
        rows = {row.source_key: row for row in session.scalars(select(Customer))}
        changes = session.execute(
            select(StatusChange.customer_id, StatusChange.status, StatusChange.changed_on, StatusChange.known_at)
        ).all()
    assert sorted(row.number for row in rows.values()) == ["202305-0001", "202305-0002", "202306-0001"]
    assert rows["C1"].referrer_id == rows["C2"].id
    assert rows["C3"].referrer_id == rows["C1"].id
    assert (rows["C1"].owner_id, rows["C2"].owner_id) == (actor.id, None)
    assert [rows[key].status for key in ("C1", "C2", "C3")] == ["potential", "active", "potential"]
    assert rows["C3"].known_at == datetime(2023, 6, 1, 15, 59, 59, 999999, tzinfo=UTC)
    assert sorted(changes) == sorted([
        (rows["C1"].id, "potential", date(2023, 5, 2), datetime(2023, 5, 3, 2, 0, tzinfo=UTC)),
        # known before it began: the change counts from the end of its own day
        (rows["C2"].id, "active", date(2023, 8, 1), datetime(2023, 8, 1, 15, 59, 59, 999999, tzinfo=UTC)),
    ])  # fmt: skip


def test_the_same_file_twice_changes_nothing(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    orders = "source_key,customer_key,ordered_on,amount,paid_on\nO1,C1,2024-01-05,10.5,2024-02-01\nO2,C2,2024-01-06,,\n"
    load(engine, actor, tmp_path, "customers", CUSTOMERS)
    load(engine, actor, tmp_path, "orders", orders)
    before = everything(engine)
    assert counts(load(engine, actor, tmp_path, "customers", CUSTOMERS)) == (0, 0, 3, 0)
    assert counts(load(engine, actor, tmp_path, "orders", orders)) == (0, 0, 2, 0)
    after = everything(engine)
    for name in before:
        if name not in ("intakes", "audits", "audit_seals"):
            assert after[name] == before[name], name
    assert len(after["intakes"]) == len(before["intakes"]) + 2


def test_a_changed_row_is_updated_and_counted(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    load(engine, actor, tmp_path, "customers", CUSTOMERS)
    changed = CUSTOMERS.replace("上海丙有限公司,C1", "上海丙丙有限公司,C2").replace(
        "潜在,2023-05-02", "意向,2023-07-01"
    )
    assert counts(load(engine, actor, tmp_path, "customers", changed)) == (0, 2, 1, 0)
    with Session(engine) as session:
        rows = {row.source_key: row for row in session.scalars(select(Customer))}
        assert rows["C3"].name == "上海丙丙有限公司"
        assert rows["C3"].referrer_id == rows["C2"].id
        assert rows["C1"].status == "intent"
        assert session.scalar(select(func.count()).select_from(StatusChange)) == 3


def test_the_same_key_in_another_source_system_is_another_customer(
    engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    load(engine, actor, tmp_path, "customers", CUSTOMERS)
    assert counts(load(engine, actor, tmp_path, "customers", CUSTOMERS, source_system="crm")) == (3, 0, 0, 0)
    order = "source_key,customer_key,ordered_on\nO1,C1,2024-01-05\n"
    assert counts(load(engine, actor, tmp_path, "orders", order, source_system="shop")) == (0, 0, 0, 1)


def test_valid_rows_land_and_the_others_are_reported_by_line_and_field(
    engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    load(engine, actor, tmp_path, "customers", CUSTOMERS)
    text = (
        "source_key,customer_key,ordered_on,amount,profit\n"
        "O1,C1,2024-02-29,10,-1\n"
        "O2,C9,2024-02-28,10,\n"
        "O3,C1,2024-02-30,-10,\n"
        "\n"
        'O4,C1,2024-02-28,"10\n",\n'
        "O1,C1,2024-02-28,11,\n"
        "O5,C1,2024-02-28,=1+1,\n"
        "O6,C1\n"
    )
    summary = load(engine, actor, tmp_path, "orders", text)
    assert counts(summary) == (2, 0, 0, 5)
    assert [(error.row, error.field) for error in summary.errors] == [
        (3, "customer_key"), (4, "ordered_on"), (4, "amount"), (8, "source_key"), (9, "amount"), (10, ""),
    ]  # fmt: skip
    with Session(engine) as session:
        assert dict(session.execute(select(Order.source_key, Order.amount)).all()) == {"O1": 10, "O4": 10}
        intake = session.scalars(select(Intake).order_by(Intake.id.desc())).first()
        assert intake is not None
        assert (intake.created, intake.rejected, len(intake.errors), len(intake.sha256)) == (2, 5, 6, 64)
        assert session.scalar(select(func.count()).select_from(Audit).where(Audit.action == "import")) == 2


def test_a_chain_of_referrers_lands_in_any_order_and_a_circle_does_not(
    engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    text = "source_key,name,referrer_key\n" + "".join(f"K{n},公司{n},K{n + 1}\n" for n in range(20)) + "K20,公司,\n"
    text += "A,甲公司,B\nB,乙公司,A\nS,丙公司,S\n"
    summary = load(engine, actor, tmp_path, "customers", text)
    assert counts(summary) == (21, 0, 0, 3)
    assert {error.field for error in summary.errors} == {"referrer_key"}


def test_contracts_name_the_contract_that_they_renew(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    load(engine, actor, tmp_path, "customers", CUSTOMERS)
    text = "source_key,customer_key,starts_on,ends_on,renewal_of,known_at\nR2,C1,2024-01-01,2024-12-31,R1,2023-12-20\nR1,C1,2023-01-01,2023-12-31,,\n"
    assert counts(load(engine, actor, tmp_path, "contracts", text)) == (2, 0, 0, 0)
    with Session(engine) as session:
        rows = {row.source_key: row for row in session.scalars(select(Contract))}
    assert rows["R2"].renewal_of_id == rows["R1"].id


def test_an_order_is_the_exact_sum_of_its_lines_and_unknown_while_one_is_rejected(
    engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    load(engine, actor, tmp_path, "customers", CUSTOMERS)
    load(engine, actor, tmp_path, "orders", "source_key,customer_key,ordered_on\nO1,C1,2024-01-05\nO2,C1,2024-01-06\n")
    head = "source_key,order_key,product,quantity,unit_price,discount\n"
    text = head + "L1,O1,轴承,3,0.0333,0\nL2,O1,轴承,2,12.5,15%\nL3,O2,轴承,1,1,0\nL4,O2,轴承,1,0.0333,0.15\n"
    summary = load(engine, actor, tmp_path, "order_lines", text)
    assert counts(summary) == (3, 0, 0, 1)
    assert "0.028305" in summary.errors[0].problem
    assert "O2" in summary.notes[0]
    amounts = select(Order.source_key, Order.amount).order_by(Order.source_key)
    with Session(engine) as session:
        assert session.execute(amounts).all() == [("O1", Decimal("21.3499")), ("O2", None)]
        assert session.scalars(select(OrderLine.known_at)).first() == datetime(
            2024, 1, 5, 15, 59, 59, 999999, tzinfo=UTC
        )
    mended = text.replace("0.0333,0.15", "0.04,0.15")
    assert counts(load(engine, actor, tmp_path, "order_lines", mended)) == (1, 0, 3, 0)
    with Session(engine) as session:
        assert session.execute(amounts).all() == [("O1", Decimal("21.3499")), ("O2", Decimal("1.0340"))]


def test_a_rejected_line_that_names_no_order_is_told_and_a_huge_one_is_refused(
    engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    load(engine, actor, tmp_path, "customers", CUSTOMERS)
    load(engine, actor, tmp_path, "orders", "source_key,customer_key,ordered_on\nO1,C1,2024-01-05\nO2,C1,2024-01-06\n")
    text = "source_key,order_key,quantity,unit_price\nL1,O1,1,2\nL2,O1,1\nL3,O2,2147483647,999999999999.9999\n"
    summary = load(engine, actor, tmp_path, "order_lines", text)
    assert counts(summary) == (1, 0, 0, 2)
    assert "more than 1,000,000,000,000" in summary.errors[1].problem
    assert [note.split(":")[0] for note in summary.notes] == [
        "The amount of 1 orders (O2) is unknown until their lines are mended.",
        "1 rejected lines do not say of which order they are",
    ]


def test_status_changes_set_the_status_and_replace_what_the_customers_implied(
    engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    load(engine, actor, tmp_path, "customers", CUSTOMERS)
    text = (
        "source_key,customer_key,status,reason,changed_on,known_at\n"
        "S1,C2,合作中,首单,2023-08-01,2023-09-15 10:00\nS2,C1,流失,停业,2024-03-01,\nS3,C1,意向,,2023-09-01,\n"
    )
    assert counts(load(engine, actor, tmp_path, "status_changes", text)) == (3, 0, 0, 0)
    with Session(engine) as session:
        rows = dict(session.execute(select(Customer.source_key, Customer.status)).all())
        known = session.scalars(select(StatusChange.known_at).where(StatusChange.changed_on == date(2023, 8, 1))).all()
    assert rows == {"C1": "lost", "C2": "active", "C3": "potential"}
    assert known == [datetime(2023, 9, 15, 2, 0, tzinfo=UTC)]
    before = everything(engine)
    assert counts(load(engine, actor, tmp_path, "customers", CUSTOMERS)) == (0, 0, 3, 0)
    assert counts(load(engine, actor, tmp_path, "status_changes", text)) == (0, 0, 3, 0)
    after = everything(engine)
    assert (after["customers"], after["status_changes"]) == (before["customers"], before["status_changes"])


def test_a_status_without_a_date_is_known_from_today_on(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    text = "source_key,name,first_contact_on,status\nC1,甲公司,2019-01-01,合作中\n"
    load(engine, actor, tmp_path, "customers", text)
    with Session(engine) as session:
        assert session.scalars(select(StatusChange.changed_on)).one() > date(2024, 1, 1)
    assert counts(load(engine, actor, tmp_path, "customers", text)) == (0, 0, 1, 0)


def test_a_tag_is_made_once_and_carried_once(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    load(engine, actor, tmp_path, "customers", CUSTOMERS)
    text = "source_key,customer_key,维度,标签\nT1,C1,需求,采购设备\nT2,C2,需求,采购设备\nT3,C1,需求,采购设备\n"
    summary = load(engine, actor, tmp_path, "tags", text)
    assert counts(summary) == (2, 0, 0, 1)
    assert "采购设备" in summary.errors[0].problem
    assert counts(load(engine, actor, tmp_path, "tags", text)) == (0, 0, 2, 1)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Tag)) == 1
        assert session.scalar(select(func.count()).select_from(CustomerTag)) == 2


def test_service_records_accept_chinese_headers_and_a_day_alone(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    load(engine, actor, tmp_path, "customers", CUSTOMERS)
    text = "编号,客户编号,受理时间,服务类型,问题描述,完成时间,满意度\nV1,C1,2024-03-05 16:00,投诉,停机,2024-03-05,4\n"
    assert counts(load(engine, actor, tmp_path, "service_records", text)) == (1, 0, 0, 0)
    with Session(engine) as session:
        row = session.scalars(select(ServiceRecord)).one()
    assert (row.kind, row.satisfaction) == ("complaint", 4)
    assert row.known_at == row.closed_at == datetime(2024, 3, 5, 15, 59, 59, 999999, tzinfo=UTC)


def test_personal_values_are_not_repeated_in_the_stored_report(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    load(engine, actor, tmp_path, "customers", CUSTOMERS)
    text = "source_key,customer_key,姓名,手机\nP1,C1,王芳,1381234567\nP2,C1,李娜,13812345678\n"
    summary = load(engine, actor, tmp_path, "contacts", text)
    assert "1381234567" in summary.errors[0].problem
    with Session(engine) as session:
        assert session.scalars(select(Contact.mobile)).all() == ["13812345678"]
        intake = session.scalars(select(Intake).order_by(Intake.id.desc())).first()
        assert intake is not None
        assert "1381234567" not in str(intake.errors)


def test_a_dry_run_tells_all_and_writes_nothing(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    before = everything(engine)
    summary = load(engine, actor, tmp_path, "customers", CUSTOMERS, dry_run=True)
    assert counts(summary) == (3, 0, 0, 0)
    line, cells = summary.preview[0]
    assert (line, cells["status"]) == (2, ("潜在", "potential"))
    assert everything(engine) == before


def test_a_folder_lands_customers_first_and_its_dry_run_finds_them(
    engine: Engine, actor: Actor, tmp_path: Path
) -> None:
    (tmp_path / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (tmp_path / "orders.csv").write_text("source_key,customer_key,ordered_on\nO1,C1,2024-01-05\n", encoding="utf-8")
    before = everything(engine)
    for dry_run in (True, False):
        summaries = import_folder(engine, actor, tmp_path, source_system="demo", dry_run=dry_run)
        assert [(one.noun, counts(one)) for one in summaries] == [("customers", (3, 0, 0, 0)), ("orders", (1, 0, 0, 0))]
        assert (everything(engine) == before) is dry_run


def test_a_failure_half_way_leaves_nothing(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    before = everything(engine)
    text = "source_key,name\n" + "".join(f"C{number},公司{number}\n" for number in range(2500))

    def pull_the_plug(done: int, total: int, message: str) -> None:
        assert 0 < done <= total
        if "2,000" in message:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(engine, actor, tmp_path, "customers", text, report=pull_the_plug)
    assert everything(engine) == before
    assert counts(load(engine, actor, tmp_path, "customers", text)) == (2500, 0, 0, 0)


def test_a_key_is_found_again_across_batches(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    text = "source_key,name\n" + "".join(f"C{number},公司\n" for number in [*range(1500), 3, 1499])
    for expected in ((1500, 0, 0, 2), (0, 0, 1500, 2)):
        summary = load(engine, actor, tmp_path, "customers", text)
        assert counts(summary) == expected
        assert [error.row for error in summary.errors] == [1502, 1503]


def test_the_first_of_each_key_lands_where_the_mapping_says_so(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    mapping = parse_mapping("noun: customers\ndistinct: first\ncolumns: {source_key: id, name: firm}\n", "m.yaml")
    text = "id,firm\nC1,甲公司\nC1,乙公司\nC2,丙公司\n"
    for expected in ((2, 0, 0, 0), (0, 0, 2, 0)):
        summary = load(engine, actor, tmp_path, "customers", text, mapping=mapping)
        assert (counts(summary), summary.repeated) == (expected, 1)
    with Session(engine) as session:
        assert session.scalars(select(Customer.name).order_by(Customer.source_key)).all() == ["甲公司", "丙公司"]


def test_nothing_is_kept_of_a_file_without_a_valid_row(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    before = everything(engine)
    summary = load(engine, actor, tmp_path, "orders", "source_key,customer_key,ordered_on\nO1,C1,2024-01-05\n")
    assert (summary.landed, summary.rejected) == (0, 1)
    assert everything(engine) == before


def test_who_may_not_import_is_refused_and_nothing_is_written(engine: Engine, tmp_path: Path) -> None:
    servant = person(engine, "sun", "service")
    before = everything(engine)
    with pytest.raises(Forbidden, match="import"):
        load(engine, servant, tmp_path, "customers", CUSTOMERS)
    assert everything(engine) == before


def test_a_mapping_of_another_noun_is_refused(engine: Engine, actor: Actor, tmp_path: Path) -> None:
    mapping = parse_mapping("noun: contacts\ncolumns: {name: x}\n", "m.yaml")
    with pytest.raises(Refusal, match="contacts"):
        load(engine, actor, tmp_path, "customers", CUSTOMERS, mapping=mapping)
