"""What every host holds while it works: a connector, an open connection, and the records it keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, nullcontext
from types import TracebackType
from typing import Any

from connector_runtime.connections import Line
from connector_runtime.connections.acting import Acting
from connector_runtime.definition import Action, Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.connected import connected
from connector_runtime.hosts.directories import PROGRAM, SANDBOX
from connector_runtime.hosts.records import Records
from connector_runtime.hosts.work import working
from connector_runtime.inputs import as_given
from connector_runtime.record import Record
from connector_runtime.run import IN_FLIGHT, LONGEST_CHAIN, Gate, Plan, Retries, Stream, is_open, plan, resume, who
from connector_runtime.run.choices import Choices
from connector_runtime.run.corridor import begun, carried_out
from connector_runtime.run.forms import Forms
from connector_runtime.run.looking import Looks, Recent
from connector_runtime.schema import JsonSchema
from connector_runtime.store import Location
from connector_runtime.transport import Connection
from connector_runtime.transport.opening import PATIENCE
from connector_runtime.values import IfAlready, Json, Problem

RETRIES = Retries()
"""What a run may spend, unless its host says otherwise."""


class Session:
    """Run a connector's actions over one connection.

        async with Session(load(folder), data_dir=Path("data")) as session:
            record = await session.run("look_up", {"id": 7})

    `connection` is a name (of one that is kept, or "sandbox") or a Connection of your own; `data_dir` keeps records,
    connections and the sandbox's state; `program` names the variable of the key with which secrets are sealed
    (`<PROGRAM>_KEY`); `retries` says what a run may spend on waiting for a better moment, and `tell` hears of waits for
    the platform's limits. `longest_chain` is how many runs may have led to a run, each by an event that the one before
    had caused. `heard` is told of each record whenever it is kept: as its run begins, as its effect changes, and
    when it has ended. `recent` keeps what forms have read; sessions of one program may share it.

    A Connection may go to public addresses over https, or to loopback; with a resolver of its own, to where that says.
    An action whose endpoint is only assumed changes nothing there, unless its `allow_assumed` has it.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        connection: str | Connection = SANDBOX,
        data_dir: Location,
        program: str = PROGRAM,
        retries: Retries | None = None,
        tell: Callable[[str], None] | None = None,
        longest_chain: int = LONGEST_CHAIN,
        recent: Recent | None = None,
        heard: Callable[[Record], None] | None = None,
    ) -> None:
        self._recent = Recent() if recent is None else recent
        self._program, self._tell, self._heard = program, tell, heard
        self._longest_chain = longest_chain
        self.connector = connector
        self.retries = RETRIES if retries is None else retries
        self.data_dir = data_dir
        self.working = 0
        self.latest: Record | None = None
        """The record that was kept last, for a host whose work was interrupted."""
        self._wanted = connection
        self.connection: Connection
        self._line: Line
        self._open: AsyncExitStack
        self._streams: list[Stream] = []
        """Those that may have to be ended with the session."""

    async def __aenter__(self) -> Session:
        async with AsyncExitStack() as opening:
            self._records = Records(self.data_dir, self._kept)
            opening.callback(self._records.close)
            self._on_its_way_s = 0 if self._records.end_with_their_process else PATIENCE.whole_s
            opened = connected(
                self.connector, self._wanted, data_dir=self.data_dir, program=self._program, tell=self._tell
            )
            self.connection, self._line = await opening.enter_async_context(opened)
            self._gate = Gate.of(self.connection)
            self._forms = self._opened_forms()
            opening.push_async_callback(self._end_streams)
            self._open = opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    @working
    async def run(
        self,
        action: str,
        given: Mapping[str, Any],
        *,
        key: str | None = None,
        if_already: IfAlready | None = None,
        because_of: int | None = None,
        retries: Retries | None = None,
    ) -> Record:
        """Run one action. The record says how it went; `record.raise_if_failed()` raises what went wrong.

        `if_already` says how it ends where the platform is already as the action would make it, `succeed` or `fail`;
        None leaves that to the action. The record's `already` says which happened. `retries`: instead of the session's.

        With a `key`, whoever runs the same again with the same key gets the same record, in any process: a run that is
        open is brought to its end, and nothing is done twice. Raises Conflict for a key that belongs to something else,
        and for one whose run is in progress.

        `because_of` is the cursor of the event that the run is an answer to. Where it is not said, a change is presumed
        to be one to the latest event that a run here has caused about the same thing within the last minute.
        """
        declared, plain = self.connector.action(action), as_given(given)
        record = self._begun(declared, plain, if_already)
        self._records.chains.link(record, declared, plain, because_of)
        alone = key is not None or declared.kind != "read"
        means = self._all_means() | ({} if retries is None else {"retries": retries})
        with self._records.at(record.run_id) if alone else nullcontext():
            known = None if key is None else self._records.claim(key, declared, plain, record)
            if known is None:
                whole = {**means, "longest_chain": self._longest_chain}
                return await carried_out(self.connector, declared, plain, record, **whole)
        with self._records.at(known):
            found = self._records.found(known)  # read anew: until now somebody else may have worked on it
            if not is_open(found):
                found.replayed = True
                return found
            return await resume(self.connector, found, given=plain, **means, on_its_way_s=self._on_its_way_s)

    @working
    async def operate(self, operation: str, given: Mapping[str, Any]) -> Record:
        """Run one of the connector's operations, which are not published. It leaves a record as every run does."""
        declared, plain = self.connector.operations[operation], as_given(given)
        record = self._begun(declared, plain, None)
        with self._records.at(record.run_id):
            return await carried_out(self.connector, declared, plain, record, **self._all_means())

    @working
    async def look(self, operation: str) -> Json:
        """What an operation that reads has to say. Nothing of it is kept: a platform may tell what is nobody's
        business. Raises ConnectorError, with a record for whoever has to find out why.
        """
        declared, plain = self.connector.operations[operation], as_given({})
        record, means = self._begun(declared, plain, None), {**self._all_means(), "keep": _unkept}
        await carried_out(self.connector, declared, plain, record, **means)
        if record.failure is not None:
            self._records.keep(record)
        return record.raise_if_failed().output

    @working
    async def resume(self, run_id: str) -> Record:
        """Bring a run to its end whose process ended before it, or whose outcome nobody knew.

        A change that may have been sent is looked for first. Raises InvalidInput for a run that is not there or cannot
        be taken up again, Conflict for one that is in progress.
        """
        with self._records.at(run_id):
            record = self._records.found(run_id)
            if record.connection != self.connection.name:
                message = f"run {run_id} was on the connection {record.connection}, not on {self.connection.name}"
                raise InvalidInput([Problem("run_id", message, "ID")], fix="Name the connection that it was on.")
            self.check_leads_to(record.platform, run_id)
            return await resume(self.connector, record, **self._all_means(), on_its_way_s=self._on_its_way_s)

    def leads_to(self, platform: str) -> bool:
        """Whether the connection leads to the platform that a run was on, as far as its record says that."""
        return platform in ("", self.connection.base_url)

    def check_leads_to(self, platform: str, run_id: str) -> None:
        """Raises InvalidInput where the connection leads to another platform than that run was on."""
        if not self.leads_to(platform):
            name, now = self.connection.name, self.connection.base_url
            raise InvalidInput(
                [Problem("run_id", f"run {run_id} was on {platform}, and {name} is {now} now", "ID")],
                fix="Look on the platform that it was on; here, what is still wanted is a run of its own.",
            )

    def _begun(self, action: Action, given: dict[str, Json] | InvalidInput, if_already: IfAlready | None) -> Record:
        connection = self.connection
        return begun(self.connector, action, given, connection.name, if_already, platform=connection.base_url)

    @working
    async def plan(self, action: str, given: Mapping[str, Any], *, all_pages: bool = False) -> Plan:
        """What a run would send and cause; sends no change. Raises ConnectorError.

        `all_pages` reads the first page of a list, to tell how many calls all of it takes.
        """
        name = self.connection.name
        return await plan(self.connector, action, given, connection=name, **self._means(), all_pages=all_pages)

    @working
    async def choices(
        self,
        action: str,
        field: str,
        given: Mapping[str, Any] | None = None,
        *,
        search: str = "",
        page: int = 1,
        fresh: bool = False,
    ) -> Choices:
        """One page of what a field can be set to: a pick list of the platform, or the choices that it declares.

        `field` is its name or JSON pointer, `given` the rest of the form. What was read in the last minute is shown
        again, unless it must be `fresh`. Raises InvalidInput for what must be chosen first, and what the platform says.
        """
        return await self._forms.choices(action, field, given or {}, search, page, fresh=fresh)

    @working
    async def labels(self, action: str, given: Mapping[str, Any], *, fresh: bool = False) -> dict[str, str]:
        """The values of fields with lists, as `42 — Fire safety`, by JSON pointer; one that has no name is bare."""
        return await self._forms.labels(action, given, fresh=fresh)

    @working
    async def fields(
        self, action: str, given: Mapping[str, Any] | None = None, *, fresh: bool = False
    ) -> dict[str, JsonSchema]:
        """The platform's own fields, for each input that takes some: an object's JSON Schema, with every field under
        its ID and its name as title. `given` may narrow them. Raises what the platform says.
        """
        return await self._forms.fields(action, given or {}, fresh=fresh)

    def needs(self, action: str, field: str) -> list[str]:
        """The inputs to fill in before a field's choices can be read, in that order; `choices` also has those for an
        input that the action lacks.
        """
        return self._forms.needs(action, field)

    def _opened_forms(self) -> Forms:
        looks = Looks(
            self.connector,
            line=self._line,
            connection=self.connection.name,
            platform=self.connection.base_url,
            retries=self.retries,
            recent=self._recent,
        )
        return Forms(looks)

    @working
    async def who(self) -> Acting | None:
        """As whom the connection acts; None where the connector cannot ask. Raises ConnectorError."""
        name = self.connection.name
        return await who(self.connector, line=self._line, connection=name, retries=self.retries)

    def stream(
        self, action: str, given: Mapping[str, Any], *, in_flight: int = IN_FLIGHT, after: Json = None
    ) -> Stream:
        """The pages or rows of a read, as they come; `after` is the bookmark of an earlier one to go on from."""
        means = {**self._all_means(), "connection": self.connection.name, "platform": self.connection.base_url}
        stream = Stream(self.connector, action, given, **means, in_flight=in_flight, after=after)
        self._streams = [stream, *(other for other in self._streams if not other.ended)]
        return stream

    @property
    def at_work(self) -> bool:
        """Whether something is done with it, or one of its streams is read."""
        return self.working > 0 or any(not stream.ended for stream in self._streams)

    async def _end_streams(self) -> None:
        async with AsyncExitStack() as ending:
            for stream in self._streams:
                ending.push_async_callback(stream.close)

    def _kept(self, record: Record) -> None:
        self.latest = record
        if self._heard is not None:
            self._heard(record)

    def _means(self) -> dict[str, Any]:
        """To look at the platform."""
        return {"line": self._line, "gate": self._gate, "forms": self._forms}

    def _all_means(self) -> dict[str, Any]:
        """To run something, and keep its record."""
        return {**self._means(), "keep": self._records.keep, "retries": self.retries}


def _unkept(record: Record) -> None:
    """Of a look that succeeds there is no record."""
