"""`fenji policy diff`: what differs between two versions, in text, in structure and in its effect on customers."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from api.cli.door import CONSOLE, open_database
from api.cli.grade import STATUS_LABELS
from api.cli.policy import text_of
from api.commands import policy as policies_
from api.database import writing
from policies import compile_plan, parse
from policies.differences import next_version, step, structure_differences, text_difference
from policies.document import Policy
from policies.impact import End, Impact, Move, impact


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option(
    "--snapshot", type=click.Path(path_type=Path), help="A Parquet file of facts; shows who moves, and their revenue."
)
@click.option("--list", "listed", type=click.IntRange(0), default=10, show_default=True, help="Customers named a move.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--number", help="The version number of OLD, such as 1.2.3; shows that of NEW.")
def policy_diff(old: str, new: str, snapshot: Path | None, listed: int, language: str, number: str | None) -> None:
    """Compare two versions, each a file, the id of a shipped policy or of a stored version."""
    texts = [_text(source) for source in (old, new)]
    before, after = (parse(text) for text in texts)
    found = impact(compile_plan(before), compile_plan(after), snapshot, listed=listed) if snapshot else None
    following = next_version(before, after, number) if number is not None else None
    english = language == "en"
    _title("Text" if english else "文本")
    click.echo(
        text_difference(texts[0], texts[1], old, new) or ("No difference.\n" if english else "没有差异。\n"), nl=False
    )
    _print_structure(before, after, english=english)
    shown = f": {number} → {following}" if following else ""
    CONSOLE.print(f"{'Version' if english else '版本号'} {step(before, after)}{shown}", markup=False)
    if found is not None:
        _print_impact(found, english=english)


def _text(source: str) -> str:
    """Return the document in a file, of a shipped policy, or of a stored version."""
    if not source.isascii() or not source.isdigit() or len(source) > 18 or Path(source).exists():
        return text_of(source)
    with writing(open_database()) as session:
        return policies_.find(session, int(source)).document


def _title(text: str) -> None:
    CONSOLE.print(f"\n{text}", style="bold", markup=False)


def _print_structure(old: Policy, new: Policy, *, english: bool) -> None:
    _title("Structure" if english else "结构")
    differences = structure_differences(old, new)
    for difference in differences:
        CONSOLE.print(difference.en if english else difference.zh, markup=False)
    if not differences:
        CONSOLE.print("No difference." if english else "没有差异。")


def _print_impact(found: Impact, *, english: bool) -> None:
    _title("Impact" if english else "影响")
    heads = ("from", "to", "customers", "revenue 12 months", "of revenue") if english else ("原等级", "新等级", "客户", "近一年金额", "收入占比")  # fmt: skip
    table = Table(*heads)
    for column in table.columns[2:]:
        column.justify = "right"
    for move in found.moved:
        table.add_row(_end(move.old), _end(move.new), f"{move.customers:,}", _money(move.amount), _share(move, found))
    moved = sum(move.customers for move in found.moved)
    if moved:
        CONSOLE.print(table)
    amount = _money(sum(move.amount for move in found.moved))
    if english:
        CONSOLE.print(f"{moved:,} of {found.customers:,} customers move, with a revenue of {amount}.")
    else:
        CONSOLE.print(f"{found.customers:,} 个客户中 {moved:,} 个变动,近一年金额 {amount}。")
    for move in found.moved:
        if move.listed:
            more = move.customers - len(move.listed)
            names = ", ".join(str(mover.customer_id) for mover in move.listed)
            CONSOLE.print(
                f"{_end(move.old)} → {_end(move.new)}: {names}{f' … + {more:,}' if more else ''}", markup=False
            )


def _end(end: End) -> str:
    return STATUS_LABELS[end.status] if end.tier is None else end.tier


def _money(fen: int) -> str:
    return f"{fen / 100:,.2f}"


def _share(move: Move, found: Impact) -> str:
    return f"{move.amount / found.amount:.1%}" if found.amount else "-"
