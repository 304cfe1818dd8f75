"""The report of a check: findings, what the cases reach, and the mutation figure, as an object and as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from policies.check import check
from policies.compiler import compile_plan
from policies.coverage import Coverage, coverage
from policies.document import Policy
from policies.findings import Finding, Findings, UnsoundPolicy
from policies.mutation import Mutation, mutation
from policies.reading import DocumentError
from policies.values import Labels
from policies.version import semantic_hash

# The form of ``as_values``: it changes only when a key goes or means something else.
FORMAT = 1


@dataclass(frozen=True)
class Report:
    """What the check of one document found; ``coverage`` and ``mutation`` are None while the policy cannot be compiled.

    ``document`` is None when the text could not be read; its faults are the findings then.
    """

    document: Policy | None
    findings: Findings
    coverage: Coverage | None = None
    mutation: Mutation | None = None

    @property
    def errors(self) -> int:
        """Return how many findings are errors."""
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """Return how many findings are warnings."""
        return len(self.findings) - self.errors

    def as_values(self, file: str) -> dict[str, Any]:
        """Return the report of a file as plain values for JSON; the keys are those of policies/README.md."""
        document = self.document
        return {
            "file": file,
            "policy": None if document is None else document.id,
            "kind": None if document is None else document.kind,
            "title": None if document is None else _labels(document.title),
            "semantic_hash": None if document is None or self.errors else semantic_hash(document),
            "errors": self.errors,
            "warnings": self.warnings,
            "findings": [_finding(finding) for finding in self.findings],
            "coverage": None if self.coverage is None else _coverage(self.coverage),
            "mutation": None if self.mutation is None else _mutation(self.mutation),
        }


def report(document: Policy) -> Report:
    """Check a document, and say how far its cases go where it can be compiled."""
    findings = check(document)
    try:
        plan = compile_plan(document)
    except UnsoundPolicy:
        return Report(document, findings)
    return Report(document, findings, coverage(plan), mutation(plan))


def unreadable(error: DocumentError) -> Report:
    """Return the faults of a text that is no document as a report."""
    found = [
        Finding(
            "unreadable",
            problem.line,
            problem.path,
            problem.message,
            f"Did you mean {problem.nearest}?" if problem.nearest else "Correct this line.",
        )
        for problem in error.problems
    ]
    return Report(None, Findings(found))


def _labels(labels: Labels) -> dict[str, str]:
    return {"zh": labels.zh, "en": labels.en}


def _finding(finding: Finding) -> dict[str, Any]:
    example = finding.counter_example
    return {
        "code": finding.code,
        "severity": finding.severity,
        "line": finding.line,
        "path": finding.path,
        "message": finding.message,
        "counter_example": None
        if example is None
        else {name: None if value is None else str(value) for name, value in example.items()},
        "cure": finding.cure,
    }


def _coverage(found: Coverage) -> dict[str, Any]:
    return {
        "cases": found.cases,
        "shares": [
            {"kind": share.kind, **_labels(share.title), "reached": share.reached, "parts": share.parts}
            for share in found.shares
        ],
        "missed": [{"kind": part.kind, "line": part.line, **_labels(part.title)} for part in found.missed],
    }


def _mutation(found: Mutation) -> dict[str, Any]:
    return {
        "killed": found.killed,
        "tried": found.tried,
        "mutants": found.mutants,
        "survivors": [{"line": survivor.line, **_labels(survivor.change)} for survivor in found.survivors],
    }
