"""What is right: grading policies as documents and pure functions; no database, no GraphQL, no HTTP.

``load`` or ``parse`` a document, ``check`` it, compile it to a plan, ``grade`` one customer and ``explain`` the result:

    plan = compile_plan(load("sabcd-weighted"))
    result = grade(plan, {"status": "active", "amount_12m": 60_000_000})
    print(explain(plan, {"status": "active", "amount_12m": 60_000_000}).lines("zh"))

``policies.sql`` grades whole tables with the same plan.
"""

from policies.check import check, sound
from policies.compiler import compile_plan
from policies.coverage import Coverage, coverage
from policies.document import Policy, Ranking, Rules, Scorecard
from policies.explain import Explanation, explain
from policies.findings import Finding, UnsoundPolicy
from policies.loading import UnknownPolicy, load, parse
from policies.mutation import Mutation, mutation
from policies.oracle import Result, grade
from policies.plan import Plan
from policies.reading import DocumentError, Problem
from policies.refusal import Refusal

__all__ = [
    "Coverage",
    "DocumentError",
    "Explanation",
    "Finding",
    "Mutation",
    "Plan",
    "Policy",
    "Problem",
    "Ranking",
    "Refusal",
    "Result",
    "Rules",
    "Scorecard",
    "UnknownPolicy",
    "UnsoundPolicy",
    "check",
    "compile_plan",
    "coverage",
    "explain",
    "grade",
    "load",
    "mutation",
    "parse",
    "sound",
]
