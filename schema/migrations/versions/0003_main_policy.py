"""The main policy, whose newest run gives the grade in force: a grading by another policy no longer replaces it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BEFORE = (
    "create view current_grades as select * from grades "
    "where run_id = (select id from runs where state = 'finished' order by as_of desc, id desc limit 1)"
)
AFTER = (
    "create view current_grades as select * from grades where run_id = ("
    "select r.id from runs r join policy_versions v on v.id = r.version_id join policies p on p.id = v.policy_id "
    "where r.state = 'finished' and p.main order by r.as_of desc, r.id desc limit 1)"
)


def upgrade() -> None:
    """Add the mark, at most one policy having it, and look at that policy's runs only."""
    op.add_column("policies", sa.Column("main", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "uq_policies_main",
        "policies",
        ["main"],
        unique=True,
        sqlite_where=sa.text("main"),
        postgresql_where=sa.text("main"),
    )
    op.execute("drop view current_grades")
    op.execute(AFTER)


def downgrade() -> None:
    """Undo it."""
    op.execute("drop view current_grades")
    op.execute(BEFORE)
    op.drop_index("uq_policies_main", "policies")
    op.drop_column("policies", "main")
