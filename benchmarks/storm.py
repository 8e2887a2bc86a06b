"""What is kept of a storm of webhooks, and what subscribers get of it, while the receiver is killed again and again.

    python benchmarks/storm.py [--deliveries 100000] [--kills 5] [--seed 1] [--json]

The sandbox announces events and brings each until it is acknowledged; 5 % come twice, 5 % late, 1 % are spoilt, 1 %
have a wrong password. `listen` keeps them and sends them to a subscriber that refuses some, and takes some without
saying so. Meanwhile SIGKILL ends `listen`, which is started again. What is on its disk, and what the subscriber has
noted, is held against what the sandbox has made. Ends with 1 where a figure that must be nought is not.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import secrets
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from measured import HERE, say
from section import table
from served import Served, free_port, program

from connector_runtime.hosts.directories import events_file
from connector_runtime.store.events import Events

EVENT = "course.enrollment.created"

FAULTS = [
    {"fault": "duplicate_webhook", "chance": 0.05},
    {"fault": "reordered_webhook", "chance": 0.05},
    {"fault": "malformed_webhook", "chance": 0.01},
    {"fault": "forged_webhook", "event": EVENT, "chance": 0.01},
]

NOUGHT = ("lost", "kept twice", "kept although bad", "bad not counted", "missed", "seen twice", "bad signatures")
"""The figures that must be."""

QUIET_S = 60.0
"""When nothing has moved for so long, the storm is over, whatever has not come."""

LOOK_AGAIN_S = 0.1


@dataclass(frozen=True)
class Made:
    """What the sandbox has made: message ids of good ones and their users, and how many deliveries of each kind."""

    users: dict[str, int]
    kinds: Counter[str]


class Storm:
    """The processes, and where each keeps what it has."""

    def __init__(self, directory: Path, seed: int) -> None:
        self._data_dir, self._notes = directory / "data", directory / "notes"
        key, port = directory / "secret", free_port()
        key.write_text("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
        taking = [str(HERE / "subscriber.py"), str(port), str(key), str(self._notes), f"--seed={seed}"]
        self.subscriber = Served(sys.executable, *taking)
        self._told("subscribe", EVENT, "--to", f"http://127.0.0.1:{port}/events", "--secret", f"@{key}")
        listened = free_port()
        webhook = self._told("webhooks", "add", "sandbox", "--url", f"http://127.0.0.1:{listened}")
        self.receiver = Served(*program(self._data_dir, "listen", "--port", str(listened)))
        self.sandbox = Served(*program(self._data_dir, "sandbox", "--json"))
        self._sandbox_url = json.loads(self.sandbox.said)["url"]
        self._post("webhooks", {name: webhook[name] for name in ("url", "username", "password")})

    def announce(self, number: int, seed: int) -> None:
        """Let it begin."""
        self._post("announce", {"event": EVENT, "count": number, "faults": {"seed": seed, "rules": FAULTS}})

    def made(self) -> Made:
        """What was announced."""
        rows = self._of_sandbox("SELECT envelope_json, flaw_json, forged FROM deliveries")
        users, kinds = {}, Counter[str]()
        for envelope, flaw, forged in rows:
            delivery = json.loads(envelope)
            again = delivery["message_id"] in users
            kind = "forged" if forged else "malformed" if flaw else "twice" if again else "good"
            kinds[kind] += 1
            if kind == "good":
                users[delivery["message_id"]] = delivery["payload"]["user_id"]
        return Made(users, kinds)

    def waiting(self) -> int:
        """Deliveries that the sandbox has still to bring, without those that are tried again for being spoilt."""
        waiting = "SELECT count(*) FROM outbox JOIN deliveries ON deliveries.id = delivery_id WHERE flaw_json IS NULL"
        return int(self._of_sandbox(waiting)[0][0])

    def counts(self) -> Counter[str]:
        """What the receiver has counted."""
        with closing(Events(events_file(self._data_dir))) as events:
            return Counter({each["what"]: each["number"] for each in events.counts()})

    def has_kept(self, number: float) -> bool:
        """Whether so many events are on its disk."""
        return self.counts()["kept"] >= number

    def kept(self) -> list[str]:
        """The message ids of all that is on the receiver's disk."""
        with closing(Events(events_file(self._data_dir))) as events:
            return [event["message_id"] for event in events.after(0, -1)]

    def noted(self) -> list[list[str]]:
        """What the subscriber has done, with which message, about whom."""
        return [line.split("\t") for line in self._notes.read_text().splitlines()]

    def unsent(self) -> int:
        """Events that the subscriber has not taken yet."""
        [standing] = self._printed("subscribers", "list")
        return int(self.counts()["kept"] - standing["delivered"])

    def stop(self) -> None:
        """End the processes."""
        for each in (self.sandbox, self.receiver, self.subscriber):
            each.stop()

    def _told(self, *words: str) -> dict[str, Any]:
        [document] = self._printed(*words)
        return document

    def _printed(self, *words: str) -> list[dict[str, Any]]:
        done = subprocess.run(program(self._data_dir, *words, "--json"), check=True, stdout=subprocess.PIPE)
        found = json.loads(done.stdout)
        return found if isinstance(found, list) else [found]

    def _post(self, path: str, body: dict[str, Any]) -> None:
        httpx.post(f"{self._sandbox_url}/sandbox/{path}", json=body, timeout=600).raise_for_status()

    def _of_sandbox(self, query: str) -> list[tuple[Any, ...]]:
        """Read its file: what it knows of a delivery's faults it tells nobody."""
        [path] = self._data_dir.rglob("sandbox.sqlite3")
        with closing(sqlite3.connect(path, timeout=60)) as connection:
            return connection.execute(query).fetchall()


def weathered(directory: Path, number: int, kills: int, seed: int) -> dict[str, Any]:
    """The figures of one storm."""
    storm = Storm(directory, seed)
    try:
        began = time.monotonic()
        storm.announce(number, seed)
        made, marks = storm.made(), random.Random(seed)
        for mark in sorted(marks.uniform(0.02, 0.98) for _ in range(kills)):
            until(partial(storm.has_kept, mark * len(made.users)), lambda: storm.counts()["kept"])
            storm.receiver.kill()
            storm.receiver.start()
        bad = made.kinds["malformed"]
        until(lambda: storm.waiting() == 0 and storm.counts()["malformed"] >= bad, lambda: storm.counts().total())
        brought = time.monotonic() - began
        until(lambda: storm.unsent() == 0, storm.unsent)
        seconds = {"s until all are kept": round(brought, 1), "s": round(time.monotonic() - began, 1)}
        return {"kills": kills, **of_receiver(storm, made), **of_subscriber(storm, made), **seconds}
    finally:
        storm.stop()


def until(is_so: Callable[[], bool], figure: Callable[[], int]) -> None:
    """Wait for something, as long as a figure moves."""
    seen, seen_at = figure(), time.monotonic()
    while not is_so():
        time.sleep(LOOK_AGAIN_S)
        if (now := figure()) != seen:
            seen, seen_at = now, time.monotonic()
        elif time.monotonic() - seen_at > QUIET_S:
            return


def of_receiver(storm: Storm, made: Made) -> dict[str, Any]:
    """What is on the disk, beside what was made."""
    kept, counts, good = storm.kept(), storm.counts(), set(made.users)
    bad = ("malformed", "forged")
    return {
        "deliveries": made.kinds.total(),
        "good": len(good),
        "stored once": len(good & set(kept)),
        "lost": len(good - set(kept)),
        "kept twice": len(kept) - len(set(kept)),
        "kept although bad": len(set(kept) - good),
        "made twice": made.kinds["twice"],
        "duplicates counted": counts["duplicate"],
        **{f"{kind}, deliveries": made.kinds[kind] for kind in bad},
        **{f"{kind}, counted": counts[kind] for kind in bad},
        "bad not counted": sum(max(0, made.kinds[kind] - counts[kind]) for kind in bad),
    }


def of_subscriber(storm: Storm, made: Made) -> dict[str, Any]:
    """What has reached the subscriber, beside what was made."""
    notes = storm.noted()
    did = Counter(note[0] for note in notes)
    taken = [(message_id, int(user)) for what, message_id, user in notes if what in ("taken", "dropped")]
    users = {user for _, user in taken}
    ids = {message_id for message_id, _ in taken}
    return {
        "messages received": len(notes),
        "refused": did["refused"],
        "taken and dropped": did["dropped"],
        "distinct ids": len(ids),
        "missed": len(set(made.users.values()) - users),
        # Whoever looks at ids alone must see each happening once.
        "seen twice": len(set(taken)) - len(users),
        "bad signatures": did["bad signature"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deliveries", type=int, default=100_000, help="events that are announced")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        figures = weathered(Path(name), given.deliveries, given.kills, given.seed)
    if given.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        say(table(["", "figure"], list(figures.items())))
    sys.exit(any(figures[name] for name in NOUGHT))


if __name__ == "__main__":
    main()
