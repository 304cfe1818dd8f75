"""`fenji schema`: the GraphQL schema, as published in schema/schema.graphql."""

from __future__ import annotations

import click


@click.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from api.operations.root import schema as executable  # takes a second, which no other verb should wait for

    click.echo(executable.as_str())
