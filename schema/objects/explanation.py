"""Explanations of grades on the wire: what policies.explain says, field by field."""

from __future__ import annotations

from enum import Enum

import strawberry

from schema.objects.exact import Exact


@strawberry.enum(description="What a grading came to. 分级结果状态")
class GradeStatus(Enum):
    """What a grading came to."""

    GRADED = strawberry.enum_value("graded", description="The tier is certain. 已定级")
    PENDING = strawberry.enum_value("pending", description="What is not known decides between the candidates. 待确认")
    NOT_APPLICABLE = strawberry.enum_value("not_applicable", description="The policy does not apply. 不适用")
    ERROR = strawberry.enum_value("error", description="A fact is not possible. 数据错误")


@strawberry.enum(description="What is known of a fact. 数据状态")
class FactState(Enum):
    """What is known of a fact."""

    VALUE = strawberry.enum_value("value", description="It has a value. 已知")
    MISSING = strawberry.enum_value("missing", description="It exists and is not known. 缺失")
    PENDING = strawberry.enum_value("pending", description="Somebody was asked and has not answered. 待确认")
    NOT_APPLICABLE = strawberry.enum_value("not_applicable", description="It cannot exist for the customer. 不适用")


@strawberry.type(description="A text in both languages. 双语文本")
class Labels:
    """A text in both languages."""

    zh: str = strawberry.field(description="Chinese. 中文")
    en: str = strawberry.field(description="English. 英文")


@strawberry.type(description="An input and the rung it lies on. 指标取值及所在档位")
class Rung:
    """An input and the rung it lies on."""

    id: str = strawberry.field(description="Id of the indicator in the policy. 指标代号")
    title: Labels = strawberry.field(description="Title. 指标名称")
    input: str = strawberry.field(description="Word of the vocabulary. 数据项")
    value: Labels | None = strawberry.field(description="The customer's value; null when there is none. 取值")
    range: Labels = strawberry.field(description="The rung: the range the value lies in. 档位范围")
    state: FactState = strawberry.field(
        description="Whether there is a value, and what is known of one there is not. 状态"
    )


@strawberry.type(description="A policy inside the policy, and what it gives. 组成政策及其等级")
class PartTier:
    """A policy inside the policy."""

    name: str = strawberry.field(description="Its name in the policy. 名称")
    title: Labels = strawberry.field(description="Title. 标题")
    candidates: list[str] = strawberry.field(description="Its possible tiers: one when known. 候选等级")


@strawberry.type(description="What an indicator contributes to the total. 指标贡献")
class Contribution:
    """What an indicator contributes to the total."""

    rung: Rung = strawberry.field(description="The indicator and its rung. 指标及档位")
    dimension: str = strawberry.field(description="Id of its dimension. 所属维度")
    weight: Exact | None = strawberry.field(
        description="Share of the total, 0 to 1; null where points are added up. 权重"
    )
    out_of: Exact = strawberry.field(description="Most points. 满分")
    points: Exact = strawberry.field(description="Points; the worst when not known. 得分")
    contribution: Exact = strawberry.field(
        description="weight x factor x points / outOf x 100, exact; the points where they are added up. 贡献分"
    )
    best: Exact = strawberry.field(description="The contribution if what is missing were best. 最高可能贡献")
    lost: Exact = strawberry.field(description="What its best rung would add. 失分")
    factor: Exact = strawberry.field(
        description="What the weight is multiplied by: 1 unless the policy re-weights; then above 1 where it takes over weight of missing indicators, 0 where others took over its own. 权重分摊系数"
    )


@strawberry.type(description="A dimension: the sum of its contributions. 维度小计")
class Subtotal:
    """A dimension."""

    id: str = strawberry.field(description="Id in the policy. 维度代号")
    title: Labels = strawberry.field(description="Title. 维度名称")
    weight: Exact | None = strawberry.field(
        description="Share of the total, 0 to 1; null where points are added up. 权重"
    )
    worst: Exact = strawberry.field(description="Sum, what is missing at its worst. 小计(缺失按最低)")
    best: Exact = strawberry.field(description="Sum, what is missing at its best. 小计(缺失按最高)")


@strawberry.type(description="A rule in its place. 规则")
class RuleLine:
    """A rule in its place."""

    id: str = strawberry.field(description="Id in the policy. 规则代号")
    title: Labels | None = strawberry.field(description="Title. 规则名称")
    tier: str = strawberry.field(description="The tier it gives. 对应等级")
    holds: bool | None = strawberry.field(description="Whether it holds; null when what is missing decides. 是否符合")


@strawberry.type(description="A gate, or the minimum condition of a tier, and what it did. 门槛或最低条件")
class StepLine:
    """A gate, or the minimum condition of a tier."""

    id: str = strawberry.field(description="Id of the gate, or the tier that demands it. 门槛代号")
    title: Labels | None = strawberry.field(description="Title. 名称")
    effect: str = strawberry.field(description="floor, cap, set or condition. 作用方式")
    tier: str = strawberry.field(description="The tier it names. 对应等级")
    holds: bool | None = strawberry.field(description="Whether it is met; null when what is missing decides. 是否符合")
    fired: bool | None = strawberry.field(description="Whether it moved the tier; null while it may. 是否改变等级")


@strawberry.type(description="A neighbouring tier and the points between. 与相邻等级的差距")
class Distance:
    """A neighbouring tier."""

    tier: str = strawberry.field(description="The tier. 等级")
    points: Exact = strawberry.field(description="Points between it and the total. 差距分值")


@strawberry.type(description="The cheapest single change that lifts the tier. 最省的提升")
class Change:
    """The cheapest single change that lifts the tier."""

    id: str = strawberry.field(description="Id of the indicator. 指标代号")
    title: Labels = strawberry.field(description="Title. 指标名称")
    input: str = strawberry.field(description="Word of the vocabulary. 数据项")
    reach: Labels = strawberry.field(description="The range to reach. 需达到的范围")
    gain: Exact = strawberry.field(description="Points gained. 增加分值")
    tier: str = strawberry.field(description="The tier that follows. 提升后等级")


@strawberry.type(description="A reason for which a person must look at a result. 复核原因")
class ReviewReason:
    """A reason to look at a result."""

    code: str = strawberry.field(description="borderline, tier_changed, pending or gate_fired. 代码")
    text: Labels = strawberry.field(description="The reason. 说明")


@strawberry.type(description="A tier of a ranking, counted with those above it. 排名等级的名额")
class Seats:
    """A tier of a ranking, counted with those above it."""

    tier: str = strawberry.field(description="The tier. 等级")
    share: Exact = strawberry.field(description="Up to which share of the customers, 0 to 1. 累计比例")
    cut: Exact | None = strawberry.field(description="The total that reaches it; null when nobody does. 分数线")
    seats: int = strawberry.field(description="Places. 名额")
    sure: int = strawberry.field(description="Customers certainly there by rank alone. 确定入围")
    possible: int = strawberry.field(description="Customers who may be there. 可能入围")
    overflow: int = strawberry.field(description="Sure ones beyond the places, in a tie. 并列溢出")


@strawberry.type(description="What a ranked customer is set against. 排名总体")
class RankFigures:
    """What a ranked customer is set against."""

    population: int = strawberry.field(description="Customers ranked. 参加排名户数")
    unknown: int = strawberry.field(description="More to whom the policy may not apply. 是否适用不明户数")
    tiers: list[Seats] = strawberry.field(description="Every tier but the last. 各等级名额")


@strawberry.type(
    description="Why a customer has its grade; contributions sum to worst exactly, to total when nothing is missing. 等级说明"
)
class Explanation:
    """Why a customer has its grade."""

    policy: str = strawberry.field(description="Key of the policy. 政策标识")
    title: Labels = strawberry.field(description="Title of the policy. 政策名称")
    status: GradeStatus = strawberry.field(description="What the grading came to. 状态")
    tier: str | None = strawberry.field(description="Tier, when certain. 等级")
    total: Exact | None = strawberry.field(description="Total of 100, when certain. 总分")
    worst: Exact = strawberry.field(description="Total, what is missing at its worst. 最低可能总分")
    best: Exact = strawberry.field(description="Total, what is missing at its best. 最高可能总分")
    candidates: list[str] = strawberry.field(description="Possible tiers, best first. 候选等级")
    parts: list[PartTier] = strawberry.field(description="Policies inside the policy. 组成政策")
    inputs: list[Rung] = strawberry.field(description="Every input and its rung. 全部数据项")
    contributions: list[Contribution] = strawberry.field(description="Every indicator of a scorecard. 各指标贡献")
    dimensions: list[Subtotal] = strawberry.field(description="Every dimension of a scorecard. 各维度小计")
    rules: list[RuleLine] = strawberry.field(description="Every rule of a rule table. 各规则")
    matched: str | None = strawberry.field(description="The rule that gave the tier. 命中规则")
    band: list[str] = strawberry.field(description="Tiers before minimum conditions and gates. 门槛之前的等级")
    conditions: list[StepLine] = strawberry.field(description="Minimum conditions of tiers, in order. 最低条件")
    gates: list[StepLine] = strawberry.field(description="Gates: floors, caps, sets. 门槛")
    missing: list[str] = strawberry.field(description="Ids of the inputs that are not known. 待确认的数据")
    reasons: list[str] = strawberry.field(description="Ids of the indicators that lose points, most first. 失分原因")
    up: Distance | None = strawberry.field(description="The next tier up. 上一级差距")
    down: Distance | None = strawberry.field(description="The next tier down. 下一级余量")
    cheapest: Change | None = strawberry.field(description="The cheapest change that lifts the tier. 最省的提升")
    review_reasons: list[ReviewReason] = strawberry.field(description="Why a person must look at it. 复核原因")
    rank: RankFigures | None = strawberry.field(description="Of a ranking: whom the customer is set against. 排名总体")
    held: Labels | None = strawberry.field(description="Why the computed tier does not take effect. 保持原等级的原因")
