"""The product's own tables of public codes, read once: industries (GB/T 4754) and regions (GB/T 2260)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# The seven macro areas of a customer's address, with their English labels.
AREAS: dict[str, str] = {
    "华北": "North China",
    "东北": "Northeast China",
    "华东": "East China",
    "华中": "Central China",
    "华南": "South China",
    "西南": "Southwest China",
    "西北": "Northwest China",
}

MUNICIPALITIES = frozenset({"110000", "120000", "310000", "500000"})


@dataclass(frozen=True, slots=True)
class IndustryRow:
    """One code of GB/T 4754-2017: ``level`` 1 section, 2 division, 3 group, 4 class.

    ``parent`` is ``None`` for a section; ``name_en`` is ``None`` for every level below it.
    """

    code: str
    level: int
    parent: str | None
    section: str
    name_zh: str
    name_en: str | None


@dataclass(frozen=True, slots=True)
class RegionRow:
    """One province (``level`` 1, with its macro ``area``) or prefecture (``level`` 2, with its province as ``parent``).

    A municipality is a province without prefectures, and stands for its city as well.
    """

    code: str
    level: int
    parent: str | None
    name: str
    area: str | None

    @property
    def is_city(self) -> bool:
        """Return whether a customer may be placed here: a prefecture or a municipality."""
        return self.level == 2 or self.code in MUNICIPALITIES


@cache
def industries() -> tuple[IndustryRow, ...]:
    """Return every industry, each after its parent: 20 sections, 97 divisions, 473 groups, 1,382 classes."""
    return tuple(
        IndustryRow(code, int(level), parent or None, section, name_zh, name_en or None)
        for code, level, parent, section, name_zh, name_en in _rows("industries.tsv")
    )


@cache
def regions() -> tuple[RegionRow, ...]:
    """Return every region, each after its parent: 31 provinces, 333 prefectures."""
    return tuple(
        RegionRow(code, int(level), parent or None, name, area or None)
        for code, level, parent, name, area in _rows("regions.tsv")
    )


def _rows(name: str) -> Iterator[list[str]]:
    """Yield the cells of each line of a table but its header."""
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    return (line.split("\t") for line in text.splitlines()[1:])
