"""Standings of runs by the hold rule, decisions on the falls they propose, and overrides as a kind of appointment."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FINISHED = "a finished run never changes"
PROPOSED = (
    "not exists (select 1 from standings s where s.run_id = NEW.run_id and s.customer_id = NEW.customer_id "
    "and s.proposed is not null)"
)
# A decision goes over to another run of the same day while that one is not yet finished.
OVERTAKEN = (
    "exists (select 1 from runs r join policy_versions v on v.id = r.version_id "
    "join policy_versions w on w.policy_id = v.policy_id join runs n on n.version_id = w.id "
    "where r.id = NEW.run_id and r.state = 'finished' and n.state = 'finished' "
    "and (n.as_of > r.as_of or (n.as_of = r.as_of and n.id > r.id)))"
)

# (name, table, event, condition, message); the conditions read the same on both databases.
GUARDS = (
    ("standing_content", "standings", "update", "1 = 1", "a standing never changes; run the grading again"),
    ("standing_delete", "standings", "delete", "1 = 1", "a standing stays"),
    ("fall_content", "fall_decisions", "update", "1 = 1", "the decision on a fall never changes"),
    ("fall_delete", "fall_decisions", "delete", "1 = 1", "the decision on a fall stays"),
    ("fall_proposed", "fall_decisions", "insert", PROPOSED, "only a proposed fall is decided"),
    ("fall_newest", "fall_decisions", "insert", OVERTAKEN, "only the newest run of a policy has falls to decide"),
)  # fmt: skip
SQLITE = (
    ("standing_insert", "standings", "insert",
     "exists (select 1 from runs where id = NEW.run_id and state = 'finished')", FINISHED),
    ("fall_replace", "fall_decisions", "insert",
     "exists (select 1 from fall_decisions d where d.run_id = NEW.run_id and d.customer_id = NEW.customer_id)",
     "rows of fall_decisions are not replaced"),
)  # fmt: skip
# The guard of 0005 with the kind among what stays as it was made.
APPOINTED = (
    "id", "customer_id", "policy_id", "tier", "reason", "evidence", "valid_from", "valid_until", "appointed_by_id", "appointed_at",
)  # fmt: skip


def upgrade() -> None:
    """Create the tables, the columns and the guards."""
    op.create_table(
        "standings",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("tier", sa.String(length=40), nullable=True),
        sa.Column("below", sa.Integer(), nullable=False),
        sa.Column("held", sa.String(length=20), nullable=True),
        sa.Column("proposed", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "held in ('exit', 'periods', 'approval', 'pending', 'error')", name=op.f("ck_standings_held")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_standings_run_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_standings_customer_id")),
        sa.PrimaryKeyConstraint("run_id", "customer_id", name=op.f("pk_standings")),
    )
    proposed = sa.text("proposed is not null")
    op.create_index(
        "ix_standings_proposed",
        "standings",
        ["run_id", "customer_id"],
        sqlite_where=proposed,
        postgresql_where=proposed,
    )
    op.create_table(
        "fall_decisions",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by_id", KEY, nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("decision in ('approved', 'refused')", name=op.f("ck_fall_decisions_decision")),
        sa.ForeignKeyConstraint(
            ["run_id", "customer_id"],
            ["standings.run_id", "standings.customer_id"],
            name=op.f("fk_fall_decisions_run_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_fall_decisions_decided_by_id")),
        sa.PrimaryKeyConstraint("run_id", "customer_id", name=op.f("pk_fall_decisions")),
    )
    op.add_column("runs", sa.Column("standing_counts", sa.JSON(), nullable=True, comment="customers by tier in effect"))
    op.add_column("runs", sa.Column("standings_fingerprint", sa.String(length=71), nullable=True))
    op.execute(
        "alter table appointments add column kind varchar(20) default 'appointment' not null "
        "constraint ck_appointments_kind check (kind in ('appointment', 'override'))"
    )
    _guard_appointments((*APPOINTED, "kind"))
    if op.get_bind().dialect.name == "sqlite":
        for name, table, event, condition, message in (*GUARDS, *SQLITE):
            op.execute(
                f"create trigger guard_{name} before {event} on {table} when {condition} "
                f"begin select raise(abort, '{message}'); end"
            )
        return
    for name, table, event, condition, message in GUARDS:
        row = "OLD" if event == "delete" else "NEW"
        op.execute(_function(name, condition, message, row))
        op.execute(
            f"create trigger guard_{name} before {event} on {table} for each row execute function fenji_guard_{name}()"
        )
    finished = "exists (select 1 from runs where state = 'finished' and id in (select run_id from touched))"
    op.execute(_function("standing_insert", finished, FINISHED, "null"))
    op.execute(
        "create trigger guard_standing_insert after insert on standings referencing new table as touched "
        "for each statement execute function fenji_guard_standing_insert()"
    )
    for table in ("standings", "fall_decisions"):
        op.execute(
            f"create trigger guard_{table}_truncate before truncate on {table} for each statement "
            f"execute function fenji_refuse('rows of {table} are not taken away')"
        )


def _function(name: str, condition: str, message: str, row: str) -> str:
    return (
        f"create or replace function fenji_guard_{name}() returns trigger language plpgsql as $$ begin if {condition} "
        f"then raise exception '{message}' using errcode = 'integrity_constraint_violation'; end if; return {row}; end $$"
    )


def _guard_appointments(frozen: tuple[str, ...]) -> None:
    """Write the guard of what an appointment says anew."""
    name, message = "appointment_content", "an appointment only ends, and once"
    sqlite = op.get_bind().dialect.name == "sqlite"
    differs = "is not" if sqlite else "is distinct from"
    condition = "OLD.ended_on is not null or " + " or ".join(
        f"NEW.{column} {differs} OLD.{column}" for column in frozen
    )
    if not sqlite:
        op.execute(_function(name, condition, message, "NEW"))
        return
    op.execute(f"drop trigger guard_{name}")
    op.execute(
        f"create trigger guard_{name} before update on appointments when {condition} "
        f"begin select raise(abort, '{message}'); end"
    )


def downgrade() -> None:
    """Drop them, and with the tables their triggers."""
    op.drop_table("fall_decisions")
    op.drop_table("standings")
    _guard_appointments(APPOINTED)
    op.drop_column("appointments", "kind")
    op.drop_column("runs", "standings_fingerprint")
    op.drop_column("runs", "standing_counts")
    if op.get_bind().dialect.name == "postgresql":
        for name in (*(name for name, *_ in GUARDS), "standing_insert"):
            op.execute(f"drop function fenji_guard_{name}()")
