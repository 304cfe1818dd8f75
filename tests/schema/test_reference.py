"""Reference tables: complete, consistent, and equal to the shared data."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from schema.reference import AREAS, MUNICIPALITIES, industries, regions


def test_industries_have_the_standards_counts_and_each_parent_stands_before_its_children() -> None:
    assert Counter(row.level for row in industries()) == {1: 20, 2: 97, 3: 473, 4: 1382}
    seen: dict[str, int] = {}
    for row in industries():
        assert row.code not in seen
        assert (row.parent is None) if row.level == 1 else (seen[str(row.parent)] == row.level - 1)
        assert (row.name_en is not None) == (row.level == 1)
        assert row.name_zh
        seen[row.code] = row.level


def test_a_code_begins_with_its_parents_code_below_the_section() -> None:
    sections = {row.code for row in industries() if row.level == 1}
    for row in industries():
        assert row.section in sections
        if row.level >= 3:
            assert row.code.startswith(str(row.parent))


def test_regions_are_31_provinces_and_333_prefectures_and_every_province_has_an_area() -> None:
    provinces = {row.code: row for row in regions() if row.level == 1}
    prefectures = [row for row in regions() if row.level == 2]
    assert (len(provinces), len(prefectures)) == (31, 333)
    assert len({row.code for row in regions()}) == 364
    assert {row.area for row in provinces.values()} == set(AREAS)
    for row in prefectures:
        assert row.parent in provinces
        assert row.code[:2] == provinces[str(row.parent)].code[:2]
        assert row.area is None


def test_a_municipality_is_province_and_city_at_once() -> None:
    parents = {row.parent for row in regions()}
    assert {row.code for row in regions() if row.level == 1 and row.code not in parents} == MUNICIPALITIES
    assert sum(row.is_city for row in regions()) == 337


def test_industries_equal_the_shared_data(shared: Path) -> None:
    rows = _read(shared / "gbt4754" / "gbt4754-2017-amd1.csv")
    assert [(row.code, str(row.level), row.parent or "", row.section, row.name_zh) for row in industries()] == [
        (row["code"], row["level"], row["parent"], row["section"], row["name"]) for row in rows
    ]


def test_regions_equal_the_shared_data(shared: Path) -> None:
    provinces = {(row["code"] + "0000", row["name"]) for row in _read(shared / "cn-divisions" / "provinces.csv")}
    prefectures = {
        (row["code6"], row["name"], row["province_code6"])
        for row in _read(shared / "cn-divisions" / "prefectures_333.csv")
    }
    assert {(row.code, row.name) for row in regions() if row.level == 1} == provinces
    assert {(row.code, row.name, row.parent) for row in regions() if row.level == 2} == prefectures


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
