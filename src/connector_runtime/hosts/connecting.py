"""How a platform is connected: drafted, let in, and only then kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from connector_runtime.connections import Line, base_url, guarded
from connector_runtime.connections.concealed import Concealed
from connector_runtime.connections.line import Ticket
from connector_runtime.connections.signin import SignIn, secrets_of
from connector_runtime.definition import Connector
from connector_runtime.errors import ConnectorError, InvalidInput, Unauthorized
from connector_runtime.hosts.connected import agent_of, budgets
from connector_runtime.run import run, who
from connector_runtime.store import Location
from connector_runtime.transport import Connection, open_transport

if TYPE_CHECKING:
    from connector_runtime.connections.grants import Code
    from connector_runtime.connections.kept import Kept
    from connector_runtime.connections.safe import Safe
    from connector_runtime.definition.connection import ConnectionTemplate

OTHER_TOKEN = "Nothing of it was kept. Connect with a token that the platform accepts now."


async def connect(
    connector: Connector,
    safe: Safe,
    kept: Kept,
    code: Code | None = None,
    *,
    data_dir: Location,
    tell: Callable[[str], None] | None = None,
    again: bool = False,
) -> Kept:
    """Get a drafted connection its first tokens, and keep it. Raises what the platform says against it; then nothing is
    kept. `code`: what a person's consent brought, where the way to connect needs one.

    `again`: keep it instead of the one of its name, which stays until then. A token that somebody has already is tried
    with one call first. `tell` hears of waits for the platform's limits, and of a token that is kept untried.
    """
    (safe.check_there if again else safe.check_free)(kept.name)
    connection = guarded(Connection(kept.name, kept.base_url, limits=kept.limits))
    async with (
        open_transport(connection, agent_of(connector)) as send,
        budgets(connector, connection, data_dir, tell) as limited,
    ):
        tokens = await SignIn(connector.identity, send, limited.tokens).first(kept, code)
        let_in = replace(kept, tokens=tokens)
        authentication = connector.identity.connection.authentication
        if authentication.methods[kept.method].grant == "token":
            shown = Ticket(f"{authentication.scheme} {tokens.access}", secrets_of(let_in), kept.version)
            line = Line(send, access=Given(shown), budget=limited.calls)
            if (why := await _not_tried(connector, kept.name, line)) is not None and tell is not None:
                tell(f"The token is kept, but the call that tries it failed for another reason: {why}")
    return safe.replace(let_in) if again else safe.add(let_in)


class Given:
    """Credentials that somebody has already, and nobody renews."""

    def __init__(self, ticket: Ticket) -> None:
        self._ticket = ticket

    def at_hand(self) -> Ticket | None:
        """They are."""
        return self._ticket

    async def renew(self, patience_s: float) -> None:
        """There are no others."""

    def discard(self, ticket: Ticket) -> bool:
        """There are no others."""
        return False


async def _not_tried(connector: Connector, name: str, line: Line) -> ConnectorError | None:
    """Try a token with one call: why that does not tell whether it is good, or None, as it is.

    Raises Unauthorized when the platform refuses it, and what no other moment would mend.
    """
    declared = connector.identity.connection
    try:
        if declared.who is not None:
            await who(connector, line=line, connection=name)
        else:
            record = await run(connector, declared.test, {}, line=line, connection=name, keep=lambda _: None)
            record.raise_if_failed()
    except Unauthorized as refusal:
        refusal.fix = OTHER_TOKEN
        raise
    except ConnectorError as wrong:
        if isinstance(wrong, InvalidInput) or wrong.code == "unusable_request":
            raise
        return wrong
    return None


def staying(template: ConnectionTemplate, before: Kept, given: Mapping[str, str]) -> Concealed:
    """What a connection that is connected again keeps of what was filled in, under the names of the fields.

    Its secrets are for its address: another one gets none of them.
    """
    try:
        here = base_url(template, {**before.fields, **given}) == before.base_url
    except InvalidInput:  # which is said with all else that is wrong
        here = False
    known = before.all_fields() if here else before.fields
    return Concealed({name: value for name, value in known.items() if name not in given})
