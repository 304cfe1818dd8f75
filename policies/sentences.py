"""An explanation as sentences in Chinese and English."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from policies.exact import ceil_tenth, decimal_text, floor_tenth, percent
from policies.review import review_line
from policies.states import NAMES
from policies.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from policies.explain import Explanation
    from policies.explained import Contribution, Rung, StepLine
    from policies.ranking import RankFigures
    from policies.values import Labels

_TEXT = {
    "zh": {
        "graded": "{title}:等级 {tier}",
        "pending": "{title}:待确认,可能的等级 {candidates}",
        "not_applicable": "{title}:不适用于该客户",
        "error": "{title}:数据有误,无法评级",
        "total": "总分 {total}",
        "between": "总分在 {worst} 与 {best} 之间",
        "subtotal": "{title}(权重 {weight}):{points}",
        "part": "  {id} {title}:{value},{points}/{out_of} 分 × {weight} = {contribution}",
        "shared": "  {id} {title}:{value},权重 {weight} 由本维度已知的指标分摊",
        "points": "  {id} {title}:{value},{points}/{out_of} 分",
        "sum": "{title}:{points}",
        "unknown": "  {id} {title}:{value},计 {contribution} 至 {best}",
        "rule_true": "  {name}({tier}):符合",
        "rule_false": "  {name}({tier}):不符合",
        "rule_none": "  {name}({tier}):待确认",
        "input": "  {title}:{value}",
        "condition": "  {tier} 的最低条件:{state}",
        "floor": "  门槛 {name}(不低于 {tier}):{state}",
        "cap": "  门槛 {name}(不高于 {tier}):{state}",
        "set": "  门槛 {name}(定为 {tier}):{state}",
        "holds_true": "符合",
        "holds_false": "不符合",
        "holds_none": "待确认",
        "fired": ",已改变等级",
        "up": "距上一级 {tier} 还差 {points} 分",
        "down": "高于下一级 {tier} 的界线 {points} 分",
        "cheapest": "最省的提升:{title} 达到 {reach},即升为 {tier}",
        "ranked": "参加排名 {population} 户",
        "unknown_ranked": ",另有 {unknown} 户是否适用尚不明",
        "better": ",高于该客户的有 {better} 户",
        "cut": "  {tier}(前 {share})的分数线 {cut},名额 {seats},入围 {sure}",
        "overflow": ",并列多出 {overflow}",
        "to": "{low} 至 {high}",
        "none": "无",
        "reasons": "失分最多:{parts}",
        "missing": "尚缺的数据:{parts}",
        "in_state": "{title}({state})",
        "impossible": "不可能的数值:{parts}",
        "comma": "、",
    },
    "en": {
        "graded": "{title}: tier {tier}",
        "pending": "{title}: pending, possible tiers {candidates}",
        "not_applicable": "{title}: does not apply to this customer",
        "error": "{title}: a value is impossible, no grade",
        "total": "Total {total}",
        "between": "Total between {worst} and {best}",
        "subtotal": "{title} (weight {weight}): {points}",
        "part": "  {id} {title}: {value}, {points} of {out_of} points x {weight} = {contribution}",
        "shared": "  {id} {title}: {value}, its weight of {weight} is shared out to the known ones of the dimension",
        "points": "  {id} {title}: {value}, {points} of {out_of} points",
        "sum": "{title}: {points}",
        "unknown": "  {id} {title}: {value}, counts {contribution} to {best}",
        "rule_true": "  {name} ({tier}): met",
        "rule_false": "  {name} ({tier}): not met",
        "rule_none": "  {name} ({tier}): not known",
        "input": "  {title}: {value}",
        "condition": "  Minimum condition of {tier}: {state}",
        "floor": "  Gate {name} (not below {tier}): {state}",
        "cap": "  Gate {name} (not above {tier}): {state}",
        "set": "  Gate {name} (sets {tier}): {state}",
        "holds_true": "met",
        "holds_false": "not met",
        "holds_none": "not known",
        "fired": ", moved the tier",
        "up": "{points} points short of the next tier up, {tier}",
        "down": "{points} points above the bound to the next tier down, {tier}",
        "cheapest": "Cheapest lift: {title} at {reach} makes it {tier}",
        "ranked": "{population} customers ranked",
        "unknown_ranked": ", and {unknown} more to whom the policy may not apply",
        "better": ", {better} of them above this one",
        "cut": "  Cut score of {tier} (first {share}) {cut}, seats {seats}, there by rank {sure}",
        "overflow": ", {overflow} beyond the seats in a tie",
        "to": "{low} to {high}",
        "none": "none",
        "reasons": "Most points lost: {parts}",
        "missing": "Not known: {parts}",
        "in_state": "{title} ({state})",
        "impossible": "Impossible values: {parts}",
        "comma": ", ",
    },
}


def sentences(explanation: Explanation, language: str) -> list[str]:
    """Return an explanation line by line in ``zh`` or ``en``; numbers are rounded down to one decimal."""
    text = _TEXT[language]

    def say(labels: Labels) -> str:
        return labels.zh if language == "zh" else labels.en

    lines = [
        text[explanation.status].format(
            title=say(explanation.title), tier=explanation.tier, candidates="/".join(explanation.candidates)
        )
    ]
    if explanation.held is not None:
        lines.append(say(explanation.held))
    if explanation.impossible:
        words = [say_word(name, language) for name in explanation.impossible]
        lines.append(text["impossible"].format(parts=text["comma"].join(words)))
    if explanation.review_reasons:
        lines.append(review_line(explanation.review_reasons, language))
    if not explanation.inputs:
        return lines
    if explanation.total is not None:
        lines.append(text["total"].format(total=floor_tenth(explanation.total)))
    elif explanation.contributions:
        ends = {"worst": floor_tenth(explanation.worst), "best": floor_tenth(explanation.best)}
        lines.append(text["between"].format(**ends))
    form = "{title}({name}):{tiers}" if language == "zh" else "{title} ({name}): {tiers}"
    lines += [
        form.format(title=say(part.title), name=part.name, tiers="/".join(part.candidates))
        for part in explanation.parts
    ]
    for dimension in explanation.dimensions:
        weight, points = _weight(dimension.weight), floor_tenth(dimension.worst)
        form = text["subtotal" if weight else "sum"]
        lines.append(form.format(title=say(dimension.title), weight=weight, points=points))
        lines += [_part(part, text, language) for part in explanation.contributions if part.dimension == dimension.id]
    if explanation.rules:
        for rung in explanation.inputs:
            value = say(rung.value) if rung.value is not None else say(rung.range)
            lines.append(text["input"].format(title=say(rung.title), value=value))
    for rule in explanation.rules:
        title = say(rule.title) if rule.title is not None else ""
        name = f"{rule.id} {title}".rstrip()
        lines.append(text[f"rule_{str(rule.holds).lower()}"].format(name=name, tier=rule.tier))
        if rule.holds:
            break
    lines += _rank(explanation.rank, text) if explanation.rank is not None else []
    return lines + _steps(explanation, text, language) + _ways(explanation, text, language)


def _rank(rank: RankFigures, text: dict[str, str]) -> list[str]:
    """Return how many were ranked and stand above, then the cut score and the seats of each tier."""

    def between(low: int, high: int) -> str:
        return str(low) if low == high else text["to"].format(low=low, high=high)

    first = text["ranked"].format(population=rank.population)
    first += text["unknown_ranked"].format(unknown=rank.unknown) if rank.unknown else ""
    first += text["better"].format(better=between(*rank.better)) if rank.better is not None else ""
    lines = [first] if rank.population or rank.unknown else []
    for line in rank.tiers:
        cut = text["none"] if line.cut is None else ceil_tenth(line.cut)
        there = between(line.sure, line.possible)
        told = text["cut"].format(tier=line.tier, share=percent(line.share), cut=cut, seats=line.seats, sure=there)
        lines.append(told + (text["overflow"].format(overflow=line.overflow) if line.overflow else ""))
    return lines


def _steps(explanation: Explanation, text: dict[str, str], language: str) -> list[str]:
    """Return minimum conditions and gates; of a scorecard also the inputs that only they read."""
    lines: list[str] = []
    scored = {part.rung.id for part in explanation.contributions}
    for rung in explanation.inputs if scored else ():
        if rung.id not in scored:
            known = rung.value or rung.range
            labels = (rung.title.zh, known.zh) if language == "zh" else (rung.title.en, known.en)
            lines.append(text["input"].format(title=labels[0], value=labels[1]))
    return lines + [step_sentence(step, language) for step in (*explanation.conditions, *explanation.gates)]


def step_sentence(step: StepLine, language: str) -> str:
    """Return what a gate or a minimum condition demands, whether it is met and whether it moved the tier."""
    text = _TEXT[language]
    title = "" if step.title is None else step.title.zh if language == "zh" else step.title.en
    state = text[f"holds_{str(step.holds).lower()}"] + (text["fired"] if step.fired else "")
    return text[step.effect].format(name=f"{step.id} {title}".rstrip(), tier=step.tier, state=state)


def say_word(name: str, language: str) -> str:
    """Return the label of a vocabulary word; of a fact that a document declares, its name."""
    word = VOCABULARY.get(name)
    return name if word is None else word.zh if language == "zh" else word.en


def _weight(weight: Fraction | None) -> str:
    return "" if weight is None else percent(weight)


def _part(part: Contribution, text: dict[str, str], language: str) -> str:
    rung = part.rung
    title = rung.title.zh if language == "zh" else rung.title.en
    known = rung.value or rung.range
    form = "unknown" if rung.code == 0 else "part" if part.weight is not None else "points"
    weight = _weight(part.weight)
    if part.factor > 1:
        weight += f" × {decimal_text(part.factor)}"
    return text[form if part.factor else "shared"].format(
        id=rung.id,
        title=title,
        value=known.zh if language == "zh" else known.en,
        points=decimal_text(part.points),
        out_of=decimal_text(part.out_of),
        weight=weight,
        contribution=floor_tenth(part.contribution),
        best=floor_tenth(part.best),
    )


def _missing(rung: Rung, text: dict[str, str], language: str) -> str:
    """Return the title of a missing input, with its state where somebody was asked or it cannot exist."""
    title, state = ((labels.zh if language == "zh" else labels.en) for labels in (rung.title, NAMES[rung.state]))
    return title if rung.state in ("missing", "value") else text["in_state"].format(title=title, state=state)


def _ways(explanation: Explanation, text: dict[str, str], language: str) -> list[str]:
    lines: list[str] = []
    if explanation.up is not None:
        lines.append(text["up"].format(tier=explanation.up.tier, points=ceil_tenth(explanation.up.points)))
    if explanation.down is not None:
        lines.append(text["down"].format(tier=explanation.down.tier, points=floor_tenth(explanation.down.points)))
    if explanation.cheapest is not None:
        change = explanation.cheapest
        title, reach = (change.title.zh, change.reach.zh) if language == "zh" else (change.title.en, change.reach.en)
        lines.append(text["cheapest"].format(title=title, reach=reach, tier=change.tier))
    if explanation.reasons:
        lost = {part.rung.id: part.lost for part in explanation.contributions}
        parts = [f"{name} {floor_tenth(lost[name])}" for name in explanation.reasons[:3]]
        lines.append(text["reasons"].format(parts=text["comma"].join(parts)))
    if explanation.missing:
        rungs = {rung.id: rung for rung in explanation.inputs}
        titles = [
            _missing(rungs[name], text, language) if name in rungs else say_word(name, language)
            for name in explanation.missing
        ]
        lines.append(text["missing"].format(parts=text["comma"].join(titles)))
    return lines
