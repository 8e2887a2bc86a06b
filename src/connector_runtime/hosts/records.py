"""The records of a data directory, as those who work there keep them: one of them at a time writes a run's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from connector_runtime.definition import Action
from connector_runtime.errors import Conflict, InvalidInput, NotNow
from connector_runtime.hosts.chains import Chains
from connector_runtime.hosts.directories import presence_file, records_file
from connector_runtime.inputs import digest_of
from connector_runtime.record import Record
from connector_runtime.store import Location, Presence, Store
from connector_runtime.values import Json, Problem, json_text


class Records:
    """Opened with the data directory, and closed with whoever opened it. `heard` is told of each record that is kept.

    Raises InvalidInput when the directory cannot be used.
    """

    def __init__(self, data_dir: Location, heard: Callable[[Record], None]) -> None:
        self._heard = heard
        with ExitStack() as opening:
            self._store = Store(records_file(data_dir))
            opening.callback(self._store.close)
            self.chains = Chains(data_dir)
            opening.callback(self.chains.close)
            self._presence = Presence(presence_file(data_dir))
            self._open = opening.pop_all()

    @property
    def end_with_their_process(self) -> bool:
        """Whether nobody can be at work on a run of a process that is gone."""
        return self._presence.ends_with_its_process

    def close(self) -> None:
        """Let go of the files."""
        self._open.close()

    def at(self, run_id: str) -> AbstractContextManager[None]:
        """Work on a run, as long as the block lasts. Raises Conflict when somebody else does."""
        return self._presence.at(run_id)

    def keep(self, record: Record) -> None:
        """Commit a record as it now stands. Raises NotNow where that cannot be, also as another process has taken the
        run over.
        """
        if record.status == "running" and record.effect == "unknown":  # a change is about to be sent
            self._presence.check(record.run_id)
        told = record.may_cause is not None and self.chains.may_be_told()
        document, causing = record.document(), record.causing() if told else None
        try:
            kept = self._store.save(document, causing, before=record.kept)
        except NotNow:  # it may be kept all the same
            record.kept = (*record.kept, json_text(document))
            raise
        if kept is None:
            said = f"run {record.run_id} was taken over by another process"
            raise NotNow(said, code="taken_over", effect="unknown")
        record.kept = (kept,)
        self._heard(record)

    def claim(self, key: str, action: Action, given: Json, record: Record) -> str | None:
        """The id of the run that a key stands for already; None when it now stands for this one, which is kept. Raises
        Conflict for a key that belongs to something else.
        """
        if not key.strip() or not key.isprintable():
            raise InvalidInput([Problem("key", "must be a text that can be printed", "Key")])
        digest = digest_of(action, given, f"{record.connection} {record.platform}", record.if_already)
        document = record.document()
        known = self._store.claim(key, digest, document)
        if known is None:
            record.kept = (json_text(document),)
            return None
        if known[0] != digest:
            said = f"the key `{key}` belongs to another input, or to another platform"
            taken = Conflict(said, code="key_of_another_input")
            taken.run_id = known[1]
            raise taken
        return known[1]

    def found(self, run_id: str) -> Record:
        """A run as it was kept. Raises InvalidInput for one that is not there."""
        found = self._store.get(run_id)
        if found is None:
            raise InvalidInput([Problem("run_id", f"there is no run `{run_id}`", "ID")])
        record = Record.restored(found)
        record.kept = (json_text(found),)
        return record
