"""Ratings of panels, until their median settles an assessment."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table; of one word and customer nobody has two open ratings."""
    op.create_table(
        "panel_ratings",
        sa.Column("id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("word", sa.String(length=40), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("proposal", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("rater_id", KEY, nullable=False),
        sa.Column("assessment_id", KEY, nullable=True),
        sa.CheckConstraint("rating between 0 and 10", name=op.f("ck_panel_ratings_rating")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_panel_ratings_customer_id")),
        sa.ForeignKeyConstraint(["rater_id"], ["users.id"], name=op.f("fk_panel_ratings_rater_id")),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessments.id"], name=op.f("fk_panel_ratings_assessment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_ratings")),
    )
    op.create_index(
        "uq_panel_ratings_open",
        "panel_ratings",
        ["customer_id", "word", "rater_id"],
        unique=True,
        sqlite_where=sa.text("assessment_id is null"),
        postgresql_where=sa.text("assessment_id is null"),
    )
    op.create_index(op.f("ix_panel_ratings_assessment_id"), "panel_ratings", ["assessment_id"], unique=False)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("panel_ratings")
