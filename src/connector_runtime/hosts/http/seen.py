"""What a key may see of its tenant's things, and of nothing else: not even that it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector_runtime.definition import Connector
from connector_runtime.events.loop import Loop
from connector_runtime.hosts.http.home import Home, found_run, unknown_run
from connector_runtime.hosts.http.keys import Caller
from connector_runtime.hosts.http.problems import unknown
from connector_runtime.hosts.session import Session
from connector_runtime.store.sought import Only
from connector_runtime.values import Json


def check_there(home: Home, caller: Caller, name: str) -> None:
    """Raises Declined for a connection that the key is not for; and, where it is for some only, for one that is not
    there: else what is said of that would name those that are.
    """
    caller.check_connection(name)
    if caller.key.connections is not None and all(each["name"] != name for each in home.connections()):
        raise unknown(f"connection `{name}`")


def connections_of(home: Home, caller: Caller) -> list[dict[str, Json]]:
    """The connections that the key is for, as anybody may see them."""
    return [each for each in home.connections() if caller.sees_connection(each["name"])]


def check_kept(home: Home, caller: Caller, name: str) -> None:
    """Raises Declined for a connection that is not there, or that the key is not for."""
    if all(each["name"] != name for each in connections_of(home, caller)):
        raise unknown(f"connection `{name}`")


async def session_of(home: Home, caller: Caller, record: Mapping[str, Json]) -> Session:
    """To go on with what a run has done. Raises Declined where its connection is not there any more, InvalidInput where
    that leads to another platform now.
    """
    check_kept(home, caller, record["connection"])
    session = await home.session(record["connection"])
    session.check_leads_to(record["platform"], record["run_id"])
    return session


def run_of(home: Home, caller: Caller, run_id: str) -> dict[str, Json]:
    """A run's record. Raises Declined where there is none, or the key is for other connections or actions."""
    record = found_run(home.runs, run_id)
    if not (caller.sees_connection(record["connection"]) and caller.sees_action(record["action"])):
        raise unknown_run(run_id)
    return record


def only_of(connector: Connector, caller: Caller) -> Only:
    """The events that the key may see at most: those of its connections, and of kinds that its actions can cause."""
    key = caller.key
    if key.actions is None:
        return Only(connections=key.connections)
    known = [action for action in connector.actions.values() if action.key in key.actions]
    return Only(connections=key.connections, kinds={emit.event for action in known for emit in action.emits})


def without_others(loop: Loop, caller: Caller, events: Sequence[dict[str, Json]]) -> list[dict[str, Json]]:
    """These events without those that were caused by runs of actions that the key is not for."""
    if caller.key.actions is None:
        return list(events)
    actions = loop.actions_of({each["caused_by"] for each in events if each["caused_by"]})
    return [
        each for each in events if each["caused_by"] is None or caller.sees_action(actions.get(each["caused_by"], ""))
    ]


def budgets_of(home: Home, caller: Caller) -> list[dict[str, Json]]:
    """What is left of the calls that platforms take, of those that the key has a connection to."""
    seen = {each["base_url"] for each in connections_of(home, caller)}
    return [row for row in home.budgets() if row["platform"] in seen]
