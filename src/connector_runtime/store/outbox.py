"""What is still to be brought to subscribers: one SQLite file, one row for each message and subscriber.

A message is put out and the subscriber's position moved in one commit, and its row goes when the subscriber has taken
it: so one that was in hand when the process died is brought again, and none is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from connector_runtime.errors import NotNow
from connector_runtime.store import mail
from connector_runtime.store.file import Failure, Location, opened, transaction
from connector_runtime.store.presence import Presence
from connector_runtime.values import Json


@dataclass(frozen=True)
class Message:
    """One event for one subscriber. `line`: the messages among which it keeps its turn, None where it has none.

    `first_at` is when it was sent first, in seconds since 1970, None before that.
    """

    cursor: int
    id: str
    body: str = field(repr=False)
    line: str | None
    happened_at: str
    attempts: int = 0
    first_at: float | None = None


@dataclass(frozen=True)
class Failed:
    """A message that was not taken. `due` is when it is sent again, in seconds since 1970; None: it is parked."""

    message: Message
    at: float
    due: float | None
    failure: str

    @property
    def first_at(self) -> float:
        """When it was sent first; never later than now, whatever clocks have said."""
        return self.at if self.message.first_at is None else min(self.message.first_at, self.at)


@dataclass(frozen=True)
class Standing:
    """How a subscriber stands: up to which event messages were put out, and what has become of them.

    `stopped` says why nothing is sent, None where it is. Of what is still waiting, `failure` is the latest one,
    `attempts` the most for one message, `since` when the first of them was sent first, and `next_at` when one that was
    not taken is sent again; both in seconds since 1970, None where there is none.
    """

    cursor: int = 0
    stopped: str | None = None
    waiting: int = 0
    parked: int = 0
    delivered: int = 0
    failure: str | None = None
    attempts: int = 0
    since: float | None = None
    next_at: float | None = None


@dataclass(frozen=True)
class Position:
    """Up to which event messages were put out, of the events of that `origin`; None where it is not known yet.
    `generation` tells a subscription from another one of its name.
    """

    cursor: int
    generation: str = ""
    origin: str | None = None


class Outbox:
    """The outbox of one data directory.

    Where a method has a `generation`, nothing is done once there is another subscription of that name; None: whichever
    it is.
    """

    def __init__(self, path: Location) -> None:
        """Open the file, made when it is not there. Raises InvalidInput when the directory cannot be used."""
        self._connection = opened(path, mail.SCHEMA)
        self._presence = Presence(path.with_suffix(".lock"))

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether nobody else sends, in this process or another, while the block lasts."""
        mine = self._presence.enter("sending")
        try:
            yield mine
        finally:
            if mine:
                self._presence.leave("sending")

    def is_alone(self) -> bool:
        """Whether that is still so: another may have taken over, where this process was cut off. Raises NotNow."""
        return self._presence.holds("sending")

    def add(self, subscriber: str, cursor: int, *, generation: str = "", origin: str | None = None) -> None:
        """Let a subscriber have what comes after that event; what was there under its name goes."""
        with self._kept():
            self._forget(subscriber)
            self._connection.execute("INSERT INTO positions (subscriber, cursor) VALUES (?, ?)", [subscriber, cursor])
            self._connection.execute(mail.SUBSCRIBED, [subscriber, generation, origin])

    def remove(self, subscriber: str) -> None:
        """Forget a subscriber, and what waits for it."""
        with self._kept():
            self._forget(subscriber)

    def standings(self) -> dict[str, Standing]:
        """How each subscriber stands."""
        return {name: Standing(*rest) for name, *rest in self._connection.execute(mail.STANDINGS)}

    def positions(self) -> dict[str, Position]:
        """The position of each subscriber that has not stopped."""
        found = self._connection.execute(mail.POSITIONS)
        return {name: Position(*rest) for name, *rest, stopped in found if stopped is None}

    def follow(self, origin: str, latest: int) -> list[str]:
        """Let all positions be in the events of that origin, whose latest has that cursor. Whose events were others
        begins with the first of these; returned are the names of those. What waits is brought all the same.
        """
        anew = []
        with self._kept():
            for name, cursor, generation, known, _ in self._connection.execute(mail.POSITIONS).fetchall():
                other = cursor > latest if known is None else known != origin
                if other:
                    anew.append(name)
                if other or cursor > latest:  # fewer of the same: an older copy was put back
                    position = 0 if other else latest
                    self._set_apart(name, position)
                    self._move(name, position)
                self._connection.execute(mail.SUBSCRIBED, [name, generation, origin])
        return anew

    def put_out(
        self,
        cursor: int,
        messages: Mapping[str, Sequence[Message]],
        due: float,
        *,
        before: Mapping[str, Position] | None = None,
    ) -> None:
        """Let these wait for their subscribers, all of whose positions then are at that event. Nothing is put out for
        one whose position is another than `before`.
        """
        with self._kept():
            positions = self.positions()
            for subscriber, those in messages.items():
                there = positions.get(subscriber)
                expected = there if before is None else before.get(subscriber)
                if there is not None and there == expected and there.cursor < cursor:  # else it was removed meanwhile
                    self._move(subscriber, cursor)
                    self._put(subscriber, those, due)

    def put_again(
        self, subscriber: str, messages: Sequence[Message], due: float, *, generation: str | None = None
    ) -> None:
        """Let these wait once more, whatever became of them."""
        with self._kept():
            if self._is(subscriber, generation):
                self._put(subscriber, messages, due)
                self._unpark(subscriber, [each.cursor for each in messages])

    def due(
        self, subscriber: str, now: float, limit: int, *, without: Collection[Message] = (), newest: bool = False
    ) -> list[Message]:
        """What may be sent now, the longest due first; of each line the first one. `without` those, which are on their
        way, and what is in their lines. `newest`: what was put out last, where something was never sent. Raises NotNow.
        """
        values = [subscriber, now, limit + len(without)]
        try:
            rows = self._connection.execute(mail.NEWEST, values).fetchall() if newest else []
            rows = rows or self._connection.execute(mail.DUE, values).fetchall()
        except Failure as wrong:
            raise NotNow(f"the outbox could not be read ({wrong})", code="not_kept") from wrong
        cursors = {each.cursor for each in without}
        lines = {each.line for each in without} - {None}
        found = (Message(*row) for row in rows)
        return [each for each in found if each.cursor not in cursors and each.line not in lines][:limit]

    def settle(
        self, subscriber: str, taken: Sequence[Message], failed: Sequence[Failed], *, generation: str | None = None
    ) -> None:
        """Keep what has become of messages that were sent."""
        with self._kept():
            if not self._is(subscriber, generation):
                return
            self._gone(subscriber, taken)
            if taken:
                self._connection.execute(
                    "UPDATE positions SET delivered = delivered + ? WHERE subscriber = ?", [len(taken), subscriber]
                )
            for each in failed:
                row = [subscriber, each.message.cursor, each.message.id, each.message.attempts + 1, each.first_at]
                if each.due is None:
                    self._connection.execute(mail.PARK, [*row, each.at, each.failure])
                    self._gone(subscriber, [each.message])
                else:
                    self._connection.execute(mail.FAILED, [*row, each.due, each.failure])

    def hurry(
        self, subscriber: str, now: float, *, later_than: float | None = None, generation: str | None = None
    ) -> None:
        """Let all that waits be sent now; with `later_than` only what was never sent, and what is due after that."""
        with self._kept():
            if self._is(subscriber, generation):
                self._connection.execute(mail.HURRY, [subscriber, now, now if later_than is None else later_than])

    def stop(self, subscriber: str, why: str, *, generation: str | None = None) -> None:
        """Send a subscriber nothing any more."""
        with self._kept():
            if self._is(subscriber, generation):
                self._stopped(subscriber, why)

    def resume(self, subscriber: str, now: float) -> bool:
        """Send to a subscriber again, all that waits now; whether it had stopped."""
        with self._kept():
            (found,) = self._connection.execute(
                "SELECT count(*) FROM positions WHERE subscriber = ? AND stopped IS NOT NULL", [subscriber]
            ).fetchone()
            self._stopped(subscriber, None)
            self._connection.execute(mail.HURRY, [subscriber, now, now])
        return bool(found)

    def parked(self, subscriber: str | None = None) -> list[dict[str, Json]]:
        """What was given up, of one subscriber or of all, in the order of the events. What was an event of another file
        has a cursor below 1.
        """
        found = self._connection.execute(
            f"{mail.PARKED} WHERE subscriber = coalesce(?, subscriber) ORDER BY cursor, subscriber", [subscriber]
        )
        names = ("subscriber", "cursor", "id", "attempts", "first_at", "parked_at", "failure")
        return [dict(zip(names, row, strict=True)) for row in found]

    def forget_parked(self, subscriber: str, cursors: Sequence[int], *, generation: str | None = None) -> None:
        """Keep no longer that these were given up."""
        with self._kept():
            if self._is(subscriber, generation):
                self._unpark(subscriber, cursors)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _is(self, subscriber: str, generation: str | None) -> bool:
        found = self._connection.execute(f"{mail.POSITIONS} WHERE positions.subscriber = ?", [subscriber]).fetchone()
        return found is not None and generation in (None, found[2])

    def _move(self, subscriber: str, cursor: int) -> None:
        self._connection.execute("UPDATE positions SET cursor = ? WHERE subscriber = ?", [cursor, subscriber])

    def _put(self, subscriber: str, messages: Sequence[Message], due: float) -> None:
        rows = [(subscriber, each.cursor, each.id, each.body, each.line, each.happened_at, due) for each in messages]
        self._connection.executemany(mail.PUT_OUT, rows)

    def _gone(self, subscriber: str, messages: Sequence[Message]) -> None:
        gone = [(subscriber, each.cursor, each.id) for each in messages]
        self._connection.executemany("DELETE FROM waiting WHERE subscriber = ? AND cursor = ? AND id = ?", gone)

    def _unpark(self, subscriber: str, cursors: Sequence[int]) -> None:
        gone = [(subscriber, each) for each in cursors]
        self._connection.executemany("DELETE FROM parked WHERE subscriber = ? AND cursor = ?", gone)

    def _stopped(self, subscriber: str, why: str | None) -> None:
        self._connection.execute("UPDATE positions SET stopped = ? WHERE subscriber = ?", [why, subscriber])

    def _set_apart(self, subscriber: str, after: int) -> None:
        """Give what is about events after that one cursors below all others: other events will have theirs."""
        for table in ("waiting", "parked"):
            least, most = self._connection.execute(
                f"SELECT min(cursor), max(cursor) FROM {table} WHERE subscriber = ?", [subscriber]
            ).fetchone()
            if most is not None and most > after:
                by = most - min(least, 0) + 1
                self._connection.execute(
                    f"UPDATE {table} SET cursor = cursor - ? WHERE subscriber = ? AND cursor > ?",
                    [by, subscriber, after],
                )

    def _forget(self, subscriber: str) -> None:
        for table in mail.TABLES:
            self._connection.execute(f"DELETE FROM {table} WHERE subscriber = ?", [subscriber])

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            with transaction(self._connection):
                yield
        except Failure as wrong:
            raise NotNow(f"the outbox could not be written ({wrong})", code="not_kept") from wrong
