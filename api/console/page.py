"""The page that tries operations: GraphiQL, with the ready-made examples in its menu."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.commands.snapshot import today
from api.settings import settings

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"  # pages, which nobody gets without their headers
EXAMPLES = Path(__file__).parent.parent / "operations" / "examples"
# Nothing from another host; GraphiQL sets style attributes, hence 'unsafe-inline' for styles alone.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Example:
    """A ready-made operation: its title is the first line of its file, its variables lie beside it."""

    name: str
    title: str
    query: str
    variables: str


def examples() -> tuple[Example, ...]:
    """Return the ready-made operations in the order of their file names; TODAY in their variables is the present day."""
    day = str(today(settings().zone))
    found = []
    for path in sorted(EXAMPLES.glob("*.graphql")):
        query = path.read_text()
        variables = path.with_suffix(".json")
        title = query.splitlines()[0].lstrip("# ")
        found.append(
            Example(path.stem, title, query, variables.read_text().replace("TODAY", day) if variables.exists() else "")
        )
    return tuple(found)


async def sign_in_page(request: Request) -> HTMLResponse:
    """Return the page that begins and ends a session."""
    return HTMLResponse((TEMPLATES / "sign_in.html").read_text(), headers=HEADERS)


def graphiql_page() -> HTMLResponse:
    """Return the page."""
    ready = json.dumps([asdict(example) for example in examples()], ensure_ascii=False).replace("<", "\\u003c")
    html = (TEMPLATES / "graphiql.html").read_text().replace("{{examples}}", ready)
    return HTMLResponse(html, headers=HEADERS)
