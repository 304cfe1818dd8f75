"""Falls that runs propose: the open ones, and the door to decide on one."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from sqlalchemy import Select, select

from api.commands import fall as commands
from api.endpoint.context import Info
from api.operations.arguments import Identity, Reason
from api.operations.declaring import Refusal, mutation
from api.operations.reading import connected
from schema import tables
from schema.objects.fall import FallDecided
from schema.objects.standing import Standing
from schema.select.global_id import integer_keys_of

FallResult = Annotated[
    Standing | Refusal, strawberry.union("FallResult", description="The standing, or why not. 降级审批结果或原因")
]


@strawberry.type
class FallQueries:
    """Reads of proposed falls."""

    falls = connected(
        Standing,
        "Falls that wait for a decision, in the newest run of each policy, by pages. 待批准的降级",
        rows=commands.open_falls,
        arguments={"policy_key": ("str", "Key of a policy; all when left out. 政策标识")},
    )


@strawberry.type
class FallMutations:
    """Decisions on proposed falls."""

    @mutation(FallResult, "Approve or refuse the fall that the newest run of a policy proposes. 审批降级")
    def decide_fall(
        self,
        info: Info,
        id: Identity,
        decision: Annotated[FallDecided, strawberry.argument(description="Approved or refused. 批准与否")],
        reason: Reason,
    ) -> Select[Any]:
        """Decide on a fall, named by its standing."""
        run_id, customer_id = integer_keys_of(id, "Standing", 2)
        info.context.write(commands.decide, run_id, customer_id, decision.value, reason)
        standing = tables.Standing
        return select(standing).where(standing.run_id == run_id, standing.customer_id == customer_id)
