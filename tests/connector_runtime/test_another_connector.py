"""A second, wholly different connector: the runtime knows neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector_runtime import run_once
from connector_runtime.definition import Connector, load
from tests.casebook import every_case, hold_to, play
from tests.connector_runtime.workshop import TOY
from tests.toy_connector.sandbox import site

TOY_CASES = list(every_case(load(TOY)))


@pytest.mark.parametrize(("key", "name"), TOY_CASES, ids=[f"{key}/{name}" for key, name in TOY_CASES])
async def test_the_toys_cases_hold(toy: Connector, key: str, name: str) -> None:
    case = toy.case(key, name)
    record, _ = await play(toy, key, case)
    hold_to(case, record)


PLAYABLE = [(key, name) for key, name in TOY_CASES if load(TOY).case(key, name).sandbox == "agrees"]


@pytest.mark.parametrize(("key", "name"), PLAYABLE, ids=[f"{key}/{name}" for key, name in PLAYABLE])
def test_the_toys_sandbox_holds_to_its_cases(toy: Connector, key: str, name: str, tmp_path: Path) -> None:
    case = toy.case(key, name)
    for earlier in case.before:
        assert run_once(toy, earlier.action, earlier.given, data_dir=tmp_path).succeeded
    told = len(site(tmp_path / "sandbox").deliveries())
    record = run_once(toy, key, case.given, data_dir=tmp_path)
    assert (record.error or {}).get("type") == (case.fails.error if case.fails else None)
    sent = [(request["method"], request["path"], request["query"], request["body"]) for request in record.requests]
    assert sent == [(e.request.method, e.request.path, e.request.query, e.request.body) for e in case.exchanges]
    delivered = [delivery["event"] for delivery in site(tmp_path / "sandbox").deliveries()[told:]]
    assert delivered == [event["event"] for event in record.events for _ in range(event["count"])]
