"""The report page of an evidence bundle: read by whoever may read, and unable to do anything on this origin."""

from __future__ import annotations

from pathlib import Path

from anyio import to_thread
from sqlalchemy import Engine, select
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from api.access import Actor
from api.database import reading
from api.endpoint.context import HOW
from api.endpoint.cookie import session_of
from api.endpoint.view import bearer
from api.notebook.evidence import REPORT, place_of
from api.sign_in import signed_in
from api.ticket import holder
from policies.refusal import Refusal
from schema.select.visibility import restricted
from schema.tables import Backtest

PATH = "/evidence/{digits}/report.html"
# A page in a sandbox has an origin of its own: even a script in it could not use this one's.
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


class ReportPages:
    """Serves the report pages of finished backtests."""

    def __init__(self, engine: Engine, home: Path) -> None:
        self.engine, self.home = engine, home

    async def page(self, request: Request) -> Response:
        """Answer with the page, with 401 or 403 to whoever may not read, with 404 when there is none."""
        key = bearer(request.headers.get("authorization"))
        given = request.query_params.get("ticket", "")
        return await to_thread.run_sync(self._answer, request.path_params["digits"], key, given, session_of(request))

    def _answer(self, digits: str, key: str | None, given: str, session: str | None) -> Response:
        evidence = f"sha256:{digits}"
        try:
            actor: Actor | None = signed_in(self.engine, key, session)
        except Refusal as refusal:  # a token that does not hold
            return _refused(401, refusal.code, refusal.message)
        with reading(self.engine) as connection:
            if actor is None and key is None:
                actor = holder(connection, given, evidence)
            if actor is None:
                return _refused(401, "not_signed_in", f"Ask for reportUrl of the backtest anew, or {HOW}.")
            if not actor.may("read"):
                return _refused(403, "forbidden", f"{actor.login} may not read.")
            try:
                path = place_of(self.home, evidence) / REPORT
            except Refusal as refusal:
                return _refused(404, "not_found", refusal.message)
            statement = select(Backtest.id).where(Backtest.evidence == evidence, Backtest.state == "finished")
            known = connection.scalar(restricted(statement, actor, Backtest))
        if known is None or not path.is_file():
            return _refused(404, "not_found", f"No finished backtest has the evidence {evidence[:80]}.")
        return FileResponse(path, media_type="text/html; charset=utf-8", headers=HEADERS)


def _refused(status: int, code: str, message: str) -> JSONResponse:
    error = {"message": message, "extensions": {"code": code}}
    return JSONResponse({"errors": [error]}, status_code=status, headers={"Cache-Control": "no-store"})
