"""`fenji policy grade`: a file of facts to a file of grades, without a database of customers."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from api.cli.answers import print_answers
from api.cli.door import CONSOLE, progress
from api.cli.seats import print_seats
from api.cli.shared_out import print_shared_out
from api.offline import ENGINES, opened
from api.settings import settings
from policies import compile_plan, load
from policies.cells import Units
from policies.offline import Graded, grade_file, rank_file

FILE = click.Path(path_type=Path)


@click.command("grade")
@click.argument("source", metavar="POLICY")
@click.argument("facts", type=FILE)
@click.option(
    "-o", "--output", type=FILE, required=True, help="The grades, .csv or .parquet; written whole or not at all."
)
@click.option("--engine", type=click.Choice(ENGINES), default="duckdb", show_default=True, help="What grades.")
@click.option(
    "--units",
    type=click.Choice(["stored", "written"]),
    default="stored",
    show_default=True,
    help="Numbers as stored integers (fen, basis points, hundredths), or as written (yuan, 15% or 0.15, 4.5).",
)
@click.option("--allow-absent", is_flag=True, help="Take an input that has no column as missing for everyone.")
@click.option("--answers/--no-answers", default=True, help="Rank the missing answers when somebody is pending.")
@click.option("--database", "url", help="The database of --engine postgres; FENJI_DATABASE_URL when not given.")
def grade_facts(
    source: str,
    facts: Path,
    output: Path,
    engine: str,
    units: str,
    allow_absent: bool,
    answers: bool,
    url: str | None,
) -> None:
    """Grade the customers of FACTS (.csv or .parquet) with POLICY, a file or the id of a shipped policy."""
    plan = compile_plan(load(source))
    written: Units = "written" if units == "written" else "stored"
    if engine != "duckdb":
        plan = rank_file(plan, facts, output, units=written, allow_absent=allow_absent)
    with opened(engine, plan, url or settings().database) as chosen, progress("grading") as report:
        graded = grade_file(
            plan,
            facts,
            output,
            engine=chosen,
            units=written,
            allow_absent=allow_absent,
            answers=answers,
            report=report,
        )
    _show(graded, output)


def _show(graded: Graded, output: Path) -> None:
    layout = graded.layout
    if layout.ignored:
        CONSOLE.print(f"Ignored, no words of the vocabulary: {', '.join(layout.ignored)}.", markup=False)
    if layout.unused:
        CONSOLE.print(f"Not needed by this policy: {', '.join(layout.unused)}.", markup=False)
    if layout.absent:
        CONSOLE.print(f"Without a column, missing for everyone: {', '.join(layout.absent)}.", markup=False)
    table = Table("tier or status", "customers")
    for place, number in graded.counts.items():
        table.add_row(place, f"{number:,}")
    CONSOLE.print(table)
    print_seats(graded.plan)
    print_shared_out(graded.shared_out)
    if graded.answers is not None:
        print_answers(graded.answers, 5)
    CONSOLE.print(f"{graded.rows:,} customers graded into {output}.", markup=False)
