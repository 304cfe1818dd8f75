"""Appointments beside the computed tier, which nobody alters, takes away or doubles."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FROZEN = (
    "id", "customer_id", "policy_id", "tier", "reason", "evidence", "valid_from", "valid_until", "appointed_by_id", "appointed_at",
)  # fmt: skip
OVERLAP = (
    "NEW.ended_on is not null or exists (select 1 from appointments a where a.customer_id = NEW.customer_id "
    "and a.policy_id = NEW.policy_id and a.valid_from <= NEW.valid_until and a.valid_until >= NEW.valid_from "
    "and (a.ended_on is null or a.ended_on > NEW.valid_from))"
)


def guards(differs: str) -> list[tuple[str, str, str, str]]:
    """Return (name, event, condition, message) of every guard; ``differs`` is the dialect's null-safe <>."""
    changed = " or ".join(f"NEW.{column} {differs} OLD.{column}" for column in FROZEN)
    return [
        ("appointment_content", "update", f"OLD.ended_on is not null or {changed}", "an appointment only ends, and once"),
        ("appointment_delete", "delete", "1 = 1", "an appointment stays"),
        ("appointment_overlap", "insert", OVERLAP, "a customer has one appointment under a policy at a time"),
    ]  # fmt: skip


def upgrade() -> None:
    """Create the table and its guards."""
    op.create_table(
        "appointments",
        sa.Column("id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("policy_id", KEY, nullable=False),
        sa.Column("tier", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("appointed_by_id", KEY, nullable=False),
        sa.Column("appointed_at", sa.DateTime(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by_id", KEY, nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_appointments_dates")),
        sa.CheckConstraint("(ended_on is null) = (ended_by_id is null)", name=op.f("ck_appointments_ended")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_appointments_customer_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name=op.f("fk_appointments_policy_id")),
        sa.ForeignKeyConstraint(["appointed_by_id"], ["users.id"], name=op.f("fk_appointments_appointed_by_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["users.id"], name=op.f("fk_appointments_ended_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
    )
    columns = ["customer_id", "policy_id", "valid_from"]
    op.create_index(op.f("ix_appointments_customer_id_policy_id_valid_from"), "appointments", columns, unique=False)
    op.create_index(op.f("ix_appointments_valid_until"), "appointments", ["valid_until"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        replaced = ("appointment_replace", "insert", "exists (select 1 from appointments where id = NEW.id)",
                    "rows of appointments are not replaced")  # fmt: skip
        for name, event, condition, message in (*guards("is not"), replaced):
            op.execute(
                f"create trigger guard_{name} before {event} on appointments when {condition} "
                f"begin select raise(abort, '{message}'); end"
            )
        return
    for name, event, condition, message in guards("is distinct from"):
        op.execute(
            f"create function fenji_guard_{name}() returns trigger language plpgsql as $$ begin if {condition} then "
            f"raise exception '{message}' using errcode = 'integrity_constraint_violation'; end if; "
            f"return {'OLD' if event == 'delete' else 'NEW'}; end $$"
        )
        op.execute(
            f"create trigger guard_{name} before {event} on appointments for each row "
            f"execute function fenji_guard_{name}()"
        )
    op.execute(
        "create trigger guard_appointments_truncate before truncate on appointments for each statement "
        "execute function fenji_refuse('rows of appointments are not taken away')"
    )


def downgrade() -> None:
    """Drop the table, and with it its triggers."""
    op.drop_table("appointments")
    if op.get_bind().dialect.name == "postgresql":
        for name, *_ in guards("is distinct from"):
            op.execute(f"drop function fenji_guard_{name}()")
