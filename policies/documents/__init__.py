"""The shipped policies: one YAML document with its cases for each scheme, found by its id."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent
_FILES = {
    "diamond-to-bronze": "g1.yaml",
    "sabcd-weighted": "g2.yaml",
    "vvip-percentile": "g3.yaml",
    "sabc-threshold": "p-sabc.yaml",
    "abc-value": "s.yaml",
    "customer-size": "c-size.yaml",
    "customer-lifecycle": "c-lifecycle.yaml",
    "value-level": "m-value.yaml",
    "potential-class": "m-potential.yaml",
    "intent-level": "m-intent.yaml",
    "activity-level": "m-activity.yaml",
    "enterprise-size": "enterprise-size.yaml",
    "tax-credit": "tax-credit.yaml",
    "rfm-segments": "rfm-segments.yaml",
    "rfm-retail": "rfm-retail.yaml",
    "rfm-wholesale": "rfm-wholesale.yaml",
    "size-lifecycle-value": "size-lifecycle-value.yaml",
}


# What the sources themselves write.  The check finds errors in each, so that none of them has a plan.
_SOURCES = {
    "g1-verbatim": "g1.yaml",
    "g2-verbatim": "g2.yaml",
    "g2-literal": "g2-literal.yaml",
    "g3-formula": "g3-formula.yaml",
    "p-verbatim": "p.yaml",
    "c-lifecycle-verbatim": "c-lifecycle.yaml",
    "c-size-verbatim": "c-size.yaml",
    "s-verbatim": "s.yaml",
    "m-value-verbatim": "m-value.yaml",
}


def shipped() -> dict[str, Path]:
    """Return the file of every shipped policy by its id."""
    return {name: _FOLDER / file for name, file in _FILES.items()}


def sources() -> dict[str, Path]:
    """Return the file of every table of the sources in its own words, by its id; each has errors to show."""
    return {name: _FOLDER / "sources" / file for name, file in _SOURCES.items()}
