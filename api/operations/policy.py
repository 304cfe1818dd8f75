"""Policies: reads, and the doors to drafting, submission, decision and putting in force."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.commands import policy as commands
from api.endpoint.context import Info
from api.operations.arguments import Reason, VersionId, one
from api.operations.declaring import Refusal, mutation
from api.operations.reading import connected, single
from schema import tables
from schema.objects.policy import Policy, PolicyVersion
from schema.select.global_id import key_of

PolicyVersionResult = Annotated[
    PolicyVersion | Refusal,
    strawberry.union("PolicyVersionResult", description="The version, or why not. 政策版本或原因"),
]
PolicyResult = Annotated[
    Policy | Refusal, strawberry.union("PolicyResult", description="The policy, or why not. 政策或原因")
]
Document = Annotated[str, strawberry.argument(description="The policy document, YAML or JSON. 政策文件")]


def _moved(info: Info, command: Any, id: strawberry.ID, *arguments: Any) -> Select[Any]:
    key = key_of(id, "PolicyVersion")
    info.context.write(command, key, *arguments)
    return one(tables.PolicyVersion, key)


@strawberry.type
class PolicyQueries:
    """Reads of policies."""

    policies = connected(Policy, "Policies, by key. 政策列表", [("key", False)])
    policy = single(Policy, "A policy, by id or by key; null when there is none. 单个政策", "key")
    policy_versions = connected(PolicyVersion, "Versions of policies, newest first. 政策版本列表", [("id", True)])
    policy_version = single(PolicyVersion, "A version of a policy; null when there is none. 政策版本")


@strawberry.type
class PolicyMutations:
    """Writes of policies."""

    @mutation(PolicyVersionResult, "Keep a document as a new draft of the policy that its id names. 保存政策草稿")
    def save_policy_draft(self, info: Info, document: Document) -> Select[Any]:
        """Keep a document as a new draft."""
        draft = info.context.write(commands.save_draft, document)
        return one(tables.PolicyVersion, draft.id)

    @mutation(PolicyVersionResult, "Replace the document of a draft. 修改政策草稿")
    def edit_policy_draft(self, info: Info, version_id: VersionId, document: Document) -> Select[Any]:
        """Replace the document of a draft."""
        return _moved(info, commands.edit_draft, version_id, document)

    @mutation(PolicyVersionResult, "Put a draft before the strategy group, with its backtest as evidence. 提交审批")
    def submit_policy(
        self,
        info: Info,
        version_id: VersionId,
        backtest_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Global id of the backtest; the newest of this document when left out. 回测标识"
            ),
        ] = None,
    ) -> Select[Any]:
        """Put a draft before the strategy group."""
        evidence = None if backtest_id is None else key_of(backtest_id, "Backtest")
        return _moved(info, commands.submit, version_id, evidence)

    @mutation(PolicyVersionResult, "Approve a submitted version; its author cannot. 批准")
    def approve_policy(self, info: Info, version_id: VersionId, reason: Reason) -> Select[Any]:
        """Approve a submitted version."""
        return _moved(info, commands.approve, version_id, reason)

    @mutation(PolicyVersionResult, "Reject a submitted version. 驳回")
    def reject_policy(self, info: Info, version_id: VersionId, reason: Reason) -> Select[Any]:
        """Reject a submitted version."""
        return _moved(info, commands.reject, version_id, reason)

    @mutation(PolicyVersionResult, "Take a draft or a submitted version back. 撤回")
    def withdraw_policy(self, info: Info, version_id: VersionId) -> Select[Any]:
        """Take a version back."""
        return _moved(info, commands.withdraw, version_id)

    @mutation(PolicyVersionResult, "Put an approved version in force from a day on. 生效")
    def put_policy_in_force(
        self,
        info: Info,
        version_id: VersionId,
        effective_from: Annotated[
            date, strawberry.argument(description="First day in force, today or later. 生效日期")
        ],
    ) -> Select[Any]:
        """Put an approved version in force."""
        return _moved(info, commands.put_in_force, version_id, effective_from)

    @mutation(PolicyResult, "Make a policy in force the main one: its newest run gives the grades in force. 设为主政策")
    def make_main_policy(
        self, info: Info, key: Annotated[str, strawberry.argument(description="Key of the policy. 政策标识")]
    ) -> Select[Any]:
        """Make a policy the main one."""
        return one(tables.Policy, info.context.write(commands.make_main, key).id)
