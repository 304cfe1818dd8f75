"""Filters and orders, generated from the declarations of the mapped types: one meaning for lists, counts, groups and bulk changes.

``word`` reads off what a type offers, ``inputs`` makes the filters' input types of it, ``operators`` compares leaves, ``text``
compares text, ``condition`` is the meaning of a filter in SQL, ``weight`` what it costs, ``order`` is that of an order, ``narrowing`` gives to-many relations
their arguments.
"""

import schema.select  # noqa: F401 - first: its planner imports the modules below, which import its declarations
from schema.filter.condition import condition
from schema.filter.inputs import filter_of
from schema.filter.narrowing import complete
from schema.filter.order import ordered

__all__ = ["complete", "condition", "filter_of", "ordered"]
