"""Every write, whoever asks: one noun, one file.

A command takes a session (its caller owns the transaction) and the actor, checks who asks and which transition is
allowed, writes the audit row, and enqueues what follows in the same transaction.  A refusal is a policies.Refusal.
"""
