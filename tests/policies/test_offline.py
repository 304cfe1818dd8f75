"""Files of facts to files of grades: exact, whole or not at all, and every bad file refused with its place."""

import csv
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from policy_texts import CARD

from policies import Plan, compile_plan, explain, grade, load, parse
from policies.exact import decimal_text, exact
from policies.facts_file import FactsRefused
from policies.offline import _exact_text, by_oracle, grade_file, indicator_columns
from policies.vocabulary import VOCABULARY

SMALL = compile_plan(parse(CARD))
G2 = compile_plan(load("sabcd-weighted"))
P = compile_plan(load("sabc-threshold"))
GATES = "gates: [{id: idle, when: {not: {input: orders_12m, ge: 1}}, effect: {cap: B}}]\n"
GATED = compile_plan(parse(CARD + "  conditions: {A: {input: tenure, ge: 12}}\n" + GATES))


def facts_of(plan: Plan, count: int) -> list[dict[str, Any]]:
    """Customers on, one below and one above every cut, with missing and impossible values."""
    chance = random.Random(5)
    choices: dict[str, list[Any]] = {name: [None, *VOCABULARY[name].values] for name in plan.inputs}
    for axis in plan.axes:
        choices[axis.word.name] += [value for cut in axis.cuts for value in (cut - 1, cut, cut + 1)]
    if "status" in choices:
        choices["status"] += ["active"] * 20
    return [{name: chance.choice(values) for name, values in choices.items()} for _ in range(count)]


def parquet_of(path: Path, plan: Plan, rows: list[dict[str, Any]], customers: list[Any]) -> Path:
    columns: dict[str, Any] = {"customer_id": customers}
    for name in plan.inputs:
        kind = pa.string() if VOCABULARY[name].values else pa.int64()
        columns[name] = pa.array([row[name] for row in rows], kind)
    pq.write_table(pa.table(columns), path)
    return path


def written(path: Path) -> list[dict[str, str | None]]:
    if path.suffix == ".parquet":
        return [dict(row) for row in pq.read_table(path).to_pylist()]
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: value or None for key, value in row.items()} for row in csv.DictReader(file)]


def small(tmp_path: Path, text: str | bytes, **options: Any) -> list[dict[str, str | None]]:
    """Grade a CSV with the small card (one indicator, amount_12m in 万元) and return the rows."""
    facts, output = tmp_path / "facts.csv", tmp_path / "out.csv"
    facts.write_bytes(text if isinstance(text, bytes) else text.encode())
    grade_file(SMALL, facts, output, **options)
    return written(output)


def refused(tmp_path: Path, text: str | bytes, **options: Any) -> str:
    """Return the sentence with which a CSV is refused; nothing may be left behind."""
    with pytest.raises(FactsRefused) as error:
        small(tmp_path, text, **options)
    assert [path.name for path in tmp_path.iterdir()] == ["facts.csv"]
    return str(error.value)


def refused_parquet(tmp_path: Path, columns: dict[str, Any], **options: Any) -> str:
    facts = tmp_path / "facts.parquet"
    pq.write_table(pa.table(columns), facts)
    with pytest.raises(FactsRefused) as error:
        grade_file(SMALL, facts, tmp_path / "out.parquet", **options)
    assert [path.name for path in tmp_path.iterdir()] == ["facts.parquet"]
    return str(error.value)


@pytest.mark.parametrize("plan", [G2, P, GATED], ids=lambda plan: plan.id)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_every_column_is_what_the_oracle_and_the_explanation_say(plan: Plan, ending: str, tmp_path: Path) -> None:
    rows = facts_of(plan, 400)
    facts = parquet_of(tmp_path / "facts.parquet", plan, rows, [f"K{i:03}" for i in range(len(rows))])
    by_duckdb, by_fractions = tmp_path / f"duckdb.{ending}", tmp_path / f"oracle.{ending}"
    graded = grade_file(plan, facts, by_duckdb)
    assert grade_file(plan, facts, by_fractions, engine=by_oracle(plan)).counts == graded.counts
    assert by_duckdb.read_bytes() == by_fractions.read_bytes()
    assert sum(graded.counts.values()) == graded.rows == len(rows)
    for number, (facts_row, row) in enumerate(zip(rows, written(by_duckdb), strict=True)):
        result, explained = grade(plan, facts_row), explain(plan, facts_row)
        assert row["customer"] == f"K{number:03}"
        assert (row["status"], row["tier"]) == (result.status, result.tier)
        assert (row["candidates"] or "") == "|".join(explained.candidates)
        total = None if result.total is None else decimal_text(Fraction(result.total * 100, plan.scale))
        assert row["total"] == total
        if total is not None:
            assert sum(exact(str(row[part.id])) for part in plan.indicators) == exact(total)
        for part in explained.contributions:
            known = part.contribution == part.best
            assert row[part.rung.id] == (decimal_text(part.contribution) if known else None)


def test_the_customer_stays_as_it_came_and_in_its_place(tmp_path: Path) -> None:
    rows = small(tmp_path, '\ufeffcustomer,note,amount_12m\n007,x,10000000\n"甲, ""乙""",y,\n=1+1,z,-5\n')
    assert [row["customer"] for row in rows] == ["007", '甲, "乙"', "=1+1"]
    assert [(row["status"], row["tier"], row["total"], row["X1"], row["candidates"]) for row in rows] == [
        ("graded", "A", "100", "100", "A"),
        ("pending", None, None, None, "A|B"),
        ("graded", "B", "0", "0", "B"),
    ]
    facts = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"customer": pa.array([5, 3], pa.int32()), "amount_12m": [1, 2]}), facts)
    grade_file(SMALL, facts, tmp_path / "out.parquet")
    column = pq.read_table(tmp_path / "out.parquet")["customer"]
    assert (column.type, column.to_pylist()) == (pa.int32(), [5, 3])


def test_written_units_are_read_exactly_whatever_unit_the_document_uses(tmp_path: Path) -> None:
    rows = small(tmp_path, "customer,amount_12m\na,99999.99\nb,100000.00\nc, +100000 \n", units="written")
    assert [row["X1"] for row in rows] == ["50", "100", "100"]
    plan = compile_plan(load("sabcd-weighted"))
    facts = tmp_path / "ratios.csv"
    facts.write_text("customer,margin_rate\na,19.99%\nb,20%\nc,0.2\nd,0.1999\ne,20.00%\n")
    grade_file(plan, facts, tmp_path / "ratios.parquet", units="written", allow_absent=True)
    assert [row["A3"] for row in written(tmp_path / "ratios.parquet")] == ["5", "8", "8", "5", "8"]


@pytest.mark.parametrize(
    ("cell", "units", "said"),
    [
        ("abc", "stored", "'abc' is not a number"),
        ("NaN", "stored", "'NaN' is not a number"),
        ("inf", "written", "'inf' is not a number"),
        ("1e5", "stored", "'1e5' is not a number"),
        ("1/3", "written", "'1/3' is not a number"),
        ('"1,000"', "stored", "'1,000' is not a number"),
        ("１２", "stored", "'１２' has characters that are not ASCII; write 12"),
        ("-９．５", "written", "write -9.5"),
        ("12%", "stored", "'12%' has a % sign; write a plain number"),
        ("12.5", "stored", "'12.5' is not a whole number of fen; pass --units written"),
        ("12.345", "written", "'12.345' is not a whole number of fen"),
        ("9223372036854775808", "stored", "outside the 64-bit integers in which amount_12m is kept"),
        ("92233720368547758.08", "written", "outside the 64-bit integers"),
        ("-92233720368547758.08", "written", "outside the 64-bit integers"),
        ("-92233720368547758.07", "written", "outside the 64-bit integers"),
        (
            "N/A",
            "stored",
            "'N/A' is not a number; write ASCII digits such as 1234, 待确认 where an answer is awaited, 不适用",
        ),
        ("-9223372036854775809", "stored", "outside the 64-bit integers"),
    ],
)
def test_a_cell_that_is_no_exact_number_is_refused_with_row_column_and_value(
    cell: str, units: str, said: str, tmp_path: Path
) -> None:
    message = refused(tmp_path, f"customer,amount_12m\na,1\nb,{cell}\nc,zzz\n", units=units)
    assert message.startswith("facts.csv, row 2 under the header, column amount_12m: ")
    assert said in message


def test_the_ends_of_the_64_bit_integers_and_plain_zeros_are_read(tmp_path: Path) -> None:
    text = (
        "customer,amount_12m\na,9223372036854775807\nb,-9223372036854775806\nc,0000000000000000000000001000\nd,5.00\n"
    )
    assert [row["X1"] for row in small(tmp_path, text)] == ["100", "0", "50", "50"]


def test_percent_signs_are_for_ratios_in_written_units(tmp_path: Path) -> None:
    facts = tmp_path / "facts.csv"
    for text, units, said in [
        ("15%", "stored", "'15%' has a % sign; pass --units written, or write basis points"),
        ("15.555%", "written", "'15.555%' is finer than basis points"),
        ("15%%", "written", "'15%%' is not a number"),
    ]:
        facts.write_text(f"customer,margin_rate\na,{text}\n")
        with pytest.raises(FactsRefused, match="row 1 under the header, column margin_rate") as error:
            grade_file(G2, facts, tmp_path / "o.csv", allow_absent=True, units=units)  # type: ignore[arg-type]  # of the table above
        assert said in str(error.value)


def test_columns_that_lack_or_stand_twice_are_refused_and_others_are_listed(tmp_path: Path) -> None:
    assert "no column for amount_12m (did you mean its column 'ammount_12m'?)" in refused(
        tmp_path, "customer,ammount_12m\na,1\n"
    )
    assert "no column customer or customer_id, but id, amount_12m" in refused(tmp_path, "id,amount_12m\na,1\n")
    assert "both customer and customer_id" in refused(tmp_path, "customer,customer_id,amount_12m\na,1,1\n")
    assert "two columns 'amount_12m'" in refused(tmp_path, "customer,amount_12m,amount_12m\na,1,1\n")
    facts, output = tmp_path / "facts.csv", tmp_path / "out.csv"
    facts.write_text("customer,amount_36m,x,x\na,1,1,1\n")
    layout = grade_file(SMALL, facts, output, allow_absent=True).layout
    assert (layout.absent, layout.unused, layout.ignored) == (("amount_12m",), ("amount_36m",), ("x", "x"))
    assert written(output)[0]["status"] == "pending"


def test_customers_that_are_empty_or_stand_twice_are_refused(tmp_path: Path) -> None:
    assert "row 2 under the header, column customer_id: the customer is empty" in refused(
        tmp_path, "customer,amount_12m\na,1\n,1\n"
    )
    assert "the customer a in rows 1 and 3 under the header" in refused(
        tmp_path, "customer,amount_12m\na,1\nb,1\na,2\n"
    )
    (tmp_path / "facts.csv").unlink()
    for numbers in ([7, 8, 7], [1, 2**62, 1]):
        columns = {"customer_id": numbers, "amount_12m": [1, 2, 3]}
        assert f"the customer {numbers[0]} in rows 1 and 3" in refused_parquet(tmp_path, columns)
    assert "are of type DOUBLE" in refused_parquet(tmp_path, {"customer": [1.0], "amount_12m": [1]})


def test_files_that_are_no_table_are_refused_with_the_line(tmp_path: Path) -> None:
    assert "has no customers, only a header" in refused(tmp_path, "customer,amount_12m\n")
    assert "no column customer" in refused(tmp_path, "")
    assert "line 3 has 3 cells in place of 2" in refused(tmp_path, "customer,amount_12m\na,1\nb,1,2\n")
    assert "line 2 has a quote that never ends" in refused(tmp_path, 'customer,amount_12m\n"a,1\n')
    assert "Byte 20 of facts.csv is not UTF-8" in refused(tmp_path, "customer,amount_12m\n甲,1\n".encode("gb18030"))
    filled = "customer,amount_12m\n" + "".join(f"customer {i},{i}\n" for i in range(5000))
    assert "line 5002 is not UTF-8" in refused(tmp_path, filled.encode() + "甲,1\n".encode("gb18030"))
    (tmp_path / "facts.csv").unlink()
    (tmp_path / "facts.parquet").write_bytes(b"no parquet")
    with pytest.raises(FactsRefused, match=r"facts\.parquet is no Parquet file"):
        grade_file(SMALL, tmp_path / "facts.parquet", tmp_path / "out.csv")
    with pytest.raises(FactsRefused, match=r"nobody\.csv cannot be read: No such file"):
        grade_file(SMALL, tmp_path / "nobody.csv", tmp_path / "out.csv")
    with pytest.raises(FactsRefused, match=r"ends in neither \.csv nor \.parquet"):
        grade_file(SMALL, tmp_path / "facts.parquet", tmp_path / "out.xlsx")
    with pytest.raises(FactsRefused, match="would overwrite the facts"):
        grade_file(SMALL, tmp_path / "facts.parquet", tmp_path / "facts.parquet")
    with pytest.raises(FactsRefused, match="cannot be written: No such file or directory"):
        grade_file(SMALL, tmp_path / "facts.parquet", tmp_path / "nowhere" / "out.csv")


def test_an_output_that_stood_there_stays_when_the_facts_are_refused(tmp_path: Path) -> None:
    (tmp_path / "facts.csv").write_text("customer,amount_12m\na,x\n")
    (tmp_path / "out.csv").write_text("old")
    with pytest.raises(FactsRefused):
        grade_file(SMALL, tmp_path / "facts.csv", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("column", "units", "expected"),
    [
        (pa.array([1e7, float("nan"), None]), "stored", ["100", None, None]),
        (pa.array([100000.25, 99999.5, 0.0]), "written", ["100", "50", "50"]),
        (pa.array([99999, 100000, -1], pa.int32()), "written", ["50", "100", "0"]),
        (pa.array([99999, 10_000_000, 2**63 - 1], pa.uint64()), "stored", ["50", "100", "100"]),
        (pa.array([Decimal("99999.99"), Decimal("100000.00"), None], pa.decimal128(20, 2)), "written", ["50", "100", None]),
        (pa.array([Decimal("9999999.00"), Decimal("-1.00"), None], pa.decimal128(20, 2)), "stored", ["50", "0", None]),
        (pa.array(["12", "", None]), "stored", ["50", None, None]),
        (pa.nulls(3), "stored", [None, None, None]),
    ],
)  # fmt: skip
def test_parquet_numbers_of_every_type_are_read_exactly(
    column: Any, units: Any, expected: list[str | None], tmp_path: Path
) -> None:
    pq.write_table(pa.table({"customer": ["a", "b", "c"], "amount_12m": column}), tmp_path / "f [1]*.parquet")
    grade_file(SMALL, tmp_path / "f [1]*.parquet", tmp_path / "o [2]*.parquet", units=units)
    assert [row["X1"] for row in written(tmp_path / "o [2]*.parquet")] == expected


@pytest.mark.parametrize(
    ("column", "units", "said"),
    [
        (pa.array([1.0, 0.1]), "stored", "the float 0.1 is not exactly a whole number of fen"),
        (pa.array([1.0, 0.1]), "written", "the float 0.1 is not exactly a whole number of fen"),
        (pa.array([1.0, float("inf")]), "stored", "the float inf"),
        (pa.array([1.0, 2.0**54]), "stored", "the float 1.8014398509481984e+16"),
        (pa.array([1, 2**63], pa.uint64()), "stored", "9223372036854775808 is outside the 64-bit integers"),
        (pa.array([1, 2**62], pa.int64()), "written", "4611686018427387904 is outside the 64-bit integers"),
        (pa.array([None, "１２"]), "stored", "'１２' has characters that are not ASCII; write 12"),
        (pa.array([None, True]), "stored", "True is not a number"),
        (pa.array([Decimal("1.00"), Decimal("1.50")], pa.decimal128(9, 2)), "stored", "1.50 is not a whole number of fen"),
    ],
)  # fmt: skip
def test_parquet_numbers_that_are_not_exact_are_refused(column: Any, units: str, said: str, tmp_path: Path) -> None:
    columns = {"customer": ["a", "b"], "amount_12m": column}
    message = refused_parquet(tmp_path, columns, units=units)
    assert "row 2 under the header, column amount_12m: " in message
    assert said in message


def test_a_named_value_that_is_no_text_is_refused_and_an_unknown_one_is_an_error_of_its_customer(
    tmp_path: Path,
) -> None:
    facts = tmp_path / "facts.parquet"
    pq.write_table(pa.table({"customer": ["a"], "status": [1]}), facts)
    with pytest.raises(FactsRefused, match="column status: 1 is no text; write one of potential, intent"):
        grade_file(P, facts, tmp_path / "out.csv", allow_absent=True)
    pq.write_table(pa.table({"customer": ["a", "b"], "status": ["签约", " active "]}), facts)
    assert grade_file(P, facts, tmp_path / "out.csv", allow_absent=True).counts == {"error": 1, "pending": 1}


def test_an_indicator_whose_id_is_taken_gets_a_number() -> None:
    plan = compile_plan(parse(CARD.replace("id: X1", "id: Total")))
    assert indicator_columns(plan) == ("Total_2",)


def test_totals_of_many_units_are_computed_as_the_same_text() -> None:
    for denominator in (1, 7, 30, 64, 250, 2**20 * 3, 5**9):
        unit = Fraction(1, denominator)
        numbers = [0, 1, 2, 3, denominator, denominator * 3, 700, 2**31 - 1, 12345678]
        query = f"select {_exact_text('n', unit)} from (select unnest({numbers}) as n)"  # noqa: S608 - our own numbers
        assert [row[0] for row in duckdb.connect().execute(query).fetchall()] == [
            decimal_text(n * unit) for n in numbers
        ]


def test_progress_is_reported_to_its_end(tmp_path: Path) -> None:
    for engine in (None, by_oracle(SMALL)):
        seen: list[tuple[int, int, str]] = []
        small(tmp_path, "customer,amount_12m\na,1\nb,2\n", engine=engine, report=lambda *told, s=seen: s.append(told))
        assert seen[-1][0] == seen[-1][1]
