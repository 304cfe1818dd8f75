"""The application's settings: environment variables FENJI_…, with defaults for an embedded database."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting; api/README.md lists them and a test compares."""

    model_config = SettingsConfigDict(env_prefix="FENJI_", extra="forbid")

    home: Path = Field(Path(".fenji"), description="Folder of the database, snapshots and backtests.")
    database_url: str = Field("", description="SQLAlchemy address; empty is SQLite in the home folder.")
    zone: str = Field("Asia/Shanghai", description="Time zone in which days begin and end.")
    host: str = Field("127.0.0.1", description="Address that `fenji serve` listens on.")
    port: int = Field(8000, description="Port that `fenji serve` listens on.")

    @property
    def database(self) -> str:
        """Return the database address, the embedded SQLite file when none is set."""
        return self.database_url or f"sqlite:///{(self.home / 'fenji.db').absolute()}"


@lru_cache
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()
