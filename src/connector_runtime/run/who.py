"""As whom a connection acts: one look at the platform, of which no record is kept."""

from __future__ import annotations

from connector_runtime.connections import Line
from connector_runtime.connections.acting import Acting, acting_in, who_request
from connector_runtime.definition import Connector
from connector_runtime.errors import NotNow
from connector_runtime.record import Record, without_secrets
from connector_runtime.refusal import refused
from connector_runtime.run.attempts import NO_RETRIES, Attempts, Retries
from connector_runtime.run.watch import Watch


async def who(connector: Connector, *, line: Line, connection: str, retries: Retries = NO_RETRIES) -> Acting | None:
    """As whom the connection acts; None where the connector does not say how to ask. Raises ConnectorError."""
    identity = connector.identity
    if identity.connection.who is None:
        return None
    record = Record.begin(action="who", version=identity.version, connection=connection, given=None)
    attempts = Attempts(retries, record, line)
    watch = Watch(record, lambda _: None, attempts.leave, lambda response: refused(identity.errors, response))
    while True:
        try:
            acting = acting_in(identity.connection.who, await watch.send(who_request(identity.connection.who)))
            return Acting(**without_secrets(acting.document(), record.secrets))
        except NotNow as wrong:
            if not await attempts.another(wrong):
                raise
