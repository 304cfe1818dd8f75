"""A plan as one portable SQL statement in integers, rendered for SQLite, PostgreSQL, DuckDB and Spark.

One CASE per indicator gives rung and contribution at once: the statement sums ``rung code x stride`` and the
contribution in separate bits of one BIGINT, and takes them apart with ``>>`` and ``&``.  A value that the word can never
have makes the sum NULL.  SQLite and PostgreSQL would flatten the nested queries and compute the sum at every use;
``LIMIT -1 OFFSET 0`` and ``OFFSET 0`` keep them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from policies.plan import Axis, Group, Leaf, Plan, Scored

DIALECTS = ("sqlite", "postgres", "duckdb", "spark")
COLUMNS = ("customer_id", "status", "tier", "total", "worst", "best", "candidates", "levels")

_Branch = tuple[exp.Expr, exp.Expr]
_OPERATORS = {"ge": exp.GTE, "gt": exp.GT, "le": exp.LTE, "lt": exp.LT}
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
    for an ``INSERT ... SELECT`` that also writes the run.  ``dialect`` is one of ``DIALECTS``.
    """
    if dialect not in DIALECTS:
        raise ValueError(f"unknown dialect {dialect!r}; known: {', '.join(DIALECTS)}")
    table = exp.to_table(source) if isinstance(source, str) else source
    query = _fenced(_sums(plan, key).from_(table), dialect, where)
    for step in (_split, _banded) if plan.kind == "scorecard" else (_first_match,):
        query = _fenced(step(plan).from_(query.subquery("q")), dialect)
    leading = [exp.alias_(exp.convert(value), name) for name, value in (constants or {}).items()]
    return exp.select(*leading, *_row(plan)).from_(query.subquery("q")).sql(dialect=dialect)


def _fenced(query: exp.Select, dialect: str, where: exp.Expr | None = None) -> exp.Select:
    if where is not None:
        query = query.where(where)
    if dialect == "sqlite":
        return query.limit(-1).offset(0)
    return query.offset(0) if dialect == "postgres" else query


def _column(name: str) -> exp.Expr:
    return exp.column(name)


def _number(value: int) -> exp.Expr:
    return exp.convert(value)


def _wide(value: int) -> exp.Expr:
    """Return a literal that makes a sum or product BIGINT, whatever its size."""
    return exp.cast(_number(value), "bigint")


def _case(branches: Sequence[_Branch], default: exp.Expr | None = None) -> exp.Expr:
    case = exp.Case()
    for condition, value in branches:
        case = case.when(condition, value, copy=False)
    return case if default is None else case.else_(default, copy=False)


def _null(operand: exp.Expr) -> exp.Expr:
    return exp.Is(this=operand, expression=exp.null())


def _compare(kind: type[exp.Binary], left: exp.Expr, value: int | str) -> exp.Expr:
    return kind(this=left.copy(), expression=exp.convert(value))


def _either(parts: Sequence[exp.Expr]) -> exp.Expr:
    return exp.or_(*parts, copy=False) if len(parts) > 1 else parts[0]


def _among(word: str, values: Sequence[str]) -> exp.Expr:
    # OR and not IN: SQLite builds a temporary index for a list and searches it for every row.
    return _either([_compare(exp.EQ, _column(word), value) for value in values]) if values else exp.false()


def _total_bits(plan: Plan) -> int:
    return max(plan.highest.bit_length(), 1)


def _shift(plan: Plan) -> int | None:
    """Return how many bits lie below the levels in the one sum, None when levels need a sum of their own."""
    if plan.kind == "rules":
        return 0
    bits = 2 * _total_bits(plan)
    most = plan.pack([axis.radix - 1 for axis in plan.axes])
    return bits if (most + 1) << bits < 2**63 else None


def _sums(plan: Plan, key: str) -> exp.Select:
    """Select the key, the sums (NULL for an impossible value) and, for rules, the truth of every line."""
    shift = _shift(plan)
    columns = [exp.alias_(_column(key), "customer_id")]
    if shift is None:
        columns.append(exp.alias_(_applicable(plan, _sum(plan, None, True)), "p"))
        columns.append(exp.alias_(_sum(plan, 0, False), "l"))
    else:
        columns.append(exp.alias_(_applicable(plan, _sum(plan, shift, plan.kind == "scorecard")), "p"))
    if plan.population:
        columns.append(exp.alias_(_population_unknown(plan), "u"))
    columns += [exp.alias_(_truth(plan, line.when), f"r{i}") for i, line in enumerate(plan.lines)]
    return exp.select(*columns)


def _applicable(plan: Plan, value: exp.Expr) -> exp.Expr:
    """Return the value where the policy applies or may apply, -1 where it does not, NULL for an impossible status."""
    if not plan.population:
        return value
    may = [exp.paren(_either([_among(part.word, part.applies), _null(_column(part.word))])) for part in plan.population]
    impossible = [exp.paren(exp.not_(exp.paren(_among(part.word, part.values)))) for part in plan.population]
    return _case([(exp.and_(*may), value), (_either(impossible), exp.null())], _number(_OUTSIDE))


def _population_unknown(plan: Plan) -> exp.Expr:
    return _case([(_either([_null(_column(part.word)) for part in plan.population]), _number(1))], _number(0))


def _sum(plan: Plan, shift: int | None, totals: bool) -> exp.Expr:
    """Add one CASE per axis: levels from bit ``shift`` up (None: not at all), worst total and span below when asked."""
    bits = _total_bits(plan)
    scored = {part.axis: part for part in plan.indicators}
    total: exp.Expr = _wide(0)
    for place, (axis, stride) in enumerate(zip(plan.axes, plan.strides, strict=True)):
        levels = [0 if shift is None else (code * stride) << shift for code in range(axis.radix)]
        points = _contributions(scored[place], bits) if totals else [0] * axis.radix
        total = exp.Add(this=total, expression=_axis(axis, [a + b for a, b in zip(levels, points, strict=True)]))
    return total


def _contributions(part: Scored, bits: int) -> list[int]:
    """Return what each code adds to the worst total, and for a missing input the span to its best above it."""
    span = (part.missing_best - part.contributions[0]) << bits
    return [part.contributions[0] + span, *part.contributions[1:]]


def _axis(axis: Axis, values: Sequence[int]) -> exp.Expr:
    """Return ``values[code]`` of an input, NULL for a value it can never have.

    A comparison with NULL is not true in any dialect, so the test for a missing value may come after the cuts, where few
    rows get: that made SQLite's sum a sixth faster.
    """
    x = _column(axis.word.name)
    missing = (_null(x), _number(values[0]))
    if axis.values:
        named = zip(axis.values, values[1:], strict=True)
        return _case([*((_compare(exp.EQ, x, value), _number(number)) for value, number in named), missing])
    if _is_line(axis, values):  # a panel: the points are the rating
        product = exp.Mul(this=_wide(values[2] - values[1]), expression=x.copy())
        within = exp.Between(this=x.copy(), low=_number(0), high=_number(len(axis.cuts)))
        return _case([(within, exp.Add(this=product, expression=_number(values[1]))), missing])
    cuts = [
        (_compare(exp.GTE, x, cut), _number(value))
        for cut, value in zip(reversed(axis.cuts), reversed(values[2:]), strict=True)
    ]
    if axis.most is not None:
        cuts.insert(0, (_compare(exp.GT, x, axis.most), exp.null()))
    if axis.least is None:
        return _case([*cuts, missing], _number(values[1]))
    return _case([*cuts, (_compare(exp.GTE, x, axis.least), _number(values[1])), missing])


def _is_line(axis: Axis, values: Sequence[int]) -> bool:
    """Return whether a value counts in equal steps."""
    step = values[2] - values[1] if axis.each_value else 0
    return axis.each_value and all(value == values[1] + step * i for i, value in enumerate(values[1:]))


def _truth(plan: Plan, condition: Leaf | Group) -> exp.Expr:
    """Return 2 where a condition certainly holds, 0 where it certainly does not, 1 where what is missing decides."""
    holds = _condition(plan, condition)
    return _case([(holds, _number(2)), (exp.Not(this=exp.paren(holds.copy())), _number(0))], _number(1))


def _condition(plan: Plan, condition: Leaf | Group) -> exp.Expr:
    # SQL's AND, OR and NOT over NULL are strong Kleene logic, the same in every dialect.
    if isinstance(condition, Group):
        parts = [exp.paren(_condition(plan, part)) for part in condition.parts]
        return (exp.and_ if condition.all else exp.or_)(*parts) if len(parts) > 1 else parts[0]
    name = plan.axes[condition.axis].word.name
    if condition.operator in _OPERATORS:
        return _compare(_OPERATORS[condition.operator], _column(name), condition.values[0])
    return _either([_compare(exp.EQ, _column(name), value) for value in condition.values])


def _split(plan: Plan) -> exp.Select:
    """Take the sums apart: worst and best total, and the levels."""
    bits, shift, p = _total_bits(plan), _shift(plan), _column("p")
    mask = _number(2**bits - 1)
    worst = exp.BitwiseAnd(this=p, expression=mask)
    span = exp.BitwiseAnd(this=exp.paren(_shifted(p.copy(), bits)), expression=mask.copy())
    best = exp.Add(this=exp.paren(worst.copy()), expression=exp.paren(span))
    levels = _column("l") if shift is None else _shifted(p.copy(), shift)
    return exp.select(
        "customer_id",
        *(["p", "u"] if plan.population else ["p"]),
        exp.alias_(_where_graded(worst), "worst"),
        exp.alias_(_where_graded(best), "best"),
        exp.alias_(_where_graded(levels), "levels"),
    )


def _where_graded(value: exp.Expr) -> exp.Expr:
    return _case([(_compare(exp.GTE, _column("p"), 0), value)], _number(0))


def _banded(plan: Plan) -> exp.Select:
    """Find the candidates between the tiers of the worst and of the best total."""
    ends = [_column("worst"), _column("best")]
    one = _band(plan, ends[0], [1 << i for i in range(len(plan.tiers))])
    first = _band(plan, ends[0], [2 << i for i in range(len(plan.tiers))])
    span = exp.Sub(this=first, expression=_band(plan, ends[1], [1 << i for i in range(len(plan.tiers))]))
    known = _case([(exp.EQ(this=ends[0], expression=ends[1]), one)], span)
    return exp.select("customer_id", "worst", "best", "levels", exp.alias_(_marks(known, plan), "m"))


def _shifted(value: exp.Expr, bits: int) -> exp.Expr:
    return exp.BitwiseRightShift(this=value, expression=_number(bits)) if bits else value


def _marks(known: exp.Expr, plan: Plan) -> exp.Expr:
    """Return the candidates: every tier while the population is unknown, 0 outside it, -1 for an error."""
    branches: list[_Branch] = [(_compare(exp.GTE, _column("p"), 0), known)]
    if plan.population:
        branches = [
            (exp.and_(_compare(exp.EQ, _column("u"), 0), branches[0][0]), known),
            (_compare(exp.GTE, _column("p"), 0), _number(plan.everything)),
            (_compare(exp.EQ, _column("p"), _OUTSIDE), _number(0)),
        ]
    return _case(branches, _number(-1))


def _band(plan: Plan, total: exp.Expr, values: Sequence[int]) -> exp.Expr:
    """Return the value of the tier in which a total lies."""
    steps = zip(plan.bands[:-1], values, strict=False)
    return _case(
        [(_compare(exp.GTE, total, least), _number(value)) for least, value in steps],
        _number(values[-1]),
    )


def _first_match(plan: Plan) -> exp.Select:
    """Find the candidates of rules: each possible line's tier, down to the first line that certainly holds."""
    known: exp.Expr = _number(1 << plan.otherwise)
    for i, line in reversed(list(enumerate(plan.lines))):
        rest = _case([(_compare(exp.EQ, _column(f"r{i}"), 2), _number(0))], known)
        here = _case([(_compare(exp.GTE, _column(f"r{i}"), 1), _number(1 << line.tier))], _number(0))
        known = exp.BitwiseOr(this=exp.paren(here), expression=exp.paren(rest))
    return exp.select(
        "customer_id",
        exp.alias_(_number(0), "worst"),
        exp.alias_(_number(0), "best"),
        exp.alias_(_where_graded(_column("p")), "levels"),
        exp.alias_(_marks(known, plan), "m"),
    )


def _row(plan: Plan) -> list[exp.Expr]:
    """Return the columns of the result row over candidates, worst, best and levels."""
    m = _column("m")
    settled = exp.and_(_compare(exp.GT, m, 0), exp.EQ(this=_column("worst"), expression=_column("best")))
    lower = exp.paren(exp.Sub(this=m.copy(), expression=_number(1)))
    alone = exp.EQ(this=exp.paren(exp.BitwiseAnd(this=m.copy(), expression=lower)), expression=_number(0))
    values: dict[str, exp.Expr] = {
        "customer_id": _column("customer_id"),
        "status": _case(
            [
                (_compare(exp.EQ, m, 0), exp.convert("not_applicable")),
                (_compare(exp.LT, m, 0), exp.convert("error")),
                (alone, exp.convert("graded")),
            ],
            exp.convert("pending"),
        ),
        "tier": _case([(_compare(exp.EQ, m, 1 << i), exp.convert(name)) for i, name in enumerate(plan.tiers)]),
        "total": exp.cast(exp.null(), "bigint") if plan.kind == "rules" else _case([(settled, _column("worst"))]),
        "worst": _column("worst"),
        "best": _column("best"),
        "candidates": _case([(_compare(exp.GT, m, 0), m.copy())], _number(0)),
        "levels": _column("levels"),
    }
    return [exp.alias_(values[name], name) for name in COLUMNS]
