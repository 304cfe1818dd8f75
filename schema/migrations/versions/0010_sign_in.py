"""Signing in: names and ends of API keys, sessions of the pages, and who a user is at an OIDC issuer."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the columns and the table."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = sa.DateTime()
    op.add_column("api_keys", sa.Column("name", sa.String(length=60), nullable=True, comment="what it is for"))
    op.add_column("api_keys", sa.Column("expires_at", moment, nullable=True))
    comment = "who signs in through OIDC: the issuer, a space, the subject there"
    op.add_column("users", sa.Column("subject", sa.String(length=400), nullable=True, comment=comment))
    op.create_index("uq_users_subject", "users", ["subject"], unique=True)
    op.create_table(
        "page_sessions",
        sa.Column("id", key, nullable=False),
        sa.Column("user_id", key, nullable=False),
        sa.Column("api_key_id", key, nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_page_sessions_user_id"),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name="fk_page_sessions_api_key_id"),
        sa.PrimaryKeyConstraint("id", name="pk_page_sessions"),
        sa.UniqueConstraint("digest", name="uq_page_sessions_digest"),
    )
    op.create_index("ix_page_sessions_user_id", "page_sessions", ["user_id"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("page_sessions")
    op.drop_index("uq_users_subject", "users")
    op.drop_column("users", "subject")
    for column in ("expires_at", "name"):
        op.drop_column("api_keys", column)
