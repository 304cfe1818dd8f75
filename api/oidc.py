"""OIDC: bearer tokens (JWT) of one issuer, checked against its published keys, and whom they prove."""

from __future__ import annotations

import json
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import lru_cache
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from api.errors import ExtraMissing, Forbidden, Invalid
from api.settings import Settings

LOG = logging.getLogger("fenji.oidc")
# Signatures by public keys alone: a secret shared with the issuer, or none, proves nothing here.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
REQUIRED = ["exp", "iat", "iss", "aud", "sub"]
LEEWAY = 30  # seconds by which clocks may differ
OLD = 600  # seconds after which the issuer's keys are fetched again
PAUSE = 10  # seconds between two fetches, however many tokens name a key that is not known
WAIT = 2  # seconds that a token of an unknown key waits for another thread's fetch
MOST_TOKEN, MOST_ANSWER, MOST_SUBJECT = 16_000, 1_000_000, 400
DISCOVERY = "/.well-known/openid-configuration"


class Issuer:
    """An issuer of tokens for an audience; its keys are fetched when first needed and kept."""

    def __init__(self, address: str, audience: str) -> None:
        try:
            import jwt
        except ModuleNotFoundError as error:
            raise ExtraMissing("oidc", ["pyjwt"]) from error
        self._jwt = jwt
        self.address, self.audience = address, audience
        self._keys: dict[str | None, Any] = {}
        self._fetched, self._tried = float("-inf"), float("-inf")
        self._lock = Lock()

    def claims(self, token: str) -> dict[str, Any]:
        """Return the claims of a token; Forbidden when it is forged, over, or of another issuer or audience."""
        if len(token) > MOST_TOKEN:
            raise refused(f"it has more than {MOST_TOKEN:,} characters")
        jwt = self._jwt
        try:
            key = self._key(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                raise refused("its key is not among those that the issuer publishes")
            found: dict[str, Any] = jwt.decode(
                token, key, algorithms=list(ALGORITHMS), audience=self.audience, issuer=self.address, leeway=LEEWAY,
                options={"require": REQUIRED},
            )  # fmt: skip
        except jwt.PyJWTError as error:
            raise refused(str(error)) from error
        return found

    def _key(self, name: str | None) -> Any:
        """Return the published key of a name, the only one for none; None when there is no such key."""
        known = name in self._keys
        due = not known or time.monotonic() - self._fetched > OLD
        # While another thread fetches, which may take long, whoever names a known key does not wait for it.
        if due and self._lock.acquire(timeout=0 if known else WAIT):
            try:
                self._refresh(name)
            finally:
                self._lock.release()
        if name is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(name)

    def _refresh(self, name: str | None) -> None:
        """Fetch the keys when a name is not among them, or they are old, and nobody has tried a moment ago."""
        moment = time.monotonic()
        wanted = name not in self._keys or moment - self._fetched > OLD
        if wanted and moment - self._tried > PAUSE:
            self._tried = moment
            self._fetch()

    def _fetch(self) -> None:
        """Fetch the keys; those that are known stay when the issuer does not answer."""
        try:
            described = _fetched(f"{self.address.rstrip('/')}{DISCOVERY}")
            if described.get("issuer") != self.address:
                raise ValueError(f"it calls itself {described.get('issuer')!r}")
            published = self._jwt.PyJWKSet.from_dict(_fetched(str(described.get("jwks_uri"))))
        except (OSError, ValueError, self._jwt.PyJWTError) as error:
            if not self._keys:
                LOG.error("the issuer %s gives no keys: %s", self.address, error)
                raise Forbidden("The issuer gives no keys; try again later.", code="not_signed_in") from error
            return
        self._keys = {
            key.key_id: key for key in published.keys if key.public_key_use in (None, "sig") and key.key_type != "oct"
        }
        self._fetched = time.monotonic()


def refused(why: str) -> Forbidden:
    """Return the refusal of a token."""
    return Forbidden(f"The token does not sign in: {why}; get a new one from the issuer.", code="not_signed_in")


class Straight(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it might lead from https to an address that anybody can answer for."""

    def redirect_request(self, *_: Any) -> None:
        """Make no other request: the redirect itself is the answer, and no good one."""


OPENER = urllib.request.build_opener(Straight)


def _fetched(address: str) -> dict[str, Any]:
    """Return the JSON object at an address; ValueError for one that is not HTTPS, save on this machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        raise ValueError(f"{address!r} is not an https address")
    try:
        with OPENER.open(address, timeout=5) as answer:
            found = json.loads(answer.read(MOST_ANSWER))
    except urllib.error.HTTPError as error:
        error.close()
        raise ValueError(f"{address} answers {error.code}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{address} answers no object")
    return found


@lru_cache(maxsize=4)
def issuer(address: str, audience: str) -> Issuer:
    """Return the issuer of the settings, one in each process."""
    return Issuer(address, audience)


def subject_of(claims: Mapping[str, Any]) -> str:
    """Return under which name a user is linked: the issuer, a space, the subject there; Forbidden for what cannot be kept."""
    found = f"{claims['iss']} {claims['sub']}"
    if len(found) > MOST_SUBJECT or not found.isprintable():
        raise refused(f"its issuer and subject are not {MOST_SUBJECT} printable characters at most")
    return found


def roles_of(claims: Mapping[str, Any], settings: Settings) -> list[str]:
    """Return the roles that a token gives, by the claim and the table of the settings; names without a role are passed over."""
    found: Any = claims
    for part in settings.oidc_roles_claim.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    named = found.split() if isinstance(found, str) else found if isinstance(found, list) else []
    return sorted(
        {settings.oidc_roles[name] for name in named if isinstance(name, str) and name in settings.oidc_roles}
    )


def login_of(claims: Mapping[str, Any], settings: Settings) -> str:
    """Return the login that a new user of the token gets; Invalid when the claim is missing."""
    found = claims.get(settings.oidc_login_claim)
    if not isinstance(found, str) or not found.strip():
        raise Invalid(f"The token has no claim {settings.oidc_login_claim!r}; set FENJI_OIDC_LOGIN_CLAIM.")
    return found.strip()
