"""The demonstration's invented history: companies, their life with us, and the files that the import reads."""
