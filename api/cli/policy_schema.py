"""`fenji policy schema`: the JSON Schema of policy documents, for editors."""

from __future__ import annotations

import click

from policies.editor import schema_text


@click.command("schema")
def policy_schema() -> None:
    """Print the JSON Schema of policy documents, as published in policies/documents/policy.schema.json."""
    click.echo(schema_text(), nl=False)
