"""`fenji job`: the durable work that waits, and a worker for it where no server runs."""

from __future__ import annotations

import click
from rich.table import Table
from sqlalchemy import func, select

from api import jobs
from api.cli.door import CONSOLE, open_database, progress
from api.database import reading
from api.jobs import LEASE
from api.settings import settings
from policies.refusal import Refusal
from schema.tables import Job


@click.group()
def job() -> None:
    """The durable work that waits."""


@job.command("list")
def list_() -> None:
    """List the jobs that are not done, and those that failed for good."""
    table = Table("job", "kind", "state", "attempts", "error")
    with reading(open_database()) as connection:
        rows = connection.execute(select(Job.__table__).where(Job.state != "done").order_by(Job.id)).all()
    for row in rows:
        error = (row.error or "").strip().splitlines()
        table.add_row(str(row.id), row.kind, row.state, str(row.attempts), error[-1] if error else "")
    CONSOLE.print(table if rows else "No job waits.")


@job.command("run")
def run_waiting() -> None:
    """Run the jobs that wait, also those whose worker died, until none is left; `fenji serve` does so by itself."""
    engine, finished, failed = open_database(), 0, 0
    while True:
        with progress("job") as report:
            try:
                found = jobs.run(engine, settings().home, listener=report)
            except Refusal as refusal:  # the job has recorded it; the others go on
                CONSOLE.print(refusal.message, markup=False)
                failed += 1
                continue
        if found is None:
            break
        finished += 1
    with reading(engine) as connection:
        held = connection.scalar(select(func.count()).where(Job.state == "running")) or 0
    kept = f" {held} held by a worker; a dead worker's hold ends after {LEASE.seconds} seconds." if held else ""
    CONSOLE.print(f"{finished} finished, {failed} refused.{kept}")
