"""Feedback-improvement items in bulk."""

from __future__ import annotations

from api.commands.audit import record_all
from api.commands.bulk.batch import Batch, Entry
from api.commands.bulk.change import Change
from api.commands.bulk.creation import Creation
from api.commands.improvement import TRANSITIONS
from schema.tables import Improvement


class ImprovementCreation(Creation):
    """Reported problems of customers; every item begins open."""

    noun, table, permission = "improvements", Improvement, "edit_service"


class ImprovementChange(Change):
    """Changes of items; their state has its own steps."""

    noun, table, permission = "improvements", Improvement, "edit_service"


class ImprovementMove(Change):
    """Steps of items; ``own`` holds the ``step`` and, to verify or reopen, ``verification``.

    ``values`` hold measure, responsible and due_on, all three to agree and none elsewhere.
    """

    noun, table, permission = "improvements", Improvement, "edit_service"
    apart = ("step",)

    def complete(self, batch: Batch) -> None:
        """Judge every step by the graph, and what it needs."""
        for entry in batch.standing():
            step, before = entry.own["step"], self.former(entry)["state"]
            allowed, after = TRANSITIONS[step]
            if before not in allowed:
                message = f"Improvement {entry.key} is {before}; {step} is possible from {' or '.join(allowed)}."
                batch.refuse(entry, ("step",), "transition_not_allowed", message)
            elif wanting := self._wanting(entry, step):
                batch.refuse(entry, (wanting[0],), "invalid", wanting[1])
            entry.columns["state"] = after

    @staticmethod
    def _wanting(entry: Entry, step: str) -> tuple[str, str] | None:
        """Return the field that a step lacks or has in excess, and a sentence on it."""
        for name in ("measure", "responsible", "due_on"):
            if (entry.columns.get(name) is None) == (step == "agree"):
                needs = "needs it" if step == "agree" else "does not take it; agree does"
                return name, f"{name}: the step {step} of improvement {entry.key} {needs}."
        verifying, said = step in ("verify", "reopen"), entry.own.get("verification", "").strip()
        if verifying and not said:
            return "verification", f"verification: say how the effect of improvement {entry.key} was checked."
        if said and not verifying:
            return "verification", f"verification: the step {step} does not take it; verify and reopen do."
        if said:
            entry.own["verification"] = said
        return None

    def audit(self, batch: Batch, entries: list[Entry]) -> None:
        """Write an audit row for each step."""
        for step in TRANSITIONS:
            told = [
                (entry.key, {"before": self.former(entry)["state"], "after": entry.columns["state"]})
                for entry in entries
                if entry.own["step"] == step
            ]
            record_all(batch.session, batch.actor, step, self.noun, told)
