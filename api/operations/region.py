"""Regions: the reads of the reference list."""

from __future__ import annotations

import strawberry

from api.operations.reading import connected, single
from schema.objects.region import Region


@strawberry.type
class RegionQueries:
    """Reads of regions."""

    regions = connected(
        Region, "Regions of GB/T 2260 in the order of their codes, by pages. 地区列表", [("code", False)]
    )
    region = single(Region, "A region, by id or by code; null when there is none. 单个地区", "code")
