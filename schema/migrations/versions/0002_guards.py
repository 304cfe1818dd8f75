"""The grade in force as a view, and triggers that keep what was promised: promoted versions, audits and grades stay."""

from alembic import op

revision = "0002"
down_revision = "0001"

VIEW = (
    "create view current_grades as select * from grades "
    "where run_id = (select id from runs where state = 'finished' order by as_of desc, id desc limit 1)"
)

# From a state to the states that may follow it; what is not here is refused, by hand as well.
MOVES = {
    "draft": ("submitted", "withdrawn"),
    "submitted": ("approved", "rejected", "withdrawn"),
    "approved": ("active", "retired"),
    "active": ("retired",),
    "retired": ("active",),
}
FROZEN = ("policy_id", "document", "canonical", "semantic_hash", "document_hash", "author_id", "created_at")


def changed(columns: tuple[str, ...], differs: str) -> str:
    """Return the condition that one of ``columns`` changes."""
    return "(" + " or ".join(f"NEW.{column} {differs} OLD.{column}" for column in columns) + ")"


def guards(differs: str) -> list[tuple[str, str, str, str, str]]:
    """Return (name, table, event, condition, message) of every guard; ``differs`` is the dialect's null-safe <>."""
    allowed = " or ".join(
        f"(OLD.state = '{old}' and NEW.state in ({', '.join(repr(new) for new in news)}))"
        for old, news in MOVES.items()
    )
    contributed = (
        "exists (select 1 from policy_contributions c where c.version_id = NEW.id and c.user_id = NEW.decided_by_id)"
    )
    evidence = (
        "exists (select 1 from policy_submissions s join backtests b on b.id = s.backtest_id where s.version_id = NEW.id "
        "and b.state = 'finished' and b.semantic_hash = NEW.semantic_hash)"
    )
    found = [
        ("version_content", "policy_versions", "update", f"OLD.state <> 'draft' and {changed(FROZEN, differs)}",
         "a submitted policy version never changes; write a new draft"),
        ("version_number", "policy_versions", "update", "OLD.number is not null and " + changed(("number",), differs),
         "the number of a policy version never changes"),
        ("version_decision", "policy_versions", "update",
         f"OLD.decided_by_id is not null and {changed(('decided_by_id', 'decided_at', 'decision_reason'), differs)}",
         "the decision on a policy version never changes"),
        ("version_move", "policy_versions", "update", f"NEW.state <> OLD.state and not ({allowed})",
         "the state graph of policy versions does not allow this move"),
        ("version_approver", "policy_versions", "update",
         f"NEW.state in ('approved', 'rejected') and NEW.state <> OLD.state and {contributed}",
         "who wrote, edited or backtested a version cannot decide on it"),
        ("version_evidence", "policy_versions", "update", f"NEW.state = 'approved' and OLD.state <> 'approved' and not {evidence}",
         "a version is approved with the finished backtest of exactly this document"),
        ("version_delete", "policy_versions", "delete", "OLD.state <> 'draft'", "a submitted policy version stays"),
        ("version_insert", "policy_versions", "insert", "NEW.state <> 'draft'", "a policy version begins as a draft"),
        ("champion_state", "policy_champions", "insert",
         "not exists (select 1 from policy_versions v where v.id = NEW.version_id and v.state in ('approved', 'active'))",
         "only an approved version can be put in force"),
        ("run_content", "runs", "update", "OLD.state in ('finished', 'failed')", "a finished run never changes"),
        ("run_delete", "runs", "delete", "OLD.state = 'finished'", "a finished run stays"),
        ("grade_content", "grades", "update", "1 = 1", "a grade never changes; run the grading again"),
        ("snapshot_content", "snapshots", "update", "OLD.fingerprint <> 'pending' and " + changed(("as_of", "zone", "rows", "fingerprint"), differs),
         "a snapshot never changes"),
        ("fact_content", "facts", "update", "1 = 1", "the facts of a snapshot never change"),
    ]  # fmt: skip
    for table in ("policy_champions", "policy_contributions", "policy_submissions", "audits"):
        found += [
            (f"{table}_update", table, "update", "1 = 1", f"rows of {table} are only ever added"),
            (f"{table}_delete", table, "delete", "1 = 1", f"rows of {table} are only ever added"),
        ]
    return found


def upgrade() -> None:
    """Create the view and the guards in the database's own language."""
    op.execute(VIEW)
    if op.get_bind().dialect.name == "sqlite":
        for name, table, event, condition, message in guards("is not"):
            op.execute(
                f"create trigger guard_{name} before {event} on {table} when {condition} "
                f"begin select raise(abort, '{message}'); end"
            )
        return
    op.execute(
        "create function fenji_refuse() returns trigger language plpgsql as $$ "
        "begin raise exception '%', tg_argv[0] using errcode = 'integrity_constraint_violation'; end $$"
    )
    for name, table, event, condition, message in guards("is distinct from"):
        if "exists (" in condition:  # PostgreSQL allows no subquery in WHEN
            op.execute(
                f"create function fenji_guard_{name}() returns trigger language plpgsql as $$ begin if {condition} then "
                f"raise exception '{message}' using errcode = 'integrity_constraint_violation'; end if; return NEW; end $$"
            )
            op.execute(
                f"create trigger guard_{name} before {event} on {table} for each row execute function fenji_guard_{name}()"
            )
        else:
            op.execute(
                f"create trigger guard_{name} before {event} on {table} for each row when ({condition}) "
                f"execute function fenji_refuse('{message}')"
            )


def downgrade() -> None:
    """Drop the guards and the view."""
    postgres = op.get_bind().dialect.name == "postgresql"
    for name, table, _event, condition, _message in guards("is not"):
        op.execute(f"drop trigger guard_{name}" + (f" on {table}" if postgres else ""))
        if postgres and "exists (" in condition:
            op.execute(f"drop function fenji_guard_{name}()")
    if postgres:
        op.execute("drop function fenji_refuse()")
    op.execute("drop view current_grades")
