"""Text is found by its words without regard to case and width, and the tier of a day by the run that held then."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import world
from sqlalchemy import Engine

from api.commands.snapshot import today
from api.database import writing
from api.settings import settings
from schema import tables

COUNT = "query Q($f: {noun}Filter) {{ r: {field}(filter: $f) {{ totalCount }} }}"


def count(made: world.World, field: str, noun: str, given: Any, who: str = "sales") -> int:
    found: int = made.data(COUNT.format(noun=noun, field=field), {"f": given}, who=who)["r"]["totalCount"]
    return found


def test_every_word_is_found_whatever_its_case_and_width(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 3, graded=False)
    with writing(engine) as session:
        customer = session.get_one(tables.Customer, 1)
        customer.name, customer.short_name = "ＡＢＣ上海设备ｶﾌｪ有限公司", "100%_Ä"
    for wanted, found in (
        ("abc", 1), ("Ａｂｃ", 1), ("上海 设备", 1), ("设备　上海", 1), ("カフェ", 1), ("有限 100%", 1), ("％_", 1), ("ä", 1),
        ("上海 北京", 0), ("_", 1), ("%", 1), ("\\", 0), ("'", 0), ("公司 号", 2), ("", 3), ("   ", 3), ("202601-0002", 1),
    ):  # fmt: skip
        assert count(made, "customers", "Customer", {"search": wanted}) == found, wanted
    for name, wanted in (("ΟΔΟΣ", "οδοσ"), ("İSTANBUL", "istanbul"), ("NESTLÉ", "nestlé"), ("ЗАО ﬁ①", "зао FI1")):
        with writing(engine) as session:
            session.get_one(tables.Customer, 2).name = name
        for given in ({"search": name}, {"search": wanted}, {"name": {"equals": name, "contains": name}}):
            assert count(made, "customers", "Customer", given) == 1, given
    assert count(made, "customers", "Customer", {"name": {"startsWith": "abc上"}}) == 1
    assert count(made, "customers", "Customer", {"shortName": {"endsWith": "％_ä"}}) == 1
    assert (
        count(made, "regions", "Region", {"search": "上海"})
        == count(made, "regions", "Region", {"name": {"contains": "上海"}})
        > 0
    )
    assert count(made, "serviceRecords", "ServiceRecord", {"search": "延迟"}) == 3
    assert count(made, "customers", "Customer", {"interactions": {"some": {"search": "回访 CALL"}}}) == 3


@pytest.mark.parametrize(
    ("field", "noun"), [("contacts", "Contact"), ("serviceRecords", "ServiceRecord"), ("surveys", "Survey")]
)
def test_personal_text_is_searched_by_those_alone_who_see_it(
    sqlite_engine: Engine, tmp_path: Path, field: str, noun: str
) -> None:
    made = world.build(sqlite_engine, tmp_path, 3, graded=False)
    for given in ({"search": "x"}, {"customer": {field: {"none": {"search": "x"}}}}):
        count(made, field, noun, given)
        with made.statements() as seen:
            (error,) = made.ask(COUNT.format(noun=noun, field=field), {"f": given}, who="finance")["errors"]
        assert (error["extensions"]["code"], seen) == ("forbidden", [])


def test_customers_are_found_by_the_tier_of_a_day(engine: Engine, tmp_path: Path) -> None:
    made = world.build(engine, tmp_path, 12)
    now = made.data("{ customers { nodes { tier } } }")["customers"]["nodes"]
    tiers = [node["tier"] for node in now]
    day = today(settings().zone)
    for tier in {tier for tier in tiers if tier}:
        given = {"tierAsOf": {"asOf": str(day), "tier": {"equals": tier}}}
        assert count(made, "customers", "Customer", given) == tiers.count(tier)
        assert count(made, "customers", "Customer", {"not": given}) == 12 - tiers.count(tier)
    before = {"asOf": str(day - timedelta(days=1)), "tier": {"isNull": True}}
    assert count(made, "customers", "Customer", {"tierAsOf": before}) == 12
    assert count(made, "orders", "Order", {"customer": {"tierAsOf": before}}) == count(made, "orders", "Order", {})
