"""Bulk calls: for idempotency keys and for undoing."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "bulk_calls",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("operation", sa.String(length=60), nullable=False),
        sa.Column(
            "permission",
            sa.String(length=40),
            nullable=False,
            comment="the action of the table of roles that it took",
        ),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("request", sa.String(length=64), nullable=False, comment="SHA-256 of what was asked"),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column(
            "changes",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="table, key, former values, digest of the new row; in the order of writing",
        ),
        sa.Column("undo_until", sa.DateTime(), nullable=False),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_bulk_calls_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_calls")),
        sa.UniqueConstraint("token", name=op.f("uq_bulk_calls_token")),
        sa.UniqueConstraint("user_id", "idempotency_key", name=op.f("uq_bulk_calls_user_id_idempotency_key")),
    )
    op.create_index(op.f("ix_bulk_calls_undo_until"), "bulk_calls", ["undo_until"], unique=False)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("bulk_calls")
