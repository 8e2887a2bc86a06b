"""How each connection stands: its fault script, how far it has come in it, and what lasts beyond one request."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from docebo_connect.sandbox.faults import Course, Rule, Script, Written, read_script
from docebo_connect.sandbox.snapshot import Lag, Snapshot
from docebo_connect.sandbox.store import Store

EVERYBODY = ""
"""The connection that a request without a name and without a known token belongs to."""


@dataclass(slots=True)
class Incident:
    """What one request meets."""

    rules: list[Rule] = field(default_factory=list)
    hidden_rows: int = 0
    lag: Lag | None = None
    past: Snapshot | None = None
    expired: Rule | None = None  # set where the request's token has ended

    def find(self, fault: str) -> Rule | None:
        """The first rule of this kind that strikes."""
        return next((rule for rule in self.rules if rule.fault == fault), None)

    def option(self, fault: str, name: str, otherwise: Any) -> Any:
        """What the script says of a fault, where it strikes."""
        rule = self.find(fault)
        return otherwise if rule is None else rule.options[name]

    def end(self) -> None:
        """The request has been answered."""
        if self.lag is not None:
            self.lag.leave()


CALM = Incident()
"""What a request meets when there is no script."""


class Standing:
    """One connection on its way through a script."""

    def __init__(self, store: Store, script: Script) -> None:
        self.course = Course(script)
        self._store = store
        self._expired: dict[str, Rule] = {}
        self._lag: Lag | None = None

    def meet(self, method: str, path: str, token: str | None) -> Incident:
        """Go on by one request."""
        incident = Incident(*self.course.meet(method, path, with_token=token is not None))
        if (rule := incident.find("expired_token")) and token is not None:
            self._expired.setdefault(token, rule)
        incident.expired = self._expired.get(token or "")
        self._look_back(incident, method)
        return incident

    def _look_back(self, incident: Incident, method: str) -> None:
        if self._lag is not None and self._lag.end_if_over():
            self._lag = None
        if self._lag is not None and method == "GET":
            incident.lag, incident.past = self._lag, self._lag.enter()
        if rule := incident.find("delayed_visibility"):
            self._lag = self._lag or Lag(self._store)
            reads, lag_s = rule.options["reads"], rule.options["lag_s"]
            until = None if lag_s is None else self._store.clock() + timedelta(seconds=lag_s)
            self._lag.prolong(reads if until is not None else reads or 1, until)

    def catch_up(self) -> None:
        """Let everything be seen."""
        if self._lag is not None:
            self._lag.end()
            self._lag = None


class Faults:
    """A site's fault scripts: one for everybody, and those of single connections. Kept as long as the site is open."""

    def __init__(self, store: Store, script: Script | None = None) -> None:
        self._store = store
        self._scripts: dict[str, Script] = {} if script is None else {EVERYBODY: script}
        self._standings: dict[str, Standing] = {}

    def __bool__(self) -> bool:
        return bool(self._scripts)

    def set(self, written: Written, connection: str = EVERYBODY) -> None:
        """Begin a script, for one connection or for all that have none of their own. Raises FaultError."""
        script = read_script(written)
        self._forget(connection)
        self._scripts[connection] = script

    def clear(self, connection: str = EVERYBODY) -> None:
        """End a connection's own script; without a connection, all scripts."""
        for name in list(self._scripts) if connection == EVERYBODY else [connection]:
            self._forget(name)
            self._scripts.pop(name, None)

    def standing(self, connection: str) -> Standing | None:
        """How a connection stands; None where no script is about it."""
        standing = self._standings.get(connection)
        if standing is None and (script := self._scripts.get(connection) or self._scripts.get(EVERYBODY)):
            standing = self._standings[connection] = Standing(self._store, script)
        return standing

    def document(self, connection: str) -> dict[str, Any]:
        """The script that a connection meets and how far it has come in it."""
        standing = self.standing(connection)
        return {"seed": 1, "rules": []} if standing is None else standing.course.document()

    def catch_up(self) -> None:
        """Let every change be seen."""
        for standing in self._standings.values():
            standing.catch_up()

    def _forget(self, connection: str) -> None:
        """Let go of what followed the script that is replaced."""
        own = [name for name in self._standings if name == connection or connection == EVERYBODY]
        for name in own:
            if name == connection or name not in self._scripts:
                self._standings.pop(name).catch_up()
