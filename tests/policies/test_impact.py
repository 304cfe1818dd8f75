"""Impact: two versions graded over the same facts, every customer in exactly one move."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from study_inputs import CANDIDATE, DATES, POLICY, facts, write_inputs

from policies import Refusal, compile_plan, grade, parse
from policies.impact import End, impact
from policies.vocabulary import WORDS

OLD, NEW = compile_plan(parse(POLICY)), compile_plan(parse(CANDIDATE))
TABLE = """\
kind: rules
id: table
title: {zh: 表, en: table}
tiers: {order: [甲, 乙]}
rules: [{id: many, when: {input: orders_12m, ge: 3}, then: 甲}]
else: 乙
"""


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_inputs(tmp_path_factory.mktemp("impact") / "inputs") / "snapshots" / f"{DATES[0]}.parquet"


def test_moves_are_those_of_grading_each_customer_alone(snapshot: Path) -> None:
    found = impact(OLD, NEW, snapshot, listed=None)
    expected: Counter[tuple[End, End]] = Counter()
    amounts: Counter[tuple[End, End]] = Counter()
    movers: dict[tuple[End, End], set[int]] = {}
    for number in range(1, 41):
        known = facts(number, DATES[0])
        ends = [End(result.status, result.tier) for result in (grade(OLD, known), grade(NEW, known))]
        pair = (ends[0], ends[1])
        expected[pair] += 1
        amounts[pair] += known["amount_12m"]
        if ends[0] != ends[1]:
            movers.setdefault(pair, set()).add(number)
    assert {(move.old, move.new): move.customers for move in found.moves} == expected
    assert {(move.old, move.new): move.amount for move in found.moves} == amounts
    assert {(m.old, m.new): {one.customer_id for one in m.listed} for m in found.moved} == movers
    assert found.customers == 40
    assert found.amount == sum(amounts.values())
    assert movers
    assert all(not move.listed for move in found.moves if move.stays)


def test_moves_stand_from_the_best_tier_down_and_names_from_the_largest_amount(snapshot: Path) -> None:
    found = impact(OLD, NEW, snapshot, listed=2)
    places = [*OLD.tiers, "pending", "not_applicable", "error"]
    order = [(places.index(str(move.old)), places.index(str(move.new))) for move in found.moves]
    assert order == sorted(order)
    for move in found.moved:
        amounts = [one.amount or 0 for one in move.listed]
        assert amounts == sorted(amounts, reverse=True)
        assert len(amounts) == min(2, move.customers)
    assert all(not move.listed for move in impact(OLD, NEW, snapshot, listed=0).moves)


def test_the_same_policy_moves_nobody_and_another_kind_is_compared_too(snapshot: Path) -> None:
    assert impact(OLD, OLD, snapshot).moved == ()
    table = compile_plan(parse(TABLE))
    found = impact(OLD, table, snapshot)
    graded = [grade(table, facts(number, DATES[0])) for number in range(1, 41)]
    expected = Counter(result.tier or result.status for result in graded)
    counted: Counter[str] = Counter()
    for move in found.moves:
        counted[str(move.new)] += move.customers
    assert counted == expected
    assert len(expected) > 1


def test_an_unknown_amount_is_counted_as_unknown(tmp_path: Path) -> None:
    rows = [{"customer_id": n, **facts(n, DATES[0]), "amount_12m": None} for n in (1, 2)]
    found = impact(OLD, NEW, written(tmp_path, rows))
    assert [(move.customers, move.amount, move.unknown) for move in found.moves] == [(2, 0, 2)]


def written(folder: Path, rows: list[dict[str, object]], **types: pa.DataType) -> Path:
    names = {"customer_id": pa.int64(), **{w.name: pa.string() if w.values else pa.int64() for w in WORDS}} | types
    table = pa.Table.from_pylist(rows, schema=pa.schema([(k, v) for k, v in names.items() if v is not None]))
    pq.write_table(table, folder / "facts.parquet")
    return folder / "facts.parquet"


def test_a_file_that_is_no_snapshot_is_refused_with_what_is_wrong(tmp_path: Path) -> None:
    rows = [{"customer_id": n, **facts(n, DATES[0])} for n in (1, 2)]
    cases = [
        (written, {"rows": rows, "satisfaction": None}, "lacks satisfaction"),
        (written, {"rows": rows, "amount_12m": pa.float64()}, "amount_12m is DOUBLE, not whole numbers"),
        (written, {"rows": [*rows, rows[0]]}, "3 rows have 3 customer_id, 2 of them different"),
        (written, {"rows": [rows[0], {**rows[1], "customer_id": None}]}, "2 rows have 1 customer_id"),
    ]
    for write, arguments, message in cases:
        with pytest.raises(Refusal, match=message) as caught:
            impact(OLD, NEW, write(tmp_path, **arguments))  # type: ignore[arg-type]  # the cases' own arguments
        assert caught.value.code == "file_invalid"
    (tmp_path / "text.parquet").write_text("customer_id\n1\n")
    for path in (tmp_path / "text.parquet", tmp_path / "none.parquet", tmp_path):
        with pytest.raises(Refusal, match="no snapshot of facts"):
            impact(OLD, NEW, path)
