"""How far an endpoint is open: what it tells of itself, which documents it takes, and how much one caller may ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from graphql import GraphQLError

from api.endpoint.limits import MOST
from api.endpoint.rate import Rates
from api.endpoint.trusted import Documents, digest
from api.errors import Invalid
from api.settings import Settings
from policies.refusal import Refusal

SUGGESTION = re.compile(r" Did you mean [^?]*\?")
STRANGER = 10  # without a key only the schema is read, which takes processor time and no database


@dataclass(frozen=True)
class Guard:
    """The settings of one endpoint; the defaults are those of an open one."""

    closed: bool = False
    documents: Documents | None = None
    trusted_only: bool = False
    seconds: float = 30
    rows: int = MOST.rows
    batch: int = 5
    rates: Rates | None = None

    @classmethod
    def of(cls, settings: Settings) -> Guard:
        """Return the guard that the settings describe; Refusal when the trusted documents cannot be read."""
        if settings.trusted_only and not settings.documents:
            raise Invalid("FENJI_TRUSTED_ONLY needs FENJI_DOCUMENTS, the folder of the trusted documents.")
        return cls(
            closed=settings.closed,
            documents=Documents.of(settings.documents) if settings.documents else None,
            trusted_only=settings.trusted_only,
            seconds=settings.operation_seconds,
            rows=settings.operation_cost,
            batch=settings.batch,
            rates=Rates(settings.cost_per_minute) if settings.cost_per_minute else None,
        )

    def trusts(self, query: str) -> bool:
        """Say whether a document is answered here."""
        return not self.trusted_only or (self.documents is not None and digest(query) in self.documents.texts)

    def charge(self, caller: str, cost: int, *, known: bool = True) -> None:
        """Count the cost of an operation, ten times for who is not signed in; Refusal when it costs too much by itself, or with what the caller asked before."""
        if cost > self.rows:
            message = (
                f"The operation costs {cost:,} by the rows that its answer may hold and by what its filters, orders and groups "
                f"have computed, at most {self.rows:,} is allowed; ask for smaller pages with first, for fewer conditions, "
                "fewer computed words to order by, or fewer keys and measures of groups."
            )
            raise Refusal(message, code="too_large")
        if self.rates is not None:
            self.rates.charge(caller, cost if known else cost * STRANGER)

    def told(self, error: GraphQLError) -> GraphQLError:
        """Return an error as this endpoint tells it: with a code, and a closed one suggests no name of its schema."""
        extensions = error.extensions or {}
        suggests = self.closed and SUGGESTION.search(error.message)
        if not suggests and "code" in extensions:
            return error
        message = SUGGESTION.sub("", error.message) if suggests else error.message
        return GraphQLError(
            message, error.nodes, error.source, error.positions, error.path, error.original_error,
            {"code": "invalid", **extensions},
        )  # fmt: skip
