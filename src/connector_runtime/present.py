"""The one table: what each error means to a shell, to HTTP and to an agent's client."""

from __future__ import annotations

from connector_runtime import errors
from connector_runtime.errors import ConnectorError

SUCCESS = 0

TABLE: dict[type[ConnectorError], tuple[int, int]] = {
    # error type: (exit code, HTTP status)
    errors.DefinitionError: (5, 500),
    errors.InvalidInput: (2, 422),
    errors.Conflict: (3, 409),
    errors.EndlessChain: (3, 409),  # no 508: what speaks HTTP tries a 5xx again, and so goes round once more
    errors.Refused: (3, 422),
    errors.Unauthorized: (3, 401),
    errors.NotFound: (3, 404),
    errors.NotNow: (4, 503),
    errors.RateLimited: (4, 429),
    errors.PlatformBroken: (4, 502),
    errors.Unreachable: (4, 504),
    errors.UnknownOutcome: (4, 502),
    errors.UnexpectedOutput: (5, 502),
    errors.NoProgress: (5, 502),
}

STATUSES = {"not_usable": 503}
"""HTTP statuses of codes that have another than their type: what a host was begun with is not its callers' doing."""


def exit_code(error: ConnectorError | None) -> int:
    """0 success, 2 input, 3 refused or conflict, 4 not now or unknown outcome, 5 ours or the definition's."""
    return SUCCESS if error is None else TABLE[type(error)][0]


def http_status(error: ConnectorError) -> int:
    """The status of an HTTP host's answer (RFC 9457 problem+json)."""
    return STATUSES.get(error.code, TABLE[type(error)][1])
