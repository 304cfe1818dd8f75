"""Two policies beside each other: their text, their structure in words, and their impact on the customers of a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.workbench.effect import Effect
from api.workbench.regrading import Regrading
from api.workbench.sheet import Sheet
from api.workbench.table import Head, Note, Table
from policies.check import check
from policies.compiler import compile_plan
from policies.differences import step, structure_differences, text_difference
from policies.document import Policy
from policies.findings import Finding
from policies.plan import Plan
from policies.refusal import Refusal
from policies.version import semantic_hash
from policies.writing import to_yaml, values_of

STEPS = {"major": "重大", "minor": "一般", "patch": "仅文字"}


@dataclass(frozen=True, repr=False)
class Comparison:
    """An older policy and a newer one; ``impact`` needs a snapshot."""

    old: Policy
    new: Policy
    names: tuple[Head, Head]
    regrading: Regrading | None = None
    findings: Sequence[Finding] | None = None

    def text(self) -> Table | Note:
        """Return the lines that differ, both documents written in the same way."""
        before, after = (to_yaml(values_of(document)) for document in (self.old, self.new))
        lines = text_difference(before, after, *(" ".join(name) for name in self.names)).splitlines()
        if not lines:
            return _same()
        return Table(("文本差异", "lines that differ"), (("行", "line"),), tuple((line,) for line in lines))

    def structure(self) -> Table | Note:
        """Return what differs, in words."""
        found = structure_differences(self.old, self.new)
        if not found:
            return _same()
        same = semantic_hash(self.old) == semantic_hash(self.new)
        how = "只改文字,不影响结果" if same else STEPS[step(self.old, self.new)] + "变更"
        heads = (("位置", "place"), ("变更", "change"), ("", "in English"))
        rows = tuple((_short(one.path), one.zh, one.en) for one in found)
        return Table((f"变更 {len(found)} 处({how})", "changes"), heads, rows, words=3)

    def impact(self) -> Effect:
        """Return who moves; Refusal without a snapshot, UnsoundPolicy while one of the two cannot be graded with."""
        if self.regrading is None:
            raise Refusal(
                "Nothing to grade: open the draft with a snapshot, workbench.draft(policy, on=workbench.snapshot(…)).",
                code="invalid",
            )
        found = tuple(check(self.new) if self.findings is None else self.findings)
        return self.between(compile_plan(self.old), compile_plan(self.new), found)

    def between(self, before: Plan, after: Plan, findings: tuple[Finding, ...] = ()) -> Effect:
        """Return who moves between two plans on the snapshot's customers."""
        assert self.regrading is not None  # impact refuses before, and sliders have a snapshot
        snapshot = self.regrading.snapshot
        moves = self.regrading.impact(before, after)
        return Effect(before, after, moves, findings, snapshot.day, snapshot.currency, self.names)

    def _sheet(self) -> Sheet:
        if self.regrading is None:
            return Sheet((self.structure(),))
        effect = self.impact()
        return Sheet((self.structure(), effect.headline(), effect.picture(), effect.distribution()))

    def __repr__(self) -> str:
        return repr(self._sheet())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self._sheet()._repr_mimebundle_()


def _short(path: str) -> str:
    """Return a path as it is written in a draft: ``HC.A2.weight``."""
    for long, short in (("dimensions.", ""), ("indicators.", ""), ("tiers.bands.cuts.", "bands.")):
        path = path.replace(long, short)
    return path


def _same() -> Note:
    return Note("两者相同。", "They are the same.")
