"""How a platform is connected: within the limits of its token endpoint, and with a look before a token is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.connections.drafting import drafted
from connector_runtime.connections.kept import Kept
from connector_runtime.definition import Connector
from connector_runtime.definition.connection import GRANT_FIELDS, Limits, Who, Window
from connector_runtime.errors import ConnectorError, InvalidInput, RateLimited, Unauthorized
from connector_runtime.hosts import connecting
from connector_runtime.hosts.connected import safe_in
from connector_runtime.hosts.connecting import connect, staying
from connector_runtime.values import Request, Response
from tests.connector_runtime.connections.granting import PLATFORM, TEMPLATE, Office, filled_in
from tests.connector_runtime.workshop import answer, declared, housed

ONCE = Limits(token=[Window(calls=1, seconds=3600)])


class Building:
    """Where an office is, opened as often as somebody comes."""

    def __init__(self) -> None:
        self.office = Office()
        self.looks: list[str] = []
        self.user: Response | None = answer({"user": "maya"})

    def open(self, connection: Any, agent: str) -> Building:
        return self

    async def __aenter__(self) -> Any:
        return self.send

    async def __aexit__(self, *_: object) -> None:
        pass

    async def send(self, request: Request, authorization: str = "") -> Response:
        response = await self.office.send(request, authorization)
        if request.path == "/me" and response.status == 200:
            self.looks.append(authorization)
            return self.user or response
        return response


@pytest.fixture
def building(monkeypatch: pytest.MonkeyPatch) -> Building:
    found = Building()
    monkeypatch.setattr(connecting, "open_transport", found.open)
    return found


def platform(limits: Limits | None = None) -> Connector:
    connection = replace(TEMPLATE, who=Who(path="/me", user="/user"))
    identity = replace(PLATFORM, connection=connection, limits=limits or Limits())
    return replace(housed(declared()), identity=identity)


def draft(method: str, name: str = "acme", host: str = "acme.example.com", **others: str) -> Kept:
    grants = TEMPLATE.authentication.methods
    given = {name: value for name, value in filled_in().items() if name in GRANT_FIELDS[grants[method].grant]}
    return drafted(TEMPLATE, name, method, given | others | {"host": host})


async def connected(connector: Connector, kept: Kept, data_dir: Path, **others: Any) -> Kept:
    with safe_in(data_dir, "small") as safe:
        return await connect(connector, safe, kept, data_dir=data_dir, **others)


async def test_first_tokens_keep_to_the_limits_of_the_token_endpoint(building: Building, tmp_path: Path) -> None:
    connector = platform(ONCE)
    await connected(connector, draft("app"), tmp_path)
    with pytest.raises(RateLimited) as caught:
        await connected(connector, draft("app", "second"), tmp_path)
    assert (caught.value.code, len(building.office.asked)) == ("budget_spent", 1)
    await connected(connector, draft("app", "other", "other.example.com"), tmp_path)
    assert len(building.office.asked) == 2


async def test_a_token_is_looked_at_with_one_call_that_tells_whose_it_is(building: Building, tmp_path: Path) -> None:
    await connected(platform(), draft("token"), tmp_path)
    assert (building.looks, len(building.office.calls)) == (["Bearer access-0"], 1)


async def test_a_token_that_the_platform_gave_is_not_looked_at(building: Building, tmp_path: Path) -> None:
    await connected(platform(), draft("app"), tmp_path)
    assert building.office.calls == []


async def test_a_token_that_is_refused_is_not_kept(building: Building, tmp_path: Path) -> None:
    building.office.good = "Bearer another"
    with pytest.raises(Unauthorized) as caught:
        await connected(platform(), draft("token"), tmp_path)
    assert "Nothing of it was kept" in caught.value.fix
    with safe_in(tmp_path, "small") as safe:
        assert safe.names() == []


@pytest.mark.parametrize("user", [answer({}), answer({"message": "not for you"}, 403)], ids=["nobody", "forbidden"])
async def test_a_token_of_nobody_knows_whom_is_kept_and_told_of(
    building: Building, tmp_path: Path, user: Response
) -> None:
    building.user, told = user, list[str]()
    await connected(platform(), draft("token"), tmp_path, tell=told.append)
    assert [each.partition(":")[0] for each in told] == [
        "The token is kept, but the call that tries it failed for another reason"
    ]
    await connected(platform(), draft("token", "second"), tmp_path)  # and where nobody listens, too


async def test_one_that_is_connected_again_must_be_there(building: Building, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        await connected(platform(), draft("app"), tmp_path, again=True)
    assert (caught.value.code, building.office.asked) == ("unknown_connection", [])
    first = await connected(platform(), draft("app"), tmp_path)
    second = await connected(platform(), draft("app"), tmp_path, again=True)
    assert second.version != first.version
    with safe_in(tmp_path, "small") as safe:
        tokens = safe.get("acme").tokens
        assert tokens is not None and tokens.access == "access-2"


async def test_one_that_is_forgotten_while_it_is_connected_again_is_not_kept(
    building: Building, tmp_path: Path
) -> None:
    await connected(platform(), draft("token"), tmp_path)
    with safe_in(tmp_path, "small") as safe:

        class Forgetful(Building):
            async def send(self, request: Request, authorization: str = "") -> Response:
                safe.remove("acme")
                return await building.send(request, authorization)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(connecting, "open_transport", Forgetful().open)
            with pytest.raises(ConnectorError) as caught:
                await connect(platform(), safe, draft("token"), data_dir=tmp_path, again=True)
    assert caught.value.code == "unknown_connection"


def test_another_way_to_connect_to_the_same_address_keeps_what_both_take() -> None:
    stays = staying(TEMPLATE, draft("app", client_id="mine"), {"username": "maya"})
    assert stays == {"host": "acme.example.com", "client_id": "mine", "client_secret": "client-secret-1"}
    assert "client-secret-1" not in repr(stays)


@pytest.mark.parametrize("host", ["other.example.com", "a b", ""])
def test_another_address_gets_no_secret(host: str) -> None:
    assert staying(TEMPLATE, draft("app"), {"host": host}) == {"client_id": "my-app"}
