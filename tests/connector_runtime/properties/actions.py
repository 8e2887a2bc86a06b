"""Every action of both connectors, any JSON, and runs on a platform that may answer anything."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import strategies as st

from connector_runtime.connections import Line
from connector_runtime.definition import Connector, load
from connector_runtime.record import Record
from connector_runtime.run import OPEN, run
from connector_runtime.values import Json, Request, Response
from tests.casebook import ROOT
from tests.connector_runtime.workshop import TOY

CONNECTORS = {"toy": load(TOY), "own": load(ROOT)}
EVERY = [(name, key) for name, connector in CONNECTORS.items() for key in connector.actions]
every_action = pytest.mark.parametrize(("whose", "key"), EVERY, ids=[f"{whose}/{key}" for whose, key in EVERY])

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(
    SCALARS | st.sampled_from(["", "0", "7", "1.5", "true", "0000-00-00", "2026-01-10 09:00:00", -1, 2**63, 2**64]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def performed(connector: Connector, key: str, raw: Json, *answers: Any) -> tuple[Record, list[Request]]:
    """Run an action on a platform that gives these answers, and the last one from then on."""
    requests: list[Request] = []
    left = list(answers)

    async def send(request: Request) -> Response:
        requests.append(request)
        told = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(told, Exception):
            raise told
        response: Response = told
        return response

    def keep(record: Record) -> None:
        json.dumps(record.document(), allow_nan=False)

    return asyncio.run(run(connector, key, raw, line=Line(send), connection="any", keep=keep, gate=OPEN)), requests
