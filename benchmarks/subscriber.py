"""A subscriber in a process of its own: checks each message as whoever receives one should, and notes what it takes.

    python benchmarks/subscriber.py PORT SECRET_FILE NOTES_FILE [--seed 1]

It is not an easy one: some messages it answers with 503, and some it takes and then drops the connection. A line of the
notes is what was done (`taken`, `refused`, `dropped`, `bad signature`), the webhook-id and the user told of.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from pathlib import Path

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

REFUSED, DROPPED = 0.03, 0.005
"""Shares of the messages."""

MOST_TROUBLES = 2
"""With one message: after a third its sender would wait for minutes."""


def application(secret: str, notes: Path, seed: int) -> web.Application:
    """Takes POST /events."""
    checking, chance, troubles = Webhook(secret), random.Random(seed), Counter[str]()
    noted = notes.open("a", buffering=1)

    async def arrived(request: web.Request) -> web.Response:
        body, message_id = await request.read(), request.headers.get("webhook-id", "")
        try:
            checking.verify(body, dict(request.headers))
        except WebhookVerificationError:
            noted.write(f"bad signature\t{message_id}\t\n")
            return web.Response(status=401)
        lot = chance.random() if troubles[message_id] < MOST_TROUBLES else 1.0
        done = "refused" if lot < REFUSED else "dropped" if lot < REFUSED + DROPPED else "taken"
        troubles[message_id] += done != "taken"
        noted.write(f"{done}\t{message_id}\t{json.loads(body)['data']['user_id']}\n")
        if done == "dropped" and request.transport is not None:
            request.transport.close()
        return web.Response(status=503 if done == "refused" else 204)

    app = web.Application()
    app.router.add_post("/events", arrived)
    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("secret", type=Path)
    parser.add_argument("notes", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    app = application(given.secret.read_text().strip(), given.notes, given.seed)
    started = "listening"
    web.run_app(app, host="127.0.0.1", port=given.port, print=lambda _: print(started, flush=True))  # noqa: T201


if __name__ == "__main__":
    main()
