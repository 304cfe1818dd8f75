"""`fenji document check`: trusted documents with their hashes and costs, and what is wrong with them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

TEXT = "query Numbers($first: Int = 7) { customers(first: $first) { nodes { number } } }"
Fenji = Callable[..., tuple[int, str, str]]


def test_documents_are_listed_with_their_costs(fenji: Fenji, tmp_path: Path) -> None:
    (tmp_path / "numbers.graphql").write_text(TEXT)
    (tmp_path / "two.gql").write_text("query A { me { login } } mutation B { __typename }")
    code, out, error = fenji("document", "check", str(tmp_path))
    assert (code, error) == (0, "")
    assert hashlib.sha256(TEXT.encode()).hexdigest() in out
    assert "query Numbers" in out
    assert "mutation B" in out
    (row,) = [line for line in out.splitlines() if "Numbers" in line]
    assert row.split() == [hashlib.sha256(TEXT.encode()).hexdigest(), "8", "query", "Numbers"]


def test_a_document_that_is_not_valid_is_named_with_its_fault(fenji: Fenji, tmp_path: Path) -> None:
    (tmp_path / "a.graphql").write_text("{ nothing }")
    (tmp_path / "b.graphql").write_text("{")
    code, _, error = fenji("document", "check", str(tmp_path))
    assert code == 1
    assert "2 faults" in error
    assert "Cannot query field 'nothing'" in error
    assert "Syntax Error" in error
    assert fenji("document", "check", str(tmp_path / "absent"))[::2] == (
        1,
        f"fenji: There is no folder of trusted documents at {tmp_path / 'absent'}; set FENJI_DOCUMENTS to one.",
    )
    assert "FENJI_DOCUMENTS" in fenji("document", "check")[2]
