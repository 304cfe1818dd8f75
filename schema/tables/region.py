"""Regions: provinces and prefectures by their GB/T 2260 codes, and the area (华东 …) of each province."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base


class Region(Base):
    """One region; ``level`` 1 is a province, 2 a prefecture or municipality."""

    __tablename__ = "regions"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    level: Mapped[int]
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))
    name: Mapped[str] = mapped_column(String(60))
    area: Mapped[str | None] = mapped_column(String(20))

    parent: Mapped[Region | None] = relationship(lazy="raise", viewonly=True, remote_side="Region.code")
