"""Industries: the reads of the reference list."""

from __future__ import annotations

import strawberry

from api.operations.reading import connected, single
from schema.objects.industry import Industry


@strawberry.type
class IndustryQueries:
    """Reads of industries."""

    industries = connected(
        Industry, "Industries of GB/T 4754 in the order of their codes, by pages. 行业列表", [("code", False)]
    )
    industry = single(Industry, "An industry, by id or by code; null when there is none. 单个行业", "code")
