"""What may be done: commands, and every door to them."""
