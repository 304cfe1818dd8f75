"""`fenji evidence`: check what a backtest has left, on any machine."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.door import CONSOLE, progress
from api.notebook.evidence import place_of
from api.notebook.runner import require_extra
from api.settings import settings
from policies.refusal import Refusal


@click.group()
def evidence() -> None:
    """Check evidence bundles; needs no database."""


@evidence.command("verify")
@click.argument("bundle")
@click.option("--rerun", is_flag=True, help="Run the notebook again and require the same metrics.json, byte for byte.")
def verify(bundle: str, rerun: bool) -> None:
    """Verify a bundle, given by its folder or by its hash: its files, inputs and figures; exits with 1 where one differs."""
    require_extra()
    from api.notebook.verification import verify as verified  # needs the extra

    folder = Path(bundle)
    if not folder.is_dir() and len(bundle.removeprefix("sha256:")) == 64:
        folder = place_of(settings().home, bundle)
    wrong = []
    with progress("evidence") as report:
        for finding in verified(folder, rerun=rerun, least=settings().confinement, report=report):
            CONSOLE.print(f"{'✓' if finding.holds else '✗'} {finding.what:9} {finding.said}", markup=False)
            if not finding.holds:
                wrong.append(f"{finding.what}: {finding.said}")
    if wrong:
        raise Refusal(f"The evidence does not verify. {'; '.join(wrong)}.", code="evidence_differs")
    CONSOLE.print(
        "通过 The evidence verifies" + ("." if rerun else "; with --rerun the notebook is run again as well.")
    )
