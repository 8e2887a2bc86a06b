"""Every secret is a canary, on a platform that is served: none is seen in anything that is said, kept or written."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, quote

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import docebo_connect
from connector_runtime.connections.drafting import drafted
from connector_runtime.connections.grants import Code
from connector_runtime.definition import Connector
from connector_runtime.definition.connection import GRANT_FIELDS
from connector_runtime.hosts.cli import main
from connector_runtime.hosts.connected import safe_in
from connector_runtime.hosts.connecting import connect
from docebo_connect import PROGRAM
from tests.casebook import ROOT
from tests.connector_runtime.connections.keyfile import pem, rsa_key
from tests.served import serving

CANARIES = {
    name: f"canary/{name}+{number}="
    for number, name in enumerate(("client_secret", "password", "token", "code", "verifier"))
} | {"private_key": pem(rsa_key())}
ISSUED = [f"canary-{kind}-{number}" for kind in ("access", "refresh") for number in range(40)]
METHODS = ("app", "password", "key", "token", "browser")


class Parrot:
    """A platform that repeats whatever it is told, and knows when to fail."""

    def __init__(self) -> None:
        self.tokens = 0
        self.refusing = False
        self.app = Starlette(
            routes=[
                Route("/oauth2/token", self.token, methods=["POST"]),
                Route("/{path:path}", self.answer, methods=["GET", "POST", "DELETE"]),
            ]
        )

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if self.refusing:
            told = {"error": "invalid_grant", "error_description": f"not {json.dumps(form, ensure_ascii=False)}"}
            return JSONResponse(told, 400)
        self.tokens += 1
        issued = {"access_token": ISSUED[self.tokens], "refresh_token": ISSUED[40 + self.tokens], "expires_in": 3600}
        return JSONResponse({**issued, "token_type": "Bearer"})

    async def answer(self, request: Request) -> Response:
        shown = request.headers.get("authorization", "")
        if request.url.path == "/manage/v1/user/session":
            return JSONResponse({"data": {"username": f"who {shown}", "firstname": shown, "user_level": shown}})
        if request.method == "GET":
            rows = [{"user_id": 7, "username": shown, "course_name": shown}]
            return JSONResponse({"data": {"items": rows, "has_more_data": False, "cursor": shown}})
        if request.method == "POST":
            return JSONResponse({"message": [f"you showed {shown}"], "name": shown}, 400)
        return JSONResponse({"message": [f"you showed {shown}"]}, 401)


@pytest.fixture
def parrot() -> Parrot:
    return Parrot()


@pytest.fixture
def address(parrot: Parrot) -> Iterator[str]:
    with serving(parrot.app) as found:
        yield found


def add(connector: Connector, address: str, method: str, data: Path) -> None:
    given = {"domain": address, "client_id": "an-app", "username": "maya", "issuer": "an-issuer", **CANARIES}
    grant = connector.identity.connection.authentication.methods[method].grant
    needed = {"domain"} | set(GRANT_FIELDS[grant])
    own = {name: value for name, value in given.items() if name in needed}
    draft = drafted(connector.identity.connection, method, method, own)
    code = Code(CANARIES["code"], "http://127.0.0.1/callback", CANARIES["verifier"]) if method == "browser" else None
    with safe_in(data, PROGRAM) as safe:
        asyncio.run(connect(connector, safe, draft, code, data_dir=data))


def command(monkeypatch: pytest.MonkeyPatch, data: Path, *args: str) -> None:
    monkeypatch.setenv("DOCEBO_CONNECT_DATA_DIR", str(data))
    monkeypatch.setattr(sys, "argv", [PROGRAM, *args])
    with pytest.raises(SystemExit):
        main(PROGRAM, ROOT)


def sightings(where: str, content: bytes) -> list[str]:
    """The canaries in a content, as they are and as they may be spelt."""
    found = []
    for name, secret in [*CANARIES.items(), *((each, each) for each in ISSUED)]:
        raw = secret.strip().encode()
        spelt = [raw, quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()]
        spelt += [base64.b64encode(raw)[:-4], base64.urlsafe_b64encode(raw)[:-4]]
        if name == "private_key":
            spelt += [line.encode() for line in secret.splitlines()[1:-1]]
        found += [f"{name} in {where}" for each in spelt if each in content]
    return found


@pytest.mark.parametrize("method", METHODS)
def test_no_secret_is_seen_anywhere(
    connector: Connector,
    parrot: Parrot,
    address: str,
    method: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    data, told = tmp_path / "data", []
    add(connector, address, method, data)
    commands = (
        ("connections", "test", method),
        ("connections", "test", method, "--json"),
        ("connections", "show", method, "--json"),
        ("connections", "list"),
        ("run", "get_course_enrollments", "--connection", method, "--json"),
        ("run", "get_course_enrollments", "--connection", method),
        ("run", "get_course_enrollments", "--connection", method, "--all-pages"),
        ("run", "enroll_user_into_a_course", "user_id=7", "course_id=42", "--connection", method, "--json"),
        ("run", "unenroll_user_from_course", "user_id=7", "course_id=42", "--connection", method, "--json"),
        ("plan", "unenroll_user_from_learning_plan", "user_id=7", "learning_plan_id=1", "--connection", method),
        ("runs", "--json"),
        ("runs", "show", "last"),
        ("connections", "rotate"),
    )
    for refusing in (False, True):
        parrot.refusing = refusing
        for args in commands:
            command(monkeypatch, data, *args)
    try:
        add(connector, address, method, tmp_path / "other")
    except Exception as wrong:
        told += [repr(wrong), str(wrong), *traceback.format_exception(wrong), str(vars(wrong))]

    async def python() -> None:
        async with docebo_connect.session(connection=method, data_dir=data) as session:
            record = await session.run("unenroll_user_from_course", {"user_id": 7, "course_id": 42})
            told.extend([repr(session), repr(session.__dict__), json.dumps(record.document()), repr(record.failure)])
            if record.failure is not None:
                told.extend(traceback.format_exception(record.failure))

    asyncio.run(python())
    out, err = capfd.readouterr()
    seen = [*sightings("output", out.encode()), *sightings("errors", err.encode())]
    seen += sightings("log", "\n".join(map(repr, [r.__dict__ for r in caplog.records])).encode())
    seen += sightings("what Python tells", "\n".join(told).encode())
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        seen += sightings(file.name, file.read_bytes())
    assert seen == []
    assert parrot.tokens > 0 or method == "token"
    assert "[secret]" in out, "the platform did repeat them"
