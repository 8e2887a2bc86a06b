"""listing.json: the facts of a connector, gathered from its declarations, its fixtures and its changelog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from connector_runtime.definition import Action, Connector, Trigger
from connector_runtime.definition.connection import GRANT_FIELDS, ConnectionTemplate, Grant, Limits
from connector_runtime.definition.listing import Listing
from connector_runtime.definition.source import GRADES, Source
from connector_runtime.errors import InvalidInput
from connector_runtime.exports.catalogue import errors_of
from connector_runtime.exports.facts import (
    Access,
    ActionFacts,
    Assumptions,
    Believed,
    CallLimit,
    CausedEvent,
    EventFacts,
    ListingFacts,
    Named,
    Permission,
    WayIn,
)
from connector_runtime.exports.fields import field_facts
from connector_runtime.exports.listing import if_already_in_words
from connector_runtime.exports.picked import picked_lists
from connector_runtime.exports.recorded import RecordedRuns, payloads
from connector_runtime.exports.releases import releases_of
from connector_runtime.run.gate import assumed_endpoint
from connector_runtime.values import Kind, Problem

KINDS_IN_WORDS: Mapping[Kind, str] = {
    "read": "Reads",
    "create": "Creates",
    "delete": "Removes",
    "overwrite": "Overwrites",
}
GRANTS_IN_WORDS: Mapping[Grant, str] = {
    "authorization_code": "authorization code, with PKCE",
    "client_credentials": "client credentials",
    "password": "password",
    "jwt_bearer": "JWT bearer",
    "token": "none: the token is given",
}
CHANGELOG = "CHANGELOG.md"


def listing_facts(connector: Connector) -> ListingFacts:
    """All that is shown of a connector. Raises InvalidInput where it declares no listing, and DefinitionError."""
    identity = connector.identity
    told = _listing(connector)
    actions = [action_facts(connector, action) for action in connector.actions.values()]
    ends: dict[str, list[Named]] = {}
    for action in actions:
        for code in action.errors:
            ends.setdefault(code, []).append(Named(key=action.key, title=action.title))
    return ListingFacts(
        key=identity.key,
        platform=identity.title,
        version=identity.version,
        summary=identity.summary,
        **{each.name: getattr(told, each.name) for each in fields(told) if each.name != "permissions"},
        access=_access(identity.connection),
        permissions=_permissions(connector, told),
        limits=list(_limits(identity.limits)),
        actions=actions,
        events=[event_facts(connector, trigger) for trigger in connector.triggers.values()],
        pick_lists=list(picked_lists(identity)),
        errors=errors_of(connector, ends),
        assumptions=list(assumptions_of(connector)),
        changelog=releases_of(_text(connector.folder / CHANGELOG)),
    )


def action_facts(connector: Connector, action: Action) -> ActionFacts:
    """One action, with samples from its cases. Raises DefinitionError."""
    runs = RecordedRuns(connector, action)
    so, told = action.if_already, connector.identity.listing
    return ActionFacts(
        key=action.key,
        title=action.title,
        action_name=action.action_name,
        in_article=action.source.article is not None,
        summary=action.summary,
        description=action.description,
        kind=action.kind,
        kind_in_words=KINDS_IN_WORDS[action.kind],
        method=action.request.method,
        path=action.request.path,
        endpoint=action.request.endpoint,
        endpoint_assumed=any(assumed_endpoint(action)),
        pages=action.paging is not None,
        permission=told.permissions[action.kind] if told else "",
        input=field_facts(action.input, runs.inputs),
        output=field_facts(action.output, runs.outputs, asked=False),
        events=[
            CausedEvent(event=emit.event, title=connector.triggers[emit.event].title, when_input=emit.when_input)
            for emit in action.emits
        ],
        if_already=if_already_in_words(so) if so else "",
        if_already_default=so.default if so else None,
        errors=runs.codes,
        sample=runs.sample,
        assumptions=_believed(action.source),
    )


def event_facts(connector: Connector, trigger: Trigger) -> EventFacts:
    """One webhook event, with samples from its deliveries. Raises DefinitionError."""
    return EventFacts(
        event=trigger.event,
        title=trigger.title,
        summary=trigger.summary,
        fires_when=trigger.fires_when,
        in_article=trigger.source.article is not None,
        payload=field_facts(trigger.payload, list(payloads(connector, trigger))),
        identity=trigger.identity,
        order_per=trigger.order.per,
        order_by=trigger.order.by,
        caused_by=[Named(key=key, title=connector.actions[key].title) for key in trigger.caused_by],
        sample_name=trigger.samples[0],
        sample=connector.delivery(trigger.event, trigger.samples[0]),
        assumptions=_believed(trigger.source),
    )


def assumptions_of(connector: Connector) -> Iterator[Assumptions]:
    """What is believed, declaration by declaration; those that assume nothing are left out."""
    identity = connector.identity
    everywhere = Assumptions(
        key="connector.yaml",
        title=f"Everywhere on {identity.title}",
        of="platform",
        assumptions=_believed(identity.source),
    )
    whole = [everywhere]
    for action in connector.actions.values():
        believed = _believed(action.source)
        whole.append(Assumptions(key=action.key, title=action.title, of="action", assumptions=believed))
    for operation in connector.operations.values():
        believed = _believed(operation.source)
        whole.append(Assumptions(key=operation.key, title=operation.title, of="platform", assumptions=believed))
    for trigger in connector.triggers.values():
        believed = _believed(trigger.source)
        whole.append(Assumptions(key=trigger.event, title=trigger.title, of="event", assumptions=believed))
    return (each for each in whole if each.assumptions)


def _believed(source: Source) -> list[Believed]:
    return [
        Believed(where=where, grade=a.grade, grade_in_words=GRADES[a.grade], why=a.why)
        for where, a in source.assumed.items()
    ]


def _listing(connector: Connector) -> Listing:
    if connector.identity.listing is not None:
        return connector.identity.listing
    raise InvalidInput(
        [Problem("", "the connector has no listing")],
        fix=f"Write `listing` in {connector.folder / 'connector.yaml'}: what it does, for whom, and what it needs.",
    )


def _permissions(connector: Connector, told: Listing) -> list[Permission]:
    return [
        Permission(
            kind=kind,
            kind_in_words=KINDS_IN_WORDS[kind],
            needs=needs,
            actions=[Named(key=a.key, title=a.title) for a in connector.actions.values() if a.kind == kind],
        )
        for kind, needs in told.permissions.items()
    ]


def _access(connection: ConnectionTemplate) -> Access:
    way = connection.authentication
    known = {each.key: each for each in field_facts(way.input)}
    return Access(
        fields=field_facts(connection.input),
        scopes=way.scope.split() if way.scope else [],
        authorize=way.authorize,
        token=way.token,
        ways=[
            WayIn(
                key=key,
                title=method.title,
                description=method.description,
                grant=GRANTS_IN_WORDS[method.grant],
                fields=[known[name] for name in GRANT_FIELDS[method.grant]],
            )
            for key, method in way.methods.items()
        ],
    )


def _limits(limits: Limits) -> Iterator[CallLimit]:
    for window in limits.windows:
        words = f"{window.calls:,} calls in {_span(window.seconds)}"
        yield CallLimit(of="calls", calls=window.calls, seconds=window.seconds, in_words=words)
    for window in limits.token:
        words = f"{window.calls:,} requests for a token in {_span(window.seconds)}"
        yield CallLimit(of="tokens", calls=window.calls, seconds=window.seconds, in_words=words)


def _span(seconds: float) -> str:
    """`an hour`, `a minute`, or so many seconds."""
    return {60: "a minute", 3600: "an hour", 86_400: "a day"}.get(int(seconds), f"{seconds:g} seconds")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
