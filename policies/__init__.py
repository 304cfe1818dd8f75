"""What is right: grading policies as documents and pure functions; no database, no GraphQL, no HTTP."""
