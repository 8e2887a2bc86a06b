"""Webhooks let in while the receiver is killed, and how many a second it takes.

    python benchmarks/webhooks.py [--deliveries 100000] [--kills 5] [--seed 1] [--seconds 10] [--json]

A sender brings deliveries as a platform does: each until it is acknowledged; some twice, some late, some spoilt, some
with a wrong password. Meanwhile SIGKILL ends the receiver, which is started again. What is on its disk is held against
what was sent. Then the receiver is held against a bare Starlette endpoint that reads the body and does nothing, both
served by the same server, in turns. Ends with 1 where a figure that must be nought is not.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from measured import say
from section import table

from connector_runtime.events.endpoints import Credentials, drawn
from connector_runtime.hosts.directories import events_file
from connector_runtime.store.events import Events

HANDS = 256
"""Deliveries that are on their way at once."""

ROUNDS = 3
EVENT = "course.enrollment.created"

BARE = """
import socket, sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

async def arrived(request):
    await request.body()
    return Response(status_code=202)

listening = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=512)
listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
app = Starlette(routes=[Route("/{address}", arrived, methods=["POST"])])
print("listening", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off")).run(sockets=[listening])
"""


@dataclass(frozen=True)
class Delivery:
    """What is brought: `number` is None for what must not be kept."""

    number: int | None
    kind: str
    body: bytes
    honest: bool = True


def deliveries(number: int, seed: int) -> list[Delivery]:
    """5 % come twice, 5 % later than their turn, 1 % are spoilt, 1 % are forged."""
    chance, found = random.Random(seed), []
    for each in range(number):
        lot = chance.random()
        body = delivery(each)
        if lot < 0.01:
            found.append(Delivery(None, "malformed", body[: len(body) // 2]))
        elif lot < 0.02:
            found.append(Delivery(None, "forged", body, honest=False))
        else:
            found.append(Delivery(each, "good", body))
            if lot < 0.07:
                found.append(Delivery(each, "twice", body))
    for place in range(len(found)):
        if chance.random() < 0.05:
            other = min(len(found) - 1, place + chance.randrange(1, 50))
            found[place], found[other] = found[other], found[place]
    return found


def delivery(number: int) -> bytes:
    """An enrollment that nobody else has."""
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    payload = {
        "fired_at": moment,
        "user_id": 10_000 + number,
        "username": f"user-{number}",
        "course_id": 7,
        "course_name": "First aid",
        "level": "learner",
        "enrollment_date": moment,
        "enrollment_date_begin_validity": None,
        "enrollment_date_end_validity": None,
        "subscribed_by_id": 13,
        "status": "subscribed",
    }
    whole = {"message_id": f"wh-{number}", "webhook_id": 1, "original_domain": "acme.docebosaas.com", "event": EVENT}
    return json.dumps({**whole, "fired_by_batch_action": False, "payload": payload}).encode()


class Receiver:
    """The receiver in a process of its own, on one port, however often it is started."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        if "istening" not in self._process.stdout.readline():
            raise RuntimeError("the receiver has not started")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


async def bring(
    port: int, credentials: Credentials, sent: list[Delivery], *, again: bool = True, seconds: float | None = None
) -> int:
    """Bring deliveries, each until it is answered; returns how many were. `seconds`: stop then, whatever is left."""
    url = f"http://127.0.0.1:{port}/{credentials.address}"
    until = None if seconds is None else time.monotonic() + seconds
    waiting, answered = iter(sent), 0

    async def hand(session: aiohttp.ClientSession) -> None:
        nonlocal answered
        for each in waiting:
            if until is not None and time.monotonic() > until:
                return
            headers = {"authorization": shown(credentials) if each.honest else shown(credentials, "guessed")}
            while True:
                try:
                    async with session.post(url, data=each.body, headers=headers) as response:
                        if response.status < 500:
                            answered += 1
                            break
                except aiohttp.ClientError:
                    if not again:
                        raise
                await asyncio.sleep(0.02)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=HANDS)) as session:
        await asyncio.gather(*(hand(session) for _ in range(HANDS)))
    return answered


def shown(credentials: Credentials, password: str = "") -> str:
    """HTTP Basic."""
    return "Basic " + base64.b64encode(f"{credentials.username}:{password or credentials.password}".encode()).decode()


async def storm(data_dir: Path, number: int, kills: int, seed: int) -> dict[str, Any]:
    """What is kept of a storm of deliveries amid which the receiver is killed."""
    credentials, port, sent = let_in(data_dir), free_port(), deliveries(number, seed)
    receiver, began = Receiver(listen(data_dir, port)), time.monotonic()
    parts = [sent[len(sent) * part // (kills + 1) : len(sent) * (part + 1) // (kills + 1)] for part in range(kills + 1)]
    for part in parts[:-1]:
        bringing = asyncio.create_task(bring(port, credentials, part))
        await asyncio.sleep(random.Random(seed).uniform(0.3, 1.0))
        await asyncio.to_thread(receiver.kill)
        await asyncio.to_thread(receiver.start)
        await bringing
    await bring(port, credentials, parts[-1])
    seconds = time.monotonic() - began
    receiver.stop()
    events = Events(events_file(data_dir))
    kept = [event["message_id"] for event in events.after(0, 10 * number)]
    counts = {count["what"]: count["number"] for count in events.counts()}
    events.close()
    good = {f"wh-{each.number}" for each in sent if each.number is not None}
    of = {kind: sum(each.kind == kind for each in sent) for kind in ("twice", "malformed", "forged")}
    return {
        "deliveries": len(sent),
        "kills": kills,
        "good": len(good),
        "lost": len(good - set(kept)),
        "kept twice": len(kept) - len(set(kept)),
        "kept although bad": len(set(kept) - good),
        "sent twice": of["twice"],
        "duplicates counted": counts.get("duplicate", 0),
        "malformed": f"{counts.get('malformed', 0)} of {of['malformed']}",
        "forged": f"{counts.get('forged', 0)} of {of['forged']}",
        "bad not counted": sum(max(0, of[kind] - counts.get(kind, 0)) for kind in ("malformed", "forged")),
        "s": round(seconds, 1),
    }


async def rates(data_dir: Path, seconds: float) -> dict[str, Any]:
    """Deliveries a second: with durable commits, and by an endpoint that does nothing; in turns, the medians."""
    credentials = let_in(data_dir)
    rows: dict[str, list[float]] = {"kept": [], "bare": []}
    for number in range(ROUNDS):
        sent = [Delivery(each, "good", delivery(each)) for each in range(number * 10**6, number * 10**6 + 100_000)]
        for name, make in (("bare", bare), ("kept", lambda port: listen(data_dir, port))):
            port = free_port()
            receiver, began = Receiver(make(port)), time.monotonic()
            answered = await bring(port, credentials, sent, again=False, seconds=seconds)
            rows[name].append(answered / (time.monotonic() - began))
            receiver.stop()
    medians = {name: sorted(each)[ROUNDS // 2] for name, each in rows.items()}
    return {
        **{name: round(rate) for name, rate in medians.items()},
        "ratio": round(medians["kept"] / medians["bare"], 2),
    }


def let_in(data_dir: Path) -> Credentials:
    """Who may bring something."""
    credentials, endpoint = drawn("sandbox")
    events = Events(events_file(data_dir))
    events.open_endpoint(endpoint)
    events.close()
    return credentials


def listen(data_dir: Path, port: int) -> list[str]:
    """The receiver."""
    return [sys.executable, "-m", "docebo_connect", "--data-dir", str(data_dir), "listen", "--port", str(port)]


def bare(port: int) -> list[str]:
    """What does nothing."""
    return [sys.executable, "-c", BARE, str(port)]


def free_port() -> int:
    """A port that nobody has."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deliveries", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each round of the second part")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        data_dir = Path(name)
        stormed = asyncio.run(storm(data_dir, given.deliveries, given.kills, given.seed))
    with TemporaryDirectory() as name:
        data_dir = Path(name)
        measured = asyncio.run(rates(data_dir, given.seconds)) if given.seconds else {}
    if given.json:
        sys.stdout.write(json.dumps({"storm": stormed, "rates": measured}) + "\n")
    else:
        say(table(list(stormed), [list(stormed.values())]))
        if measured:
            say(table(["deliveries a second, kept", "bare", "ratio"], [list(measured.values())]))
    sys.exit(any(stormed[name] for name in ("lost", "kept twice", "kept although bad", "bad not counted")))


if __name__ == "__main__":
    main()
