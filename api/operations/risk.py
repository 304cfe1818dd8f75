"""Requests at risk: service records that have been open for too long, told as their time comes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import strawberry
from anyio import to_thread
from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from api.endpoint.context import Context, Info
from api.errors import Invalid
from api.hub import MOST_ROWS, keys_of
from api.operations.reading import taking
from schema.filter import condition, filter_of
from schema.objects.service_record import ServiceRecord
from schema.select.moment import moment
from schema.tables import ServiceRecord as Row
from schema.tables.base import now

MOST_HOURS = 24 * 365
LOOK_SECONDS = 60.0
Place = tuple[datetime, int]
TOLD = (
    "Service requests that have been open for some hours: first all that are, then each as its time comes, and again when one "
    "of them is changed or closed. 超时未结的服务请求"
)


def _at_risk() -> Any:
    """Declare the subscription."""

    async def resolver(info: Info, hours: Decimal, **given: Any) -> AsyncGenerator[Select[Any]]:
        if not hours.is_finite() or not 0 <= hours <= MOST_HOURS:
            raise Invalid(f"hours is {hours:.3g}; give 0 to {MOST_HOURS}.")
        context, filter, open_for = info.context, given.get("filter"), timedelta(hours=float(hours))
        condition(Row, filter, context.viewer)  # what it refuses is refused at once
        place: Place | None = None
        with context.listening("service_records") as feed:
            while True:
                keys, place = await to_thread.run_sync(_page, context, filter, open_for, place)
                if keys:
                    yield select(Row).where(Row.id.in_(keys)).order_by(Row.opened_at, Row.id)
                if len(keys) == MOST_ROWS:
                    continue
                found = await feed.next(await to_thread.run_sync(_seconds, context, filter, open_for, place))
                for changed in keys_of(found, "service_records"):
                    met = condition(Row, filter, context.viewer)
                    told = select(Row).where(Row.id.in_(changed), met, ~_beyond(place)).order_by(Row.opened_at, Row.id)
                    yield told.where(Row.opened_at <= now() - open_for)

    field: Any = strawberry.subscription(resolver=resolver, graphql_type=list[ServiceRecord], description=TOLD)
    arguments = {
        "hours": (Decimal, "For how many hours it has been open, by the clock. 已受理小时数"),
        "filter": (filter_of(ServiceRecord), "Which of them are told; all when left out. 筛选"),
    }
    return taking(field, arguments, needed={"hours"})


def _beyond(place: Place | None) -> ColumnElement[bool]:
    """Return the condition that a request comes after a place in the order of opening."""
    if place is None:
        return Row.id > 0
    return or_(Row.opened_at > place[0], and_(Row.opened_at == place[0], Row.id > place[1]))


def _page(
    context: Context, filter: Mapping[str, Any] | None, open_for: timedelta, place: Place | None
) -> tuple[list[int], Place | None]:
    """Return the next open requests after a place that are at risk by now, and the place after them."""
    statement = (
        select(Row.id, Row.opened_at)
        .where(Row.closed_at.is_(None), Row.opened_at <= now() - open_for, _beyond(place))
        .where(condition(Row, filter, context.viewer))
        .order_by(Row.opened_at, Row.id)
        .limit(MOST_ROWS)
    )
    with context.reading() as connection:
        rows = connection.execute(statement, _moment(context)).all()
    return [row.id for row in rows], (rows[-1].opened_at, rows[-1].id) if rows else place


def _moment(context: Context) -> dict[str, Any]:
    """Return when a filter looks: now, however long ago the subscription began."""
    return moment(context.viewer) | {"now": now()}


def _seconds(context: Context, filter: Mapping[str, Any] | None, open_for: timedelta, place: Place | None) -> float:
    """Return the seconds until the next request after a place is at risk, at most until the next look."""
    statement = select(func.min(Row.opened_at)).where(Row.closed_at.is_(None), _beyond(place))
    statement = statement.where(condition(Row, filter, context.viewer))
    with context.reading() as connection:
        opened = connection.execute(statement, _moment(context)).scalar()
    if opened is None:
        return LOOK_SECONDS
    return min(max((opened + open_for - now()).total_seconds(), 0.0), LOOK_SECONDS)


@strawberry.type
class RiskSubscriptions:
    """What happens to requests whose time comes."""

    requests_at_risk = _at_risk()
