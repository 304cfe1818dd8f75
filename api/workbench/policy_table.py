"""A policy as tables: its tiers, its indicators or rules, and the gates after them."""

from __future__ import annotations

from api.workbench.table import Head, Table
from policies.display import policy_rows, policy_steps, tier_texts
from policies.document import Policy


def policy_table(document: Policy) -> Table:
    """Return a policy as one table; gates and minimum conditions stand under the indicators or rules."""
    heads: tuple[Head, ...]
    if document.kind == "rules":
        heads = (("规则", "rule"), ("条件", "when"), ("等级", "tier"))
    else:
        heads = (
            ("维度", "dimension"),
            ("指标", "indicator"),
            ("输入", "input"),
            ("占总分", "share"),
            ("满分", "out of"),
            ("评分", "points"),
        )
    rows = [tuple(map(str, row)) for row in policy_rows(document)]
    blank = ("",) * (len(heads) - 2)
    rows += [("其后 then", *blank, step) for step in policy_steps(document)]
    caption = (f"{document.title.zh}({document.id}):{tier_texts(document)}", document.title.en)
    return Table(caption, heads, tuple(rows), words=len(heads))
