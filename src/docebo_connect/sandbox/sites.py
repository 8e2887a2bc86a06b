"""One opened stand-in: the world in a directory, and the ASGI application over it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docebo_connect.sandbox import webhooks
from docebo_connect.sandbox.courier import Courier
from docebo_connect.sandbox.credentials import CLIENT_ID, CLIENT_SECRET, HOST, PASSWORD, USERNAME, Concealed
from docebo_connect.sandbox.faults import Written, read_script
from docebo_connect.sandbox.outbox import BACKOFF_S
from docebo_connect.sandbox.standings import Faults
from docebo_connect.sandbox.store import Clock, Store, prepare, real_clock, rebuild

if TYPE_CHECKING:
    from docebo_connect.sandbox.faulty import Faulty

FEATURES = {
    "singular_delete": "the route DELETE /learn/v1/enrollment/{course_id}/{user_id}, as the article spells it",
    "session_delete": "session_id on DELETE /learn/v1/enrollments/{course_id}/{user_id}; without it, it is ignored",
}


class Site:
    """What `docebo_connect.sandbox.site` returns; `clock` and `backoff_s` (seconds) are there for tests."""

    host = HOST
    base_url = f"https://{HOST}"

    def __init__(
        self,
        directory: Path,
        *,
        seed: int | None = None,
        without: Collection[str] = (),
        faults: Written | None = None,
        clock: Clock = real_clock,
        backoff_s: tuple[float, ...] = BACKOFF_S,
    ) -> None:
        if unknown := sorted(set(without) - set(FEATURES)):
            raise ValueError(f"no such feature: {', '.join(unknown)}; known: {', '.join(FEATURES)}")
        self.without = frozenset(without)
        script = None if faults is None else read_script(faults)  # before anything is made
        self.store = Store(Path(directory), clock)
        prepare(self.store, seed, _build)
        self.faults = Faults(self.store, script)
        self.held: webhooks.Held = []
        self.courier = Courier(self.store, backoff_s)
        self.courier.wake()

    def __repr__(self) -> str:
        return f"<Site {self.store.path}>"

    @cached_property
    def app(self) -> Faulty:
        """The ASGI application, behind its faults; its modules are imported when it is first asked for."""
        from docebo_connect.sandbox.application import application
        from docebo_connect.sandbox.faulty import Faulty

        return Faulty(application(self), self)

    @property
    def headers(self) -> dict[str, str]:
        """What the in-process connection sends: the token of a superadmin, which does not expire."""
        return Concealed({"Authorization": f"Bearer {self.store.meta('token')}"})

    @property
    def credentials(self) -> dict[str, str]:
        """The registered application and the superadmin, for the OAuth2 grants."""
        return Concealed(
            {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "username": USERNAME, "password": PASSWORD}
        )

    def deliveries(self, after: int = 0) -> list[dict[str, Any]]:
        """The webhook deliveries made so far, in order, without the first `after`."""
        return webhooks.deliveries(self.store, after)

    def subscribe(
        self,
        url: str,
        events: Sequence[str] | None = None,
        username: str | None = None,
        password: str | None = None,
    ) -> int:
        """Register a webhook for some events, or all; with a user name, HTTP Basic is used. Returns its number."""
        return webhooks.subscribe(self.store, url, events, username, password)

    def register_redirect_uri(self, uri: str) -> None:
        """Let the authorization code grant send browsers to this exact address; loopback addresses need none."""
        self.store.execute("INSERT OR IGNORE INTO redirect_uris (uri) VALUES (?)", (uri,))

    def register_jwt_key(self, issuer: str, public_key: str) -> None:
        """Let assertions of this application (`iss`) be verified with this PEM public key."""
        self.store.execute("INSERT OR REPLACE INTO jwt_keys (issuer, public_key) VALUES (?, ?)", (issuer, public_key))

    def reset(self, seed: int | None = None) -> None:
        """Create the world anew, with the same seed or another; deliveries and webhooks go, tokens stay good."""
        self.faults.catch_up()
        self.held.clear()
        with self.store.transaction():
            chosen = seed if seed is not None else int(self.store.meta("seed") or 1)
            rebuild(self.store, chosen, _build)

    def close(self) -> None:
        """Bring what is due to the subscribers, then close the file."""
        self.faults.catch_up()
        if self.held:
            with self.store.transaction():
                webhooks.release(self.store, self.held)
            self.courier.wake()
        self.courier.close()
        self.store.close()

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _build(store: Store, seed: int) -> None:
    """Make the world; what makes one is imported only then."""
    from docebo_connect.sandbox.world import build

    build(store, seed)
