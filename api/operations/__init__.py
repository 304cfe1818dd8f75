"""The GraphQL doors: queries, mutations and subscriptions, one noun, one file; doors translate, they do not decide."""
