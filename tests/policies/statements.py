"""The statement of every shipped policy in every dialect, as hashes: `make golden` writes the table, a test compares."""

from __future__ import annotations

import hashlib
from pathlib import Path

from policies import compile_plan, load
from policies.documents import shipped
from policies.shares import with_cuts
from policies.sql import DIALECTS, select_statement

TABLE = Path(__file__).with_name("statements.txt")


def table() -> str:
    """Return a line for each policy: its id, and the hash of its statement in each dialect."""
    lines = [" ".join(["policy", *DIALECTS])]
    for name in sorted(shipped()):
        plan = with_cuts(compile_plan(load(name)))
        texts = [select_statement(plan, dialect).encode() for dialect in DIALECTS]
        lines.append(" ".join([name, *(hashlib.sha256(text).hexdigest()[:16] for text in texts)]))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
