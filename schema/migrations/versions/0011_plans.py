"""The unit of totals and the order of tiers of each document that a run graded with, for SQL to read."""

import sqlalchemy as sa
from alembic import op

from policies import compile_plan, parse

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add both tables, filled for the documents of finished runs."""
    plans = op.create_table(
        "plans",
        sa.Column("document_hash", sa.String(length=71), nullable=False),
        sa.Column("scale", sa.BigInteger(), nullable=True, comment="NULL for rules, which have no totals"),
        sa.PrimaryKeyConstraint("document_hash", name="pk_plans"),
    )
    tiers = op.create_table(
        "plan_tiers",
        sa.Column("document_hash", sa.String(length=71), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("tier", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["document_hash"], ["plans.document_hash"], name="fk_plan_tiers_document_hash_plans"),
        sa.PrimaryKeyConstraint("document_hash", "rank", name="pk_plan_tiers"),
    )
    graded = sa.text(
        "select distinct v.document_hash, v.document from policy_versions v "
        "join runs r on r.version_id = v.id where r.state = 'finished'"
    )
    connection = op.get_bind()
    for document_hash, document in connection.execute(graded).all():
        plan = compile_plan(parse(document))
        connection.execute(plans.insert().values(document_hash=document_hash, scale=plan.scale or None))
        ranked = [{"document_hash": document_hash, "rank": n, "tier": tier} for n, tier in enumerate(plan.tiers)]
        connection.execute(tiers.insert(), ranked)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("plan_tiers")
    op.drop_table("plans")
