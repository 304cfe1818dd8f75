"""Grades: the reads, and what runs and people change of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import strawberry
from anyio import to_thread
from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import aliased

from api.endpoint.context import Context, Info
from api.hub import MOST_ROWS, keys_of
from api.operations.reading import connected, single, taking
from schema.filter import condition, filter_of
from schema.objects.grade import Grade
from schema.previous import newest_run, previous_run
from schema.select.moment import moment
from schema.tables import Grade as Graded
from schema.tables import Policy, PolicyVersion, Run

TOLD = (
    "Grades whose tier is another than in the run before, when a run finishes, and grades whose effective tier people changed. "
    "等级变动"
)


def _changed() -> Any:
    """Declare the subscription."""

    async def resolver(info: Info, **given: Any) -> AsyncGenerator[Select[Any]]:
        context, filter, key = info.context, given.get("filter"), given.get("policy_key")
        condition(Graded, filter, context.viewer)  # what it refuses is refused at once
        with context.listening("graded", "effective_tiers") as feed:
            while True:
                found = await feed.next()
                for runs in keys_of(found, "graded"):
                    for row in await to_thread.run_sync(_finished, context, runs, key):
                        async for statement in _of_run(context, row, filter):
                            yield statement
                for customers in keys_of(found, "effective_tiers"):
                    newest = newest_run(Policy)
                    run = select(newest).select_from(Policy).where(_policy(key)).scalar_subquery()
                    met = condition(Graded, filter, context.viewer)
                    yield select(Graded).where(Graded.run_id == run, Graded.customer_id.in_(customers), met)

    field: Any = strawberry.subscription(resolver=resolver, graphql_type=list[Grade], description=TOLD)
    return taking(
        field,
        {
            "filter": (filter_of(Grade), "Which of them are told; all when left out. 筛选"),
            "policy_key": (str, "Key of the policy; the main one's when left out. 政策标识"),
        },
    )


def _policy(key: str | None) -> Any:
    return Policy.main if key is None else Policy.key == key


def _finished(context: Context, runs: list[int], key: str | None) -> list[Row[int, int | None]]:
    """Return (run, the run before it) of those among finished runs that are of the policy."""
    statement = (
        select(Run.id, previous_run(Run, PolicyVersion))
        .join(PolicyVersion, PolicyVersion.id == Run.version_id)
        .join(Policy, Policy.id == PolicyVersion.policy_id)
        .where(Run.id.in_(runs), _policy(key))
        .order_by(Run.id)
    )
    with context.reading() as connection:
        return list(connection.execute(statement).all())


async def _of_run(
    context: Context, run: Row[int, int | None], filter: Mapping[str, Any] | None
) -> AsyncGenerator[Select[Any]]:
    """Yield the statements of a run's changed grades, page by page in the order of customers, as its reader takes them."""
    after = 0
    while True:
        customers = await to_thread.run_sync(_page, context, run, filter, after)
        if customers:
            after = customers[-1]
            yield (
                select(Graded)
                .where(Graded.run_id == run[0], Graded.customer_id.in_(customers))
                .order_by(Graded.customer_id)
            )
        if len(customers) < MOST_ROWS:
            return


def _page(context: Context, run: Row[int, int | None], filter: Mapping[str, Any] | None, after: int) -> list[int]:
    before = aliased(Graded)
    statement = (
        select(Graded.customer_id)
        .outerjoin(before, (before.run_id == run[1]) & (before.customer_id == Graded.customer_id))
        .where(Graded.run_id == run[0], Graded.customer_id > after)
        .where(func.coalesce(Graded.tier, "") != func.coalesce(before.tier, ""))
        .where(condition(Graded, filter, context.viewer))
        .order_by(Graded.customer_id)
        .limit(MOST_ROWS)
    )
    with context.reading() as connection:
        return list(connection.execute(statement, moment(context.viewer)).scalars())


@strawberry.type
class GradeQueries:
    """Reads of grades."""

    grades = connected(Grade, "Grades that runs gave, the newest run first, by pages. 等级列表", [("run.as_of", True)])
    grade = single(Grade, "A grade; null when there is none. 单个等级")


@strawberry.type
class GradeSubscriptions:
    """What happens to grades."""

    grades_changed = _changed()
