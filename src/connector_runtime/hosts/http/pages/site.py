"""The page's routes: each reads what the API reads, and answers with a page."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope as Connection

from connector_runtime.errors import ConnectorError
from connector_runtime.hosts.http.audit import audited
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.keys import COOKIE, Caller, Scope, caller_of_browser, now_utc
from connector_runtime.hosts.http.observed.current import note
from connector_runtime.hosts.http.pages import (
    acting,
    arriving,
    connecting,
    finding,
    following,
    history,
    outcome,
    seeing,
    whole,
)
from connector_runtime.hosts.http.pages.drawing import HEADERS, HERE, Drawing
from connector_runtime.hosts.http.pages.entering import Entrance, check_origin
from connector_runtime.hosts.http.pages.visit import Again, Answer, Means, Page, Visit
from connector_runtime.hosts.http.problems import Declined, fault, status_of, unknown
from connector_runtime.hosts.http.returning import RETURNS, connected

MODULES = (finding, acting, history, outcome, whole, connecting, arriving, following, seeing)

PAGES: list[Page] = [route for module in MODULES for route in module.ROUTES]

RUN = re.compile(r"/runs/([^/?#]+)")
"""Where a browser is led that has begun a run."""

NO_PAGES = ("/v1/", "/hooks/", "/connected", "/static/", "/livez", "/readyz")
"""What no page is found below."""


class Site:
    """The pages of a host."""

    def __init__(self, host: Host) -> None:
        drawing = Drawing(host.connector, host.program)
        self._host, self._entrance, self._page = host, Entrance(host, drawing), drawing.page
        self.means = Means(host, drawing)

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        return [
            *(
                self._route(path, partial(self._answered, scope, answer), method)
                for method, path, scope, answer in PAGES
            ),
            self._route("/enter", partial(self._tried, self._entrance.enter), "GET", "POST"),
            self._route("/leave", partial(self._tried, self._entrance.leave), "POST"),
            *(
                self._route(path, partial(self._tried, partial(connected, self._host, here)))
                for path, here in RETURNS.items()
            ),
            Route("/static/icon.svg", self._icon),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            Nowhere("/{path:path}", partial(self._answered, "read", _nowhere), methods=["GET"]),
        ]

    @staticmethod
    def _route(path: str, answer: Callable[[Request], Awaitable[Response]], *methods: str) -> Route:
        return Route(path, answer, methods=methods or None, include_in_schema=False)

    async def _answered(self, scope: Scope, answer: Answer, request: Request) -> Response:
        who: Caller | None = None
        visit: Visit | None = None
        refused = True
        try:
            check_origin(request)
            who = caller_of_browser(self._host.tenants, request.cookies.get(COOKIE, ""), now_utc())
            note(tenant=who.tenant, key_id=who.key.id)
            self._host.allowance.take(who.key.id, time.monotonic())
            who.check("read")  # each of them shows something
            who.check(scope)
            visit = Visit(self.means, request, who)
            made, refused = await answer(visit), False
        except Declined as wrong:
            made = self._entrance.asks_for_a_key(request) if wrong.status == 401 else self._problem(who, wrong)
            if who is not None and wrong.code == "too_many_calls" and answer in acting.COMES_BACK:
                made = await self._answered_again(
                    scope, acting.COMES_BACK[answer], Visit(self.means, request, who), wrong
                )
        except Exception as wrong:  # whatever it is, a browser is shown a page
            made = self._problem(who, wrong)
        if who is not None:
            looks = request.method == "GET" if visit is None else visit.looks
            if self._host.refusals.is_noted(who, made.status_code, refused=refused, looks=looks):
                what, begun = f"page_{getattr(answer, '__name__', '')}", RUN.fullmatch(made.headers.get("location", ""))
                about = begun[1] if begun else made.headers.get("run-id", "")
                audited(self._host.tenants, who, what, request, made.status_code, about=about)
        return made

    async def _answered_again(self, scope: Scope, again: Again, visit: Visit, wrong: Declined) -> Response:
        """What was sent comes back to whoever may ask for no more now."""
        try:
            visit.caller.check("read")
            visit.caller.check(scope)
            return await again(visit, wrong)
        except (Declined, HTTPException, ConnectorError) as other:
            return self._problem(visit.caller, other)

    async def _tried(self, answer: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
        """A page for those who are not let in."""
        try:
            return await answer(request)
        except Exception as wrong:
            return self._problem(None, wrong)

    def _problem(self, who: Caller | None, wrong: Exception) -> Response:
        if not isinstance(wrong, Declined | HTTPException | ConnectorError):
            wrong = fault(wrong)
        if isinstance(wrong, ConnectorError):
            return self._page("problem.html", who, status_of(wrong), title=wrong.message, fix=wrong.fix)
        if isinstance(wrong, HTTPException):
            return self._page("problem.html", who, wrong.status_code, title=wrong.detail, fix="Go back, and try again.")
        if wrong.status == 401:
            return RedirectResponse("/enter", 303, HEADERS)
        made = self._page("problem.html", who, wrong.status, title=wrong.message, fix=wrong.fix)
        made.headers.update(wrong.headers)
        return made

    async def _icon(self, request: Request) -> Response:
        told = self._host.connector.identity.listing
        file = None if told is None else self._host.connector.folder / told.icon
        if file is None or not file.is_file():
            return Response(status_code=404)
        return Response(file.read_bytes(), media_type="image/svg+xml", headers={"x-content-type-options": "nosniff"})


class Nowhere(Route):
    """Where a browser looks for a page that there is not; programs are told as the API tells them."""

    def matches(self, scope: Connection) -> tuple[Match, Connection]:
        """Whether somebody looks for a page there."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return Match.NONE, {}
        if scope["path"].startswith(NO_PAGES) or "text/html" not in Headers(scope=scope).get("accept", ""):
            return Match.NONE, {}
        return super().matches(scope)


async def _nowhere(visit: Visit) -> Response:
    raise unknown(f"page `{visit.request.url.path}`")
