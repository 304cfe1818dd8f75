"""Documents made from the shipped ones by changing them at random, for properties of everything that can be read."""

from __future__ import annotations

from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from policy_texts import CARD, RANKING, TABLE

from policies.documents import shipped
from policies.exact import exact
from policies.reading import read

TEXTS = {name: path.read_text(encoding="utf-8") for name, path in shipped().items()} | {
    "card": CARD,
    "table": TABLE,
    "ranking": RANKING,
}
VALUES = {name: read(text).values for name, text in TEXTS.items()}
WORDS = st.text("甲乙铂 aZé09%/.-+_:{}[]#&*!|'\"\\,~?\t\u2028\ufeff𝒜", min_size=1, max_size=8)
NUMBERS = st.one_of(
    st.integers(0, 100).map(str),
    st.integers(0, 100).map(lambda number: f"{number}%"),
    st.tuples(st.integers(0, 9), st.integers(1, 9)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    st.decimals(0, 10, places=2).map(str),
)
NAMES = st.sampled_from(
    [
        "assumed",
        "left",
        "right",
        "absolute",
        "relative",
        "pending",
        "active",
        "万元",
        "元",
        "年",
        "null",
        "true",
        "S",
        "A",
        "x-1",
    ]
)
FREE = ("zh", "en", "clause", "reading", "name", "document", "effect", "proposed_by", "settled_by")


def fitting(path: tuple[Any, ...], value: Any) -> st.SearchStrategy[Any]:
    """Mostly a number where one stands and any text where any is allowed; rarely something else."""
    try:
        exact(value)
    except ValueError:
        return WORDS if path[-1] in FREE else st.one_of(NAMES, NAMES, WORDS, st.none())
    return NUMBERS


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every scalar."""
    if isinstance(value, dict):
        return [inside for key, item in value.items() for inside in places(item, (*path, key))]
    if isinstance(value, list):
        return [inside for index, item in enumerate(value) for inside in places(item, (*path, index))]
    return [path]


def found(value: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        value = value[part]
    return value


def replaced(value: Any, path: tuple[Any, ...], scalar: Any) -> Any:
    if not path:
        return scalar
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], scalar)
    return copy


def dropped(value: Any, path: tuple[Any, ...]) -> Any:
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = dropped(value[path[0]], path[1:])
    return copy


@st.composite
def changed_documents(draw: st.DrawFn) -> dict[str, Any]:
    """The plain values of a document with one to four places replaced or dropped; more than half can still be read."""
    values = VALUES[draw(st.sampled_from(sorted(TEXTS)))]
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(places(values)))
        if draw(st.integers(0, 9)):
            values = replaced(values, path, draw(fitting(path, found(values, path))))
        else:
            values = dropped(values, path[: draw(st.integers(1, len(path)))])
        assume("kind" in values and places(values))
    assert isinstance(values, dict)
    return values
