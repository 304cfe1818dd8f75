"""`fenji document`: the trusted documents of GraphQL clients, checked against the schema before they are deployed."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.door import CONSOLE
from api.endpoint.trusted import Documents
from api.errors import Invalid
from api.settings import settings


@click.group()
def document() -> None:
    """Trusted GraphQL documents, which clients name by their SHA-256."""


@document.command("check")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def check(folder: Path | None) -> None:
    """Check the trusted documents of a folder, FENJI_DOCUMENTS when not given: hash, operations, cost; exit 1 if one is not valid."""
    from api.endpoint.limits import operations
    from api.operations.root import schema  # takes a second, which no other verb should wait for

    place = folder or settings().documents
    if place is None:
        raise Invalid("Name a folder of trusted documents, or set FENJI_DOCUMENTS.")
    faults = []
    CONSOLE.print(f"{'sha256':64}  {'cost':>6}  operation")
    for identity, text in sorted(Documents.of(place).texts.items()):
        prepared = schema.prepared(text)
        faults += [f"sha256:{identity}: {error.message}" for error in prepared.errors]
        if prepared.document is None or prepared.errors or prepared.costs is None:
            continue
        for node in operations(prepared.document):
            name = f"{node.operation.value} {node.name.value if node.name else ''}".strip()
            # No table: it would cut the hash where the terminal is narrow, and the hash is what clients are told.
            CONSOLE.print(f"{identity}  {prepared.costs.of(node, None):>6,}  {name}")
    if faults:
        raise Invalid("\n".join([f"{len(faults)} faults in the documents of {place}:", *faults]))
