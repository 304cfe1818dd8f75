"""Events: which rows a transaction changed, for subscriptions in every process."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "events",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("noun", sa.String(length=40), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False, comment="ids of the rows"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("events")
