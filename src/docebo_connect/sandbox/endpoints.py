"""From a handler to an endpoint: the request read, one transaction, the answer, and then the courier."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from docebo_connect.sandbox.courier import Courier
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.oauth_requests import form_of
from docebo_connect.sandbox.parameters import Query
from docebo_connect.sandbox.refusals import Refusal
from docebo_connect.sandbox.sites import Site
from docebo_connect.sandbox.standings import CALM, Incident
from docebo_connect.sandbox.tokens import bearer
from docebo_connect.sandbox.webhook_mishaps import invents
from docebo_connect.sandbox.webhooks import Announcements

INCIDENT = "docebo_connect.incident"
"""Where a request's ASGI scope holds the faults that it meets."""

LARGEST_BODY = 8 * 1024 * 1024  # bytes; a thousand users fit many times over

Handler = Callable[[Exchange], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


class BoundedRequest(Request):
    """A request whose body may not be too large; one that is, is read to its end all the same."""

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Starlette's own limit would answer without the API's error body, and before the client is done sending."""
        size = 0
        async for chunk in super().stream():
            size += len(chunk)
            if size <= LARGEST_BODY:
                yield chunk
        if size > LARGEST_BODY:
            raise Refusal(413, "The request body is too large.")


def endpoint(handler: Handler, *, needs_token: bool, writes: bool, takes_form: bool) -> Endpoint:
    """The handler in a transaction of its own, which a refusal undoes."""

    async def answered(received: Request) -> Response:
        site: Site = received.app.state.site
        request = BoundedRequest(received.scope, received.receive)
        body = await request.body()
        form = await form_of(request) if takes_form else {}
        query = Query(request.query_params)
        incident: Incident = request.scope.get(INCIDENT, CALM)
        announcements = Announcements(site.store, site.host, site.held)
        exchange = Exchange(site, request, query, body, form, announcements, incident)
        # Nothing is awaited inside: a short SQLite transaction takes less time than a hop to a thread, and the event
        # loop's other requests share the connection. Asking for a cursor keeps the search, so this kind of GET writes.
        with site.store.transaction(write=writes or "get_cursor" in query.params or invents(incident)):
            if needs_token:
                exchange.user = bearer(exchange)
                exchange.past = incident.past
            response = handler(exchange)
            announcements.write(incident)
        response.background = BackgroundTask(_wake, site.courier)  # the platform announces after it has answered
        return response

    return answered


async def _wake(courier: Courier) -> None:
    courier.wake()  # a coroutine, as Starlette would call a function in a thread
