"""The application behind its faults: what happens to a request before the platform sees it, and to its answer after."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from docebo_connect.sandbox import token_requests
from docebo_connect.sandbox.endpoints import INCIDENT
from docebo_connect.sandbox.fault_answers import (
    SPOILERS,
    Answer,
    broken,
    posing_as_page,
    rate_limited,
    token_expired,
)
from docebo_connect.sandbox.faults import Rule
from docebo_connect.sandbox.standings import EVERYBODY, Incident
from docebo_connect.sandbox.tokens import connection_of, token_in

if TYPE_CHECKING:
    from docebo_connect.sandbox.sites import Site

GEAR = "/sandbox"  # is never struck
LOST = "the answer is lost"


class Lost(Exception):
    """There will be no answer."""


class Faulty:
    """An ASGI application whose requests meet the faults of its site's scripts."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or do not."""
        if not self._site.faults or scope["type"] != "http" or scope["path"].startswith(GEAR):
            await self._app(scope, receive, send)
            return
        connection, receive = await self._connection(scope, receive)
        standing = self._site.faults.standing(connection)
        if standing is None:
            await self._app(scope, receive, send)
            return
        incident = standing.meet(scope["method"], scope["path"], token_in(Headers(scope=scope)))
        try:
            await _sent(await self._answer(incident, scope, receive), incident, send)
        except Lost:
            await _hung_up(receive, send)
        finally:
            incident.end()

    async def _connection(self, scope: Scope, receive: Receive) -> tuple[str, Receive]:
        """Whose request it is, and what receives it."""
        connection = connection_of(self._site.store, Headers(scope=scope))
        if connection is None and scope["path"] == token_requests.PATH:
            form, receive = await token_requests.overheard(scope, receive)
            connection = token_requests.connection_asking(self._site.store, form)
        return connection or EVERYBODY, receive

    async def _answer(self, incident: Incident, scope: Scope, receive: Receive) -> Answer:
        for rule in incident.rules:
            if (early := await self._before(rule)) is not None:
                return await _unread(receive, early)
        if incident.expired is not None:
            return await _unread(receive, token_expired(incident.expired.options))
        answer = await self._platforms(incident, scope, receive)
        for rule in incident.rules:
            answer = await _after(rule, answer)
        return answer

    async def _before(self, rule: Rule) -> Answer | None:
        """What happens instead of the request, or only before it."""
        if rule.fault == "rate_limited":
            return rate_limited(rule.options, self._site.store.clock())
        if rule.options.get("when") == "before":
            if rule.fault == "slow_answer":
                await asyncio.sleep(rule.options["delay_s"])
            return await _trouble(rule)
        return None

    async def _platforms(self, incident: Incident, scope: Scope, receive: Receive) -> Answer:
        """What the platform answers; it may be asked for another page than the client thinks."""
        scope = {**scope, INCIDENT: incident}
        query = QueryParams(scope["query_string"])
        asked = int(query.get("page", "")) if query.get("page", "").isdecimal() else 1
        repeated = incident.find("repeated_page")
        if repeated is None:
            return await _collected(self._app, scope, receive)
        page = repeated.options["page"] or max(1, asked - 1)
        # In its place, as cursors are made from the query.
        pairs = [(name, str(page) if name == "page" else value) for name, value in query.multi_items()]
        scope["query_string"] = str(QueryParams(pairs if "page" in query else [*pairs, ("page", str(page))])).encode()
        return posing_as_page(await _collected(self._app, scope, receive), asked)


async def _after(rule: Rule, answer: Answer) -> Answer:
    """What becomes of an answer, now that the request has been carried out."""
    if spoilt := SPOILERS.get(rule.fault):
        return spoilt(answer, rule.options)
    if rule.options.get("when") != "after":
        return answer
    if rule.fault == "slow_answer":
        await asyncio.sleep(rule.options["delay_s"])
    return await _trouble(rule) or answer


async def _trouble(rule: Rule) -> Answer | None:
    if rule.fault == "lost_answer":
        raise Lost
    return broken(rule.options) if rule.fault == "error" else None


async def _collected(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    """An application's whole answer. Raises Lost where the client has left, so that there is none."""
    messages: list[Any] = []

    async def collect(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, collect)
    if not messages:
        raise Lost
    headers = tuple((bytes(name), bytes(value)) for name, value in messages[0].get("headers", ()))
    return Answer(messages[0]["status"], headers, b"".join(message.get("body", b"") for message in messages[1:]))


async def _unread(receive: Receive, answer: Answer) -> Answer:
    """The answer, once the request that it is not about has come in: servers do not like to be sent half of one."""
    while (await receive()).get("more_body"):
        pass
    return answer


async def _sent(answer: Answer, incident: Incident, send: Send) -> None:
    """Send an answer, at once or drop by drop."""
    await send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
    if drip := incident.find("dripping_body"):
        size = drip.options["piece_bytes"]
        for start in range(0, len(answer.body), size):
            await send({"type": "http.response.body", "body": answer.body[start : start + size], "more_body": True})
            await asyncio.sleep(drip.options["delay_s"])
        await send({"type": "http.response.body"})
        return
    await send({"type": "http.response.body", "body": answer.body})


async def _hung_up(receive: Receive, send: Send) -> None:
    """Close the connection; in process, where there is none, raise ConnectionResetError.

    ASGI has no word for it, but what uvicorn lets an application send with holds the connection.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError(LOST)
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
