"""Policies, findings and explanations as small plain HTML tables, for Jupyter; every text of a document is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from html import escape
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from policies.condition import SIGNS
from policies.exact import decimal_text, exact, floor_tenth, percent, percent_down, unit_of

if TYPE_CHECKING:
    from policies.answers import Answers
    from policies.coverage import Coverage
    from policies.document import Card, Document, Indicator, Policy, Ranking, Rules, Scorecard
    from policies.explain import Explanation
    from policies.explained import Contribution
    from policies.findings import Finding
    from policies.values import Part

_SEVERITY = {"error": "错误 error", "warning": "提醒 warning"}


def findings_html(findings: Sequence[Finding]) -> str:
    """Return findings as a table, one line each, or the sentence that there are none."""
    if not findings:
        return "<p>没有发现问题 no findings</p>"
    rows = [
        (
            _SEVERITY[item.severity],
            item.line or "–",
            item.path,
            item.message,
            "" if item.counter_example is None else ", ".join(f"{key} = {value}" for key, value in item.counter_example.items()),
            item.cure,
            item.code,
        )
        for item in findings
    ]  # fmt: skip
    heads = ("级别 severity", "行 line", "位置 place", "问题 finding", "反例 counter-example", "办法 cure", "代码 code")
    return _table(f"检查结果 {len(findings)}", heads, rows)


def findings_text(findings: Sequence[Finding]) -> str:
    """Return findings for a terminal: one line each with its severity, or the sentence that there are none."""
    return "\n".join(f"{_SEVERITY[item.severity]} {item}" for item in findings) or "没有发现问题 no findings"


def coverage_html(coverage: Coverage) -> str:
    """Return what the cases reach as a table of shares, and every part that none reaches under it."""
    rows = [
        (f"{share.title.zh} {share.title.en}", share.reached, share.parts, percent_down(share.reached, share.parts))
        for share in coverage.shares
    ]
    caption = f"{coverage.cases} 个用例的覆盖 coverage by {coverage.cases} cases"
    missed = (f"{part.line or '–'}: {part.title.zh}" for part in coverage.missed)
    return _table(caption, ("部分 part", "到达 reached", "共 of", "占比 share"), rows) + _lines(missed)


def answers_html(answers: Answers) -> str:
    """Return which missing answers settle most pending customers, as a table."""
    heads = ["输入 input", "缺少 lacking", "必能定级 settled", "可能定级 may be settled"]
    rows: list[list[object]] = [
        [f"{one.title.zh} {one.title.en}", one.lacking, one.settled, one.may_settle] for one in answers.ranked
    ]
    if answers.amount is not None:
        heads.append("可能定级的近一年金额 amount of 12 months that may be settled")
        for row, one in zip(rows, answers.ranked, strict=True):
            row.append(f"{decimal_text(Fraction(one.may_settle_amount or 0, 100))}")
    return _table(f"最有价值的缺失数据 most valuable missing answers, 待定 pending {answers.pending}", heads, rows)


def policy_html(document: Policy, *, nested: bool = False) -> str:
    """Return a policy as a table of its indicators or rules, with its tiers above it, and its parts under it."""
    heads: tuple[str, ...] = ("规则 rule", "条件 when", "等级 tier")
    if document.kind != "rules":
        heads = ("维度 dimension", "指标 indicator", "输入 input", "占总分 share", "满分 out of", "评分 points")
    caption = f"{document.title.zh} {document.title.en} ({document.id}): {tier_texts(document)}"
    inside = "".join(
        f"<p>{escape(name)}</p>{policy_html(view, nested=True)}" for name, view in document.views.items() if not nested
    )
    return _table(caption, heads, policy_rows(document)) + _lines(policy_steps(document)) + inside


def policy_text(document: Policy) -> str:
    """Return a policy for a terminal: its tiers, its indicators or rules in columns, and the steps after them."""
    rows = [tuple(map(str, row)) for row in policy_rows(document)]
    widths = [max(map(_wide, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell + " " * (width - _wide(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    title = f"{document.title.zh} {document.title.en} ({document.id}): {tier_texts(document)}"
    parts = (f"{name}: {policy_text(view)}" for name, view in document.views.items())
    return "\n".join((title, *lines, *policy_steps(document), *(parts if document.parts else ())))


def _wide(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def tier_texts(document: Policy) -> str:
    """Return the tiers, best first, each with where it begins."""
    if document.kind == "rules":
        return " > ".join(document.tiers.order)
    begins = _begins(document)
    if document.kind == "scorecard" and document.tiers.bands.intervals is not None and not begins:
        return " > ".join(f"{tier} {text}" for tier, text in document.tiers.bands.intervals.items())
    return " > ".join(f"{tier} {begins.get(tier, '')}".rstrip() for tier in document.tiers.order)


def policy_rows(document: Policy) -> list[tuple[object, ...]]:
    """Return a row for each indicator or rule."""
    return _rules(document) if document.kind == "rules" else _indicators(document)


def _begins(document: Scorecard | Ranking) -> dict[str, str]:
    """Return for each tier where it begins, or up to which share of the customers it goes."""
    if document.kind == "ranking":
        return {tier: f"前 first {percent(share)}" for tier, share in document.tiers.shares.items()}
    return {tier: f"≥ {decimal_text(cut)}" for tier, cut in document.tiers.bands.cuts.items()}


def explanation_html(explanation: Explanation) -> str:
    """Return an explanation: the grade, a table of what each indicator adds, and every other sentence under it."""
    first, *others = explanation.lines("zh")
    if not explanation.contributions:
        return f"<p><strong>{escape(first)}</strong></p>{_lines(others)}"
    titles = {item.id: item.title.zh for item in explanation.dimensions}
    rows = [
        (
            titles.get(part.dimension, part.dimension),
            f"{part.rung.id} {part.rung.title.zh}",
            (part.rung.value or part.rung.range).zh,
            "" if part.weight is None else share_text(part),
            f"{decimal_text(part.points)}/{decimal_text(part.out_of)}",
            floor_tenth(part.contribution)
            if part.contribution == part.best
            else f"{floor_tenth(part.contribution)} 至 {floor_tenth(part.best)}",
        )
        for part in explanation.contributions
    ]
    heads = ("维度 dimension", "指标 indicator", "数值 value", "占总分 share", "得分 points", "贡献 contribution")
    told = [f"  {part.rung.id} " for part in explanation.contributions] + [f"{title}(" for title in titles.values()]
    rest = [line for line in others if not line.startswith(tuple(told))]
    return _table(first, heads, rows) + _lines(rest)


def share_text(part: Contribution) -> str:
    """Return the share at which an indicator counts: ``30% × 1.4`` where it takes over weight of missing ones."""
    share = percent(part.weight or Fraction(0))
    return share if part.factor == 1 else f"{share} × {decimal_text(part.factor)}"


def _indicators(document: Card) -> list[tuple[object, ...]]:
    return [
        (
            dimension.title.zh,
            f"{indicator.id} {indicator.title.zh}" if indicator.title else indicator.id,
            _name(document, indicator.input),
            "" if (share := document.share(dimension, indicator)) is None else percent(share),
            decimal_text(indicator.out_of),
            _ladder(document, indicator),
        )
        for dimension, indicator, _ in document.indicators
    ]


def _ladder(document: Document, indicator: Indicator) -> str:
    if indicator.values is not None:
        return "; ".join(f"{value}: {decimal_text(points)}" for value, points in indicator.values.items())
    if indicator.ladder is None:
        return "评审 panel"
    if not indicator.ladder.cuts:
        rungs = (indicator.ladder.intervals or {}).items()
        return "; ".join(f"{row}: {decimal_text(points)}" for row, points in rungs)
    sign = "≥" if indicator.ladder.closed == "left" else ">"
    below = indicator.ladder.below
    steps = [] if below is None else [f"以下 {decimal_text(below)}"]
    for cut, points in zip(indicator.ladder.cuts, indicator.ladder.points, strict=True):
        steps.append(f"{sign} {_value(document, indicator.input, str(cut))}: {decimal_text(points)}")
    return "; ".join(steps)


def _rules(document: Rules) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for rule in document.rules:
        name = f"{rule.id} {rule.title.zh}" if rule.title else rule.id
        rows.append((name, _condition(document, _plain(rule.when)), rule.then))
    return rows if document.else_ is None else [*rows, ("else", "其余 all others", document.else_)]


def policy_steps(document: Policy) -> Iterator[str]:
    """Yield a line for each minimum condition and each gate, in the order in which they are taken."""
    for tier in document.tiers.order:
        if tier in document.tiers.conditions:
            yield f"{tier} 的最低条件 minimum condition: {_condition(document, _plain(document.tiers.conditions[tier]))}"
    for gate in document.gates:
        name = f"{gate.id} {gate.title.zh}" if gate.title else gate.id
        effect = ", ".join(f"{key} {tier}" for key, tier in _plain(gate.effect).items())
        yield f"门槛 gate {name}: {_condition(document, _plain(gate.when))} → {effect}"


def _plain(part: Part) -> dict[str, Any]:
    return part.model_dump(mode="json", by_alias=True, exclude_none=True)


def _condition(document: Document, when: Mapping[str, Any]) -> str:
    if "not" in when:
        return f"非 ({_condition(document, when['not'])})"
    if "at_least" in when:
        parts = "; ".join(_condition(document, part) for part in when["at_least"]["of"])
        return f"至少 {when['at_least']['k']} 项 ({parts})"
    for key, word in (("all", " 且 "), ("any", " 或 ")):
        if key in when:
            return word.join(f"({_condition(document, part)})" for part in when[key])
    if "is" in when:
        return f"{_name(document, when['input'])} 不适用 not applicable"
    sign = next(key for key in SIGNS if key in when)
    values = when[sign] if isinstance(when[sign], list | tuple) else [when[sign]]
    if "dimension" in when:
        return f"维度得分 score of {when['dimension']} {SIGNS[sign]} {decimal_text(exact(values[0]))}"
    shown = ", ".join(_value(document, when["input"], str(value)) for value in values)
    return f"{_name(document, when['input'])} {SIGNS[sign]} {shown}"


def _name(document: Document, name: str) -> str:
    word = document.word(name)
    return name if word is None else word.zh


def _value(document: Document, name: str, text: str) -> str:
    """Return a value of a word as the document's reader writes it, with its unit."""
    word = document.word(name)
    try:
        number = exact(text)
    except ValueError:
        return text
    if word is None:
        return decimal_text(number)
    return percent(number) if word.type == "ratio" else decimal_text(number) + unit_of(word, document.unit(name))


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"<div>{escape(line)}</div>" for line in lines)


def _table(caption: str, heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
