"""What a check can find: one table of codes, and the finding with its place, its cure and a customer who shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from policies.display import findings_html, findings_text
from policies.document import Document
from policies.reading import Path, path_text
from policies.refusal import Refusal

Severity = Literal["error", "warning"]

# Every code with its severity and meaning.  policies/README.md repeats this table and a test compares the two.
CODES: dict[str, tuple[Severity, str]] = {
    "unreadable": ("error", "the text is no policy document: not YAML, an unknown key, a value of the wrong kind"),
    "unknown_word": ("error", "an input is not a word of the vocabulary"),
    "declared_wrong": (
        "error",
        "`inputs:` declares a fact of its own without title, type or values, or one that is taken",
    ),
    "wrong_type": ("error", "`inputs:` restates a type that is not the word's"),
    "wrong_unit": ("error", "a unit or a % sign that the word's type does not have"),
    "unused_input": ("warning", "`inputs:` names a word that nothing uses"),
    "not_exact": ("error", "a value is finer than the fact is stored, or outside int64"),
    "outside_domain": ("error", "a value that the word can never have"),
    "wrong_comparison": ("error", "order or a ladder on named values, or a population on a number"),
    "duplicate_id": ("error", "two parts have the same id"),
    "weight_missing": ("error", "a dimension or an indicator has no weight"),
    "weight_unused": ("error", "a weight where points are added up as they are"),
    "weight_range": ("error", "a weight is not above 0 % and at most 100 %"),
    "weights_total": ("error", "the weights of the dimensions are not exactly 100 %"),
    "weights_dimension": ("error", "the weights inside a dimension do not sum to what they must"),
    "reweight_misused": ("error", "re-weighting of points that have no weights, or said by one indicator"),
    "reweight_coverage": ("error", "`minimum_coverage` is not above 0 % and at most 100 %"),
    "reweight_idle": ("warning", "re-weighting that no dimension can ever do"),
    "reweight_many": ("error", "a dimension whose known weights can have more sums than a statement holds"),
    "points_range": ("error", "points above `out_of`, or below 0 where they are not added up"),
    "values_open": ("error", "a named value of an input has no points"),
    "ladder_length": ("error", "a ladder has not as many points as cuts"),
    "ladder_gap": ("error", "values between or above the intervals of a ladder have no points"),
    "ladder_overlap": ("error", "values stand in two intervals of a ladder"),
    "ladder_direction": ("error", "points turn against the `direction` of a ladder"),
    "zero_earns": ("warning", "no amount at all, or a count of 0, earns points, and more earns more"),
    "cuts_order": ("error", "the cuts of a ladder do not rise strictly"),
    "ladder_open": ("error", "values under the lowest cut earn nothing: `below` is missing"),
    "below_unreached": ("warning", "`below` can never apply"),
    "full_points_unreached": ("warning", "no rung of a ladder reaches `out_of`"),
    "panel_input": ("error", "a panel on a word that is not a rating, or not out of 10"),
    "bands_tiers": ("error", "the bands do not name exactly the tiers of the order"),
    "band_gap": ("error", "totals without a tier between the intervals of the bands"),
    "band_overlap": ("error", "totals with two tiers"),
    "bands_mixed": ("error", "some intervals of the bands include the total they begin at, and some do not"),
    "bands_order": ("error", "the bands do not fall in the order of the tiers"),
    "bands_floor": ("error", "the lowest tier does not take every total below the others"),
    "bands_scale": ("error", "a band begins above 100 or below 0"),
    "shares_tiers": ("error", "the shares of a ranking do not name exactly the tiers above the lowest"),
    "shares_range": ("error", "a share is not above 0 % and below 100 %"),
    "shares_order": ("error", "the shares do not rise strictly"),
    "tier_unknown": (
        "error",
        "a rule, gate, minimum condition, hold rule, appointment or case names a tier that is not in the order",
    ),
    "tier_unreachable": ("error", "no customer can reach a tier"),
    "table_gap": ("error", "cells that no line of a `match: unique` table covers"),
    "table_overlap": ("error", "cells in which two lines of a `match: unique` table hold"),
    "table_undecided": ("error", "a `match: unique` table too large to prove"),
    "rule_shadowed": ("error", "no customer can reach a line of a table"),
    "else_unreached": ("warning", "every customer meets a line, so `else` never decides"),
    "lines_undecided": ("warning", "a table too large to tell whether each line can be reached"),
    "at_least_range": ("error", "`at_least` wants fewer than one of its conditions, or more than there are"),
    "dimension_unknown": ("error", "a condition names a dimension that the policy does not have"),
    "condition_deep": ("error", "a condition nests more groups than SQLite can read"),
    "condition_lowest": ("error", "the lowest tier has a minimum condition, and nothing to fall to"),
    "condition_constant": ("warning", "a gate or a minimum condition that every customer meets, or none"),
    "part_cycle": ("error", "parts need each other's tiers in a circle"),
    "part_misused": ("error", "the tier of a part is scored, listed as population, or asked for its state"),
    "part_whole": (
        "error",
        "a part has what only a whole policy can have: population, parameters, hold, review or parts of its own",
    ),
    "part_unused": ("warning", "nothing compares the tier of a part"),
    "gate_idle": ("warning", "a floor at the lowest tier or a cap at the best one"),
    "parameter_unset": ("error", "a parameter has no value yet"),
    "parameter_unused": ("warning", "nothing names a parameter"),
    "appointment_months": ("error", "`longest_months` is not 1 to 60"),
    "hold_exit": (
        "error",
        "an exit bound above the tier's entry, not above the next tier's, or in a policy without totals",
    ),
    "hold_periods": ("error", "`minimum_periods` is not 1 to 36"),
    "hold_idle": ("warning", "a part of the hold rule that never holds anyone"),
    "review_borderline": ("error", "a borderline in a policy without totals, or of no sensible width"),
    "review_idle": ("warning", "a part of the review routing that never sends anyone"),
    "plan_too_large": ("error", "totals or rung codes do not fit 64-bit integers"),
    "case_invalid": ("error", "a case gives or expects something this policy cannot have"),
    "case_fails": ("error", "a case comes out differently"),
}


@dataclass(frozen=True)
class Finding:
    """One finding: ``message`` says what is wrong with the values, ``cure`` what to do.

    ``line`` is 0 for a document that came from no text.  ``counter_example`` is a customer (facts as the document
    writes them, or a total) who shows the fault, where one can be built.
    """

    code: str
    line: int
    path: str
    message: str
    cure: str
    counter_example: Mapping[str, Any] | None = None

    @property
    def severity(self) -> Severity:
        """Return ``error`` for what stops a policy from being compiled, ``warning`` for the rest."""
        return CODES[self.code][0]

    def __str__(self) -> str:
        return f"line {self.line}, {self.path or 'document'}: {self.message} [{self.code}] {self.cure}"


def within(part: str, finding: Finding) -> Finding:
    """Return a finding of a part as one of the whole policy."""
    return replace(finding, path=f"parts.{part}.{finding.path}".rstrip("."))


class Findings(list[Finding]):
    """A list of findings that Jupyter shows as a table, a terminal as lines."""

    def __str__(self) -> str:
        return findings_text(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return findings_html(self)


class UnsoundPolicy(Refusal):
    """A policy whose check finds errors; ``findings`` holds them all."""

    code = "policy_invalid"

    def __init__(self, document: Document, findings: list[Finding]) -> None:
        self.findings = findings
        errors = [finding for finding in findings if finding.severity == "error"]
        shown = " ".join(str(finding) for finding in errors[:3])
        more = f" And {len(errors) - 3} more." if len(errors) > 3 else ""
        super().__init__(f"The policy {document.id} has {len(errors)} error(s): {shown}{more}")


def found(
    document: Document, code: str, path: Path, message: str, cure: str, example: Mapping[str, Any] | None = None
) -> Finding:
    """Return a finding at a path of a document."""
    return Finding(code, document.line(*path), path_text(path), message, cure, example)
