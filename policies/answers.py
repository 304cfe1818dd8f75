"""Which missing answers are worth asking for: for each input, how many pending customers it alone would settle.

Exact and without asking anyone: every possible answer is tried on the plan's codes.  An answer is any value, and not
applicable where the policy tells that apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from sqlglot import exp

from policies.display import answers_html
from policies.kleene import places_of
from policies.plan import Plan, outcome
from policies.sql import select_statement
from policies.sql_states import unknown
from policies.values import Labels

# Levels, a bit for each word of the population that has no value, customers, and their amount of 12 months in fen if asked for.
Group = tuple[int, int, int, int | None]


@dataclass(frozen=True)
class Answer:
    """One input: how many pending customers lack it, whom it settles whatever it says, and whom it settles if it says the right thing.

    The amounts are those customers' of 12 months in fen, None when nobody asked for them.
    """

    input: str
    title: Labels
    lacking: int
    settled: int
    may_settle: int
    lacking_amount: int | None
    settled_amount: int | None
    may_settle_amount: int | None


@dataclass(frozen=True)
class Answers:
    """The inputs that pending customers lack, the most valuable answer first; ``pending`` customers in all."""

    pending: int
    amount: int | None
    ranked: tuple[Answer, ...]

    def lines(self, language: str = "zh", most: int | None = None) -> list[str]:
        """Return the ranking as sentences in ``zh`` or ``en``."""
        text = (
            "{title}:{lacking} 个待定客户缺少,无论答案如何都能定级的 {settled} 个,可能定级的 {may_settle} 个"
            if language == "zh"
            else "{title}: {lacking} pending customers lack it, {settled} are settled whatever it says, {may_settle} may be"
        )
        return [
            text.format(title=one.title.zh if language == "zh" else one.title.en, lacking=one.lacking, settled=one.settled, may_settle=one.may_settle)
            for one in self.ranked[:most]
        ]  # fmt: skip

    def _repr_html_(self) -> str:
        return answers_html(self)


@dataclass(frozen=True)
class _Asked:
    """One input: its places among the axes, its bit in the population, and for each answer the codes and whether it is outside."""

    word: str
    places: tuple[int, ...]
    bit: int
    answers: tuple[tuple[tuple[int, ...], bool], ...]


def rank(plan: Plan, groups: Iterable[Group]) -> Answers:
    """Rank the answers that pending customers lack, from their counts by levels (``counts_statement``)."""
    asked = _asked(plan)
    read = sorted({place for step in plan.steps for place in places_of(step.when)})
    verdicts: dict[object, list[tuple[int, bool, bool]]] = {}
    sums = [[0] * 6 for _ in asked]
    pending, amounts = 0, None
    for levels, open_, customers, amount in groups:
        codes = plan.unpack(levels)
        key = _signature(plan, codes, levels, read), open_
        if key not in verdicts:
            verdicts[key] = [
                (place, all(settles), any(settles))
                for place, one in enumerate(asked)
                if _lacks(one, codes, open_) and (settles := _settles(plan, one, codes, open_))
            ]
        pending += customers
        amounts = amounts if amount is None else (amounts or 0) + amount
        for place, sure, may in verdicts[key]:
            for column, counts in enumerate((True, sure, may)):
                sums[place][column] += customers * counts
                sums[place][column + 3] += (amount or 0) * counts
    return Answers(pending, amounts, tuple(_ranked(plan, asked, sums, amounts is not None)))


def _ranked(plan: Plan, asked: Sequence[_Asked], sums: Sequence[Sequence[int]], weighted: bool) -> list[Answer]:
    found, words = [], {word.name: word for word in plan.words}
    for one, (lacking, sure, may, *amounts) in zip(asked, sums, strict=True):
        word = words[one.word]
        if lacking:
            weights = amounts if weighted else [None] * 3
            found.append(Answer(one.word, Labels(zh=word.zh, en=word.en), lacking, sure, may, *weights))
    return sorted(found, key=lambda answer: (-answer.settled, -answer.may_settle, -answer.lacking))


def by_value(plan: Plan, codes: Sequence[int], open_: int) -> tuple[str, ...]:
    """Return the words that one pending customer lacks, the most valuable first.

    That is the one most of whose answers would settle the tier; among equals the one that moves the total most.
    """
    span = {part.axis: part.missing_best - part.contributions[0] for part in plan.indicators}
    found = []
    for one in _asked(plan):
        if _lacks(one, codes, open_):
            settles = _settles(plan, one, codes, open_)
            share = Fraction(sum(settles), max(len(settles), 1))
            found.append((-share, -sum(span.get(place, 0) for place in one.places), one.word))
    return tuple(word for *_, word in sorted(found, key=lambda item: item[:2]))


def unknown_population(plan: Plan, words: Iterable[str]) -> int:
    """Return the words of the population that have no value as bits."""
    lacking = set(words)
    return sum(1 << bit for bit, part in enumerate(plan.population) if part.word in lacking)


def counts_statement(plan: Plan, dialect: str, source: str | exp.Expr = "facts") -> str:
    """Render the statement that counts pending customers: one row (open words of the population as bits, levels, customers)."""
    table = exp.to_table(source) if isinstance(source, str) else source
    bits: exp.Expr = exp.convert(0)
    for bit, part in enumerate(plan.population):
        lacking = exp.Case().when(unknown(plan.document.fact(part.word)), exp.convert(1 << bit)).else_(exp.convert(0))
        bits = exp.Add(this=bits, expression=exp.paren(lacking))
    # The bits stand in place of the customer, so that they travel with the grade.
    facts = exp.select("*", exp.alias_(bits, "open_words")).from_(table).subquery("f")
    graded = select_statement(plan, dialect, facts, key="open_words")
    return f"select customer_id, levels, count(*) from ({graded}) as g where status = 'pending' group by customer_id, levels"  # noqa: S608 - the compiler's own SQL


def _signature(plan: Plan, codes: Sequence[int], levels: int, read: Sequence[int]) -> object:
    """Return what decides how answers turn out: for a scorecard the sure points, what is missing, and what conditions read."""
    if plan.kind == "rules" or plan.parts or any(part.factors is not None for part in plan.indicators):
        return levels
    total = sum(part.contributions[codes[part.axis]] for part in plan.indicators)
    missing = tuple(place for place, code in enumerate(codes) if code == 0)
    return total, missing, tuple(codes[place] for place in read)


@lru_cache(maxsize=32)
def _asked(plan: Plan) -> tuple[_Asked, ...]:
    members = {part.word: (1 << bit, part) for bit, part in enumerate(plan.population)}
    found = []
    for word in plan.inputs:
        places = tuple(place for place, axis in enumerate(plan.axes) if axis.word.name == word)
        bit, part = members.get(word, (0, None))
        values = {axis.sample(code) for axis in (plan.axes[place] for place in places) for code in range(1, axis.radix)}
        values |= set(part.values) if part is not None else set()
        answers = set()
        for value in values:
            codes = tuple(plan.axes[place].code(value) for place in places)
            if None not in codes:
                outside = part is not None and value in part.values and value not in part.applies
                answers.add((tuple(code or 0 for code in codes), outside))
        found.append(_Asked(word, places, bit, tuple(sorted(answers))))
    return tuple(found)


def _lacks(one: _Asked, codes: Sequence[int], open_: int) -> bool:
    return bool(one.bit & open_) if one.bit else all(codes[place] == 0 for place in one.places)


def _settles(plan: Plan, one: _Asked, codes: Sequence[int], open_: int) -> list[bool]:
    """Return for each possible answer whether the customer's tier is certain after it."""
    after, found = list(codes), []
    for answer, outside in one.answers:
        for place, code in zip(one.places, answer, strict=True):
            after[place] = code
        candidates = outcome(plan, after)[2]
        found.append(outside or (not open_ & ~one.bit and candidates & (candidates - 1) == 0))
    return found
