"""What a filter's conditions and an order weigh: how much a database does for them on one row, in comparisons of a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import RelationshipProperty

from schema.filter.number import MEASURED
from schema.filter.operators import COMPARISONS
from schema.filter.order import computed_of
from schema.filter.text import MOST_TEXT, MOST_WORDS
from schema.filter.word import nouns
from schema.formats import fold
from schema.tables import Base

# A text, a tag, a computed word or a related row to look for: on 20,000 rows 20 to 100 times the time of a comparison.
LOOKED_FOR = 10
OPERATORS = dict.fromkeys(COMPARISONS, 1) | dict.fromkeys(("contains", "startsWith", "endsWith"), LOOKED_FOR)
# A computed word or a count by which rows are ordered: on 20,000 rows up to twice the time of a condition on it, and four times
# that on the pages after a cursor, with which it is compared.
ORDERED = 40
MOST_ENTRIES = 5_000  # in all that is weighed of an operation; more are not looked at, and weigh more than anything may
BEYOND = 10**9

Waiting = list[tuple[type[Base], Any, int]]


class Weighing:
    """Weighs the filters and orders of one operation, as they came: unknown keys and wrong values weigh nothing, GraphQL refuses them.

    ``plain`` gives a value as JSON has it, one level of it: of a literal, of a variable.
    """

    def __init__(self, plain: Callable[[Any], Any]) -> None:
        self.plain, self.left = plain, MOST_ENTRIES

    def of(self, model: type[Base], given: Any) -> int:
        """Return the weight of a filter on rows of a table."""
        total, waiting = 0, [(model, given, 1)]  # times: a relation's count is made anew for each comparison of it
        while waiting:
            model, given, times = waiting.pop()
            given = self.plain(given)
            self._spend(given)
            if self.left < 0:
                return BEYOND
            if isinstance(given, list):
                waiting += [(model, one, times) for one in given]
            elif isinstance(given, dict):
                total += times * sum(self._entry(model, *entry, times, waiting) for entry in given.items())
        return min(total, BEYOND)

    def order(self, model: type[Base], given: Any) -> int:
        """Return the weight of an order of rows of a table: of its computed words and counts, the rest weighs nothing."""
        fields = [self.plain(self.entries(one).get("field")) for one in self.listed(given)]
        return self.bounded(ORDERED * sum(isinstance(one, str) and one in computed_of(model) for one in fields))

    def bounded(self, weight: int) -> int:
        """Return a weight, BEYOND for what has more entries than are looked at."""
        return BEYOND if self.left < 0 else min(weight, BEYOND)

    def listed(self, given: Any) -> list[Any]:
        """Return the values of a list; GraphQL takes one value for a list of it."""
        given = self.plain(given)
        self._spend(given)
        return (given if self.left >= 0 else []) if isinstance(given, list) else [given]

    def _spend(self, given: Any) -> None:
        self.left -= len(given) if isinstance(given, (list, dict)) else 0

    def entries(self, given: Any) -> dict[str, Any]:
        """Return the entries of an input object, none for what is none."""
        given = self.plain(given)
        self._spend(given)
        return given if isinstance(given, dict) and self.left >= 0 else {}

    def _entry(self, model: type[Base], key: str, value: Any, times: int, waiting: Waiting) -> int:
        """Return the weight of one entry of a filter; filters inside it are left waiting."""
        if key in ("and", "or", "not"):
            waiting.append((model, value, times))
            return 0
        offered = nouns(model)
        name = offered.graphql.get(key, key)
        if relation := offered.relations.get(name):
            return self._related(relation, value, times, waiting)
        if name in offered.criteria:
            return self._criterion(name, self.plain(value))
        if key == "isNull":
            return 1
        word = offered.words.get(name)
        each = LOOKED_FOR if word is not None and word.computed else 1
        return sum(max(OPERATORS.get(operator, 0), each) for operator in self.entries(value))

    def _related(self, relation: RelationshipProperty[Any], value: Any, times: int, waiting: Waiting) -> int:
        model = relation.mapper.class_
        if not relation.uselist:
            waiting.append((model, value, times))
            return LOOKED_FOR
        found = 0
        for way, inner in self.entries(value).items():
            if way == "count" or way in MEASURED:
                given = self.entries(inner)
                comparisons = sum(self.comparisons(one) for key, one in given.items() if key != "filter")
                waiting.append((model, given.get("filter"), times * comparisons))
                found += comparisons * LOOKED_FOR
            else:
                waiting.append((model, inner, times))
                found += LOOKED_FOR
        return found

    def comparisons(self, given: Any) -> int:
        """Return how many comparisons a leaf of a filter makes."""
        given = self.plain(given)
        return len(given) if isinstance(given, dict) else 1

    def _criterion(self, name: str, value: Any) -> int:
        if name == "search":
            return LOOKED_FOR * _words(value)
        if isinstance(value, dict):  # tags, or a tier as of a day
            lists = (self.plain(one) for one in self.entries(value).values())
            return LOOKED_FOR * max(sum(len(one) for one in lists if isinstance(one, list)), 1)
        return 1


def _words(text: Any) -> int:
    if not isinstance(text, str):
        return 0
    return MOST_WORDS if len(text) > MOST_TEXT else min(len(fold(text).split()), MOST_WORDS)
