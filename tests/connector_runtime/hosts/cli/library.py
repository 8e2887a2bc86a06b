"""A library that takes cards, connected from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any

from connector_runtime.values import Request, Response
from tests.connector_runtime.workshop import Answer, answer

if TYPE_CHECKING:
    from tests.connector_runtime.hosts.cli.conftest import Cli, Outcome

CARD = "CANARY-card-77"
HOST = "host=village.example.com"
LOANS = answer({"result": {"loans": [], "paging": {"more": False, "total": 0}}})


class Library:
    """Takes every card but those that are lost. `asked` are the requests, and what they showed; `answers` come instead,
    as long as there are any.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.answers: list[Answer] = []
        self.lost: set[str] = set()

    def open(self, connection: Any, agent: str) -> Library:
        return self

    async def __aenter__(self) -> Callable[..., Any]:
        return self.send

    async def __aexit__(self, *_: object) -> None:
        pass

    async def send(self, request: Request, authorization: str = "") -> Response:
        self.asked.append((request.method, request.path, authorization))
        card = authorization.removeprefix("Card ")
        if card in self.lost:
            return answer({"problem": {"text": f"the card {card} is lost"}}, 401)
        told = self.answers.pop(0) if self.answers else LOANS
        if isinstance(told, BaseException):
            raise copy(told)
        return told


def added(cli: Cli, card: str, name: str = "village", *more: str) -> Outcome:
    outcome = cli("connections", "add", name, HOST, card, *more)
    assert outcome.code == 0, outcome.err
    return outcome


def complaints(outcome: Outcome) -> list[tuple[str, str]]:
    assert CARD not in outcome.out + outcome.err
    error = json.loads(outcome.out or outcome.err)
    error = error.get("error", error)
    return [(problem["field"], problem["message"]) for problem in error["problems"]]
