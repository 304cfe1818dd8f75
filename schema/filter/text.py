"""Text as it is compared without case and width: ＡＢＣ, ABC and abc are the same, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, func, literal, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from policies.refusal import Refusal
from schema.formats import fold

MOST_WORDS = 10


class Folded(GenericFunction[str]):
    """A text as ``fold`` makes it; SQLite calls ``fold`` itself, which `api.database` registers under this name."""

    type = Text()
    name = "fenji_fold"
    inherit_cache = True


@compiles(Folded, "postgresql")
def _folded_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    (text,) = (compiler.process(clause, **options) for clause in element.clauses)
    return f"lower(normalize({text}, NFKC))"


def has_words(texts: Sequence[ColumnElement[Any]], wanted: str) -> ColumnElement[bool]:
    """Return the condition that each word of ``wanted``, parted by spaces, stands somewhere in the texts."""
    parts = fold(wanted).split()
    if len(parts) > MOST_WORDS:
        raise Refusal(f"search has {len(parts)} words; at most {MOST_WORDS} are looked for.", code="too_large")
    first, *others = [func.coalesce(text, literal("")) for text in texts]
    whole: ColumnElement[Any] = first
    for other in others:
        whole = whole + literal("\n") + other
    return and_(true(), *(Folded(whole).contains(part, autoescape=True) for part in parts))
