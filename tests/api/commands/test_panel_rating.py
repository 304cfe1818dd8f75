"""Panels: one proposes, three others rate, the median is settled for the policy's months, and nothing before."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import world
from people import person
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from api.access import Actor
from api.commands import panel_rating as ratings
from api.commands.snapshot import today
from api.database import writing
from api.settings import settings
from policies.refusal import Refusal
from schema.facts import facts_statement
from schema.select.global_id import global_id
from schema.tables import Assessment, Audit, PanelRating
from schema.windows import months_before

WORD = "supply_chain_fit"


def built(engine: Engine, home: Path) -> tuple[world.World, list[Actor]]:
    """A world with the shipped policy in force, and four people who may rate; customer 2 has no rating."""
    made = world.build(engine, home, 2)
    return made, [person(engine, f"rater{n}", "analyst") for n in range(4)]


def rating_in_force(engine: Engine) -> int | None:
    zone = settings().zone
    with Session(engine) as session:
        rows = session.execute(facts_statement(today(zone), zone)).mappings()
        found: int | None = next(row[WORD] for row in rows if row["customer_id"] == 2)
        return found


def test_a_rating_is_missing_until_the_last_rater_settles_the_median(engine: Engine, tmp_path: Path) -> None:
    made, (one, two, three, _) = built(engine, tmp_path)
    with writing(engine) as session:
        ratings.propose(session, made.people["sales"], 2, WORD, 10, "战略客户")
    for actor, points in ((one, 4), (two, 9)):
        with writing(engine) as session:
            assert ratings.give(session, actor, 2, WORD, points).assessment_id is None
        assert rating_in_force(engine) is None
    with writing(engine) as session:
        assert ratings.give(session, three, 2, "供应链优化评分", 6).assessment_id is not None
    assert rating_in_force(engine) == 6
    with Session(engine) as session:
        settled = session.scalars(select(Assessment).order_by(Assessment.id.desc())).first()
        assert settled is not None
        assert (settled.proposed_by, settled.settled_by) == ("sales", "panel of 3")
        assert settled.valid_until == months_before(today(settings().zone), -12)
        found = ratings.rater_agreement(session, WORD)
        assert (found.panels, found.same, found.apart) == (1, 0, Fraction(10, 3))
        assert ratings.rater_agreement(session, "purchase_intent").panels == 0
        assert session.scalar(select(func.count()).select_from(Audit).where(Audit.noun == "panel_ratings")) == 4
    with writing(engine) as session:  # the next panel is a new one
        ratings.propose(session, one, 2, WORD, 3)
    assert rating_in_force(engine) == 6


def test_who_may_not_rate_is_refused_and_nothing_is_written(sqlite_engine: Engine, tmp_path: Path) -> None:
    made, (one, two, *_) = built(sqlite_engine, tmp_path)
    sales = made.people["sales"]

    def refused(command: object, actor: Actor, word: str = WORD, rating: int = 5) -> str:
        with pytest.raises(Refusal) as caught, writing(sqlite_engine) as session:
            command(session, actor, 2, word, rating)  # type: ignore[operator]  # one of the two commands
        return caught.value.message

    assert "no panel is open" in refused(ratings.give, one).lower().replace(f"on {WORD} of 202601-0002 ", "")
    with writing(sqlite_engine) as session:
        ratings.propose(session, sales, 2, WORD, 5)
        ratings.give(session, one, 2, WORD, 5)
    assert "is open already" in refused(ratings.propose, two)
    assert "has proposed or rated" in refused(ratings.give, sales)
    assert "has proposed or rated" in refused(ratings.give, one)
    assert "may not assess" in refused(ratings.give, made.people["finance"])
    assert "11" in refused(ratings.give, two, rating=11)
    assert "word" in refused(ratings.propose, two, word="satisfaction")
    with Session(sqlite_engine) as session:
        assert session.scalar(select(func.count()).select_from(PanelRating)) == 2


def test_over_graphql_the_raters_and_what_they_settled_are_shown(sqlite_engine: Engine, tmp_path: Path) -> None:
    made, raters = built(sqlite_engine, tmp_path)
    made.people |= {actor.login: actor for actor in raters}
    target = global_id("Customer", 2)
    fields = "{ __typename ... on PanelRating { proposal assessment { rating } } ... on Refusal { code } }"
    for name, who, points in (
        ("proposeRating", "sales", 9), ("giveRating", "rater0", 3), ("giveRating", "rater1", 3), ("giveRating", "rater2", 8),
    ):  # fmt: skip
        query = (
            f'mutation {{ r: {name}(customerId: "{target}", input: {{word: "{WORD}", rating: {points}}}) {fields} }}'
        )
        answer = made.data(query, who=who)["r"]
        assert answer["__typename"] == "PanelRating"
    assert answer["assessment"] == {"rating": 3}
    query = f'{{ customer(id: "{target}") {{ panelRatings {{ rating proposal rater {{ login }} assessment {{ settledBy }} }} }} }}'
    shown = made.data(query)["customer"]["panelRatings"]
    assert [(row["rater"]["login"], row["rating"]) for row in shown] == [
        ("sales", 9), ("rater0", 3), ("rater1", 3), ("rater2", 8),
    ]  # fmt: skip
    assert {row["assessment"]["settledBy"] for row in shown} == {"panel of 3"}
