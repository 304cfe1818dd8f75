"""`fenji demo`: the main job done once on an embedded database, then served."""

from __future__ import annotations

import click

from api.cli.door import CONSOLE, progress
from api.cli.grade import print_tiers
from api.cli.serve import listening, serve_app
from api.demo.story import ANALYST, PEOPLE, SALES, STRATEGIST, tell
from api.settings import settings


@click.command()
@click.option("--once", is_flag=True, help="Do all but serve.")
@click.option("--customers", type=click.IntRange(20, 100_000), default=2000, show_default=True)
@click.option("--months", type=click.IntRange(24, 120), default=36, show_default=True)
@click.option("--seed", type=int, default=20260101, show_default=True)
@click.option("--port", type=int, help="Port to serve on; FENJI_PORT when not given.")
def demo(once: bool, customers: int, months: int, seed: int, port: int | None) -> None:
    """Import a history, author, backtest, submit, approve as another person, grade, print the tiers, and serve."""
    home = settings().home / "demo"
    if not once:  # a taken port is said now, not after a minute's work
        listening(settings().host, port or settings().port).close()
    told = tell(home, CONSOLE, progress, customers=customers, months=months, seed=seed, zone=settings().zone)
    print_tiers(told.engine, told.run_id)
    names = {login: name for login, name, _ in PEOPLE}
    address = f"http://{settings().host}:{port or settings().port}/graphql"
    CONSOLE.print("[bold]6 GraphiQL[/]  以谁的身份打开 open as:")
    for login in (ANALYST, STRATEGIST, SALES):
        CONSOLE.print(f"  {names[login]}: {address}#key={told.keys[login]}")
    if once:
        CONSOLE.print(f"Serve it with: FENJI_HOME={home} .venv/bin/fenji serve", style="dim")
        return
    serve_app(told.engine, told.home, settings().host, port or settings().port)
