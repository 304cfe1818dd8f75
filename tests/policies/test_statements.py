"""Golden hashes: a change of any statement that a shipped policy becomes, in any dialect, is seen and meant."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from statements import TABLE, table


def test_each_shipped_policy_becomes_the_statement_it_became_in_every_dialect() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(), "a statement changed; if that is meant: make golden"
