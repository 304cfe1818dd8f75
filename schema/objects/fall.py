"""Decisions on proposed falls on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from schema import tables
from schema.objects.user import User
from schema.select import column, mapped, personal, related


@strawberry.enum(description="What was decided on a proposed fall. 降级审批结果")
class FallDecided(Enum):
    """What was decided."""

    APPROVED = strawberry.enum_value("approved", description="It takes effect. 批准")
    REFUSED = strawberry.enum_value("refused", description="The tier stays, and lower gradings count anew. 不批准")


@mapped(tables.FallDecision, "The decision on a fall that a run proposed. 降级审批")
class FallDecision:
    """The decision on a fall that a run proposed."""

    decision: FallDecided = column("What was decided. 结果")
    reason: str = personal("reason", "text", "Why; scrubbed unless your role may see it. 理由")
    decided_at: datetime = column("When. 审批时间")
    decided_by: User = related("By whom. 审批人")
