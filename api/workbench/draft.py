"""A draft: a copy of a policy that analysts change as they would an object, with its findings and its effect at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from api.workbench import filing
from api.workbench.comparison import Comparison
from api.workbench.effect import Effect
from api.workbench.explained import Explained, explained
from api.workbench.jupyter import announce
from api.workbench.places import find
from api.workbench.regrading import Regrading
from api.workbench.sheet import Sentence, Sheet, findings_shown
from api.workbench.snapshot import Snapshot
from api.workbench.steps import Place, Steps
from api.workbench.table import Head, Note, Table
from policies.backtest.metrics import canonical
from policies.document import Policy
from policies.findings import Findings
from policies.plan import Plan
from policies.refusal import Refusal
from policies.version import semantic_hash

SCHEMA = "fenji.authoring/1"
CHAMPION, DRAFT = ("现行", "champion"), ("草案", "draft")
BALANCE = Note(
    '要让其余权重按比例补足,请用 draft.balance("HC.A2", "18%")。',
    'To let the other weights make up for it: draft.balance("HC.A2", "18%").',
)
# What a draft itself can do; parts of a policy that have one of these names are read by [...].
DOES = frozenset({
    "apply", "balance", "changes", "check", "compare", "document", "effect", "explain", "findings", "original",
    "plan", "redo", "save", "set", "sliders", "snapshot", "submit", "text", "undo", "write",
})  # fmt: skip


class Draft(Place):
    """A changed copy; ``draft.HC.A2.weight = "18%"`` changes it, the original stays what it is.

    Comments of the source are not kept: the document is written anew from its values.
    """

    __slots__ = ("_kept", "_regrading")

    def __init__(self, original: Policy, snapshot: Snapshot | None = None) -> None:
        super().__init__(Steps(original, _told), ())
        object.__setattr__(self, "_regrading", Regrading(snapshot) if snapshot else None)
        object.__setattr__(self, "_kept", None)

    def __setattr__(self, name: str, value: object) -> None:
        if name in DOES:
            raise Refusal(
                f"{name} is what a draft does and cannot be set; a part of that name is set by draft[{name!r}] = ….",
                code="invalid",
            )
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *DOES]

    @property
    def original(self) -> Policy:
        """Return the policy that this is a copy of."""
        return self._steps.original

    @property
    def document(self) -> Policy:
        """Return the draft as it stands."""
        return self._steps.now.document

    @property
    def plan(self) -> Plan:
        """Return the draft's plan; UnsoundPolicy while the check finds errors that no grading can bear."""
        return self._steps.now.plan

    @property
    def text(self) -> str:
        """Return the draft as YAML."""
        return self._steps.now.text

    @property
    def findings(self) -> Findings:
        """Return what the check finds in the draft as it stands."""
        return self._steps.now.findings

    @property
    def snapshot(self) -> Snapshot:
        """Return the snapshot that effects are shown on; Refusal when none was given."""
        if self._regrading is None:
            raise Refusal(
                "No snapshot was opened for this draft: workbench.draft(policy, on=workbench.snapshot(…)).",
                code="invalid",
            )
        return cast(Regrading, self._regrading).snapshot

    def check(self) -> Table | Note:
        """Return the findings as a table."""
        return findings_shown(self.findings)

    def set(self, place: str, value: object) -> Draft:
        """Change one place, named as text: ``draft.set("HC.A2.ladder.cuts.1", 12)``."""
        *above, name = place.split(".")
        part: Any = self
        for step in above:
            part = part[step]
        if not isinstance(part, Place):
            raise Refusal(f"{'.'.join(above)} is {part!r}, which has no {name!r}.", code="invalid")
        part._assign(int(name) if name.isdecimal() else name, value)
        return self

    def balance(self, place: str, share: object, among: str = "dimension") -> Draft:
        """Give an indicator or a dimension another weight and the others the rest in their proportion, exactly."""
        self._steps.balance(find(self._steps.now.values, place), share, among)
        return self

    def undo(self, many: int = 1) -> Draft:
        """Take the last changes back."""
        self._steps.back(many)
        return self

    def redo(self) -> Draft:
        """Take the last change that was undone once more."""
        self._steps.again()
        return self

    def changes(self) -> Table | Note:
        """Return what differs from the original, in words."""
        return Comparison(self.original, self.document, (CHAMPION, DRAFT)).structure()

    def effect(self, before: Policy | Draft | None = None) -> Effect:
        """Return what the draft does to the snapshot's customers, beside the original or another policy."""
        return self.compare(before or self.original).impact()

    def compare(self, other: Policy | Draft) -> Comparison:
        """Return the draft beside another policy or draft: text, structure and impact."""
        names: tuple[Head, Head] = (CHAMPION if other is self.original else ("对照", "other"), DRAFT)
        document = other.document if isinstance(other, Draft) else other
        return Comparison(document, self.document, names, self._regrading, self.findings)

    def explain(self, customer: int | None = None) -> Explained:
        """Return why one customer of the snapshot, by its id, has its grade under the draft; the largest when none is named."""
        return explained(self.plan, self.snapshot, self.snapshot.largest() if customer is None else customer)

    def apply(self, changes: Mapping[str, object], balances: Mapping[str, object]) -> Note:
        """Take several changes, places and their values, and then several balanced weights."""
        for place, value in changes.items():
            self.set(place, value)
        for place, share in balances.items():
            self.balance(place, share)
        number = len(changes) + len(balances)
        return Sentence(f"已作 {number} 处改动。", f"{number} changes are made.")

    def figures(self) -> dict[str, Any]:
        """Return the draft and its effect as plain values for ``metrics.json``."""
        effect = self.effect()
        return {
            "schema": SCHEMA, "champion": semantic_hash(self.original), "draft": semantic_hash(self.document), "document": self.text,
            "snapshot": self.snapshot.fingerprint, "day": self.snapshot.day,
            "findings": [{"code": one.code, "path": one.path} for one in self.findings],
            "changes": [{"path": one.path, "old": one.old, "new": one.new} for one in self._steps.changes()],
            **effect.figures(),
        }  # fmt: skip

    def save_metrics(self, path: str | Path = "metrics.json") -> Note:
        """Write ``metrics.json``; the same policy, changes and snapshot give the same bytes."""
        Path(path).write_bytes(canonical(self.figures()))
        return Note(f"指标已写入 {Path(path).name}。", f"The figures are in {Path(path).name}.")

    def sliders(self, *places: str) -> Any:
        """Return sliders for weights and cuts with live figures; all weights when no place is named."""
        from api.workbench.sliders import Sliders  # ipywidgets, which only the lab has, is loaded with it

        return Sliders(self, places)

    def write(self, path: str | Path) -> Note:
        """Write the draft as a YAML document."""
        Path(path).write_text(self.text, encoding="utf-8")
        return Note(f"草案已写入 {Path(path).name}(源文件的注释不保留)。",
                    f"The draft is in {Path(path).name}, without the comments of its source; {semantic_hash(self.document)[:19]}…")  # fmt: skip

    def save(self, by: str) -> Note:
        """Keep the draft in the database for a person (login); not in a notebook that Fenji runs as evidence."""
        version, note = filing.save(self.text, by)
        object.__setattr__(self, "_kept", (version, self.text))
        return note

    def submit(self, by: str) -> Note:
        """Put the saved draft before the strategy group; it needs a finished backtest of exactly this document."""
        if self._kept is None or self._kept[1] != self.text:
            raise Refusal(
                "The draft as it stands is not saved; draft.save(by=…) comes first, then a backtest.", code="conflict"
            )
        return filing.submit(self._kept[0], by)

    def _sheet(self) -> Sheet:
        from api.workbench.policy_table import policy_table

        return Sheet((policy_table(self.document), self.changes(), self.check()))

    def __repr__(self) -> str:
        return repr(self._sheet())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return self._sheet()._repr_mimebundle_()


def _told(done: str, findings: Findings) -> None:
    """Show what a change brought up."""
    caption = (f"改动 {done} 带来的新问题", "new findings")
    shown = findings_shown(findings, caption)
    if any(one.code in ("weights_dimension", "weights_total") for one in findings):
        announce(Sheet((shown, BALANCE)))
    else:
        announce(shown)
