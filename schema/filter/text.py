"""Text as it is compared without case and width: ＡＢＣ, ABC and abc are the same, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, and_, func, literal, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from strawberry.utils.str_converters import to_camel_case

from policies.refusal import Refusal
from schema.formats import fold
from schema.select.fetch import Viewer
from schema.select.field import Criterion

MOST_WORDS, MOST_TEXT = 10, 500


class Folded(GenericFunction[str]):
    """A text as ``fold`` makes it; SQLite calls ``fold`` itself, which `api.database` registers under this name."""

    type = Text()
    name = "fenji_fold"
    inherit_cache = True


@compiles(Folded, "postgresql")
def _folded_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    (text,) = (compiler.process(clause, **options) for clause in element.clauses)
    # The question whether it is normal already is cheap, and nearly every text is: twice as fast.
    return f"lower(case when {text} is nfkc normalized then {text} else normalize({text}, nfkc) end)"


def searched(*columns: str, kinds: tuple[str, ...] = ()) -> Criterion:
    """Declare the search of a type: each word stands somewhere in these columns; ``kinds`` are those of personal ones."""

    def found(table: FromClause, wanted: str, viewer: Viewer) -> ColumnElement[bool]:
        return has_words([table.c[name] for name in columns], wanted)

    names = ", ".join(to_camel_case(name) for name in columns)
    described = (
        f"Each of these words, parted by spaces, is in one of {names}, without regard to case and width. 全文搜索"
    )
    return Criterion("search", str, found, described, kinds)


def has_words(texts: Sequence[ColumnElement[Any]], wanted: str) -> ColumnElement[bool]:
    """Return the condition that each word of ``wanted``, parted by spaces, stands somewhere in the texts."""
    parts = fold(wanted).split()
    if len(wanted) > MOST_TEXT:
        raise Refusal(f"search has {len(wanted):,} characters; at most {MOST_TEXT} are looked for.", code="too_large")
    if len(parts) > MOST_WORDS:
        raise Refusal(f"search has {len(parts)} words; at most {MOST_WORDS} are looked for.", code="too_large")
    first, *others = [func.coalesce(text, literal("")) for text in texts]
    whole: ColumnElement[Any] = first
    for other in others:
        whole = whole + literal("\n") + other
    return and_(true(), *(Folded(whole).contains(part, autoescape=True) for part in parts))
