"""`fenji grade answers`: which missing answers would settle most pending customers of a run."""

from __future__ import annotations

import click
from rich.table import Table
from sqlalchemy.orm import Session

from api.cli.door import CONSOLE, open_database
from api.cli.policy import ID
from api.commands.answers import answers as ranked
from policies.answers import Answers


@click.command("answers")
@click.argument("run_id", type=ID)
@click.option("--most", type=click.IntRange(1), default=10, show_default=True, help="How many inputs are listed.")
def answers(run_id: int, most: int) -> None:
    """Rank the missing answers of a run by the pending customers and the revenue that each would settle."""
    with Session(open_database()) as session:
        found = ranked(session, run_id)
    if not found.pending:
        CONSOLE.print(f"Nobody is pending in run {run_id}.")
        return
    print_answers(found, most)


def print_answers(found: Answers, most: int) -> None:
    """Print the first answers of a ranking."""
    table = Table("输入\ninput", "缺少的客户\nlacking", "必能定级\nsettled", "可能定级\nmay be settled",
                  title=f"最有价值的缺失数据 most valuable missing answers, 待定 pending {found.pending:,}")  # fmt: skip
    if found.amount is not None:
        table.add_column("可能定级的近一年金额\nrevenue that may be settled")
    for column in table.columns[1:]:
        column.justify = "right"
    for one in found.ranked[:most]:
        cells = [f"{one.title.zh} {one.input}", f"{one.lacking:,}", f"{one.settled:,}", f"{one.may_settle:,}"]
        table.add_row(*cells, *([] if found.amount is None else [f"{(one.may_settle_amount or 0) / 100:,.2f}"]))
    CONSOLE.print(table)
