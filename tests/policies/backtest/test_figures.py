"""Laws and worked examples of the backtest's figures, on panels made by hand and by Hypothesis."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import SABC, Customer, panel_of

from policies.backtest.discrimination import discrimination, order
from policies.backtest.foresight import breaks, foresight, pooled
from policies.backtest.metrics import as_json, canonical, measure
from policies.backtest.migration import migration
from policies.backtest.panel import Places
from policies.backtest.structure import structure
from policies.backtest.swap import movers, swap
from policies.refusal import Refusal

customers = st.lists(
    st.tuples(
        st.sampled_from(SABC.names),
        st.sampled_from(SABC.names),
        st.none() | st.integers(0, 2**40),
        st.integers(0, 2**40),
    ),
    max_size=30,
)


@settings(max_examples=25)
@given(customers)
def test_every_table_conserves_customers_and_amounts(rows: list[Customer]) -> None:
    panel = panel_of(rows)
    moves = migration(panel)
    assert moves.customers == len(rows)
    assert moves.row_totals == tuple(row.customers for row in structure(panel, "champion"))
    assert moves.column_totals == tuple(row.customers for row in structure(panel, "candidate"))
    assert sum(part or 0 for part in (moves.up, moves.down, moves.same, moves.crossing)) == len(rows)
    for side in panel.places:
        shares, outcomes = structure(panel, side), foresight(panel, side)
        assert sum(row.amount for row in shares) == sum(row[2] or 0 for row in rows)
        assert sum(row.unknown for row in shares) == sum(row[2] is None for row in rows)
        assert sum(row.amount for row in outcomes) == sum(row[3] for row in rows)
        assert sum(row.customers for row in outcomes) == len(rows)
        assert sum(row.of_customers for row in shares) == (1 if rows else 0)


@settings(max_examples=25)
@given(customers)
def test_a_candidate_equal_to_the_champion_moves_nobody(rows: list[Customer]) -> None:
    panel = panel_of([(row[0], row[0], *row[2:]) for row in rows])
    moves = migration(panel)
    assert all(count == 0 for i, row in enumerate(moves.counts) for j, count in enumerate(row) if i != j)
    assert (moves.up, moves.down, moves.far, moves.crossing) == (0, 0, 0, 0)
    found = swap(panel, "A")
    assert found.groups["in"].customers == found.groups["out"].customers == 0
    assert movers(panel, "A", 100) == ()
    figures = measure(panel, "A")
    assert figures.sides["candidate"] == figures.sides["champion"]


@settings(max_examples=25)
@given(customers, st.sampled_from(SABC.tiers))
def test_the_swap_set_explains_the_change_of_the_group(rows: list[Customer], tier: str) -> None:
    panel = panel_of(rows)
    groups = swap(panel, tier).groups
    better = SABC.tiers[: SABC.position(tier) + 1]
    for column, change in ((0, "out"), (1, "in")):
        held = [row for row in rows if row[column] in better]
        assert groups["stay"].customers + groups[change].customers == len(held)  # type: ignore[index]  # in and out
        assert groups["stay"].next_amount + groups[change].next_amount == sum(row[3] for row in held)  # type: ignore[index]  # as above
    assert len(movers(panel, tier, 100)) == groups["in"].customers + groups["out"].customers


@settings(max_examples=25)
@given(customers)
def test_capture_grows_with_the_top_and_everybody_has_everything(rows: list[Customer]) -> None:
    found = discrimination(order(panel_of(rows), "candidate"))
    if sum(row[3] for row in rows) == 0:
        assert set(found.capture.values()) == {None}
    else:
        values = [found.capture[percent] or Fraction(0) for percent in (5, 10, 20, 40)]
        assert values == sorted(values)
        assert values[0] >= 0
        assert values[-1] <= 1
        assert found.lift[20] == values[2] * 5


def test_a_worked_example_of_foresight() -> None:
    panel = panel_of(
        [("S", "S", 1, 10), ("S", "S", 1, 30), ("S", "A", 1, 15), ("S", "A", 1, 45), ("S", "pending", 1, 0)]
    )
    best, second, *_, pending, _, _ = foresight(panel, "candidate")
    assert (best.customers, best.buyers, best.amount, best.mean, best.median) == (2, 2, 40, 20, 20)
    assert (second.amount, second.mean, second.share) == (60, 30, Fraction(60, 100))
    assert (pending.place, pending.customers, pending.buyers, pending.mean) == ("pending", 1, 0, 0)
    assert breaks(foresight(panel, "candidate"), SABC) == (("S", "A"),)
    # 20 % of 5 customers is the one with the best total of the best tier; 10 % is half of that customer.
    found = discrimination(order(panel, "candidate")).capture
    assert (found[10], found[20]) == (Fraction(5, 100), Fraction(10, 100))


def test_customers_tied_at_the_edge_of_the_top_share_the_seats() -> None:
    panel = panel_of([("S", "pending", 1, 40), ("S", "not_applicable", 1, 10), ("S", "S", 1, 50)])
    # 40 % of three customers: the S customer, and a fifth of a seat for the two outside the tiers together.
    assert discrimination(order(panel, "candidate")).capture[40] == Fraction(50, 100) + Fraction(50, 100) / 10


def test_a_worked_example_of_migration() -> None:
    moves = migration(
        panel_of([("S", "A", 1, 1), ("S", "S", 1, 1), ("A", "S", 1, 1), ("C", "S", 1, 1), ("pending", "B", 1, 1)])
    )
    assert (moves.up, moves.down, moves.far, moves.same, moves.crossing) == (2, 1, 1, 1, 1)
    assert moves.share(0, 1) == Fraction(1, 2)


def test_different_tiers_have_a_matrix_but_no_up_and_down() -> None:
    panel = panel_of([("S", "S", 1, 1)])
    panel.connection.execute("delete from placed where side = 'candidate'")
    two = Places(("甲", "乙"))
    panel.place(
        "candidate",
        two,
        panel.connection.sql(
            "select 1 as customer_id, 'graded' as status, '乙' as tier, 0 as worst, 0 as best, 0 as levels"
        ),
    )
    moves = migration(panel)
    assert (moves.customers, moves.up, moves.down, moves.far, moves.same, moves.crossing) == (
        1,
        None,
        None,
        None,
        None,
        None,
    )
    assert measure(panel, "甲").swap is None


def test_pooled_outcomes_add_the_dates() -> None:
    one = foresight(panel_of([("S", "S", 1, 10)]), "candidate")
    two = foresight(panel_of([("S", "S", 1, 20), ("S", "A", 1, 30)]), "candidate")
    best, second, *_ = pooled([one, two], SABC)
    assert (best.customers, best.mean, best.share) == (2, 15, Fraction(1, 2))
    assert (second.customers, second.amount, second.median) == (1, 30, None)


def test_figures_are_the_same_bytes_each_time() -> None:
    rows: list[Customer] = [("S", "A", 1, 10), ("A", "A", None, 0), ("B", "error", 7, 3)]
    first, second = (canonical(as_json({"2026-03-31": measure(panel_of(rows), "A")})) for _ in range(2))
    assert first == second


def test_grades_of_other_customers_are_refused() -> None:
    panel = panel_of([("S", "S", 1, 1)])
    panel.connection.execute("delete from placed where side = 'candidate'")
    with pytest.raises(Refusal, match="2 customers"):
        panel.place(
            "candidate",
            SABC,
            panel.connection.sql(
                "select 2 as customer_id, 'graded' as status, 'S' as tier, 0 as worst, 0 as best, 0 as levels"
            ),
        )


def test_an_unknown_tier_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Refusal, match="no tier 'X'; choose among S, A, B, C"):
        swap(panel_of([]), "X")
