"""Events brought to a subscriber once more."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing

from connector_runtime.errors import InvalidInput
from connector_runtime.events.cursors import check_stretch
from connector_runtime.events.files import Files
from connector_runtime.events.loop import Loop
from connector_runtime.events.messages import message, message_id
from connector_runtime.events.subscribers import Subscriber
from connector_runtime.store.events import Events
from connector_runtime.store.outbox import Outbox
from connector_runtime.values import Json, Problem

PAGE = 500
"""Events that are put out with one commit."""


class Replay:
    """Puts events of a data directory out once more. `moment_form` is how the platform writes moments, in UTC."""

    def __init__(self, files: Files, moment_form: str) -> None:
        self._files, self._moment_form = files, moment_form

    def named(self, subscriber: Subscriber, cursors: Sequence[int]) -> int:
        """These, whether it wants them or not; how many. Raises InvalidInput where one is not there."""
        with closing(Events(self._files.events)) as events, closing(Outbox(self._files.outbox)) as outbox:
            outbox.follow(events.origin(), events.latest())
            found = [events.after(cursor - 1, 1) for cursor in cursors]
        missing = [each for each, page in zip(cursors, found, strict=True) if not page or page[0]["cursor"] != each]
        if missing:
            raise InvalidInput([Problem("cursors", f"there is no event {each}", "Cursors") for each in missing])
        return self._put_again(subscriber, [page[0] for page in found])

    def between(self, subscriber: Subscriber, after: int, until: int | None) -> int:
        """All that it wants after one event, up to and with another; how many. Raises InvalidInput for a stretch that
        is none.
        """
        with closing(Events(self._files.events)) as events, closing(Outbox(self._files.outbox)) as outbox:
            latest = events.latest()
            outbox.follow(events.origin(), latest)
        check_stretch(after, until, latest)
        return sum(self._put_again(subscriber, page) for page in self._pages(subscriber, after, until))

    def parked(self, subscriber: Subscriber) -> tuple[int, int]:
        """All that was given up; how many are brought, and how many are not kept any more, which then are parked no
        longer.
        """
        with closing(Outbox(self._files.outbox)) as outbox, closing(Events(self._files.events)) as events:
            outbox.follow(events.origin(), events.latest())
            there, gone = list[Json](), list[int]()
            for each in outbox.parked(subscriber.name):
                page = events.after(each["cursor"] - 1, 1)
                if page and (page[0]["cursor"], message_id(page[0])) == (each["cursor"], each["id"]):
                    there += page
                else:
                    gone.append(each["cursor"])
            outbox.forget_parked(subscriber.name, gone, generation=subscriber.generation)
        return self._put_again(subscriber, there), len(gone)

    def _pages(self, subscriber: Subscriber, after: int, until: int | None) -> Iterator[Sequence[Json]]:
        with closing(Events(self._files.events)) as events, Loop(self._files.runs, self._files.events) as loop:
            while page := events.after(after, PAGE):
                after = page[-1]["cursor"]
                yield [
                    event
                    for event in loop.with_causes(page)
                    if (until is None or event["cursor"] <= until) and subscriber.wants(event)
                ]
                if until is not None and after >= until:
                    return

    def _put_again(self, subscriber: Subscriber, events: Sequence[Json]) -> int:
        with Loop(self._files.runs, self._files.events) as loop, closing(Outbox(self._files.outbox)) as outbox:
            told = [message(subscriber, event, self._moment_form) for event in loop.with_causes(events)]
            outbox.put_again(subscriber.name, told, time.time(), generation=subscriber.generation)
        return len(told)
