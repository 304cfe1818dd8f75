"""Tags as customers carry them: the reads."""

from __future__ import annotations

import strawberry

from api.operations.reading import connected, single
from schema.objects.customer_tag import CustomerTag


@strawberry.type
class CustomerTagQueries:
    """Reads of the tags that customers carry."""

    customer_tags = connected(
        CustomerTag, "Tags that customers carry, newest first, by pages. 客户标签列表", [("known_at", True)]
    )
    customer_tag = single(CustomerTag, "A tag that a customer carries; null when there is none. 单个客户标签")
