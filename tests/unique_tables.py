"""Tables for `match: unique`: complete ones without overlap, and one that is too large to prove."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import strategies as st


def _large() -> dict[str, Any]:
    """Forty lines that each want any five of ten inputs."""
    names, chance = [f"f{i}" for i in range(16)], random.Random(3)

    def condition() -> dict[str, Any]:
        return {
            "at_least": {"k": 5, "of": [{"input": n, "ge": chance.randint(1, 8)} for n in chance.sample(names, 10)]}
        }

    return {
        "kind": "rules", "id": "large", "title": {"zh": "表", "en": "t"}, "tiers": {"order": ["A", "B"]},
        "inputs": {name: {"type": "count", "title": {"zh": name, "en": name}} for name in names},
        "rules": [{"id": f"r{i}", "then": "AB"[i % 2], "when": condition()} for i in range(40)],
    }  # fmt: skip


LARGE = _large()


@st.composite
def unique_tables(draw: st.DrawFn) -> str:
    """Complete tables without overlap: the leaves of a random tree of cuts, in any order."""
    leaves: list[list[dict[str, Any]]] = []

    def grow(path: list[dict[str, Any]], depth: int) -> None:
        if depth == 0 or not draw(st.booleans()):
            leaves.append(path)
            return
        word = draw(st.sampled_from(["amount_12m", "orders_12m", "satisfaction", "tenure", "amount_growth"]))
        cut = draw(st.integers(2, 4))
        grow([*path, {"input": word, "within": f"<{cut}"}], depth - 1)
        grow([*path, {"input": word, "within": f"{cut}以上"}], depth - 1)

    grow([{"input": "referrals_12m", "within": "<2"}], 3)
    grow([{"input": "referrals_12m", "within": "2以上"}], 3)
    order = ["S", "A"]
    rules = [
        {"id": f"r{i}", "when": {"all": path}, "then": draw(st.sampled_from(order))}
        for i, path in enumerate(draw(st.permutations(leaves)))
    ]
    rules[0]["then"], rules[1]["then"] = order  # every tier has a line
    head = {"kind": "rules", "id": "t", "title": {"zh": "表", "en": "t"}, "tiers": {"order": order}, "match": "unique"}
    return json.dumps(head | {"rules": rules})
