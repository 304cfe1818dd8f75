"""Whom a re-weighting touched, as the command line prints it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine

from api.cli.door import CONSOLE
from api.commands.run import dialect_of
from api.database import reading
from policies.kleene import sharing
from policies.plan import Plan
from policies.shared_out import SharedOut, shared_out, weights_statement


def print_shared_out(found: Iterable[SharedOut]) -> None:
    """Print a line for each dimension that shares out; nothing for a policy that does not re-weight."""
    for one in found:
        CONSOLE.print(f"{one.line('zh')}  {one.line('en')}", markup=False)


def shared_out_in_run(engine: Engine, plan: Plan, run_id: int) -> tuple[SharedOut, ...]:
    """Return whom the re-weighting of a run's policy touched."""
    if not sharing(plan.indicators):
        return ()
    source = f"(select levels, candidates from grades where run_id = {int(run_id)})"  # noqa: S608 - a whole number
    with reading(engine) as connection:
        statement = weights_statement(plan, dialect_of(connection), source)
        rows = connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
        return shared_out(plan, [tuple(row) for row in rows])
