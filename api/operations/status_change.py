"""Status changes: the reads."""

from __future__ import annotations

import strawberry

from api.operations.reading import connected, single
from schema.objects.status_change import StatusChange


@strawberry.type
class StatusChangeQueries:
    """Reads of status changes."""

    status_changes = connected(
        StatusChange, "Changes of customers' statuses, newest first, by pages. 状态变更列表", [("changed_on", True)]
    )
    status_change = single(StatusChange, "A change of a status; null when there is none. 单个状态变更")
