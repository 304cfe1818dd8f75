"""What things look like: at rest as tables, on the wire as GraphQL objects."""
