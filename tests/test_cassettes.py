"""Every cassette, replayed through the real transport."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector_runtime.definition import Connector, load
from connector_runtime.hosts.session import Session
from connector_runtime.run import CLOSED
from connector_runtime.yamlfile import read
from tests.agreement import hold_to_every_value
from tests.casebook import ROOT
from tests.cassettes import FOLDER, cassette, replaying, stories

STORIES = list(stories(load(ROOT)))


@pytest.mark.parametrize(("key", "name"), STORIES, ids=[f"{key}/{name}" for key, name in STORIES])
async def test_a_recorded_answer_is_read_as_its_case_says(
    connector: Connector, key: str, name: str, tmp_path: Path
) -> None:
    case = connector.case(key, name)
    first = read(FOLDER / key / f"{name}.yaml").value["interactions"][0]["request"]["uri"]
    base_url = "/".join(first.split("/")[:3])
    with cassette(key, name, "none") as tape:
        async with Session(connector, connection=replaying(base_url, key), data_dir=tmp_path) as session:
            record = await session.run(key, case.given)
        assert tape.all_played
    guesses = CLOSED.check(connector.action(key), "cassette") if connector.action(key).kind == "read" else []
    assert record.warnings[: len(guesses)] == guesses
    del record.warnings[: len(guesses)]  # the case is told on the sandbox, where guesses need no warning
    hold_to_every_value(case, record)
    assert [(request["method"], request["path"]) for request in record.requests] == [
        (exchange.request.method, exchange.request.path) for exchange in case.exchanges
    ]


def test_every_cassette_belongs_to_a_story() -> None:
    assert sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.glob("*/*.yaml")) == sorted(
        f"{key}/{name}" for key, name in STORIES
    )


def test_no_cassette_holds_a_credential() -> None:
    for path in FOLDER.glob("*/*.yaml"):
        assert "authorization" not in path.read_text(encoding="utf-8").lower(), path
