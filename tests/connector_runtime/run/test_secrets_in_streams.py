"""What the platform repeats of a secret leaves no stream."""

from __future__ import annotations

import json

import pytest

from connector_runtime.connections import Line
from connector_runtime.definition import Connector
from connector_runtime.definition.grammar import Paging
from connector_runtime.run import Stream
from tests.connector_runtime.run.lists import chained, handed_out
from tests.connector_runtime.workshop import Platform, Shelf, answer, declared, housed

REPEATED = ["12345678", 'a "quoted" one', "back\\slash-1", "pässwörd-é", "a/b+c d/e", "éééééééé", "N-and-more"]


def repeating() -> Connector:
    """A connector whose one list has rows with a number and a text."""
    properties = {"n": {"title": "N", "type": "integer"}, "said": {"title": "Said", "type": "string"}}
    rows = {"title": "Rows", "items": {"type": "object", "title": "Row", "properties": properties}}
    more = {"title": "More", "type": "boolean"}
    return housed(
        declared(
            input={"properties": {"page": {"title": "Page", "type": "integer"}}},
            output={"properties": {"rows": rows, "more": more}},
            paging=Paging(items="/rows", page="page", more="/more"),
        )
    )


@pytest.mark.parametrize("secret", REPEATED)
async def test_a_secret_that_the_platform_repeats_leaves_no_stream(secret: str) -> None:
    row = {"n": int(secret) if secret.isdigit() else 5, "said": f"<{secret}>"}
    hidden = {"n": "[secret]" if secret.isdigit() else 5, "said": "<[secret]>"}

    def told() -> Stream:
        line = Line(Platform(answer({"rows": [row], "more": False})).send, secrets=frozenset({secret}))
        return Stream(repeating(), "act", {}, line=line, connection="script", keep=Shelf().keep)

    assert await handed_out(told().rows()) == [hidden]
    assert [json.loads(lines) for lines in await handed_out(told().lines())] == [hidden]
    assert await handed_out(told().pages()) == [{"rows": [hidden], "more": False}]


async def test_a_secret_that_is_a_cursor_too_still_leads_on() -> None:
    pages = [answer({"rows": [{"n": 1}], "next": "CURSOR-12", "total": 2}), answer({"rows": [{"n": 2}], "total": 2})]
    platform = Platform(*pages)
    line = Line(platform.send, secrets=frozenset({"CURSOR-12"}))
    whole = Stream(chained(), "act", {}, line=line, connection="script", keep=Shelf().keep)
    assert [one["next"] for one in await handed_out(whole.pages())] == ["[secret]", None]
    assert platform.requests[1].query == {"from": "CURSOR-12"}
