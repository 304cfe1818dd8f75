"""A plan as one portable SQL statement in integers, rendered for SQLite, PostgreSQL, DuckDB and Spark.

One CASE per indicator gives rung and contribution at once: the statement sums ``rung code x stride`` and the
contribution in separate bits of one BIGINT, and takes them apart with ``>>`` and ``&``.  A value that the word can never
have makes the sum NULL.  SQLite and PostgreSQL would flatten the nested queries and compute the sum at every use;
``LIMIT -1 OFFSET 0`` and ``OFFSET 0`` keep them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlglot import exp

from policies.composition import tiers_in
from policies.dimension_score import scores_of
from policies.kleene import Scored
from policies.plan import Membership, Plan
from policies.sql_axis import cell_value
from policies.sql_conditions import (
    MOST_NESTED,
    Branch,
    among,
    case,
    column,
    compare,
    either,
    first_certain,
    first_match,
    moved,
    number,
    stages,
    tier_layers,
    truth,
    wide,
)
from policies.sql_shared import score_sum, shared_ends, shared_in
from policies.sql_states import unknown

DIALECTS = ("sqlite", "postgres", "duckdb", "spark")
COLUMNS = ("customer_id", "status", "tier", "total", "worst", "best", "candidates", "levels")

# Stands in place of the sum for a customer to whom the policy does not apply.
_OUTSIDE = -1


def select_statement(
    plan: Plan,
    dialect: str,
    source: str | exp.Expr = "facts",
    key: str = "customer_id",
    where: exp.Expr | None = None,
    constants: Mapping[str, int | str] | None = None,
) -> str:
    """Render the statement that grades every row of a table of facts: one row of ``COLUMNS`` for each.

    ``source`` (a table name, or an expression such as a table function) has the column ``key`` and one column per word
    of ``plan.inputs``, as stored integers or text.  ``where`` filters its rows.  ``constants`` become leading columns,
    for an ``INSERT ... SELECT`` that also writes the run.  ``dialect`` is one of ``DIALECTS``.  Raises NotRanked for a
    ranking without the cut scores of these rows.
    """
    if dialect not in DIALECTS:
        raise ValueError(f"unknown dialect {dialect!r}; known: {', '.join(DIALECTS)}")
    table = exp.to_table(source) if isinstance(source, str) else source
    query = _read(plan, table, dialect, key, where)
    for step in _layers(plan):
        query = _fenced(_over(query, step), dialect)
    leading = [_named(exp.convert(value), name) for name, value in (constants or {}).items()]
    return _over(query, _select(*leading, *_row(plan))).sql(dialect=dialect)


def histogram_statement(
    plan: Plan, dialect: str, source: str | exp.Expr = "facts", key: str = "customer_id", where: exp.Expr | None = None
) -> str:
    """Render the first phase of a ranking: how many customers have each pair of totals.

    Each row is (worst, best, 1 where the policy may not apply and else 0, customers), in no order and without those who
    are outside or have an impossible value.  ``policies.ranking.ranked`` takes the rows.
    """
    plain = replace(plan, steps=())
    table = exp.to_table(source) if isinstance(source, str) else source
    sums = _fenced(_over(_read(plain, table, dialect, key, where), _split(plain)), dialect)
    columns = [column("worst"), column("best"), _named(column("u") if plan.population else number(0), "u")]
    counted = _over(sums, _select(*columns, _named(exp.Count(this=exp.Star()), "customers")))
    return counted.where(compare(exp.GTE, column("p"), 0)).group_by("1", "2", "3").sql(dialect=dialect)


def _read(plan: Plan, table: exp.Expr, dialect: str, key: str, where: exp.Expr | None) -> exp.Select:
    """Select the sums from the table; where conditions compare dimensions' scores, from those scores beside the inputs."""
    scores, nodes, shared = scores_of(plan), tiers_in(plan), shared_in(plan)
    if not scores and not nodes and not shared:
        return _fenced(_sums(plan, key).from_(table), dialect, where)
    summed = [_named(score_sum(plan, parts), f"_d{i}") for i, parts in enumerate(scores)]
    apart = [name for one in shared for name in one.columns(plan)]  # the sums read them
    first = _select(_named(column(key), "customer_id"), *map(column, plan.inputs), *(apart or summed))
    query = _fenced(first.from_(table), dialect, where)
    if apart and summed:
        query = _fenced(_over(query, _select("*", *summed)), dialect)
    for layer in tier_layers(plan):  # conditions on the tiers of parts, each after those it reads
        query = _fenced(_over(query, _select("*", *layer)), dialect)
    return _fenced(_over(query, _sums(plan, "customer_id")), dialect)


def _layers(plan: Plan) -> list[exp.Select]:
    """Return what is selected from the sums, one query around the other, up to the candidates."""
    if plan.kind != "rules":
        layers = [_split(plan), _banded(plan)]
    elif len(plan.lines) > MOST_NESTED:
        layers = [_select("*", _named(first_certain(plan), "f")), _first_match(plan)]
    else:
        layers = [_first_match(plan)]
    left = stages(plan)
    while left:
        stage, *left = left
        names = [name for rest in left for name, _ in rest]
        columns = ["customer_id", "worst", "best", "levels", *names]
        layers.append(_select(*columns, _named(moved(plan, stage), "m")))
    return layers


# Nothing below copies an expression that it is given: each is built for one place, and a copy at each of the nested
# queries took half of the time that a statement takes.
def _select(*columns: str | exp.Expr) -> exp.Select:
    return exp.select(*columns, copy=False)


def _named(value: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(value, name, copy=False)


def _over(query: exp.Select, outer: exp.Select) -> exp.Select:
    """Return a query that selects from another one."""
    return outer.from_(query.subquery("q", copy=False), copy=False)


def _fenced(query: exp.Select, dialect: str, where: exp.Expr | None = None) -> exp.Select:
    if where is not None:
        query = query.where(where.copy(), copy=False)
    if dialect == "sqlite":
        return query.limit(-1, copy=False).offset(0, copy=False)
    return query.offset(0, copy=False) if dialect == "postgres" else query


def _total_bits(plan: Plan) -> int:
    return max((plan.highest - _base(plan)).bit_length(), 1)


def _least(part: Scored) -> int:
    """Return what the worst rung takes away, 0 where none takes: the one sum must hold no negative number.

    None takes where weights are shared out, for points are negative only where they are added up.
    """
    return min(*part.contributions, part.missing_best, 0)


def _base(plan: Plan) -> int:
    return sum(_least(part) for part in plan.indicators)


def _shift(plan: Plan) -> int:
    """Return how many bits lie below the levels in the one sum."""
    return 0 if plan.kind == "rules" else 2 * _total_bits(plan)


def _packed(plan: Plan) -> int:
    """Return how many axes, from the first, have their levels in the one sum; the others need a sum of their own."""
    for count in (len(plan.axes), len(plan.indicators)):
        most = sum((axis.radix - 1) * stride for axis, stride in zip(plan.axes[:count], plan.strides, strict=False))
        if plan.kind == "rules" or (most + 1) << _shift(plan) < 2**63:
            return count
    return 0


def _sums(plan: Plan, key: str) -> exp.Select:
    """Select the key, the sums (NULL for an impossible value) and, for rules, the truth of every line; the truth of every step."""
    packed = _packed(plan)
    columns = [_named(column(key), "customer_id")]
    columns.append(_named(_applicable(plan, _sum(plan, range(len(plan.axes)), packed)), "p"))
    if packed < len(plan.axes):
        columns.append(_named(_sum(plan, range(packed, len(plan.axes))), "l"))
    if plan.population:
        columns.append(_named(_population_unknown(plan), "u"))
    columns += [_named(truth(plan, line.when), f"r{i}") for i, line in enumerate(plan.lines)]
    columns += [_named(truth(plan, step.when), f"g{i}") for i, step in enumerate(plan.steps)]
    return _select(*columns)


def _applicable(plan: Plan, value: exp.Expr) -> exp.Expr:
    """Return the value where the policy applies or may apply, -1 where it does not, NULL for an impossible status."""
    if not plan.population:
        return value
    may = [exp.paren(either([among(part.word, part.applies), _unknown(plan, part)])) for part in plan.population]
    impossible = [exp.paren(exp.not_(exp.paren(among(part.word, part.values)))) for part in plan.population]
    return case([(exp.and_(*may), value), (either(impossible), exp.null())], number(_OUTSIDE))


def _population_unknown(plan: Plan) -> exp.Expr:
    return case([(either([_unknown(plan, part) for part in plan.population]), number(1))], number(0))


def _unknown(plan: Plan, part: Membership) -> exp.Expr:
    return exp.paren(unknown(plan.document.fact(part.word)))


def _sum(plan: Plan, places: range, packed: int | None = None) -> exp.Expr:
    """Add one CASE per axis: its level alone, or totals with the levels of the first ``packed`` axes above them."""
    bits, shift = _total_bits(plan), _shift(plan)
    scored = {part.axis: part for part in plan.indicators if part.factors is None}
    total: exp.Expr = wide(0)
    for place in places:
        axis, stride = plan.axes[place], plan.strides[place]
        values = [code * stride for code in range(axis.radix)]
        if packed is not None:
            points = _contributions(scored[place], bits) if place in scored else [0] * axis.radix
            levels = [value << shift if place < packed else 0 for value in values]
            values = [a + b for a, b in zip(levels, points, strict=True)]
        total = exp.Add(this=total, expression=cell_value(axis, values))
    for worst, span in shared_ends(plan.indicators) if packed is not None else ():
        above = exp.Mul(this=exp.paren(span), expression=number(1 << bits))
        total = exp.Add(this=exp.Add(this=total, expression=worst), expression=above)
    return total


def _contributions(part: Scored, bits: int) -> list[int]:
    """Return what each code adds to the worst total, and for a missing input the span to its best above it."""
    span = (part.missing_best - part.contributions[0]) << bits
    raised = [value - _least(part) for value in part.contributions]
    return [raised[0] + span, *raised[1:]]


def _split(plan: Plan) -> exp.Select:
    """Take the sums apart: worst and best total, and the levels."""
    bits, shift, packed, p = _total_bits(plan), _shift(plan), _packed(plan), column("p")
    mask = number(2**bits - 1)
    worst: exp.Expr = exp.BitwiseAnd(this=p, expression=mask)
    if _base(plan):
        worst = exp.Sub(this=exp.paren(worst), expression=number(-_base(plan)))
    span = exp.BitwiseAnd(this=exp.paren(_shifted(p.copy(), bits)), expression=mask.copy())
    best = exp.Add(this=exp.paren(worst.copy()), expression=exp.paren(span))
    levels = column("l") if packed == 0 else _shifted(p.copy(), shift)
    if 0 < packed < len(plan.axes):
        levels = exp.Add(this=exp.paren(levels), expression=column("l"))
    return _select(
        "customer_id",
        *(["p", "u"] if plan.population else ["p"]),
        _named(_where_graded(worst), "worst"),
        _named(_where_graded(best), "best"),
        _named(_where_graded(levels), "levels"),
        *_steps(plan),
    )


def _steps(plan: Plan) -> list[exp.Expr]:
    """Return the truth of each step, 0 where the policy does not certainly apply and there is no tier to move."""
    if not plan.steps:
        return []
    there = [compare(exp.GTE, column("p"), 0), *([compare(exp.EQ, column("u"), 0)] if plan.population else [])]
    names = [f"g{i}" for i in range(len(plan.steps))]
    return [_named(case([(exp.and_(*there), column(name))], number(0)), name) for name in names]


def _where_graded(value: exp.Expr) -> exp.Expr:
    return case([(compare(exp.GTE, column("p"), 0), value)], number(0))


def _banded(plan: Plan) -> exp.Select:
    """Find the candidates between the tiers of the worst and of the best total."""
    ends, names = [column("worst"), column("best")], [f"g{i}" for i in range(len(plan.steps))]
    alike = exp.EQ(this=ends[0], expression=ends[1])
    bits, above = ([one << i for i in range(len(plan.begins) + 1)] for one in (1, 2))
    if plan.kind == "ranking":  # the others may be anywhere between their ends even while this one is settled
        cuts = plan.frozen
        first = case([(alike, _band(cuts.certain, ends[0], above))], _band(cuts.open, ends[0], above))
        known: exp.Expr = exp.Sub(this=first, expression=_band(cuts.optimistic, ends[1], bits))
    else:
        span = exp.Sub(this=_band(plan.begins, ends[0], above), expression=_band(plan.begins, ends[1], bits))
        known = case([(alike, _band(plan.begins, ends[0], bits))], span)
    return _select("customer_id", "worst", "best", "levels", _named(_marks(known, plan), "m"), *names)


def _shifted(value: exp.Expr, bits: int) -> exp.Expr:
    return exp.BitwiseRightShift(this=value, expression=number(bits)) if bits else value


def _marks(known: exp.Expr, plan: Plan) -> exp.Expr:
    """Return the candidates: every tier while the population is unknown, 0 outside it, -1 for an error."""
    branches: list[Branch] = [(compare(exp.GTE, column("p"), 0), known)]
    if plan.population:
        branches = [
            (exp.and_(compare(exp.EQ, column("u"), 0), branches[0][0]), known),
            (compare(exp.GTE, column("p"), 0), number(plan.everything)),
            (compare(exp.EQ, column("p"), _OUTSIDE), number(0)),
        ]
    return case(branches, number(-1))


def _band(begins: Sequence[int], total: exp.Expr, values: Sequence[int]) -> exp.Expr:
    """Return the value of the tier in which a total lies."""
    steps = zip(begins, values, strict=False)
    return case(
        [(compare(exp.GTE, total, least), number(value)) for least, value in steps],
        number(values[-1]),
    )


def _first_match(plan: Plan) -> exp.Select:
    """Find the candidates of rules."""
    return _select(
        "customer_id",
        _named(number(0), "worst"),
        _named(number(0), "best"),
        _named(_where_graded(column("p")), "levels"),
        _named(_marks(first_match(plan), plan), "m"),
        *_steps(plan),
    )


def _row(plan: Plan) -> list[exp.Expr]:
    """Return the columns of the result row over candidates, worst, best and levels."""
    m = column("m")
    settled = exp.and_(compare(exp.GT, m, 0), exp.EQ(this=column("worst"), expression=column("best")))
    lower = exp.paren(exp.Sub(this=m.copy(), expression=number(1)))
    alone = exp.EQ(this=exp.paren(exp.BitwiseAnd(this=m.copy(), expression=lower)), expression=number(0))
    values: dict[str, exp.Expr] = {
        "customer_id": column("customer_id"),
        "status": case(
            [
                (compare(exp.EQ, m, 0), exp.convert("not_applicable")),
                (compare(exp.LT, m, 0), exp.convert("error")),
                (alone, exp.convert("graded")),
            ],
            exp.convert("pending"),
        ),
        "tier": case([(compare(exp.EQ, m, 1 << i), exp.convert(name)) for i, name in enumerate(plan.tiers)]),
        "total": exp.cast(exp.null(), "bigint") if plan.kind == "rules" else case([(settled, column("worst"))]),
        "worst": column("worst"),
        "best": column("best"),
        "candidates": case([(compare(exp.GT, m, 0), m.copy())], number(0)),
        "levels": column("levels"),
    }
    return [_named(values[name], name) for name in COLUMNS]
