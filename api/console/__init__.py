"""The pages: GraphiQL from local files with ready-made queries."""
