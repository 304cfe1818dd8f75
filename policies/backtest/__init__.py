"""Backtests: a policy replayed over snapshots, beside another and beside what came after, in exact figures.

Facts are as known at a date t, outcomes are the orders of (t, t + h].  Every table has a row for each tier and one each
for the customers that are pending, not applicable or in error: nobody is dropped.  Figures are integers and fractions;
DuckDB only counts, adds and sorts integers, so that they never depend on the order of rows or the number of threads.
"""
