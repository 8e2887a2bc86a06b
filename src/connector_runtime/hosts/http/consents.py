"""Consents that a tenant waits for: a person allows a connection in the browser, which then comes back."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from connector_runtime.connections.consent import code_in, consent_url, new_state, new_verifier
from connector_runtime.connections.grants import Code
from connector_runtime.connections.kept import Kept
from connector_runtime.definition import Connector
from connector_runtime.hosts.http.problems import Declined

PATIENCE_S = 600
"""For how long somebody may take to allow a connection."""

MOST = 100
"""Consents of one tenant that are waited for; the oldest goes when another comes."""


@dataclass(frozen=True)
class Consent:
    """A consent that is waited for."""

    draft: Kept
    again: bool
    redirect_uri: str
    verifier: str = field(repr=False)
    until: float


class Consents:
    """The consents that one tenant waits for, by their state."""

    def __init__(self) -> None:
        self._waiting: dict[str, Consent] = {}

    def ask(self, connector: Connector, draft: Kept, redirect_uri: str, *, again: bool) -> str:
        """The address at which a person allows a connection."""
        state, verifier = new_state(), new_verifier()
        way = connector.identity.connection.authentication
        url = consent_url(way, draft.base_url, draft.fields, redirect_uri, state, verifier)
        while len(self._waiting) >= MOST:
            del self._waiting[next(iter(self._waiting))]
        self._waiting[state] = Consent(draft, again, redirect_uri, verifier, time.monotonic() + PATIENCE_S)
        return url

    def heard(self, state: str, query: str) -> tuple[Consent, Code]:
        """The consent that a browser brings back. Raises Declined for nobody's, ConnectorError where it is a no."""
        waited = self._waiting.pop(state, None)
        if waited is None or waited.until < time.monotonic():
            raise Declined(400, "consent_mismatch", "nobody waits for this consent any more", "Connect again.")
        return waited, Code(code_in(query, state), waited.redirect_uri, waited.verifier)
