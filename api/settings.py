"""The application's settings: environment variables FENJI_…, with defaults for an embedded database."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.errors import Invalid

Role = Literal["sales", "service", "marketing", "finance", "analyst", "strategy", "admin"]


class Settings(BaseSettings):
    """Every setting; api/README.md lists them and a test compares."""

    model_config = SettingsConfigDict(env_prefix="FENJI_", extra="forbid")

    home: Path = Field(Path(".fenji"), description="Folder of the database, snapshots and backtests.")
    database_url: str = Field("", description="SQLAlchemy address; empty is SQLite in the home folder.")
    zone: str = Field("Asia/Shanghai", description="Time zone in which days begin and end.")
    host: str = Field("127.0.0.1", description="Address that `fenji serve` listens on.")
    confinement: Literal["rlimits", "landlock", "namespaces", "bubblewrap"] = Field(
        "rlimits", description="Weakest confinement of notebooks that is accepted; below it none is run."
    )
    notebook_memory_mb: int = Field(4096, ge=256, description="Memory that a notebook's process may use, in MB.")
    notebook_cell_seconds: float = Field(300, gt=0, description="Seconds that one cell of a notebook may take.")
    notebook_seconds: float = Field(1800, gt=0, description="Seconds that a notebook may take in all.")
    oidc_issuer: str = Field("", description="Issuer of OIDC tokens that sign in (extra oidc); empty for none.")
    oidc_audience: str = Field("fenji", description="Audience that a token must name.")
    oidc_login_claim: str = Field("preferred_username", description="Claim that names the login of a new user.")
    oidc_roles_claim: str = Field(
        "roles", description="Claim that lists roles; dots lead inside, as in realm_access.roles."
    )
    oidc_roles: dict[str, Role] = Field(
        {role: role for role in get_args(Role)},
        description="JSON object: the issuer's names of roles and which role each gives.",
    )
    closed: bool = Field(
        False,
        description="Close the schema: no introspection, no GraphiQL, no suggestions of names; GET for trusted documents alone.",
    )
    documents: Path | None = Field(
        None, description="Folder of trusted documents, .graphql files or manifests by SHA-256; none when empty."
    )
    trusted_only: bool = Field(False, description="Answer trusted documents and nothing else.")
    operation_seconds: float = Field(30, gt=0, description="Seconds that one GraphQL operation may take.")
    operation_cost: int = Field(
        100_000,
        ge=1,
        description="Cost of one GraphQL operation at most: rows of its answer, and what its filters, orders and groups have computed.",
    )
    cost_per_minute: int = Field(
        10_000_000,
        ge=0,
        description="Cost that one key, or one address without a key, may ask for in a minute, in each process; 0 for no bound.",
    )
    batch: int = Field(5, ge=0, description="Operations in one batch at most; 0 for no batches.")
    connections: int = Field(
        2000, ge=1, description="Open connections of one process at most, sockets among them; beyond, 503."
    )
    body_mb: int = Field(8, ge=1, description="Size of a request's body at most, in MB.")
    undo_hours: int = Field(24, ge=0, description="Hours for which a bulk call can be undone; 0 for none.")
    workers: int = Field(
        1, ge=1, le=64, description="Processes of `fenji serve`; with several, one more runs the jobs."
    )
    log: Literal["text", "json"] = Field(
        "text", description="Form of the log: text, or a line of JSON a record, which holds no personal value."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "WARNING", description="Least level of Fenji's own log records; INFO tells of each request and operation."
    )
    metrics_key: str = Field("", description="Bearer token that /metrics demands; open when empty.")
    telemetry_url: str = Field(
        "",
        description="Address of an OTLP/HTTP collector that gets a span an operation (extra telemetry); none when empty.",
    )
    port: int = Field(8000, ge=0, le=65535, description="Port that `fenji serve` listens on.")

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # a name that is no path, and one that is a folder
            raise ValueError("it is no time zone; write one such as Asia/Shanghai") from None
        return name

    @property
    def database(self) -> str:
        """Return the database address, the embedded SQLite file when none is set."""
        return self.database_url or f"sqlite:///{(self.home / 'fenji.db').absolute()}"


@lru_cache
def settings() -> Settings:
    """Return the settings of this process, read once; Invalid names each variable that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = (f"FENJI_{str(one['loc'][0]).upper()} is {one['input']!r}: {one['msg']}" for one in error.errors())
        raise Invalid(f"{'; '.join(wrong)}.") from None


def make_folder(folder: Path) -> None:
    """Make a folder of the application where it is missing; Invalid when it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Invalid(
            f"The folder {folder} cannot be made ({error.strerror}); set FENJI_HOME to another one."
        ) from error
