"""Bulk writes: up to 10,000 rows in one call and one transaction, with errors by row, checked before anything is written.

A bulk action has two halves.  ``check`` reads and judges every row with a bounded number of statements and writes
nothing, so that a dry run is the same call without the second half.  ``write`` writes the rows that stand, an audit row
for each, and what it takes to undo them.  ``batch`` holds the rows, ``call`` runs one call, ``undo`` takes one back;
``creation``, ``change`` and ``removal`` are the actions of every noun, which nouns with rules of their own extend.
"""
