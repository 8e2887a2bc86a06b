"""Every case file, played on its script."""

from __future__ import annotations

import pytest

from connector_runtime.definition import Connector, load
from tests.casebook import ROOT, every_case, hold_to, play

CASES = list(every_case(load(ROOT)))


@pytest.mark.parametrize(("key", "name"), CASES, ids=[f"{key}/{name}" for key, name in CASES])
async def test_a_run_is_what_its_case_says(connector: Connector, key: str, name: str) -> None:
    case = connector.case(key, name)
    record, kept = await play(connector, key, case)
    hold_to(case, record)
    assert kept[0]["status"] == "running", "a record is kept before anything is sent"
    assert kept[0]["requests"] == []
    assert kept[-1] == record.document()


@pytest.mark.parametrize("key", sorted({key for key, _ in CASES}))
def test_every_action_has_the_cases_that_the_house_asks_for(connector: Connector, key: str) -> None:
    cases = [connector.case(key, name) for name in connector.cases(key)]
    failures = [case.fails for case in cases if case.fails is not None]
    inputs = set(connector.declared[key].input.get("properties", {}))
    assert any(case.fails is None for case in cases), "one success"
    assert any(set(case.given) == inputs for case in cases if case.fails is None), "one with every field"
    assert any(failure.error == "InvalidInput" for failure in failures), "one invalid input"
    assert any(failure.error in ("Refused", "NotFound", "Unauthorized") for failure in failures), "one refusal"
    assert any(exchange.response.lost for case in cases for exchange in case.exchanges), "one lost answer"
