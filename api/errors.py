"""Every refusal of the application by its code; the table below is the documentation that a test compares."""

from __future__ import annotations

from collections.abc import Sequence

from policies.refusal import Refusal

# code -> what it means and what to do, in English and Chinese
CODES: dict[str, tuple[str, str]] = {
    "refused": ("Not done, for the reason given.", "未执行,原因见说明。"),
    "not_found": ("No such row; the message names what was looked for.", "找不到该记录。"),
    "invalid": ("A value is not valid; the message names the field, the value and the cure.", "数值无效。"),
    "conflict": ("Another row holds this key already, or somebody else wrote the same at the same moment.", "已存在相同的记录,或他人同时写入。"),
    "forbidden": ("Your roles do not allow this action.", "您的角色无权执行此操作。"),
    "not_signed_in": ("An API key is needed: Authorization: Bearer fenji_…", "需要 API 密钥。"),
    "csrf_missing": ("A request with a session's cookie needs the header X-Fenji-CSRF, a socket an Origin of this server.", "使用会话 Cookie 时需要 X-Fenji-CSRF 请求头。"),
    "author_cannot_approve": ("Who wrote, edited or backtested a version cannot decide on it.", "编写、修改或回测者不能审批。"),
    "role_missing": ("The step in a policy's life needs another role.", "此步骤需要其他角色。"),
    "transition_not_allowed": ("The state graph does not allow this step.", "状态不允许此操作。"),
    "too_large": ("An operation or its answer is larger than allowed; ask for less.", "请求或结果过大。"),
    "timed_out": ("The operation took longer than an operation may; ask for less.", "操作超时。"),
    "rate_limited": ("The caller has asked for more than it may in a minute; Retry-After says when to ask again.", "请求过于频繁。"),
    "document_unknown": ("No trusted document has this hash, or only trusted documents are taken.", "未登记的查询文档。"),
    "too_many": ("More at the same time than allowed; end some, or wait.", "同时进行的操作过多。"),
    "evidence_missing": ("A submission needs a finished backtest of exactly this document.", "提交前需要完成回测。"),
    "facts_not_stored": ("The policy reads facts that it declares itself; files hold them, the database does not.", "政策使用了数据库没有的自备数据。"),
    "policy_invalid": ("The policy document has errors; each with its line.", "政策文件有错误。"),
    "cuts_missing": ("A ranking grades one customer only with the cut scores of a population.", "排名政策需要全体客户的分数线。"),
    "levels_disagree": ("The packed rungs are not those of this policy.", "分档编码与政策不符。"),
    "no_policy_in_force": ("No version of the policy is in force on that date.", "该日期没有生效的政策。"),
    "database_missing": ("The database is not there or not up to date; run `fenji database upgrade`.", "数据库不存在或需升级。"),
    "file_invalid": ("The file cannot be read as the table it should be.", "文件无法读取。"),
    "port_in_use": ("Another program listens on the port; choose one with --port.", "端口被占用。"),
    "extra_missing": ("An optional part of Fenji is not installed.", "缺少可选组件。"),
    "mixed_currencies": ("Amounts of several currencies cannot be added.", "不能合计不同币种的金额。"),
    "nobody_known": ("No customer was known by the end of that day.", "该日期没有已知客户。"),
    "cancelled": ("Somebody stopped it.", "已被取消。"),
    "confinement_missing": ("This machine cannot confine a notebook as far as is demanded, or secrets lie where notebooks read.", "本机无法按要求隔离笔记本。"),
    "evidence_differs": ("The evidence bundle does not verify; the message names what differs.", "证据包核验未通过。"),
    "evidence_stale": ("The champion has changed since the backtest; run it again.", "现行版本在回测后已变更。"),
    "backtest_failed": ("The notebook did not run to its end; the message says where it stopped.", "回测未能完成。"),
    "idempotency_key_reused": ("The idempotency key belongs to another request; give each request its own.", "幂等键已用于其他请求。"),
    "unexpected_count": ("The filter finds another number of rows than expected; look at them, then say the new number.", "筛选到的行数与预期不符。"),
    "undo_refused": ("The call cannot be undone: too late, undone already, or rows have changed since.", "无法撤销:已过期、已撤销或数据已变更。"),
}  # fmt: skip


class NotFound(Refusal):
    """No such row."""

    code = "not_found"


class Invalid(Refusal):
    """A value is not valid."""

    code = "invalid"


class Conflict(Refusal):
    """Another row holds this key."""

    code = "conflict"


class TooMany(Refusal):
    """More at the same time than allowed."""

    code = "too_many"


class Forbidden(Refusal):
    """The roles do not allow this."""

    code = "forbidden"


class ExtraMissing(Refusal):
    """An optional part of Fenji, ``extra`` of pyproject.toml, is not installed: ``missing`` names what it lacks."""

    code = "extra_missing"

    def __init__(self, extra: str, missing: Sequence[str]) -> None:
        super().__init__(
            f"This needs the extra {extra!r} of Fenji ({', '.join(missing)} not found); "
            f"install it in Fenji's folder: pip install '.[{extra}]'"
        )
