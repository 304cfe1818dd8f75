"""Snapshots on the wire."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from schema import tables
from schema.select import Node, column, identifier, mapped


@mapped(tables.Snapshot, "The facts of all customers as known at the end of a day. 事实快照")
class Snapshot(Node):
    """The facts of all customers as known at the end of a day."""

    id: strawberry.ID = identifier("Snapshot", "id")
    as_of: date = column("The day. 截止日期")
    zone: str = column("Time zone in which the day ends. 时区")
    rows: int = column("Number of customers. 客户数")
    fingerprint: str = column("SHA-256 of every fact. 指纹")
    created_at: datetime = column("When it was taken. 生成时间")
