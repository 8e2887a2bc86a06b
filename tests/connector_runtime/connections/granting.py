"""A platform that gives tokens, and what it takes to get some."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

from connector_runtime.connections.access import Access
from connector_runtime.connections.kept import Kept
from connector_runtime.connections.keys import InFile
from connector_runtime.connections.line import Ticket
from connector_runtime.connections.safe import Safe
from connector_runtime.connections.sealing import Keys
from connector_runtime.connections.signin import SignIn
from connector_runtime.connections.tokens import Tokens
from connector_runtime.definition.connection import GRANT_FIELDS, Authentication, ConnectionTemplate, Method
from connector_runtime.definition.grammar import Catalogued, ErrorHabits
from connector_runtime.store import Connections
from connector_runtime.values import Request, Response
from tests.connector_runtime.connections.keyfile import pem, rsa_key
from tests.connector_runtime.workshop import IDENTITY, answer

GRANTS: dict[str, Any] = {
    "browser": "authorization_code",
    "app": "client_credentials",
    "password": "password",
    "key": "jwt_bearer",
    "token": "token",
}
TITLES = {"client_id": "Client ID", "client_secret": "Client secret", "username": "User name", "token": "Token"}
SECRET = {name for fields in GRANT_FIELDS.values() for name, secret in fields.items() if secret}
ALL = dict.fromkeys(name for fields in GRANT_FIELDS.values() for name in fields)

WAY = Authentication(
    authorize="/authorize",
    token="/token",
    scope="api",
    input={
        "properties": {
            name: {"title": TITLES.get(name, name.capitalize()), "type": "string", "x-secret": name in SECRET}
            for name in ALL
        }
    },
    methods={key: Method(grant=grant, title=key.capitalize(), description="A way.") for key, grant in GRANTS.items()},
)
TEMPLATE = ConnectionTemplate(
    input={"required": ["host"], "properties": {"host": {"title": "Host", "type": "string"}}},
    base_url="https://{host}",
    test="act",
    authentication=WAY,
)
PLATFORM = replace(
    IDENTITY,
    connection=TEMPLATE,
    errors=ErrorHabits(
        message=["/message", "/error_description"],
        catalogue=[
            Catalogued(
                status=400,
                at="/error",
                says="invalid_grant",
                code="sign_in_refused",
                cause="The platform does not accept what was given to sign in.",
                fix="Reconnect.",
                whose="connection_owner",
            ),
            Catalogued(status=401, code="unauthorized", cause="No.", fix="Reconnect.", whose="connection_owner"),
        ],
    ),
)

HOUR = 3600.0
ENDED = answer({"error": "invalid_grant", "error_description": "it has ended"}, 400)


class Clock:
    """Goes on when somebody sleeps, or when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1e9
        self.slept = 0

    def now(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept += 1
        self.seconds += seconds
        await asyncio.sleep(0)


class Office:
    """Gives token after token, and takes calls that show the newest. `answers` come instead, as long as there are any.

    `asked` are the forms of the requests for tokens, `calls` what else arrived: its method and what it showed.
    """

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.calls: list[tuple[str, str]] = []
        self.answers: list[Response | Exception] = []
        self.rotates = True
        self.good = "Bearer access-0"
        self.changes = 0
        self.open = asyncio.Event()
        self.open.set()
        self.arrived = asyncio.Event()
        """A request for a token has."""

    async def send(self, request: Request, authorization: str = "") -> Response:
        if request.path != WAY.token:
            self.calls.append((request.method, authorization))
            if authorization != self.good:
                return answer({"message": f"{authorization} is not known"}, 401)
            self.changes += request.write
            return answer({})
        assert request.form is not None and authorization == ""
        self.asked.append(dict(request.form))
        number = len(self.asked)
        self.arrived.set()
        await asyncio.sleep(0)
        await self.open.wait()
        if self.answers:
            told = self.answers.pop(0)
            if isinstance(told, Exception):
                raise copy(told)
            return told
        self.good = f"Bearer access-{number}"
        given = {"access_token": f"access-{number}", "token_type": "Bearer", "expires_in": 3660}
        return answer(given | ({"refresh_token": f"refresh-{number}"} if self.rotates else {}))


def filled_in() -> dict[str, str]:
    """For all methods."""
    return {
        "client_id": "my-app",
        "client_secret": "client-secret-1",
        "username": "maya",
        "password": "password-of-maya",
        "issuer": "my-key",
        "private_key": pem(rsa_key()),
        "token": "access-0",
    }


def kept_by(method: str, *, refresh: str | None = "refresh-0", renew_at: float | None = 1e9 + HOUR) -> Kept:
    given = {name: value for name, value in filled_in().items() if name in GRANT_FIELDS[GRANTS[method]]}
    return Kept(
        name="acme",
        method=method,
        fields={name: value for name, value in given.items() if name not in SECRET},
        base_url="https://acme.example.com",
        secrets={name: value for name, value in given.items() if name in SECRET},
        tokens=Tokens("access-0", refresh, renew_at),
    )


async def ready(access: Access, patience_s: float = 60) -> Ticket:
    """Credentials as a request gets them."""
    if access.at_hand() is None:
        await access.renew(patience_s)
    ticket = access.at_hand()
    assert ticket is not None
    return ticket


class Desk:
    """A directory with connections, opened as often as there are processes."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.clock, self.office = directory, Clock(), Office()
        self._stack = ExitStack()

    def safe(self) -> Safe:
        store = self._stack.enter_context(closing(Connections(self.directory / "connections.sqlite3")))
        return Safe(store, Keys(InFile(self.directory / "connections.key")))

    def access(self, kept: Kept | None = None, *, tell: Callable[[str], None] | None = None) -> Access:
        """What a session has. `kept` is put into the safe first."""
        safe = self.safe()
        if kept is not None:
            safe.add(kept)
        sign_in = SignIn(PLATFORM, self.office.send, None, now=self.clock.now)
        clock = self.clock
        return Access(safe, safe.get("acme"), sign_in, "Bearer", tell=tell, now=clock.now, sleep=clock.sleep)

    def close(self) -> None:
        self._stack.close()


def desk_in(directory: Path) -> Iterator[Desk]:
    desk = Desk(directory)
    yield desk
    desk.close()
