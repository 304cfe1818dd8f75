"""The inputs of a monthly report: a finished run, the run before, its facts, and what people gave beside it, as files."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine, func, literal, select
from sqlalchemy.orm import Session

from api.errors import NotFound
from policies.backtest.metrics import canonical
from schema.appointed import holds_on
from schema.previous import previous_run
from schema.tables import Appointment, Customer, Grade, Order, PolicyVersion, Run, Snapshot

REPORT, POLICY, FACTS = "report.json", "policy.yaml", "snapshot.parquet"
_TEXT, _WHOLE = pa.string(), pa.int64()
GRADES = {
    "customer_id": _WHOLE,
    "status": _TEXT,
    "tier": _TEXT,
    "worst": _WHOLE,
    "best": _WHOLE,
    "candidates": _WHOLE,
    "levels": _WHOLE,
}
PREVIOUS = {"customer_id": _WHOLE, "status": _TEXT, "tier": _TEXT}
CUSTOMERS = {"customer_id": _WHOLE, "number": _TEXT, "name": _TEXT}
APPOINTED = {"customer_id": _WHOLE, "kind": _TEXT, "tier": _TEXT, "reason": _TEXT, "valid_until": _TEXT}


def gather(engine: Engine, home: Path, run_id: int, folder: Path) -> None:
    """Write what ``api.workbench.monthly.MonthlyReport`` reads; NotFound for a run that is not finished or whose facts are gone."""
    with Session(engine) as session:
        run = session.get(Run, run_id)
        if run is None or run.state != "finished":
            raise NotFound(f"There is no finished run {run_id}; `fenji grade list` shows them.")
        version, snapshot = session.get_one(PolicyVersion, run.version_id), session.get_one(Snapshot, run.snapshot_id)
        if snapshot.parquet is None or not (home / snapshot.parquet).is_file():
            raise NotFound(
                f"The facts of run {run_id} are no longer kept as a file; `fenji snapshot take --as-of {run.as_of}` keeps them."
            )
        before_id = session.scalar(
            select(previous_run(Run, PolicyVersion)).join_from(Run, PolicyVersion).where(Run.id == run_id)
        )
        before = session.get(Run, before_id) if before_id else None
        folder.mkdir(parents=True, exist_ok=True)
        (folder / POLICY).write_text(version.document, encoding="utf-8")
        shutil.copyfile(home / snapshot.parquet, folder / FACTS)
        _write(session, folder / "grades.parquet", GRADES, _grades(run_id, GRADES))
        if before is not None:
            _write(session, folder / "previous.parquet", PREVIOUS, _grades(before.id, PREVIOUS))
        graded = select(Grade.customer_id).where(Grade.run_id == run_id)
        named = select(Customer.id, Customer.number, Customer.name).where(Customer.id.in_(graded)).order_by(Customer.id)
        _write(session, folder / "customers.parquet", CUSTOMERS, named)
        given = (
            select(Appointment.customer_id, Appointment.kind, Appointment.tier, Appointment.reason, Appointment.valid_until)
            .where(Appointment.policy_id == version.policy_id, holds_on(literal(run.as_of)), Appointment.customer_id.in_(graded))
            .order_by(Appointment.customer_id, Appointment.id)
        )  # fmt: skip
        _write(session, folder / "appointments.parquet", APPOINTED, given)
        about = {
            "run": run.id, "as_of": run.as_of.isoformat(), "fingerprint": run.fingerprint, "cuts": run.cuts,
            "version": f"{version.number or version.id}", "currency": session.scalar(select(func.min(Order.currency))) or "CNY",
            "previous": {"run": before.id, "as_of": before.as_of.isoformat()} if before else None,
        }  # fmt: skip
        (folder / REPORT).write_bytes(canonical(about))


def _grades(run_id: int, columns: Sequence[str] | dict[str, Any]) -> Any:
    return select(*(getattr(Grade, name) for name in columns)).where(Grade.run_id == run_id).order_by(Grade.customer_id)


def _write(session: Session, path: Path, columns: dict[str, Any], statement: Any) -> None:
    rows = [[str(cell) if kind is _TEXT and cell is not None else cell for cell, kind in zip(row, columns.values(), strict=True)]
            for row in session.execute(statement)]  # fmt: skip
    arrays = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(columns.values())]
    pq.write_table(pa.table(arrays, names=list(columns)), path, compression="zstd")
