"""On the wire: one noun, one file, under the same name as its table."""
