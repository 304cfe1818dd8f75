"""Industries of GB/T 4754-2017 with amendment 1: sections, divisions, groups and classes."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base


class Industry(Base):
    """One code of the standard; ``level`` 1 is a section (门类), 2 a division (大类), 3 a group (中类), 4 a class (小类)."""

    __tablename__ = "industries"

    code: Mapped[str] = mapped_column(String(4), primary_key=True)
    level: Mapped[int]
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("industries.code"))
    name_zh: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str | None] = mapped_column(String(120))

    parent: Mapped[Industry | None] = relationship(lazy="raise", viewonly=True, remote_side="Industry.code")
