"""An index of customers by department and status: the lists that departments look at, and their totals."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create the index."""
    op.create_index("ix_customers_department_status_number", "customers", ["department", "status", "number"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_customers_department_status_number", "customers")
