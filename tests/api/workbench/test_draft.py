"""Drafts: changed place by place, refused with the nearest name or the value and the cure, undone, and written back."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from study_inputs import CANDIDATE, POLICY, write_inputs

from api import workbench
from api.notebook import NOTEBOOKS
from api.workbench.completion import completions, register
from api.workbench.draft import Draft
from api.workbench.places import label, names
from policies import load, parse
from policies.documents import shipped
from policies.loading import from_values
from policies.refusal import Refusal
from policies.version import canonical, semantic_hash
from policies.writing import to_yaml, values_of


def g2() -> Draft:
    return workbench.draft(load("sabcd-weighted"))


@pytest.mark.parametrize("name", shipped())
def test_a_policy_written_back_is_the_same_policy(name: str) -> None:
    document = load(name)
    values = values_of(document)
    assert canonical(parse(to_yaml(values))) == canonical(from_values(values)) == canonical(document)
    from_no_text = parse(canonical(document)).model_copy()
    assert canonical(parse(to_yaml(values_of(from_no_text)))) == canonical(document)


def test_a_change_never_touches_the_original() -> None:
    original = load("sabcd-weighted")
    before = canonical(original)
    p = workbench.draft(original)
    p.HC.A2.ladder.cuts[1] = 12
    p.bands.S = 88
    p.gates.dormant.effect.cap = "C"
    assert canonical(original) == before
    assert semantic_hash(p.document) != semantic_hash(original)
    assert (p.HC.A2.ladder.cuts[1], p.bands.S, p.gates.dormant.effect.cap) == ("12", "88", "C")


def test_the_draft_is_the_document_that_the_same_text_gives() -> None:
    p = workbench.draft(parse(POLICY))
    p.V.V1.ladder.cuts = [0, 5, 30]
    assert canonical(parse(p.text)) == canonical(parse(CANDIDATE)) == canonical(p.document)


def test_what_can_be_set_is_shown_and_completed() -> None:
    p = g2()
    assert {"HC", "AL", "bands", "gates", "hold", "effect", "undo"} <= set(dir(p))
    assert {"weight", "ladder", "out_of", "not_applicable", "missing"} <= set(dir(p.HC.A2))
    assert dir(p.gates) == ["dormant"]
    assert list(p.bands) == ["S", "A", "B", "C", "D"]
    assert p.HC.A2._ipython_key_completions_()[:3] == ["id", "title", "input"]


@pytest.mark.parametrize("jedi", [False, True])
def test_ipython_completes_below_a_part(jedi: bool) -> None:
    from IPython.core.completer import IPCompleter, provisionalcompleter

    p = g2()
    completer = IPCompleter(namespace={"p": p}, use_jedi=jedi)
    for _ in range(2):
        register(completer, {"p": p})
    assert len(completer.custom_matchers) == 1
    for text, name in (
        ("p.HC.A2.", "weight"), ("x = p.HC.A2.wei", "weight"), ("p.HC.A2.ladder.", "cuts"), ("p.gates.dormant.when.all[0].", "input"),
        ('p["HC"]["A2"].', "ladder"), ("p.ba", "balance"), ("p.ba", "bands"),
    ):  # fmt: skip
        with provisionalcompleter():
            assert name in {one.text for one in completer.completions(text, len(text))}, text
    for text in ("p.HC.A9.", "q.HC.", "p.HC.A2.weight.", "p.HC.A2.zz"):
        assert completions(text, {"p": p})[1] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('p.HC.A2.wieght = "18%"', "did you mean weight"),
        ('p.hc.A2.weight = "18%"', "did you mean HC"),
        ("p.HC.A2.ladder.cuts[9] = 1", "has 4 values"),
        ("p.bands.E = 30", "bands has no 'E'.*S, A, B, C, D"),
        ("p.gates.dormnt.effect.cap = 'C'", "did you mean dormant"),
        ('p.HC.A2.weight = "a lot"', "'a lot'.*is refused.*write ASCII digits"),
        ("p.HC.A2.weight = 0.18", 'write it as text: "0.18" or "18%"'),
        ("p.HC.A2.weight = object()", "which no document holds"),
        ("p.missing = 'maybe'", "write missing: pending"),
        ("del p.tiers", "tiers"),
        ("p.document = 1", "cannot be set"),
    ],
)
def test_a_wrong_name_or_value_is_refused_and_changes_nothing(change: str, said: str) -> None:
    p = g2()
    before = p.text
    with pytest.raises(Refusal, match=f"(?s){said}"):
        exec(change, {"p": p})
    assert p.text == before
    assert "没有" in str(p.changes()) or "相同" in str(p.changes())


def test_findings_are_shown_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    p = g2()
    p.HC.A2.weight = "18%"
    told = capsys.readouterr().out
    assert "43%, not 40%" in told
    assert 'draft.balance("HC.A2", "18%")' in told
    assert [one.code for one in p.findings] == ["weights_dimension"]
    with pytest.raises(Refusal, match="43%"):
        _ = p.plan
    p.HC.A1.weight = "12%"
    assert "weights_dimension" not in {one.code for one in p.findings}


def test_balanced_weights_sum_exactly_and_keep_their_proportion() -> None:
    p = g2().balance("HC.A2", "18%")
    assert [p.HC.A1.weight, p.HC.A2.weight, p.HC.A3.weight] == ["13.2%", "18%", "8.8%"]
    p.balance("HC", "50%")
    assert sum(Fraction(str(dimension.weight)) for dimension in p.document.dimensions) == 1
    assert p.AL.B1.weight == "1/12"  # 10 % of 60 % now share 50 %
    p.undo().balance("HC.A2", "30%", among="all")
    assert sum(indicator.weight or 0 for _, indicator, _ in p.document.indicators) == 1
    for share in ("0%", "100%", "-3%"):
        with pytest.raises(Refusal, match="choose a share above 0%"):
            p.balance("HC.A2", share, among="all")
    with pytest.raises(Refusal, match="name an indicator or a dimension"):
        p.balance("bands.S", "10%")


def test_changes_are_told_in_words_and_undone() -> None:
    p = g2()
    p.HC.A2.ladder.cuts[2] = 60
    p.bands.S = 88
    rows = p.changes().rows
    assert [row[1] for row in rows] == ["A2 第三档分界 50 → 60 万元", "S 的起点 90 → 88"] or len(rows) == 2
    assert rows[0][0] == "HC.A2.ladder.cuts.2"
    p.undo()
    assert [row[0] for row in p.changes().rows] == ["HC.A2.ladder.cuts.2"]
    p.redo()
    assert len(p.changes().rows) == 2
    with pytest.raises(Refusal, match="There are 2 changes to undo, not 3"):
        p.undo(3)
    p.HC.A2.ladder.cuts[2] = 70
    with pytest.raises(Refusal, match="nothing to redo"):
        p.redo()


def test_gates_and_rules_are_added_and_taken_out_by_their_id() -> None:
    p = g2()
    p.gates.loyal = {"when": {"input": "tenure", "ge": 60}, "effect": {"floor": "C"}}
    assert [gate.id for gate in p.document.gates] == ["dormant", "loyal"]
    del p.gates.dormant
    assert [gate.id for gate in p.document.gates] == ["loyal"]
    with pytest.raises(Refusal, match="gates has no 'vip'"):
        p.gates.vip = "C"
    rules = workbench.draft(load("sabc-threshold"))
    rules.rules.core.when.all[0].ge = 60
    rules.else_ = "B"
    assert "input: amount_12m, ge: 60" in rules.text
    assert rules.document.else_ == "B"


def test_places_have_names_that_lead_back_to_them() -> None:
    values = values_of(load("sabcd-weighted"))
    for name, path in names(values, ()).items():
        assert name in label(values, path) or label(values, path) == ""
    p = g2()
    p.set("HC.A2.ladder.cuts.1", 12).set("gates.dormant.when.all.0.eq", 1)
    assert p.HC.A2.ladder.cuts[1] == "12"
    with pytest.raises(Refusal, match="is '15%', which has no 'x'"):
        p.set("HC.A2.weight.x", 1)


def test_a_draft_is_written_as_a_document(tmp_path: Path) -> None:
    p = g2()
    p.bands.S = 88
    told = p.write(tmp_path / "draft.yaml")
    assert "注释不保留" in str(told)
    assert semantic_hash(workbench.policy(str(tmp_path / "draft.yaml"))) == semantic_hash(p.document)


def test_a_draft_has_a_table_in_jupyter_and_text_in_a_terminal(tmp_path: Path) -> None:
    p = workbench.draft(workbench.champion(write_inputs(tmp_path / "inputs")))
    p.bands.A = 70
    bundle = p._repr_mimebundle_()
    assert "A ≥ 70" in bundle["text/html"]
    assert bundle["text/plain"] == repr(p)
    assert "A 的起点 75 → 70" in repr(p)


def test_the_example_of_the_readme_runs_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_inputs(tmp_path / "inputs", champion=shipped()["sabcd-weighted"].read_text(encoding="utf-8"))
    readme = (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
    (example,) = (
        block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "workbench.draft" in block
    )
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    exec(example, found)
    assert found["p"].HC.A2.ladder.cuts[1] == "12"
    assert parse((tmp_path / "draft.yaml").read_text(encoding="utf-8")).kind == "scorecard"
