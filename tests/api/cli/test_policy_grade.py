"""`fenji policy grade`: a file in, a file out, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from policy_texts import CARD

Fenji = Callable[..., tuple[int, str, str]]


def test_a_file_is_graded_by_each_engine_with_a_policy_of_ones_own(fenji: Fenji, tmp_path: Path) -> None:
    (tmp_path / "card.yaml").write_text(CARD, encoding="utf-8")
    facts, output = tmp_path / "facts.csv", tmp_path / "grades.csv"
    facts.write_text("customer,amount_12m,tenure,note\n007,100000,1,x\n甲,99999.99,2,y\n乙,,3,z\n", encoding="utf-8")
    for engine in ("duckdb", "sqlite", "oracle"):
        code, out, error = fenji(
            "policy", "grade", tmp_path / "card.yaml", facts, "-o", output, "--units", "written", "--engine", engine
        )
        assert (code, error) == (0, "")
        assert "Ignored, no words of the vocabulary: note." in out
        assert "Not needed by this policy: tenure." in out
        assert f"3 customers graded into {output}." in out
        assert "most valuable missing answers, 待定 pending 1" in out
        assert [line.split() for line in out.splitlines() if "近一年采购金额" in line] == [
            ["│", "近一年采购金额", "amount_12m", "│", "1", "│", "1", "│", "1", "│"]
        ]
        assert output.read_text(encoding="utf-8").splitlines() == [
            "customer,status,tier,total,candidates,X1",
            "007,graded,A,100,A,100",
            "甲,graded,B,50,B,50",
            "乙,pending,,,A|B,",
        ]
        output.unlink()


def test_a_shipped_policy_tells_what_it_took_as_missing(fenji: Fenji, tmp_path: Path) -> None:
    facts, output = tmp_path / "facts.csv", tmp_path / "grades.parquet"
    facts.write_text("customer_id,status\n1,potential\n2,active\n", encoding="utf-8")
    code, _, error = fenji("policy", "grade", "sabcd-weighted", facts, "-o", output)
    assert code == 1
    assert "facts.csv has no column for amount_36m, amount_12m" in error
    assert not output.exists()
    code, out, _ = fenji("policy", "grade", "sabcd-weighted", facts, "-o", output, "--allow-absent")
    assert code == 0
    assert "Without a column, missing for everyone: amount_36m" in out
    assert output.exists()


def test_bad_input_is_one_sentence_and_exit_code_1(fenji: Fenji, tmp_path: Path) -> None:
    facts = tmp_path / "facts.csv"
    facts.write_text("customer,status\n1,potential\n", encoding="utf-8")
    for arguments, said in [
        (("nobody", facts, "-o", tmp_path / "o.csv"), "No policy 'nobody' is shipped"),
        (("sabcd-weighted", facts, "-o", tmp_path / "o.txt"), "ends in neither .csv nor .parquet"),
        (("sabcd-weighted", facts, "-o", tmp_path / "o.csv", "--engine", "postgres"), "is no PostgreSQL"),
    ]:
        code, _, error = fenji("policy", "grade", *arguments)
        assert code == 1
        assert error.startswith("fenji: ")
        assert said in error
        assert "Traceback" not in error
