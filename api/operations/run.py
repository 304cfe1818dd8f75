"""Grading runs: reads, the door to start one, and the progress of a run as it happens."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any

import strawberry
from anyio import to_thread
from sqlalchemy import Select, select

from api.commands import run as commands
from api.endpoint.context import Context, Info
from api.errors import NotFound
from api.operations.arguments import one
from api.operations.declaring import Refusal, mutation, subscription
from api.operations.reading import connected, single
from api.operations.telling import changed
from schema import tables
from schema.objects.run import Run
from schema.select.global_id import key_of, parts_of
from schema.select.visibility import restricted
from schema.tables import Job, JobEvent

RunResult = Annotated[Run | Refusal, strawberry.union("RunResult", description="The run, or why not. 分级运行或原因")]


@strawberry.type
class RunQueries:
    """Reads of runs."""

    runs = connected(Run, "Grading runs, newest first, by pages. 分级运行列表", [("id", True)])
    run = single(Run, "One run; null when there is none. 分级运行")


@strawberry.type
class RunMutations:
    """Writes of runs."""

    @mutation(
        RunResult, "Grade all customers as of a day with the version in force; follow it with runProgress. 启动分级"
    )
    def run_grading(
        self,
        info: Info,
        policy_key: Annotated[str, strawberry.argument(description="Key of the policy. 政策标识")],
        as_of: Annotated[date, strawberry.argument(description="Day of the facts, today or earlier. 截止日期")],
    ) -> Select[Any]:
        """Queue a grading."""
        started = info.context.write(commands.start, policy_key, as_of)
        return one(tables.Run, started.id)


@strawberry.enum(description="State of the work. 任务状态")
class ProgressState(Enum):
    """State of the work."""

    WAITING = strawberry.enum_value("ready", description="Not begun, or to be tried again. 等待中")
    RUNNING = strawberry.enum_value("running", description="Under way. 运行中")
    DONE = strawberry.enum_value("done", description="Finished. 已完成")
    FAILED = strawberry.enum_value("dead", description="Failed for good. 失败")


@strawberry.type(description="A step of a run's progress. 运行进度")
class Progress:
    """A step of a run's progress."""

    done: int = strawberry.field(description="Steps done. 已完成步数")
    total: int = strawberry.field(description="Steps in all, 0 while unknown. 总步数")
    message: str = strawberry.field(description="What is being done. 说明")
    state: ProgressState = strawberry.field(
        description="State of the work when this was read; DONE or FAILED comes last. 状态"
    )


@dataclass(frozen=True)
class Events:
    """Events of a job after one of them, read together with the job's state."""

    state: str
    rows: list[tuple[int, int, int, str]]


def _job_of(context: Context, identity: str | None) -> int:
    """Return the job of a run or backtest by global id; the newest run's without one."""
    context.actor.require("read")
    statement = select(tables.Run.job_id).order_by(tables.Run.id.desc()).limit(1)
    if identity is not None:
        kind = "Backtest" if parts_of(identity)[:1] == ("Backtest",) else "Run"
        table: Any = {"Backtest": tables.Backtest, "Run": tables.Run}[kind]
        statement = select(table.job_id).where(table.id == key_of(identity, kind))
        statement = restricted(statement, context.viewer, table)
    with context.reading() as connection:
        found = connection.execute(statement).scalar()
    if found is None:
        raise NotFound(f"No run or backtest {identity or 'yet'}; runGrading starts a run.")
    return found


def _events(context: Context, job_id: int, after: int) -> Events:
    with context.reading() as connection:
        # The state first: an event that is written between the two is read now or, if the state is not final, next time.
        state = connection.execute(select(Job.state).where(Job.id == job_id)).scalar_one()
        rows = connection.execute(
            select(JobEvent.id, JobEvent.done, JobEvent.total, JobEvent.message)
            .where(JobEvent.job_id == job_id, JobEvent.id > after)
            .order_by(JobEvent.id)
        ).all()
    return Events(state, [(row.id, row.done, row.total, row.message) for row in rows])


@strawberry.type
class RunSubscriptions:
    """What happens to runs."""

    runs = changed(Run, "run", "Grading runs that were started, finished or failed, each as it is now. 分级运行动态")

    @subscription(
        Progress,
        "Progress of a run or backtest, from its first step, however late you subscribe; it ends with the work. 运行进度",
    )
    async def run_progress(
        self,
        info: Info,
        id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Global id of a run or backtest; the newest run when left out. 标识"),
        ] = None,
    ) -> AsyncGenerator[Progress]:
        """Yield each step, then the end."""
        context = info.context
        with context.listening("job") as feed:
            job_id = await to_thread.run_sync(_job_of, context, id)
            after, last = 0, (0, 0, "waiting")
            while True:
                found = await to_thread.run_sync(_events, context, job_id, after)
                ended = found.state in ("done", "dead")
                for place, (key, done, total, message) in enumerate(found.rows, start=1):
                    after, last = key, (done, total, message)
                    shown = found.state if ended and place == len(found.rows) else "running"
                    yield Progress(done=done, total=total, message=message, state=ProgressState(shown))
                if ended:
                    if not found.rows:
                        yield Progress(done=last[0], total=last[1], message=last[2], state=ProgressState(found.state))
                    return
                while not any(job_id in heard.keys for heard in await feed.next()):
                    pass
