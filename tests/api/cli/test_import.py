"""`fenji import` as a user meets it: bad input gives one clear sentence, exit code 1, and nothing half-written."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from api.settings import settings
from schema.tables import Contact, Customer, Intake, Order

Fenji = Callable[..., tuple[int, str, str]]
CUSTOMERS = "客户编号,公司全称,员工人数\nC1,上海甲有限公司,20\nC2,北京乙有限公司,30\n"


def customers(engine: Engine) -> int:
    """How many customers there are; imports are counted too, so that nothing is half-written."""
    with Session(engine) as session:
        found = session.scalar(select(func.count()).select_from(Customer)) or 0
        assert (session.scalar(select(func.count()).select_from(Intake)) == 0) or found
        return found


def written(tmp_path: Path, content: str | bytes, name: str = "customers.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("content", "reading"),
    [
        (CUSTOMERS.encode(), "utf-8, comma"),
        (b"\xef\xbb\xbf" + CUSTOMERS.encode(), "utf-8, comma"),
        (CUSTOMERS.encode("gbk"), "gb18030, comma"),
        (CUSTOMERS.encode("utf-16"), "utf-16, comma"),
        (CUSTOMERS.replace(",", ";").encode(), "utf-8, semicolon"),
        (CUSTOMERS.replace(",", "\t").encode("gb18030"), "gb18030, tab"),
        (CUSTOMERS.replace(",", "|").replace("\n", "\r\n").encode(), "utf-8, bar"),
        (CUSTOMERS.replace(",", "  ").encode(), "utf-8, whitespace"),
        (("\n\n" + CUSTOMERS).encode(), "utf-8, comma"),
    ],
    ids=["utf-8", "utf-8 with mark", "gbk", "utf-16", "semicolon", "tab", "bar", "whitespace", "blank lines first"],
)
def test_encodings_and_delimiters_are_recognised(
    fenji: Fenji, sqlite_engine: Engine, tmp_path: Path, content: bytes, reading: str
) -> None:
    code, out, err = fenji("import", "customers", written(tmp_path, content))
    assert (code, err) == (0, "")
    assert reading in out
    assert "2 created" in out
    with Session(sqlite_engine) as session:
        assert session.scalars(select(Customer.name).order_by(Customer.source_key)).all() == [
            "上海甲有限公司", "北京乙有限公司",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["is empty"]),
        (b"\n\n  \n", ["holds no header"]),
        ("客户编号,公司全称\n".encode(), ["header but no rows"]),
        ("客户编号,员工人数\nC1,3\n".encode(), ["lacks", "name", "'员工人数'"]),
        (b"source_key,nam,size\nC1,x,3\n", ["lacks", "name", "did you mean 'nam'", "'size'"]),
        (CUSTOMERS.replace(",", "#").encode(), ["lacks", "Only one column", "delimited"]),
        ("公司全称,name,编号\na,b,c\n".encode(), ["gives name twice", "'公司全称'", "'name'"]),
        ("source_key,name\nC1,M\xfcller Caf\xe9\n".encode("latin-1"), ["neither UTF-8 nor GB18030", "line 2"]),
        ("source_key,name\nC1,M\xfcller\n".encode("latin-1"), ["neither UTF-8 nor GB18030"]),
        (CUSTOMERS.encode() + b"C3,\xff\xfe\n", ["neither UTF-8 nor GB18030", "0xFF", "line 4"]),
        (b"source_key,name\nC1,a\0b\n", ["NUL"]),
        (b'source_key,name\nC1,"open\nC2,x\n', ["line 2", "quotation"]),
        (b"%PDF-1.7 ...", ["a PDF"]),
        (b"PK\x03\x04 broken", ["is not a spreadsheet", "damaged"]),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 nothing", ["not a readable workbook"]),
    ],
    ids=[
        "empty", "blank", "header only", "missing column", "misspelt column", "foreign delimiter", "column twice",
        "latin-1", "latin-1 that GBK decodes", "bytes of no encoding", "nul", "open quote", "pdf", "broken zip", "broken xls",
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused_with_one_sentence(
    fenji: Fenji, sqlite_engine: Engine, tmp_path: Path, content: bytes, parts: list[str]
) -> None:
    code, out, err = fenji("import", "customers", written(tmp_path, content, "customers.xlsx"))
    assert (code, out) == (1, "")
    assert err.startswith("fenji: customers.xlsx ")
    assert "\n" not in err
    for part in parts:
        assert part in err
    assert customers(sqlite_engine) == 0


def test_an_archive_that_is_no_workbook_is_refused(fenji: Fenji, sqlite_engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "x")
    code, _out, err = fenji("import", "customers", path)
    assert code == 1
    assert "another kind of archive" in err
    assert customers(sqlite_engine) == 0


def test_a_missing_file_a_folder_and_a_wrong_noun_are_refused(
    fenji: Fenji, sqlite_engine: Engine, tmp_path: Path
) -> None:
    for arguments, part in [
        (("customers", tmp_path / "nope.csv"), "There is no file"),
        (("customers", tmp_path), "--folder"),
        (("customer", written(tmp_path, CUSTOMERS)), "did you mean 'customers'"),
        (("customers",), "fenji import NOUN FILE"),
        (("--folder", tmp_path / "nope"), "no file to import"),
        (("customers", written(tmp_path, CUSTOMERS), "--as", "nobody"), "nobody"),
        (("customers", written(tmp_path, CUSTOMERS), "--errors", tmp_path / "no" / "e.csv"), "cannot be written"),
    ]:
        code, out, err = fenji("import", *arguments)
        assert (code, out) == (1, "")
        assert part in err
    assert customers(sqlite_engine) == 0


def test_a_missing_database_is_refused(fenji: Fenji, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FENJI_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    settings.cache_clear()
    code, _out, err = fenji("import", "customers", written(tmp_path, CUSTOMERS))
    assert code == 1
    assert "fenji database upgrade" in err
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("noun: customers\ncolums: {}\n", ["'colums'", "did you mean 'columns'"]),
        ("noun: customer\ncolumns: {name: x}\n", ["'customer'", "did you mean 'customers'"]),
        ("noun: customers\ncolumns: {nam: x}\n", ["'nam'", "did you mean 'name'"]),
        ("noun: customers\ncolumns: {name: {constnt: x}}\n", ["'constnt'", "columns.name", "did you mean 'constant'"]),
        ("noun: customers\ncolumns: {name: {constant: x, template: y}}\n", ["exactly one"]),
        ("noun: customers\ndelimiter: '#'\ncolumns: {name: x}\n", ["delimiter", "'#'"]),
        ("noun: customers\nencoding: klingon\ncolumns: {name: x}\n", ["klingon"]),
        ("noun: customers\ndecimals: {name: x}\ncolumns: {name: x}\n", ["decimals", "'x'"]),
        ("noun: customers\nnoun: contacts\ncolumns: {name: x}\n", ["'noun'", "twice", "line 2"]),
        ("noun: [\n", ["no YAML", "line"]),
        ("just text\n", ["no mapping file"]),
        ("noun: customers\ncolumns: {name: firma}\n", ["source_key"]),
        ("noun: customers\ncolumns: {name: firma, source_key: nr}\n", ["lacks", "firma", "'公司全称'"]),
        ("noun: customers\ncolumns: {name: 公司全称, source_key: {lookup: {file: x.csv, key: a, value: b, by: 客户编号}}}\n", ["x.csv", "beside"]),
        ("noun: customers\ncolumns: {name: 公司全称, source_key: {lookup: {file: ../x.csv, key: a, value: b, by: 客户编号}}}\n", ["../x.csv"]),
    ],
)  # fmt: skip
def test_a_wrong_mapping_file_is_refused_with_its_mistake(
    fenji: Fenji, sqlite_engine: Engine, tmp_path: Path, text: str, parts: list[str]
) -> None:
    mapping = written(tmp_path, text, "mapping.yaml")
    code, out, err = fenji("import", "customers", written(tmp_path, CUSTOMERS), "--mapping", mapping)
    assert (code, out) == (1, "")
    assert "\n" not in err
    for part in parts:
        assert part in err
    assert customers(sqlite_engine) == 0


def test_a_mapping_without_a_file_names_those_that_are_shipped(fenji: Fenji, tmp_path: Path) -> None:
    code, _out, err = fenji("import", "orders", written(tmp_path, CUSTOMERS), "--mapping", "cdnow-order")
    assert code == 1
    assert "did you mean 'cdnow-orders'" in err


def test_rejected_rows_are_listed_and_written_to_a_file_without_formulas(
    fenji: Fenji, sqlite_engine: Engine, tmp_path: Path
) -> None:
    rows = "C3,丙公司,-5\nC1,丁公司,1\n,戊公司,1\nC4,=cmd|'/c calc'!A1,1\n"
    report = tmp_path / "errors.csv"
    code, out, _err = fenji("import", "customers", written(tmp_path, CUSTOMERS + rows), "--errors", report)
    assert code == 0
    assert "2 created, 0 changed, 0 unchanged, 4 rejected" in out
    assert "line 4, employees: '-5' is outside 0 to" in out
    with report.open(encoding="utf-8-sig", newline="") as stream:
        found = list(csv.DictReader(stream))
    assert [(row["row"], row["field"]) for row in found] == [
        ("4", "employees"), ("6", "source_key"), ("7", "name"), ("5", "source_key"),
    ]  # fmt: skip
    assert found[2]["value"].startswith("'=")
    assert customers(sqlite_engine) == 2


def test_a_file_without_a_valid_row_exits_with_1_and_writes_nothing(
    fenji: Fenji, sqlite_engine: Engine, tmp_path: Path
) -> None:
    path = written(tmp_path, "source_key,customer_key,ordered_on,amount\nO1,C1,2024-02-30,-1\n", "orders.csv")
    code, out, err = fenji("import", "orders", path)
    assert code == 1
    assert "1 rejected" in out
    assert "2024-02-30" in out
    assert "No row of orders.csv is valid" in err
    assert customers(sqlite_engine) == 0


def test_a_dry_run_shows_what_each_column_became_and_writes_nothing(
    fenji: Fenji, sqlite_engine: Engine, tmp_path: Path
) -> None:
    text = "客户编号,公司全称,年营业额,备忘\nC1,某[red](上海) 公司,12.5万,x\n"
    code, out, _err = fenji("import", "customers", written(tmp_path, text), "--dry-run")
    assert code == 0
    assert "12.5万 → 125000" in out
    assert "某[red](上海) 公司 → 某[red]（上海）公司" in out
    assert "1 would be created" in out
    assert "Columns not imported: 备忘." in out
    assert customers(sqlite_engine) == 0


def test_a_workbook_lands_with_numbers_dates_and_truths(fenji: Fenji, sqlite_engine: Engine, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["客户编号", "公司全称", "员工人数", "成立日期", "年营业额"])
    sheet.append([1001, "上海甲有限公司", 20.0, date(2010, 5, 1), 1234.5])
    sheet.append([None, None, None, None, None])
    sheet.append(["1002", "北京乙有限公司", "待确认", "2011年5月1日", datetime(2020, 1, 1)])
    book.save(tmp_path / "customers.xlsx")
    contacts = openpyxl.Workbook()
    sheet = contacts.active
    assert sheet is not None
    sheet.append(["source_key", "customer_key", "姓名", "手机", "主要联系人"])
    sheet.append([1, 1001, "王芳", 13812345678, True])
    contacts.save(tmp_path / "contacts.xlsx")
    code, out, _err = fenji("import", "--folder", tmp_path)
    assert code == 0
    assert "line 4, annual_revenue: '2020-01-01" in out
    with Session(sqlite_engine) as session:
        one = session.scalars(select(Customer)).one()
        assert (one.source_key, one.employees, one.founded_on, str(one.annual_revenue)) == (
            "1001", 20, date(2010, 5, 1), "1234.50",
        )  # fmt: skip
        person = session.scalars(select(Contact)).one()
        assert (person.mobile, person.is_primary) == ("13812345678", True)


def test_a_formula_in_a_workbook_is_refused_by_its_row(fenji: Fenji, sqlite_engine: Engine, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["source_key", "name", "employees"])
    sheet.append(["C1", "甲公司", "=1+1"])
    sheet.append(["C2", "乙公司", 2])
    sheet.append(["C3", "丙公司", "#DIV/0!"])
    sheet["C4"].data_type = "e"
    book.save(tmp_path / "customers.xlsx")
    code, out, _err = fenji("import", "customers", tmp_path / "customers.xlsx")
    assert code == 0
    assert "line 2, employees: '=1+1' is a formula" in out
    assert "line 4, employees: '=#DIV/0!' is a formula" in out
    assert customers(sqlite_engine) == 1


def test_cdnow_lands_exactly_and_a_second_time_changes_nothing(
    fenji: Fenji, sqlite_engine: Engine, shared: Path
) -> None:
    source = shared / "cdnow" / "CDNOW_master.txt"
    assert "23,570 created" in fenji("import", "customers", source, "--mapping", "cdnow-customers")[1]
    code, out, _err = fenji("import", "orders", source, "--mapping", "cdnow-orders")
    assert code == 0
    assert "69,659 created, 0 changed, 0 unchanged, 0 rejected" in out
    assert "23,570 unchanged" in fenji("import", "customers", source, "--mapping", "cdnow-customers")[1]
    with Session(sqlite_engine) as session:
        assert session.scalar(select(func.count()).select_from(Customer)) == 23_570
        rows, total = session.execute(select(func.count(), func.sum(Order.amount)).where(Order.currency == "USD")).one()
        assert (rows, str(total)) == (69_659, "2500315.63")


def test_a_killed_import_leaves_nothing_and_can_be_repeated(
    fenji: Fenji, sqlite_engine: Engine, tmp_path: Path
) -> None:
    path = written(tmp_path, "source_key,name\n" + "".join(f"C{number},公司{number}\n" for number in range(3000)))
    assert fenji("import", "customers", written(tmp_path, CUSTOMERS, "first.csv"))[0] == 0
    script = (
        "import os, signal, sys; from pathlib import Path; from api.access import Actor; "
        "from api.commands.intake import import_file; from api.database import make_engine; "
        "kill = lambda done, total, message: '2,000' in message and os.kill(os.getpid(), signal.SIGKILL); "
        "import_file(make_engine(sys.argv[1]), Actor(1, 'admin', 'admin', frozenset({'admin'})), 'customers', "
        "Path(sys.argv[2]), source_system='big', report=kill)"
    )
    url = sqlite_engine.url.render_as_string()
    killed = subprocess.run([sys.executable, "-c", script, url, str(path)], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert customers(sqlite_engine) == 2
    assert "3,000 created" in fenji("import", "customers", path, "--source", "big")[1]
