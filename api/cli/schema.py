"""`fenji schema`: the GraphQL schema, as published in schema/schema.graphql."""

from __future__ import annotations

import click

from api.operations.root import schema as executable


@click.command()
def schema() -> None:
    """Print the GraphQL schema."""
    click.echo(executable.as_str())
