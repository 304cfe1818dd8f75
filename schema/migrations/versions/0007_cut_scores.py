"""The cut scores of a ranking, kept with the run that found them; the guard of finished runs holds them too."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column."""
    op.add_column("runs", sa.Column("cuts", sa.JSON(), nullable=True, comment="the cut scores of a ranking, frozen"))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("runs", "cuts")
