"""Standings: the reads."""

from __future__ import annotations

import strawberry

from api.operations.reading import connected, single
from schema.objects.standing import Standing


@strawberry.type
class StandingQueries:
    """Reads of standings."""

    standings = connected(Standing, "Standings that runs left, by pages. 保持规则下的等级列表", [("id", True)])
    standing = single(Standing, "A standing; null when there is none. 单个保持规则下的等级")
