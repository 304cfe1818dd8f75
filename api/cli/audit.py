"""`fenji audit`: whether the audit is as it was written."""

from __future__ import annotations

import click

from api.cli.door import CONSOLE, open_database
from api.commands.audit_seal import MOST_SAID, noted, verify
from api.database import reading
from policies.refusal import Refusal


@click.group()
def audit() -> None:
    """Who did what, and whether that record was altered."""


@audit.command("verify")
@click.option("--seal", "known", default=None, help="POSITION:DIGEST of a seal noted earlier, which must still stand.")
def verify_(known: str | None) -> None:
    """Compute the chain of seals over the audit anew, print its end, and name what was altered; exits with 1 then."""
    given = noted(known) if known else None
    with reading(open_database()) as connection:
        found = verify(connection, given)
    CONSOLE.print(f"{found.rows} rows under {found.seals} seals, {found.older} from before the first.")
    if found.differences:
        more = len(found.differences) - MOST_SAID
        said = "; ".join(found.differences[:MOST_SAID]) + (f"; and {more} more" if more > 0 else "")
        raise Refusal(f"The audit was altered: {said}.", code="evidence_differs")
    if found.seals:
        CONSOLE.print(f"The chain holds; it ends with {found.seals}:{found.digest} (note it elsewhere).")
