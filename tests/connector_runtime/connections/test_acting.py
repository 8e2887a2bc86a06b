"""As whom a connection acts, in whatever way a platform says it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector_runtime.connections import Line
from connector_runtime.connections.acting import Acting, acting_in, who_request
from connector_runtime.definition.connection import Who
from connector_runtime.errors import PlatformBroken, Unauthorized, UnexpectedOutput
from connector_runtime.run import who
from connector_runtime.values import Request, Response
from tests.connector_runtime.connections.canaries import CANARY, told_by
from tests.connector_runtime.connections.granting import PLATFORM
from tests.connector_runtime.workshop import Answer, Platform, answer, declared, housed

WHO = Who(
    path="/me", user="/data/login", name=["/data/first", "/data/last"], level="/data/level", levels={"1": "Manager"}
)
ASKING = replace(housed(declared()), identity=replace(PLATFORM, connection=replace(PLATFORM.connection, who=WHO)))
MAYA = {"login": "maya", "first": "Maya", "last": "Okafor", "level": 1}


def said(**data: Any) -> Acting:
    return acting_in(WHO, answer({"data": MAYA | data}))


def test_user_name_and_level_are_told() -> None:
    assert said() == Acting("maya", "Maya Okafor", "Manager")
    assert str(said()) == "maya (Maya Okafor, Manager)"
    assert said().document() == {"user": "maya", "name": "Maya Okafor", "level": "Manager"}


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ({"login": 7}, "7 (Maya Okafor, Manager)"),
        ({"level": "9"}, "maya (Maya Okafor, 9)"),
        ({"level": None}, "maya (Maya Okafor)"),
        ({"level": {"id": 1}}, "maya (Maya Okafor)"),
        ({"first": None}, "maya (Okafor, Manager)"),
        ({"first": "", "last": {"de": "x"}, "level": ""}, "maya"),
    ],
)
def test_what_the_platform_does_not_say_is_left_out(data: dict[str, Any], shown: str) -> None:
    assert str(said(**data)) == shown


@pytest.mark.parametrize("login", [None, "", True, [], {}, 1.5])
def test_an_answer_without_a_user_is_an_error(login: Any) -> None:
    with pytest.raises(UnexpectedOutput) as caught:
        said(login=login)
    assert caught.value.code == "no_user"


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"null", b'{"data": []}'])
def test_an_answer_of_another_kind_is_an_error(content: bytes) -> None:
    with pytest.raises(UnexpectedOutput):
        acting_in(WHO, Response(200, {}, content))


async def asked(*answers: Answer) -> tuple[Acting | None, Platform]:
    platform = Platform(*answers)
    line = Line(platform.send, secrets=frozenset([CANARY]))
    return await who(ASKING, line=line, connection="acme"), platform


async def test_it_is_one_look() -> None:
    acting, platform = await asked(answer({"data": MAYA}))
    assert acting == said()
    assert platform.requests == [who_request(WHO)] == [Request(method="GET", path="/me")]


async def test_where_the_connector_does_not_say_how_nobody_is_asked() -> None:
    assert await who(housed(declared()), line=Line(Platform().send), connection="acme") is None


@pytest.mark.parametrize(("status", "kind"), [(401, Unauthorized), (503, PlatformBroken)])
async def test_a_refusal_shows_no_secret_that_it_repeats(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        await asked(answer({"message": f"{CANARY} {'x' * 500}"}, status))
    assert CANARY not in told_by(caught.value)


async def test_a_user_whose_name_is_the_secret_is_not_shown() -> None:
    acting, _ = await asked(answer({"data": MAYA | {"login": CANARY}}))
    assert acting is not None and acting.user == "[secret]"
