"""Deliveries on their way: a few one after the other, many at once, each an HTTP POST."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable

import aiohttp

from docebo_connect.sandbox.outbox import FEW, HANDS, Outbox
from docebo_connect.sandbox.store import Row
from docebo_connect.sandbox.webhook_mishaps import spoilt

TIMEOUT_S = 5.0  # second hand: the real platform waits that long for a receiver
GATHER_S = 0.005  # where many are on their way, so long those that come back wait for each other
LOOK_AGAIN_S = 0.05  # for others that are due, while something is on its way


async def bring_all(outbox: Outbox, is_late: Callable[[], bool], wait: Callable[[], bool]) -> None:
    """Bring what is due. Where nothing is, `wait` waits for more, and says whether there will be; nothing new is taken
    once it `is_late`.
    """
    flying: dict[asyncio.Task[int | None], Row] = {}
    connections, timeout = aiohttp.TCPConnector(limit=HANDS), aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(connector=connections, timeout=timeout) as client:
        while True:
            back = [task for task in flying if task.done()]
            came = [(flying.pop(task), task.result()) for task in back]
            for row in outbox.turn(came, len(flying), last=is_late()):
                flying[asyncio.create_task(_status(client, row))] = row
            if flying:
                await asyncio.wait(flying, timeout=LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.sleep(GATHER_S if len(flying) > FEW else 0)
            elif not wait():
                return


async def _status(client: aiohttp.ClientSession, row: Row) -> int | None:
    """What a receiver answers; None where there is no answer."""
    headers = {"Content-Type": "application/json"}
    try:
        if (named := _name_and_password(row)) is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(named).encode()).decode()
        async with client.post(row["url"], data=_body(row), headers=headers, allow_redirects=False) as answer:
            return answer.status
    except (aiohttp.ClientError, OSError, ValueError):  # no answer in time, or an address that cannot be one
        return None


def _body(row: Row) -> bytes:
    envelope = {**json.loads(row["envelope_json"]), "webhook_id": row["webhook_id"]}
    body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
    return body if row["flaw_json"] is None else spoilt(body, json.loads(row["flaw_json"]))


def _name_and_password(row: Row) -> tuple[str, str] | None:
    """What the subscriber asked for, or what somebody brings who does not know it."""
    if row["forged"] == "wrong":
        return row["username"] or "docebo", f"not {row['password'] or ''}"
    if row["forged"] == "missing" or row["username"] is None:
        return None
    return row["username"], row["password"] or ""
