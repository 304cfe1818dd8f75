"""Lifetime value as a comparison: BG/NBD and Gamma–Gamma fitted to past purchases, beside plain rankings of customers.

Needs the extra ``notebooks`` (NumPy, SciPy).  A purchase is a day on which a customer bought; times are weeks, money is in
fen.  The models are floating by nature: data are condensed to their distinct rows in one order, parameters are rounded to
six significant digits and values to fen, so that neither the order of customers nor a last bit is seen.
"""

# The folder of purchase histories beside the snapshots of a backtest, and the columns of each file.
HISTORIES = "histories"
COLUMNS = ("customer_id", "age", "recency", "repeats", "priced", "repeat_amount")
