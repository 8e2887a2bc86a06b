"""Nothing that anybody can see shows a secret, whatever a platform repeats of it."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus

import pytest

from connector_runtime.connections.drafting import drafted
from connector_runtime.definition import Connector
from connector_runtime.errors import ConnectorError
from connector_runtime.hosts import connected, connecting, session
from connector_runtime.hosts.cli import main, waiting
from connector_runtime.hosts.connected import safe_in
from connector_runtime.hosts.connecting import connect
from connector_runtime.hosts.session import Session
from connector_runtime.run import NO_RETRIES
from connector_runtime.transport import Connection
from connector_runtime.transport import open_transport as opened
from tests.casebook import ROOT
from tests.connector_runtime.connections.keyfile import pem, rsa_key

PROGRAM = "docebo-connect"
WRITE = ("enroll_user_into_a_course", {"user_id": 7, "course_id": 42})
READ = ("get_course_enrollments", {"user_ids": [7]})
MODES = ("good", "refused", "expired", "broken", "lost", "odd")

SECRETS = {
    "client_secret": "CANARY/client+secret é-1",
    "password": 'CANARY "password" of & Maya',
    "private_key": pem(rsa_key()),
    "token": "CANARY.given.token-4711",
}
OPEN = {"domain": "acme.example.com", "client_id": "my-app", "username": "maya", "issuer": "my-key"}
METHODS = {
    "app": ("client_id", "client_secret"),
    "password": ("client_id", "client_secret", "username", "password"),
    "key": ("issuer", "username", "private_key"),
    "token": ("token",),
}


class Parrot:
    """A platform, in process, that repeats all it has heard, in whatever it answers."""

    def __init__(self) -> None:
        self.mode = "good"
        self.given = 0
        self.heard: list[str] = []
        self.changes = 0

    @property
    def secrets(self) -> set[str]:
        """What was given out last: what came before is worthless by then, and nobody keeps it."""
        return {f"CANARY-{kind}/{self.given}" for kind in ("access", "refresh") if self.given}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        form = parse_qs(body.decode()) if scope["path"] == "/oauth2/token" else {}
        shown = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
        said = [*shown, *(value for values in form.values() for value in values), *self.secrets]
        self.heard += said
        text = " ".join([*said, *map(quote, said)])
        if form:
            await self._token(send, text)
            return
        self.changes += scope["method"] == "POST"
        if self.mode == "lost" and scope["method"] == "POST":
            raise ConnectionResetError
        status = {"refused": 400, "expired": 401, "broken": 503}.get(self.mode, 200)
        told: Any = {"message": [text]}
        if status == 200:
            enrolled = [{"user_id": 7, "course_id": 42, "note": text}]
            user = {"username": text, "firstname": text, "user_level": text}
            told = {"data": user | {"enrolled": enrolled, "items": [], "count": 0, "has_more_data": False}}
        await self._answer(send, status, text.encode() if self.mode == "odd" else json.dumps(told).encode())

    async def _token(self, send: Any, text: str) -> None:
        if self.mode == "no tokens":
            await self._answer(send, 400, json.dumps({"error": "invalid_grant", "error_description": text}).encode())
            return
        self.given += 1
        given = {"access_token": f"CANARY-access/{self.given}", "refresh_token": f"CANARY-refresh/{self.given}"}
        await self._answer(send, 200, json.dumps(given | {"expires_in": 3600, "note": text}).encode())

    async def _answer(self, send: Any, status: int, body: bytes) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def spellings(secret: str) -> Iterator[str]:
    """As it is, as JSON and addresses spell it, and in base64 wherever it begins."""
    lines = [line for line in secret.splitlines() if len(line) > 30 or "CANARY" in line]
    for each in {secret, *lines}:
        yield from {each, quote(each, safe=""), quote(each), quote_plus(each), json.dumps(each)[1:-1]}
        for shift in range(3):
            code = base64.b64encode(b"." * shift + each.encode()).decode()
            yield code[4 if shift else 0 : -4]


def places_of(whole: str | bytes) -> list[str]:
    content = whole.encode() if isinstance(whole, str) else whole
    # Every one of them has CANARY in it, but for the key.
    found = [str(content[max(0, at.start() - 90) : at.end() + 40]) for at in re.finditer(b"CANARY", content)][:3]
    return found + [each for one in SECRETS.values() for each in spellings(one) if each.encode() in content]


@pytest.fixture
def parrot(monkeypatch: pytest.MonkeyPatch) -> Parrot:
    found = Parrot()

    def through(connection: Connection, agent: str) -> Any:
        return opened(Connection(connection.name, connection.base_url, connection.headers, app=found), agent)

    for module in (connected, connecting):
        monkeypatch.setattr(module, "open_transport", through)
    for module in (session, waiting):
        monkeypatch.setattr(module, "RETRIES", NO_RETRIES)
    return found


def seen_on_disk(directory: Path) -> list[str]:
    files = [each for each in directory.rglob("*") if each.is_file() and each.name != "connections.key"]
    assert files
    return [f"{each.name}: {place}" for each in files for place in places_of(each.read_bytes())]


@pytest.mark.parametrize("method", METHODS)
def test_the_program_shows_no_secret(
    method: str,
    parrot: Parrot,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    data, given = tmp_path / "data", tmp_path / "given"
    given.mkdir()
    fields = []
    for name in METHODS[method]:
        if name in SECRETS:
            (given / name).write_text(SECRETS[name])
            fields.append(f"{name}=@{given / name}")
        else:
            fields.append(f"{name}={OPEN[name]}")
    told: list[str] = []

    def call(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", [PROGRAM, *arguments, "--data-dir", str(data)])
        with pytest.raises(SystemExit) as ended:
            main(PROGRAM, ROOT)
        captured = capsys.readouterr()
        told.append(f"{captured.out}\n{captured.err}\n{traceback.format_exception(ended.value)}")
        assert isinstance(ended.value.code, int)
        return ended.value.code

    add = ("add", "acme", f"domain={OPEN['domain']}", "--method", method, *fields)
    parrot.mode = "no tokens"
    if method != "token":
        assert call("connections", *add) != 0
    parrot.mode = "good"
    call("connections", *add, "--json")
    for mode in MODES:
        parrot.mode = mode
        for as_json in ([], ["--json"]):
            call("connections", "test", "acme", *as_json)
            for command in ("run", "plan"):
                for key, values in (WRITE, READ):
                    pairs = [
                        f"{name}={value[0] if isinstance(value, list) else value}" for name, value in values.items()
                    ]
                    call(command, key, *pairs, "--connection", "acme", *as_json)
    for looked in (("list",), ("list", "--json"), ("show", "acme"), ("show", "acme", "--json"), ("rotate",)):
        assert call("connections", *looked) == 0
    call("runs", "list", "--json")
    assert parrot.changes >= 2 * len(MODES)
    assert "[secret]" in "".join(told)  # the platform has repeated some
    assert places_of("\n".join(told)) == []
    assert [each for record in caplog.records for each in places_of(caplog.handler.format(record))] == []
    assert seen_on_disk(data) == []


@pytest.mark.parametrize("method", METHODS)
async def test_a_session_shows_no_secret(
    method: str, parrot: Parrot, connector: Connector, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    told: list[str] = []
    fields = {name: (OPEN | SECRETS)[name] for name in ("domain", *METHODS[method])}
    with safe_in(tmp_path, PROGRAM) as safe:
        draft = drafted(connector.identity.connection, "acme", method, fields)
        parrot.mode = "no tokens"
        if method != "token":
            with pytest.raises(ConnectorError) as caught:
                await connect(connector, safe, draft, data_dir=tmp_path)
            told += ["".join(traceback.format_exception(caught.value)), str(caught.value.document())]
        parrot.mode = "good"
        told.append(repr(await connect(connector, safe, draft, data_dir=tmp_path)))
    async with Session(connector, connection="acme", data_dir=tmp_path, program=PROGRAM) as opened_session:
        for mode in MODES:
            parrot.mode = mode
            for action, given in (WRITE, READ):
                record = await opened_session.run(action, given)
                told += [json.dumps(record.document()), repr(record)]
                for attempt in (
                    record.raise_if_failed,
                    partial(opened_session.plan, action, given),
                    opened_session.who,
                ):
                    try:
                        said: Any = attempt()
                        outcome: Any = await said if asyncio.iscoroutine(said) else said
                        told += [repr(outcome), str(outcome.document())]
                    except ConnectorError as wrong:
                        told += ["".join(traceback.format_exception(wrong)), str(wrong.document()), repr(wrong)]
        told += [repr(opened_session), repr(opened_session.connection)]
    assert "[secret]" in "".join(told)  # the platform has repeated some
    assert places_of("\n".join(told)) == []
    assert [each for record in caplog.records for each in places_of(caplog.handler.format(record))] == []
    assert seen_on_disk(tmp_path) == []
