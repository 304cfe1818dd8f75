"""Tokens of an OIDC issuer: our own issuer on 127.0.0.1, its keys, and every way in which a token may not hold."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import jwt
import pytest
import world
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from api import oidc
from api.app import make_app
from api.commands import user as users
from api.database import reading, writing
from api.endpoint.context import Context
from api.operations.root import schema
from api.settings import settings
from api.sign_in import signed_in
from policies.refusal import Refusal
from schema.tables import Audit, PageSession, User

KEYS = {"one": rsa.generate_private_key(65537, 2048), "two": ec.generate_private_key(ec.SECP256R1())}
FOREIGN = rsa.generate_private_key(65537, 2048)
SHARED = b"a secret that the issuer shares with others"
ALGORITHM = {"one": "RS256", "two": "ES256"}


class Local:
    """An issuer on 127.0.0.1: what it publishes, and how often it was asked."""

    def __init__(self) -> None:
        self.published, self.asked, self.up, self.answers = ["one"], 0, True, Event()
        self.answers.set()
        local = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                local.asked += 1
                local.answers.wait(20)
                if self.path == "/moved":
                    self.send_response(302)
                    self.send_header("location", f"{local.address}/keys")
                    self.end_headers()
                    return
                found = {oidc.DISCOVERY: local.described, "/keys": local.keys}.get(self.path)
                body = json.dumps(found() if found and local.up else {}).encode()
                self.send_response(200 if local.up else 503)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def described(self) -> dict[str, Any]:
        return {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}

    def keys(self) -> dict[str, Any]:
        found = []
        for name in self.published:
            kind = jwt.algorithms.get_default_algorithms()[ALGORITHM[name]]
            found.append(kind.to_jwk(KEYS[name].public_key(), as_dict=True) | {"kid": name, "use": "sig"})  # type: ignore[attr-defined]  # each algorithm of a key pair has it
        return {"keys": [*found, {"kty": "oct", "k": jwt.utils.base64url_encode(SHARED).decode(), "kid": "shared"}]}

    def token(self, kid: str = "one", key: Any = None, algorithm: str | None = None, **claims: Any) -> str:
        """A token that holds, save for what is given."""
        moment = int(time.time())
        stated = {
            "iss": self.address, "aud": "fenji", "sub": "u-1", "iat": moment, "exp": moment + 300,
            "preferred_username": "ana", "name": "安娜", "roles": ["analyst", "unheard-of"],
        } | claims  # fmt: skip
        stated = {name: value for name, value in stated.items() if value is not None}
        chosen = key if key is not None else KEYS[kid]
        return jwt.encode(stated, chosen, algorithm or ALGORITHM[kid], headers={"kid": kid})


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[Local]:
    made = Local()
    Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    monkeypatch.setenv("FENJI_OIDC_ISSUER", made.address)
    settings.cache_clear()
    oidc.issuer.cache_clear()
    yield made
    made.server.shutdown()
    made.server.server_close()
    monkeypatch.undo()
    settings.cache_clear()
    oidc.issuer.cache_clear()


def counted(engine: Engine) -> tuple[int, int]:
    with reading(engine) as connection:
        return len(connection.execute(select(User.id)).all()), len(connection.execute(select(Audit.id)).all())


def test_a_token_signs_in_creates_its_user_once_and_keeps_the_roles_as_it_says(engine: Engine, local: Local) -> None:
    first = signed_in(engine, local.token())
    assert first is not None
    assert (first.login, first.name, first.roles) == ("ana", "安娜", {"analyst"})
    before = counted(engine)
    assert signed_in(engine, local.token(preferred_username="renamed")) == first
    assert counted(engine) == before
    changed = signed_in(engine, local.token(roles=["finance", "sales"]))
    assert changed is not None
    assert changed.id == first.id
    assert changed.roles == {"finance", "sales"}
    with reading(engine) as connection:
        said = connection.execute(select(Audit.action, Audit.detail).order_by(Audit.id)).all()
    assert [row.action for row in said] == ["create", "set_roles"]
    assert said[1].detail == {"roles": ["finance", "sales"], "before": ["analyst"]}


def unsigned(local: Local) -> str:
    return jwt.encode(
        jwt.decode(local.token(), options={"verify_signature": False}), None, "none", headers={"kid": "one"}
    )


def with_secret(local: Local) -> str:
    """A token signed with the public key as if it were a shared secret."""
    secret = KEYS["one"].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    head, body, _ = local.token(key=SHARED, algorithm="HS256").split(".")
    signature = hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{jwt.utils.base64url_encode(signature).decode()}"


WRONG: dict[str, Callable[[Local], str]] = {
    "over": lambda local: local.token(exp=int(time.time()) - 60),
    "not yet": lambda local: local.token(nbf=int(time.time()) + 600),
    "another audience": lambda local: local.token(aud="other"),
    "no audience": lambda local: local.token(aud=None),
    "another issuer": lambda local: local.token(iss="https://evil.example"),
    "no end": lambda local: local.token(exp=None),
    "nobody": lambda local: local.token(sub=None),
    "a foreign key": lambda local: local.token(key=FOREIGN),
    "an unknown key": lambda local: local.token(kid="two"),
    "a shared secret": lambda local: local.token(kid="shared", key=SHARED, algorithm="HS256"),
    "the public key as a secret": with_secret,
    "no signature": unsigned,
    "no token": lambda local: "a.b.c",
    "far too long": lambda local: local.token(more="x" * 20_000),
    "cut": lambda local: local.token()[:-4],
    "a subject that no database keeps": lambda local: local.token(sub="a\0b"),
    "an endless subject": lambda local: local.token(sub="s" * 400),
    "a signature of nothing": lambda local: f"{local.token(kid='two').rpartition('.')[0]}.{'A' * 86}",
}


@pytest.mark.parametrize("why", WRONG)
def test_a_token_that_does_not_hold_signs_nobody_in(sqlite_engine: Engine, local: Local, why: str) -> None:
    before = counted(sqlite_engine)
    with pytest.raises(Refusal) as refused:
        signed_in(sqlite_engine, WRONG[why](local))
    assert refused.value.code == "not_signed_in"
    assert counted(sqlite_engine) == before


@pytest.mark.parametrize("roles", [None, [], ["unheard-of"], "unheard-of", {"a": 1}, [1, None], 7])
def test_a_token_without_a_role_of_ours_signs_nobody_in(sqlite_engine: Engine, local: Local, roles: Any) -> None:
    with pytest.raises(Refusal) as refused:
        signed_in(sqlite_engine, local.token(roles=roles))
    assert refused.value.code == "forbidden"
    assert counted(sqlite_engine) == (0, 0)


def test_roles_come_from_the_claim_and_the_table_of_the_settings(
    sqlite_engine: Engine, local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENJI_OIDC_ROLES_CLAIM", "realm_access.roles")
    monkeypatch.setenv("FENJI_OIDC_ROLES", '{"crm-sales": "sales"}')
    settings.cache_clear()
    actor = signed_in(sqlite_engine, local.token(roles=["admin"], realm_access={"roles": ["crm-sales", "admin"]}))
    assert actor is not None
    assert actor.roles == {"sales"}


@pytest.mark.parametrize("login", ["admin", "bob"])
def test_a_name_at_the_issuer_takes_over_nobody_here(sqlite_engine: Engine, local: Local, login: str) -> None:
    with writing(sqlite_engine) as session:
        users.create(session, users.operator(session), "bob", "Bob", ["strategy"])
    before = counted(sqlite_engine)
    with pytest.raises(Refusal) as refused:
        signed_in(sqlite_engine, local.token(preferred_username=login, roles=["strategy"]))
    assert refused.value.code == "conflict"
    assert "fenji user link" in refused.value.message
    assert counted(sqlite_engine) == before


def test_an_administrator_links_a_user_and_deactivates_one(sqlite_engine: Engine, local: Local) -> None:
    with writing(sqlite_engine) as session:
        operator = users.operator(session)
        users.create(session, operator, "bob", "Bob", ["finance"])
        users.link(session, operator, "bob", f"{local.address} u-1")
    actor = signed_in(sqlite_engine, local.token())
    assert actor is not None
    assert (actor.login, actor.roles) == ("bob", {"analyst"})
    with writing(sqlite_engine) as session:
        users.deactivate(session, users.operator(session), "bob")
    assert signed_in(sqlite_engine, local.token()) is None


def test_keys_are_fetched_when_new_and_seldom_for_what_is_not_known(
    sqlite_engine: Engine, local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert signed_in(sqlite_engine, local.token()) is not None
    assert local.asked == 2  # the description, the keys
    for _ in range(5):
        with pytest.raises(Refusal):
            signed_in(sqlite_engine, local.token(kid="two"))
    assert local.asked == 2
    local.published = ["two"]  # the issuer changes its keys
    monkeypatch.setattr(oidc, "PAUSE", 0)
    assert signed_in(sqlite_engine, local.token(kid="two")) is not None
    assert local.asked == 4
    local.up = False
    monkeypatch.setattr(oidc, "OLD", 0)
    assert signed_in(sqlite_engine, local.token(kid="two")) is not None  # the keys that are known stay
    with pytest.raises(Refusal):
        signed_in(sqlite_engine, local.token())  # the old key is no longer published


def test_who_names_a_known_key_does_not_wait_for_an_issuer_that_hangs(
    sqlite_engine: Engine, local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert signed_in(sqlite_engine, local.token()) is not None
    monkeypatch.setattr(oidc, "PAUSE", 0)
    monkeypatch.setattr(oidc, "OLD", 0)
    monkeypatch.setattr(oidc, "WAIT", 0.01)
    asked, answers = Event(), Event()

    def hanging(address: str) -> dict[str, Any]:
        asked.set()
        answers.wait(20)
        raise OSError("timed out")

    monkeypatch.setattr(oidc, "_fetched", hanging)
    first = Thread(target=signed_in, args=(sqlite_engine, local.token()))
    first.start()
    assert asked.wait(5)
    try:
        assert signed_in(sqlite_engine, local.token()) is not None
        with pytest.raises(Refusal, match="not among those"):
            signed_in(sqlite_engine, local.token(kid="two"))
        assert first.is_alive()
    finally:
        answers.set()
        first.join()


def test_an_issuer_that_is_slow_holds_nobody_up(postgres_engine: Engine, local: Local, tmp_path: Path) -> None:
    made = world.build(postgres_engine, tmp_path, 1, graded=False)
    key = world.key(made, "sales")

    async def both() -> None:
        first = asyncio.create_task(
            schema.execute("{ me { login } }", None, Context(made.engine, tmp_path, local.token()))
        )
        while not local.asked:
            await asyncio.sleep(0.01)
        known = await schema.execute("{ me { login } }", None, Context(made.engine, tmp_path, key))
        assert known.data == {"me": {"login": "sales"}}
        assert not first.done()
        local.answers.set()
        assert (await first).data == {"me": {"login": "ana"}}

    local.answers.clear()
    asyncio.run(both())


def test_an_issuer_that_does_not_answer_refuses_with_a_sentence(sqlite_engine: Engine, local: Local) -> None:
    local.up = False
    with pytest.raises(Refusal, match="gives no keys") as refused:
        signed_in(sqlite_engine, local.token())
    assert refused.value.code == "not_signed_in"


def test_an_address_without_https_is_not_asked() -> None:
    with pytest.raises(ValueError, match="https"):
        oidc._fetched("http://issuer.example/keys")
    with pytest.raises(ValueError, match="https"):
        oidc._fetched("file:///etc/passwd")


def test_a_redirect_is_not_followed(local: Local) -> None:
    assert oidc._fetched(f"{local.address}/keys")["keys"]
    with pytest.raises(ValueError, match="answers 302"):
        oidc._fetched(f"{local.address}/moved")
    assert local.asked == 2


def test_a_token_signs_in_over_http_and_begins_a_session_that_ends_with_it(
    engine: Engine, tmp_path: Path, local: Local
) -> None:
    world.build(engine, tmp_path, 1, graded=False)
    token = local.token(exp=int(time.time()) + 120, roles=["finance"])
    with TestClient(make_app(engine, tmp_path, worker=False)) as client:
        asked = {"query": "{ me { login roles { role } } }"}
        headers = {"authorization": f"Bearer {token}"}
        assert client.post("/graphql", json=asked, headers=headers).json()["data"]["me"] == {
            "login": "ana", "roles": [{"role": "FINANCE"}],
        }  # fmt: skip
        wrong = client.post("/graphql", json=asked, headers={"authorization": "Bearer a.b.c"}).json()
        assert wrong["errors"][0]["extensions"]["code"] == "not_signed_in"
        begun = client.post("/session", json={"key": token}, headers={"x-fenji-csrf": "1"})
        assert begun.json()["login"] == "ana"
        assert client.post("/graphql", json=asked, headers={"x-fenji-csrf": "1"}).json()["data"]["me"]["login"] == "ana"
    with reading(engine) as connection:
        (row,) = connection.execute(select(PageSession.created_at, PageSession.expires_at)).all()
    assert 100 < (row.expires_at - row.created_at).total_seconds() <= 120 + oidc.LEEWAY


@pytest.mark.parametrize("end", [-10, 10**9, 10**18])
def test_a_session_lasts_as_long_as_its_token_signs_in_and_twelve_hours_at_most(
    sqlite_engine: Engine, tmp_path: Path, local: Local, end: int
) -> None:
    world.build(sqlite_engine, tmp_path, 1, graded=False)
    with TestClient(make_app(sqlite_engine, tmp_path, worker=False)) as client:
        key = local.token(exp=int(time.time()) + end)
        assert client.post("/session", json={"key": key}, headers={"x-fenji-csrf": "1"}).status_code == 200
        assert client.get("/session").json()["login"] == "ana"
    with reading(sqlite_engine) as connection:
        row = connection.execute(select(PageSession.created_at, PageSession.expires_at)).one()
    lasts = (row.expires_at - row.created_at).total_seconds()
    assert lasts <= 30 if end < 0 else 43_000 < lasts <= 43_200


def test_without_an_issuer_a_token_is_an_unknown_key(sqlite_engine: Engine) -> None:
    assert signed_in(sqlite_engine, jwt.encode({"sub": "x"}, "k" * 32, "HS256")) is None
