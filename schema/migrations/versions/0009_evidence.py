"""The hash of a backtest's evidence bundle, and the wish to stop a backtest and its job."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

SEALED = (
    "NEW.state = 'finished' and OLD.state <> 'finished' and (NEW.evidence is null or NEW.metrics_hash is null "
    "or NEW.cancelled_at is not null)"
)
MESSAGE = "a backtest is finished with its evidence, and not when it was cancelled"


def upgrade() -> None:
    """Add the columns and the guard; what a finished backtest holds is frozen by the guard of 0004."""
    moment = sa.DateTime()
    op.add_column(
        "backtests",
        sa.Column(
            "evidence",
            sa.String(length=71),
            nullable=True,
            comment="hash of the bundle's manifest, under which it lies",
        ),
    )
    for table in ("backtests", "jobs"):
        op.add_column(table, sa.Column("cancelled_at", moment, nullable=True, comment="when somebody asked to stop it"))
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"create trigger guard_backtest_evidence before update on backtests when {SEALED} "
            f"begin select raise(abort, '{MESSAGE}'); end"
        )
        return
    op.execute(
        f"create trigger guard_backtest_evidence before update on backtests for each row when ({SEALED}) "
        f"execute function fenji_refuse('{MESSAGE}')"
    )


def downgrade() -> None:
    """Drop them."""
    on = " on backtests" if op.get_bind().dialect.name == "postgresql" else ""
    op.execute(f"drop trigger guard_backtest_evidence{on}")
    for table in ("backtests", "jobs"):
        op.drop_column(table, "cancelled_at")
    op.drop_column("backtests", "evidence")
