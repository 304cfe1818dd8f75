"""`fenji rating`: propose and give ratings of panels, and say how far raters agree."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from api.cli.door import CONSOLE, as_option, doing, open_database
from api.cli.grade import find_customer
from api.commands import panel_rating as ratings
from policies.exact import decimal_text, floor_tenth, percent
from policies.vocabulary import RATINGS

WORD = click.Choice([word.name for word in RATINGS])
POINTS = click.IntRange(0, 10)


@click.group()
def rating() -> None:
    """Propose and give ratings of panels, and say how far raters agree."""


@rating.command("propose")
@click.argument("customer")
@click.argument("word", type=WORD)
@click.argument("points", type=POINTS)
@click.option("--reason")
@as_option
def propose(customer: str, word: str, points: int, reason: str | None, acting_login: str) -> None:
    """Open the panel of a word for a customer with a proposed rating, which does not count."""
    with doing(acting_login) as (session, actor):
        ratings.propose(session, actor, find_customer(session, customer).id, word, points, reason)
    CONSOLE.print(f"The panel on {word} is open.")


@rating.command("give")
@click.argument("customer")
@click.argument("word", type=WORD)
@click.argument("points", type=POINTS)
@click.option("--reason")
@as_option
def give(customer: str, word: str, points: int, reason: str | None, acting_login: str) -> None:
    """Rate in an open panel; the last of its raters settles the median."""
    with doing(acting_login) as (session, actor):
        row = ratings.give(session, actor, find_customer(session, customer).id, word, points, reason)
        done = row.assessment_id is not None
    CONSOLE.print(f"The panel on {word} is settled." if done else "Noted; others are still to rate.")


@rating.command("agreement")
@click.option("--word", type=WORD, help="One word; all when not given.")
def agreement(word: str | None) -> None:
    """Say how far the raters of settled panels agree."""
    with Session(open_database()) as session:
        found = ratings.rater_agreement(session, word)
    if found.same is None or found.apart is None:
        CONSOLE.print("No panel of two raters or more is settled yet.")
        return
    alpha = "not defined, all are the same" if found.alpha is None else decimal_text(round(found.alpha, 3))
    same = percent(round(found.same, 3))
    CONSOLE.print(
        f"{found.panels} panels: {same} of pairs agree, {floor_tenth(found.apart)} points apart, alpha {alpha}"
    )
