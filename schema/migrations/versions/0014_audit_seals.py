"""Seals on the audit: a chain of digests over the rows of each transaction, which nobody alters or takes away."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

KEPT = "rows of audit_seals are only ever added"


def upgrade() -> None:
    """Add the column, the table and its guards."""
    comment = "of the seal that its transaction ends with"
    op.add_column("audits", sa.Column("seal", sa.String(length=32), nullable=True, comment=comment))
    op.create_index("ix_audits_seal", "audits", ["seal"])
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "audit_seals",
        sa.Column("position", key, autoincrement=False, nullable=False),
        sa.Column("seal", sa.String(length=32), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit_seals"),
        sa.UniqueConstraint("seal", name="uq_audit_seals_seal"),
    )
    if op.get_bind().dialect.name == "sqlite":
        taken = "exists (select 1 from audit_seals where position = NEW.position or seal = NEW.seal)"
        for event, condition in (("update", "1 = 1"), ("delete", "1 = 1"), ("insert", taken)):
            op.execute(
                f"create trigger guard_audit_seals_{event} before {event} on audit_seals when {condition} "
                f"begin select raise(abort, '{KEPT}'); end"
            )
        return
    for event in ("update", "delete"):
        op.execute(
            f"create trigger guard_audit_seals_{event} before {event} on audit_seals for each row "
            f"execute function fenji_refuse('{KEPT}')"
        )
    op.execute(
        "create trigger guard_audit_seals_truncate before truncate on audit_seals for each statement "
        f"execute function fenji_refuse('{KEPT}')"
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("audit_seals")
    op.drop_index("ix_audits_seal", "audits")
    op.drop_column("audits", "seal")
