"""The seats of a ranking: how many each tier has, who fills them, and who ties beyond them."""

from __future__ import annotations

from rich.table import Table

from api.cli.door import CONSOLE
from policies import Plan
from policies.exact import ceil_tenth, percent
from policies.ranking import seats


def print_seats(plan: Plan) -> None:
    """Print the seats of a ranking with its cut scores; nothing for any other plan."""
    if not plan.shares:
        return
    heads = (
        "累计到等级\nup to tier",
        "比例\nshare",
        "分数线\ncut score",
        "名额\nseats",
        "入围\nthere by rank",
        "溢出\nbeyond, tied",
    )
    table = Table(*heads, title=f"{plan.frozen.population:,} 户参加排名 customers ranked")
    for column in table.columns[1:]:
        column.justify = "right"
    for line in seats(plan):
        cut = "-" if line.cut is None else ceil_tenth(line.cut)
        there = f"{line.sure:,}" if line.sure == line.possible else f"{line.sure:,} – {line.possible:,}"
        table.add_row(line.tier, percent(line.share), cut, f"{line.seats:,}", there, f"{line.overflow:,}")
    CONSOLE.print(table)
    if plan.frozen.unknown:
        CONSOLE.print(f"{plan.frozen.unknown:,} 户是否适用尚不明 more to whom the policy may not apply")
