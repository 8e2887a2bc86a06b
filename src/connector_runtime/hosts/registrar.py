"""A connection's webhooks on its platform: registered, looked at, repaired, removed; with the connector's operations.

Nothing is touched there whose name this data directory has not drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from urllib.parse import urlsplit

from connector_runtime.connections import stays_here
from connector_runtime.errors import Conflict, ConnectorError, InvalidInput, UnexpectedOutput
from connector_runtime.events.endpoints import Credentials, drawn
from connector_runtime.events.registration import Finding, found, is_of, shares, tag_of
from connector_runtime.hosts.directories import events_file, presence_file
from connector_runtime.hosts.session import Session
from connector_runtime.run import Gate
from connector_runtime.store import Presence
from connector_runtime.store.registrations import PAST, Registration, Registrations
from connector_runtime.values import Json, Problem, as_text, did_you_mean

GRACE = timedelta(days=1)
"""For so long an address lets in after its webhook was removed: the platform may bring again what failed before. And
for so long at least it is looked for on the platform's list, which may not have shown it.
"""


class Registrar:
    """The webhooks of a session's connection. `tell` hears what could not be done, and need not be."""

    def __init__(
        self,
        session: Session,
        program: str,
        tell: Callable[[str], None],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Raises InvalidInput where the connector has no operations for webhooks, or the disk cannot be used."""
        declared = session.connector.identity.registration
        if declared is None:
            words = f"{session.connector.identity.title} has no way to register webhooks"
            fix = f"Make one by hand: {program} webhooks add {session.connection.name}"
            raise InvalidInput([Problem("name", words, "Name")], fix=fix)
        self._operations, self._session, self._program, self._tell, self._now = declared, session, program, tell, now
        self._name, self._platform = session.connection.name, session.connection.base_url
        self._presence = Presence(presence_file(session.data_dir))
        self._kept = Registrations(events_file(session.data_dir))

    def __enter__(self) -> Registrar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept.release()

    @property
    def url(self) -> str | None:
        """Where what is registered now leads to; None where nothing is."""
        here = (each for each in self._here() if each.state == "kept")
        return next((each.url for each in here), None)

    async def register(self, url: str, events: Sequence[str] = ()) -> Finding:
        """Have these events, or all that are declared, brought to a new address; then remove what was registered
        before. Returns what the platform has then. Raises what it says against it: then all is as it was.
        """
        self._check(url, events)
        with self._alone():
            webhooks, before = await self._webhooks(), self._here()
            known = sorted(self._session.connector.triggers)
            made = await self._made(url.rstrip("/"), tuple(dict.fromkeys(events)) or tuple(known))
            await self._remove_all(before, webhooks)
            self._kept.tidy(as_text(self._now()))
            self._tell_of_others()
        return made

    async def check(self) -> Finding:
        """What the platform has of what was registered. Raises ConnectorError where it does not tell."""
        return found(self._name, self._kept.of(self._name, gone=True), await self._webhooks(), self._platform)

    async def repair(self) -> Finding:
        """Register again what is gone, remove what is of no use, and return what was found before. What somebody has
        changed on the platform, who may have had a reason, stays. Raises ConnectorError.
        """
        with self._alone():
            finding = await self.check()
            before = [each for each in self._here() if each.state != "kept"]
            if "missing" in finding.wrong and finding.registration is not None:
                before.append(finding.registration)
                await self._made(finding.registration.url, finding.registration.events)
            await self._remove_all(before, [*finding.webhooks, *finding.orphans])
            self._kept.tidy(as_text(self._now()))
        return finding

    async def remove(self) -> list[int]:
        """Remove all that was registered, and let nothing more in for it. Returns the numbers that the webhooks had.
        Raises what the platform says against it: then what is left there is still known to be ours.
        """
        with self._alone():
            ours, numbers = self._here(), []
            for webhook in await self._webhooks() if ours else ():
                if any(is_of(each, webhook) for each in ours):
                    await self._remove(webhook["id"])
                    numbers.append(webhook["id"])
            self._tell_of_others()
            self._kept.retire_all(self._name, self._a_day_from_now())
        return numbers

    def _here(self) -> list[Registration]:
        """Those on the platform that the connection's name stands for now, also what was there."""
        return [each for each in self._kept.of(self._name, gone=True) if each.platform == self._platform]

    def _tell_of_others(self) -> None:
        for each in self._kept.of(self._name):
            if each.platform != self._platform:
                self._tell(f"The webhook {each.tag} is on {each.platform}, where it can only be removed by hand.")

    async def _webhooks(self) -> list[Json]:
        output = await self._session.look(self._operations.list)
        rows = [row for row in output["webhooks"] or () if row["id"] is not None]
        for row in rows:
            row["events"] = [event for event in row["events"] or () if event is not None]
        return rows

    async def _made(self, url: str, events: tuple[str, ...]) -> Finding:
        """Draw an address, have the events brought there, and keep it as the connection's own once it is seen."""
        credentials, endpoint = drawn(self._name)
        registration = Registration(
            tag=tag_of(self._program, endpoint),
            connection=self._name,
            platform=self._platform,
            url=url,
            events=events,
            address=endpoint.address,
            username=endpoint.username,
            password=endpoint.password,
            created_at=endpoint.created_at,
        )
        self._kept.begin(registration)
        made: list[Json] = []
        try:
            for name, share in shares(registration.tag, events, self._most):
                made.append({"id": await self._create(credentials, url, name, share), "name": name})
            finding = found(self._name, [replace(registration, state="kept")], await self._webhooks(), self._platform)
            if "missing" in finding.wrong:  # else it would be registered again and again
                raise UnexpectedOutput("the platform does not list the webhook that it has just made")
        except ConnectorError as wrong:
            self._kept.end(registration)
            await self._remove_all([registration], made, certain=wrong.effect == "none")
            raise
        self._kept.confirm(registration)
        return finding

    async def _create(self, credentials: Credentials, url: str, name: str, events: list[str]) -> int:
        given = {"name": name, "url": f"{url}/{credentials.address}", "username": credentials.username}
        given |= {"password": credentials.password}
        record = (await self._session.operate(self._operations.create, {**given, "events": events})).raise_if_failed()
        number: int = record.output["id"]
        return number

    async def _remove(self, number: int) -> None:
        (await self._session.operate(self._operations.remove, {"id": number})).raise_if_failed()

    async def _remove_all(
        self, registrations: Sequence[Registration], webhooks: Sequence[Json], *, certain: bool = True
    ) -> None:
        """Remove the webhooks of registrations. What cannot be removed now stays known, and is removed another time.

        `certain`: there are no others of theirs than these.
        """
        for each in registrations:
            ours = [webhook for webhook in webhooks if is_of(each, webhook)]
            if ours and each.state in PAST:  # it is seen after all: it stays known, whether it can be removed or not
                self._put_away(each, seen=True)
            try:
                for webhook in ours:
                    await self._remove(webhook["id"])
            except ConnectorError as wrong:
                self._tell(f"The webhook {webhook['name']} could not be removed, and will be another time: {wrong}")
                continue
            if certain and each.state not in PAST:
                self._put_away(each, seen=bool(ours))

    def _put_away(self, registration: Registration, *, seen: bool) -> None:
        """It is there no longer, as far as anybody sees. One never seen, or ended by its owner, lets nothing in."""
        if registration.state == "ended" or (registration.state == "begun" and not seen):
            self._kept.retire(registration, self._a_day_from_now())
        else:
            self._kept.close(registration, self._a_day_from_now())

    def _a_day_from_now(self) -> str:
        return as_text(self._now() + GRACE)

    @property
    def _most(self) -> int | None:
        """How many events one webhook takes."""
        create = self._session.connector.operations[self._operations.create]
        most: int | None = create.input["properties"]["events"].get("maxItems")
        return most

    def _check(self, url: str, events: Sequence[str]) -> None:
        """Raises InvalidInput for what cannot be registered, or may not be."""
        problems = list(self._wrong(url, events))
        if problems:
            raise InvalidInput(problems)
        gate, keys = Gate.of(self._session.connection), (self._operations.create, self._operations.remove)
        for key in keys:
            try:
                gate.check(self._session.connector.operations[key], self._name)
            except InvalidInput as wrong:
                allowed = " ".join(f"--allow-assumed {each}" for each in keys)
                again = f"{self._program} connections add {self._name} --again"
                wrong.fix = f"Nothing was sent. Make the webhook by hand, or allow it: {again} {allowed}"
                raise

    def _wrong(self, url: str, events: Sequence[str]) -> Iterator[Problem]:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            yield Problem("url", f"`{url}` is no address such as https://hooks.example.com", "URL")
        elif parts.scheme != "https" and not stays_here(self._session.connection):
            yield Problem("url", "must begin with https://: the platform's deliveries come from outside", "URL")
        known = self._session.connector.triggers
        for event in events:
            if event not in known:
                there = f"there are: {', '.join(sorted(known))}"
                yield Problem("event", f"there is no event `{event}`{did_you_mean(event, known)}; {there}", "Event")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else works on the connection's webhooks meanwhile. Raises Conflict."""
        name = f"webhooks of {self._name}"
        if not self._presence.enter(name):
            raise Conflict(f"the webhooks of {self._name} are being registered or removed", code="in_progress")
        try:
            yield
        finally:
            self._presence.leave(name)
