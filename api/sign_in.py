"""Signing in: who stands behind an API key, a token of the OIDC issuer, or a session of the pages."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from api.access import Actor, actor_of_key, actor_of_login, actor_of_session
from api.commands import user as users
from api.database import answering, reading, writing
from api.errors import Forbidden
from api.oidc import LEEWAY, issuer, login_of, roles_of, subject_of
from api.settings import Settings, settings
from api.waiting import aside
from schema.tables import User

KEY = "fenji_"  # how every API key begins, and no token does


def signed_in(engine: Engine, key: str | None, session: str | None = None) -> Actor | None:
    """Return who signs in with a bearer's key or token, else with a session; None when nobody does.

    Forbidden, saying why, for a token that does not hold.
    """
    if key is not None and is_token(key):
        return aside(partial(_actor_of_token, engine, key, settings()))  # it may ask the issuer, and write
    with answering(engine) as connection:
        if key is not None:
            return actor_of_key(connection, key)
        return None if session is None else actor_of_session(connection, session)


def is_token(key: str) -> bool:
    """Say whether a bearer's key is to be read as a token of the OIDC issuer."""
    return bool(settings().oidc_issuer) and not key.startswith(KEY)


def token_ends(token: str) -> datetime:
    """Return when a token signs in no more, in a hundred years at the latest; Forbidden for one that does not hold."""
    claims = issuer(settings().oidc_issuer, settings().oidc_audience).claims(token)
    return datetime.fromtimestamp(min(int(claims["exp"]) + LEEWAY, time.time() + 36_500 * 86_400), UTC)


def _actor_of_token(engine: Engine, token: str, chosen: Settings) -> Actor | None:
    """Return the user whom a token proves, created at the first sign-in, with the roles that the token gives."""
    claims = issuer(chosen.oidc_issuer, chosen.oidc_audience).claims(token)
    roles = roles_of(claims, chosen)
    if not roles:
        named = f"the claim {chosen.oidc_roles_claim!r} gives no role by FENJI_OIDC_ROLES"
        raise Forbidden(f"The token does not sign in: {named}; ask for one at the issuer.")
    subject = subject_of(claims)
    with reading(engine) as connection:
        row = connection.execute(select(User.login, User.active).where(User.subject == subject)).first()
        known = actor_of_login(connection, row.login) if row is not None and row.active else None
    if row is not None and known is None:
        return None
    if known is not None and sorted(known.roles) == roles:
        return known
    login = login_of(claims, chosen) if known is None else known.login
    given = claims.get("name")
    name = given.strip()[:100] if isinstance(given, str) and given.strip() else login
    try:
        with writing(engine) as session:
            users.provision(session, subject, login, name, roles)
    except IntegrityError:  # another request of the same person was faster: its row is there now
        pass
    with reading(engine) as connection:
        linked = connection.scalar(select(User.login).where(User.subject == subject))
        return None if linked is None else actor_of_login(connection, linked)
