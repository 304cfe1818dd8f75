"""Users, their roles, their API keys and their sessions (R11.1)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from schema.tables.base import Base, Key, UtcDateTime, now

ROLES = ("sales", "service", "marketing", "finance", "analyst", "strategy", "admin")


class User(Base):
    """A person who works with Fenji."""

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_subject", "subject", unique=True),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    login: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    subject: Mapped[str | None] = mapped_column(
        String(400), comment="who signs in through OIDC: the issuer, a space, the subject there"
    )

    roles: Mapped[list[UserRole]] = relationship(lazy="raise", order_by="UserRole.role", viewonly=True)


class UserRole(Base):
    """A role that a user holds."""

    __tablename__ = "user_roles"
    __table_args__ = (CheckConstraint(f"role in {ROLES}", name="role"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class ApiKey(Base):
    """An API key; only its SHA-256 is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(12), comment="the first characters, to tell keys apart")
    name: Mapped[str | None] = mapped_column(String(60), comment="what it is for")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship(lazy="raise", viewonly=True)


class PageSession(Base):
    """A session of the pages, begun with an API key or a token; only the SHA-256 of what the cookie holds is kept.

    A session begun with a key ends with it.
    """

    __tablename__ = "page_sessions"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    api_key_id: Mapped[int | None] = mapped_column(ForeignKey("api_keys.id"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
