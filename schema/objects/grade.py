"""Grades on the wire, each with its explanation rebuilt from the packed rungs, the facts and the policy's document."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import select

from policies import Explanation as Explained
from policies import Plan, explain
from policies.exact import floor_tenth
from policies.hold import Standing as Stands
from policies.ranking import frozen
from policies.vocabulary import WORDS
from schema import tables
from schema.appointed import appointed_in_runs, effective
from schema.graded import best_first
from schema.objects.exact import Exact
from schema.objects.explanation import Explanation, GradeStatus
from schema.objects.plan import PLAN
from schema.objects.run import Run
from schema.objects.standing import Standing
from schema.previous import previous_tiers
from schema.select import Lookup, Node, column, derived, identifier, mapped, related
from schema.standing import STANDING, stands

if TYPE_CHECKING:
    from schema.objects.customer import Customer

FACTS = tables.facts.c

KNOWN = Lookup(
    columns=("run.snapshot_id", "customer_id"),
    statement=select(FACTS.snapshot_id, FACTS.customer_id, *(FACTS[word.name] for word in WORDS)),
    keys=(FACTS.snapshot_id, FACTS.customer_id),
    parse=lambda *values: {word.name: value for word, value in zip(WORDS, values, strict=True)},
)
PREVIOUS = Lookup(
    columns=("run_id", "customer_id"),
    statement=previous_tiers(),
    keys=(tables.Run.__table__.c.id, tables.Grade.__table__.c.customer_id),
    parse=lambda tier: tier,
)
APPOINTED = Lookup(
    columns=("run_id", "customer_id"),
    statement=appointed_in_runs(),
    keys=(tables.Grade.__table__.c.run_id, tables.Grade.__table__.c.customer_id),
    parse=lambda tier: tier,
)
EXPLAINED = (*STANDING, "status", "levels", "run.cuts")
TOLD = (PLAN, KNOWN, PREVIOUS)


def scaled(total: int | None, plan: Plan) -> Exact | None:
    """Return an exact total in points of 100, None where there is none."""
    return Exact(Fraction(total * 100, plan.scale)) if total is not None and plan.scale else None


def displayed(total: int | None, plan: Plan) -> str | None:
    """Return a total as it is displayed."""
    points = scaled(total, plan)
    return None if points is None else floor_tenth(points)


def explained(
    status: Any,
    levels: int | None,
    cuts: dict[str, Any] | None,
    plan: Plan,
    facts: dict[str, Any] | None,
    previous: str | None,
    standing: Stands | None = None,
) -> Explained | None:
    """Return the explanation of a grade, None where neither rungs nor facts are kept."""
    if levels is None and facts is None:
        return None
    plan = frozen(plan, cuts)
    return explain(plan, facts, levels=levels, status=status, previous=previous, standing=standing)


def told(*values: Any) -> Explained | None:
    """Return the explanation of a grade from the columns ``EXPLAINED`` and what ``TOLD`` finds."""
    own = len(STANDING)
    standing = stands(*values[:own])
    return explained(*(*values[own:], standing))


def sentences(language: str) -> Any:
    """Return the function from a grade to its explanation in sentences."""

    def said(*grade: Any) -> list[str] | None:
        found = told(*grade)
        return None if found is None else found.lines(language)

    return said


@mapped(tables.Grade, "The grade that a run gave a customer. 客户等级", views=(tables.CurrentGrade,))
class Grade(Node):
    """The grade that a run gave a customer."""

    id: strawberry.ID = identifier("Grade", "run_id", "customer_id")
    status: GradeStatus = column("What the grading came to. 状态")
    tier: str | None = column(
        "Computed tier, when it is certain; neither people nor the hold rule change it. 计算等级", order=best_first
    )
    effective_tier: str | None = derived(
        "tier",
        *STANDING,
        make=effective,
        lookups=(APPOINTED,),
        description="The tier in effect on the run's day: given by people, else kept by the hold rule, else computed. 生效等级",
    )
    standing: Standing | None = related("Where the hold rule leaves the customer; null without one. 保持规则下的等级")
    total: Exact | None = derived(
        "total",
        make=scaled,
        lookups=(PLAN,),
        description="Exact total of 100, when certain; orders compare totals of one policy version. 总分",
        order=lambda table, viewer: table.c.total,
    )
    display_total: str | None = derived(
        "total", make=displayed, lookups=(PLAN,), description="The total with one decimal, rounded down. 显示总分"
    )
    worst: Exact | None = derived(
        "worst", make=scaled, lookups=(PLAN,), description="The total if all that is missing were worst. 最低可能总分"
    )
    best: Exact | None = derived(
        "best", make=scaled, lookups=(PLAN,), description="The total if all that is missing were best. 最高可能总分"
    )
    candidates: list[str] = derived(
        "candidates",
        make=lambda mask, plan: list(plan.names(mask)),
        lookups=(PLAN,),
        description="Possible tiers, best first. 候选等级",
    )
    explanation: Explanation | None = derived(
        *EXPLAINED,
        make=told,
        lookups=TOLD,
        description="Why: every value, rung, point and contribution, and what would lift it. 等级说明",
    )
    explanation_zh: list[str] | None = derived(
        *EXPLAINED, make=sentences("zh"), lookups=TOLD, description="The explanation in Chinese. 中文说明"
    )
    explanation_en: list[str] | None = derived(
        *EXPLAINED, make=sentences("en"), lookups=TOLD, description="The explanation in English. 英文说明"
    )
    run: Run = related("The run. 分级运行")
    customer: Annotated[Customer, strawberry.lazy("schema.objects.customer")] = related("The customer. 客户")
