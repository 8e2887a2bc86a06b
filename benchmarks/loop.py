"""What a run announced and what arrived: how well the two are told apart, on a platform that drops and invents.

    python benchmarks/loop.py [--enrollments 2000] [--dropped 0.02] [--invented 0.01] [--seed 1] [--json]

A sandbox announces enrollments to a receiver in a process of its own, drops some of its webhooks and invents others.
What the runs' expectations say in the end is held against what the sandbox knows. Ends with 1 where one is not right.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from measured import say
from section import table
from served import Served, free_port
from verdicts import free_places
from webhooks import let_in, listen

import docebo_connect
from connector_runtime import Connection
from connector_runtime.events.causes import WINDOW_S
from connector_runtime.events.feed import feed
from connector_runtime.events.loop import Loop
from connector_runtime.hosts.directories import events_file, records_file
from docebo_connect.sandbox import site

EVENT = "course.enrollment.created"
AGAIN = "again-"
HANDS = 16
PATIENCE_S = 120


async def enrolled(data_dir: Path, platform: Any, places: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """The records of so many enrollments."""
    left, records = iter(places), []
    here = Connection("sandbox", platform.base_url, platform.headers, platform.app)  # the one that has the faults
    async with docebo_connect.session(connection=here, data_dir=data_dir) as session:

        async def hand() -> None:
            for user, course in left:
                record = await session.run("enroll_user_into_a_course", {"user_id": user, "course_id": course})
                records.append(record.raise_if_failed().document())

        await asyncio.gather(*(hand() for _ in range(HANDS)))
    return records


async def caused(data_dir: Path) -> list[dict[str, Any]]:
    """All events that have arrived, with their causes."""
    return [event async for event in feed(events_file(data_dir), runs=records_file(data_dir))]


def measured(number: int, dropped: float, invented: float, seed: int) -> dict[str, Any]:
    """How well the events were told."""
    with TemporaryDirectory() as name:
        data_dir = Path(name)
        home = data_dir / "sandbox"
        with site(home, seed=seed):
            places = free_places(home)[:number]
        with site(home) as platform:
            platform.faults.set(
                [{"fault": "dropped_webhook", "chance": dropped}, {"fault": "invented_webhook", "chance": invented}]
            )
            return _told(data_dir, platform, places)


def _told(data_dir: Path, platform: Any, places: list[tuple[int, int]]) -> dict[str, Any]:
    credentials, port = let_in(data_dir), free_port()
    receiver = Served(*listen(data_dir, port))
    try:
        address = f"http://127.0.0.1:{port}/{credentials.address}"
        platform.subscribe(address, username=credentials.username, password=credentials.password)
        records = asyncio.run(enrolled(data_dir, platform, places))
        sent = platform.deliveries()
        again = _told_again(sent, max(1, len(places) // 100))
        _bring(address, (credentials.username, credentials.password), again)
        arrived = _all_arrived(data_dir, len(sent) + len(again))
    finally:
        receiver.stop()
    later = datetime.now(UTC) + timedelta(seconds=2 * WINDOW_S)
    with Loop(records_file(data_dir), events_file(data_dir), now=lambda: later) as loop:
        status = {_place(each["match"]): each["status"] for run in records for each in loop.arrived(run)}
    asked, announced = set(places), {_place(each["payload"]) for each in sent if each["event"] == EVENT}
    said_missing = {place for place, said in status.items() if said == "missing"}
    unasked = {each["cursor"] for each in arrived if each["event"] != EVENT or _place(each["payload"]) not in asked}
    repeated = {event["cursor"] for event in arrived if event["message_id"].startswith(AGAIN)}
    unasked |= repeated
    said_unasked = {event["cursor"] for event in arrived if event["caused_by"] is None}
    said_unexpected = {event["cursor"] for event in arrived if event["unexpected"]}
    return {
        "enrollments": len(places),
        "dropped": len(asked - announced),
        "invented": len(unasked - repeated),
        "invented of what runs know": len(repeated),
        "arrived": len(arrived),
        **_quality("missing", said_missing, asked - announced),
        **_quality("unasked", said_unasked, unasked),
        **_quality("unexpected", said_unexpected, repeated),
    }


def _told_again(sent: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """Events that did not happen, of enrollments that did: as if they had been made once more, a little later."""
    later = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 2))
    known = [each["payload"] for each in sent if each["event"] == EVENT][:number]
    return [
        {"message_id": f"{AGAIN}{place}", "event": EVENT, "payload": {**payload, "fired_at": later}}
        for place, payload in enumerate(known)
    ]


def _bring(address: str, auth: tuple[str, str], deliveries: list[dict[str, Any]]) -> None:
    with httpx.Client(auth=auth) as client:
        for each in deliveries:
            client.post(address, json=each).raise_for_status()


def _quality(what: str, said: set[Any], really: set[Any]) -> dict[str, float]:
    right = len(said & really)
    precision = right / len(said) if said else 1.0
    recall = right / len(really) if really else 1.0
    return {f"{what}: precision": round(precision, 4), f"{what}: recall": round(recall, 4)}


def _all_arrived(data_dir: Path, number: int) -> list[dict[str, Any]]:
    until = time.monotonic() + PATIENCE_S
    while True:
        arrived = asyncio.run(caused(data_dir))
        if len(arrived) >= number or time.monotonic() > until:
            return arrived
        time.sleep(0.5)


def _place(said: dict[str, Any]) -> tuple[int, int]:
    return int(said["user_id"]), int(said.get("course_id") or 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--enrollments", type=int, default=2000)
    parser.add_argument("--dropped", type=float, default=0.02)
    parser.add_argument("--invented", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    figures = measured(given.enrollments, given.dropped, given.invented, given.seed)
    if given.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        say(table(list(figures), [list(figures.values())]))
    sys.exit(any(value != 1.0 for name, value in figures.items() if ":" in name))


if __name__ == "__main__":
    main()
