"""More triggers: against REPLACE and TRUNCATE, changed ids, borrowed or altered evidence, and a decision by the wrong role."""

# ruff: noqa: S608  # every name and condition stands in this file
from alembic import op

revision = "0004"
down_revision = "0003"

DECIDES = "NEW.state in ('approved', 'rejected') and NEW.state <> OLD.state"

# (name, table, event, condition, message); the conditions read the same on both databases.
GUARDS = (
    ("version_id", "policy_versions", "update", "NEW.id <> OLD.id", "the id of a policy version never changes"),
    ("version_role", "policy_versions", "update",
     f"{DECIDES} and not exists (select 1 from user_roles r where r.user_id = NEW.decided_by_id and r.role = 'strategy')",
     "only a member of the strategy group decides on a version"),
    ("version_worker", "policy_versions", "update",
     f"{DECIDES} and (exists (select 1 from backtests b where b.version_id = NEW.id and b.started_by_id = NEW.decided_by_id) "
     "or exists (select 1 from policy_submissions s where s.version_id = NEW.id and s.submitted_by_id = NEW.decided_by_id))",
     "who wrote, edited or backtested a version cannot decide on it"),
    ("version_own_evidence", "policy_versions", "update",
     "NEW.state = 'approved' and OLD.state <> 'approved' and not exists (select 1 from policy_submissions s "
     "join backtests b on b.id = s.backtest_id where s.version_id = NEW.id and b.version_id = NEW.id)",
     "a version is approved with the finished backtest of exactly this document"),
    ("champion_policy", "policy_champions", "insert",
     "not exists (select 1 from policy_versions v where v.id = NEW.version_id and v.policy_id = NEW.policy_id)",
     "a version is put in force for its own policy"),
    ("policy_key", "policies", "update", "NEW.id <> OLD.id or NEW.key <> OLD.key", "the key of a policy never changes"),
    ("user_id", "users", "update", "NEW.id <> OLD.id", "the id of a user never changes"),
    ("backtest_subject", "backtests", "update",
     "NEW.id <> OLD.id or NEW.version_id <> OLD.version_id or NEW.semantic_hash <> OLD.semantic_hash "
     "or NEW.started_by_id <> OLD.started_by_id",
     "what a backtest is of, and who ran it, never changes"),
    ("backtest_content", "backtests", "update", "OLD.state in ('finished', 'failed')", "a finished backtest never changes"),
    ("backtest_delete", "backtests", "delete", "OLD.state = 'finished'", "a finished backtest stays"),
    ("run_id", "runs", "update", "NEW.id <> OLD.id", "the id of a run never changes"),
    ("grade_delete", "grades", "delete", "1 = 1", "a grade stays"),
    ("snapshot_delete", "snapshots", "delete", "OLD.fingerprint <> 'pending'", "a snapshot stays"),
)  # fmt: skip

# (name, table, event, whose, column, state, message) for tables of millions of rows: a row of a finished run or of a
# settled snapshot neither comes nor goes.  SQLite asks for each row; PostgreSQL, where that doubles the time, for each statement.
LARGE = (
    ("grade_insert", "grades", "insert", "runs", "run_id", "state = 'finished'", "a finished run never changes"),
    ("fact_insert", "facts", "insert", "snapshots", "snapshot_id", "fingerprint <> 'pending'", "a snapshot never changes"),
    ("fact_delete", "facts", "delete", "snapshots", "snapshot_id", "fingerprint <> 'pending'", "the facts of a snapshot stay"),
)  # fmt: skip

# REPLACE takes a row away without asking the triggers for DELETE (unless the connection set recursive_triggers).
TAKEN = {
    "policies": "id = NEW.id or key = NEW.key",
    "policy_versions": "id = NEW.id",
    "policy_contributions": "id = NEW.id",
    "policy_submissions": "version_id = NEW.version_id",
    "policy_champions": "id = NEW.id",
    "audits": "id = NEW.id",
    "backtests": "id = NEW.id",
    "runs": "id = NEW.id",
    "snapshots": "id = NEW.id",
    "users": "id = NEW.id or login = NEW.login",
}
SQLITE = (
    *((name, table, event, f"exists (select 1 from {whose} where id = {'OLD' if event == 'delete' else 'NEW'}.{column} and {state})", message)
      for name, table, event, whose, column, state, message in LARGE),
    *((f"{table}_replace", table, "insert", f"exists (select 1 from {table} where {taken})", f"rows of {table} are not replaced")
      for table, taken in TAKEN.items()),
    ("version_number_replace", "policy_versions", "update",
     "NEW.number is not OLD.number and exists (select 1 from policy_versions v "
     "where v.policy_id = NEW.policy_id and v.number = NEW.number and v.id <> OLD.id)",
     "the number of a policy version never changes"),
)  # fmt: skip
TRUNCATED = (*TAKEN, "grades", "facts")


def upgrade() -> None:
    """Create the triggers in the database's own language."""
    if op.get_bind().dialect.name == "sqlite":
        for name, table, event, condition, message in (*GUARDS, *SQLITE):
            op.execute(
                f"create trigger guard_{name} before {event} on {table} when {condition} "
                f"begin select raise(abort, '{message}'); end"
            )
        return
    for name, table, event, condition, message in GUARDS:
        row = "OLD" if event == "delete" else "NEW"
        op.execute(
            f"create function fenji_guard_{name}() returns trigger language plpgsql as $$ begin if {condition} then "
            f"raise exception '{message}' using errcode = 'integrity_constraint_violation'; end if; return {row}; end $$"
        )
        op.execute(
            f"create trigger guard_{name} before {event} on {table} for each row execute function fenji_guard_{name}()"
        )
    for name, table, event, whose, column, state, message in LARGE:
        op.execute(
            f"create function fenji_guard_{name}() returns trigger language plpgsql as $$ begin if exists "
            f"(select 1 from {whose} where {state} and id in (select {column} from touched)) then "
            f"raise exception '{message}' using errcode = 'integrity_constraint_violation'; end if; return null; end $$"
        )
        op.execute(
            f"create trigger guard_{name} after {event} on {table} referencing {'old' if event == 'delete' else 'new'} table "
            f"as touched for each statement execute function fenji_guard_{name}()"
        )
    for table in TRUNCATED:
        op.execute(
            f"create trigger guard_{table}_truncate before truncate on {table} for each statement "
            f"execute function fenji_refuse('rows of {table} are not taken away')"
        )


def downgrade() -> None:
    """Drop them."""
    if op.get_bind().dialect.name == "sqlite":
        for name, *_ in (*GUARDS, *SQLITE):
            op.execute(f"drop trigger guard_{name}")
        return
    for table in TRUNCATED:
        op.execute(f"drop trigger guard_{table}_truncate on {table}")
    for name, table, *_ in (*GUARDS, *LARGE):
        op.execute(f"drop trigger guard_{name} on {table}")
        op.execute(f"drop function fenji_guard_{name}()")
