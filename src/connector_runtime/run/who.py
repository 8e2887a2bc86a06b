"""As whom a connection acts: one look at the platform, of which no record is kept."""

from __future__ import annotations

from connector_runtime.connections import Line
from connector_runtime.connections.acting import Acting, acting_in, who_request
from connector_runtime.definition import Connector
from connector_runtime.record import Record, without_secrets
from connector_runtime.run.attempts import NO_RETRIES, Retries
from connector_runtime.run.looking import look


async def who(connector: Connector, *, line: Line, connection: str, retries: Retries = NO_RETRIES) -> Acting | None:
    """As whom the connection acts; None where the connector does not say how to ask. Raises ConnectorError."""
    identity = connector.identity
    if identity.connection.who is None:
        return None
    record = Record.begin(action="who", version=identity.version, connection=connection, given=None)
    response = await look(connector, who_request(identity.connection.who), line=line, record=record, retries=retries)
    acting = acting_in(identity.connection.who, response)
    return Acting(**without_secrets(acting.document(), record.secrets))
