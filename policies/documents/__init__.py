"""The shipped policies: one YAML document with its cases for each scheme, found by its id."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent
_FILES = {
    "sabcd-weighted": "g2.yaml",
    "vvip-percentile": "g3.yaml",
    "sabc-threshold": "p-sabc.yaml",
    "rfm-retail": "rfm-retail.yaml",
    "rfm-wholesale": "rfm-wholesale.yaml",
    "size-lifecycle-value": "size-lifecycle-value.yaml",
}


def shipped() -> dict[str, Path]:
    """Return the file of every shipped policy by its id."""
    return {name: _FOLDER / file for name, file in _FILES.items()}
