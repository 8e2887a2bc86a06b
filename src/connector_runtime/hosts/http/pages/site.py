"""The page's routes: each reads what the API reads, and answers with a page. A browser is let in by a key, once."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope as Connection

from connector_runtime.errors import ConnectorError
from connector_runtime.exports.templating import environment
from connector_runtime.hosts.http.audit import audited
from connector_runtime.hosts.http.home import Home
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.keys import (
    COOKIE,
    Caller,
    Scope,
    caller,
    caller_of_browser,
    digest,
    is_still_let_in,
    let_in,
    now_utc,
)
from connector_runtime.hosts.http.observed.current import note
from connector_runtime.hosts.http.pages.patience import Late, Patience
from connector_runtime.hosts.http.pages.picking import label_of
from connector_runtime.hosts.http.problems import Declined, fault, status_of, unknown
from connector_runtime.hosts.http.returning import PLACES, connected
from connector_runtime.values import as_text
from connector_runtime.wording import WHOSE

logger = logging.getLogger("connector_runtime")

HERE = Path(__file__).parent

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What the pages may do: nothing of theirs leaves the host. To a platform, for a consent, leads a link."""

HERE_ONLY = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""A path of this host: no second slash, which would name another host, no backslash, which browsers take for one, and
nothing that could not stand in a header.
"""

RUN = re.compile(r"/runs/([^/?#]+)")
"""Where a browser is led that has begun a run."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}

KINDS = {"read": "Only reads", "create": "Makes something", "delete": "Removes something", "overwrite": "Overwrites"}
OUTCOMES = {"succeeded": "Succeeded", "failed": "Failed", "running": "Running"}
STATUSES = {"expected": "Not seen yet", "seen": "Seen", "missing": "Missing", "not_watched": "Nobody looks"}
EFFECTS = {
    "none": "Nothing was changed.",
    "unknown": "Whether the change was made is not known.",
    "done": "The change was made.",
}
UNDER_WAY = {
    "none": "Still running: no change was sent yet.",
    "unknown": "Still running: a change may be on its way.",
    "done": "Still running: the change was made.",
}
"""The same of a run in progress."""
CHANGED = {"none": "No", "unknown": "Not known", "done": "Yes"}
NO_PAGES = ("/v1/", "/hooks/", "/connected", "/static/", "/livez", "/readyz")
"""What no page is found below."""

T = TypeVar("T")


def moment_in_words(moment: str | float) -> str:
    """A moment in UTC, or in seconds since 1970, as people read it: `2026-01-31 09:00:00 UTC`."""
    text = moment if isinstance(moment, str) else as_text(datetime.fromtimestamp(moment, UTC))
    return f"{text[:19].replace('T', ' ')} UTC"


def place_here(asked: str) -> str:
    """The page of this host that a text names: a path, with its query. For whatever else it is, the first page."""
    local = HERE_ONLY.fullmatch(asked) is not None
    return asked if local and not asked.startswith(("/enter", "/leave", "/v1/")) else "/"


Answer = Callable[["Visit"], Awaitable[Response]]

Again = Callable[["Visit", Declined], Awaitable[Response]]
"""How what was sent comes back, where it is not looked at."""

Page = tuple[str, str, Scope, Answer]
"""Method, path, and what it needs a key for, besides to read."""


class Visit:
    """One request of a browser that is let in, and how it is answered."""

    def __init__(self, site: Site, request: Request, who: Caller) -> None:
        self.site, self.request, self.caller = site, request, who
        self.looks = request.method == "GET"
        """Whether nothing is to be changed: that is not noted in the audit."""

    @property
    def home(self) -> Home:
        """What the visitor's tenant has."""
        return self.site.host.home(self.caller)

    @property
    def is_let_in(self) -> bool:
        """Whether the browser is let in still: what is given for long may outlast that."""
        return is_still_let_in(self.site.host.tenants, self.caller, self.request.cookies.get(COOKIE, ""), now_utc())

    async def waits(self, key: tuple[Any, ...], read: Callable[[], Awaitable[T]], *, asked: bool = False) -> T:
        """What is read from a platform for the visitor's tenant, in its turn, if it comes before the page must be
        shown; `asked`: somebody waits for just this. Raises Late, and what `read` raises.
        """
        name = digest(repr(key))  # there may be a whole form in it
        return await self.site.patience.wait(
            (self.caller.tenant, name), partial(_in_turn, self.home, read), asked=asked
        )

    def page(self, template: str, status: int = 200, **facts: Any) -> Response:
        """A page made of these facts."""
        return self.site.page(template, self.caller, status, here=self.request.url.path, **facts)


async def _in_turn(home: Home, read: Callable[[], Awaitable[T]]) -> T:
    """What is read when its turn has come. Raises Late where too many wait for theirs, or the host is told to stop."""
    stopping = asyncio.create_task(home.stopping.wait())
    try:
        async with home.turn():
            reading = asyncio.ensure_future(read())
            await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():  # nobody sees it any more
                reading.cancel()
                await asyncio.wait({reading})
                raise Late
            return await reading
    except Declined as wrong:
        raise Late from wrong
    finally:
        stopping.cancel()


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


class Site:
    """The pages of a host."""

    def __init__(self, host: Host) -> None:
        self.host = host
        from connector_runtime.hosts.http.pages.naming import Names

        self.patience, self.names = Patience(), Names()
        self._comes_back: dict[Answer, Again] = {}
        self._templates = environment()
        from jinja2 import ChoiceLoader, FileSystemLoader  # it is there: the environment is made of it

        own = FileSystemLoader(HERE / "templates")
        self._templates.loader = ChoiceLoader([own, self._templates.loader]) if self._templates.loader else own
        self._templates.filters["moment"] = moment_in_words
        self._templates.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": False}
        self._templates.globals |= {
            "connector": host.connector,
            "program": host.program,
            "kinds": KINDS,
            "outcomes": OUTCOMES,
            "statuses": STATUSES,
            "effects": EFFECTS,
            "under_way": UNDER_WAY,
            "changed": CHANGED,
            "whose": WHOSE,
            "label_of": label_of,
        }

    def page(self, template: str, who: Caller | None, status: int = 200, **facts: Any) -> Response:
        """A page made of these facts."""
        made = self._templates.get_template(template).render(caller=who, **{"here": "", **facts})
        return HTMLResponse(made, status, HEADERS)

    def routes(self) -> list[BaseRoute]:
        """All of them."""
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

        modules = (finding, acting, history, outcome, whole, connecting, arriving, following, seeing)
        known: list[Page] = [route for module in modules for route in module.ROUTES]
        self._comes_back = acting.COMES_BACK
        pages = [
            Route(path, partial(self._answered, scope, answer), methods=[method], include_in_schema=False)
            for method, path, scope, answer in known
        ]
        return [
            *pages,
            Route("/enter", partial(self._tried, self._enter), methods=["GET", "POST"]),
            Route("/leave", partial(self._tried, self._leave), methods=["POST"]),
            *(
                Route(path, partial(self._tried, partial(connected, self.host, here)), include_in_schema=False)
                for path, here in PLACES.items()
            ),
            Route("/static/icon.svg", self._icon),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            Nowhere(
                "/{path:path}", partial(self._answered, "read", _nowhere), methods=["GET"], include_in_schema=False
            ),
        ]

    async def _answered(self, scope: Scope, answer: Answer, request: Request) -> Response:
        who: Caller | None = None
        visit: Visit | None = None
        refused = True
        try:
            self._check_origin(request)
            who = caller_of_browser(self.host.tenants, request.cookies.get(COOKIE, ""), now_utc())
            note(tenant=who.tenant, key_id=who.key.id)
            self.host.allowance.take(who.key.id, time.monotonic())
            who.check("read")  # each of them shows something
            who.check(scope)
            visit = Visit(self, request, who)
            made, refused = await answer(visit), False
        except Declined as wrong:
            made = self._asks_for_a_key(request) if wrong.status == 401 else self._problem(who, wrong)
            if who is not None and wrong.code == "too_many_calls" and answer in self._comes_back:
                made = await self._answered_again(scope, self._comes_back[answer], Visit(self, request, who), wrong)
        except Exception as wrong:  # whatever it is, a browser is shown a page
            made = self._problem(who, wrong)
        if who is not None:
            looks = request.method == "GET" if visit is None else visit.looks
            if self.host.refusals.is_noted(who, made.status_code, refused=refused, looks=looks):
                what, begun = f"page_{getattr(answer, '__name__', '')}", RUN.fullmatch(made.headers.get("location", ""))
                about = begun[1] if begun else made.headers.get("run-id", "")
                audited(self.host.tenants, who, what, request, made.status_code, about=about)
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
            return self.page("problem.html", who, status_of(wrong), title=wrong.message, fix=wrong.fix)
        if isinstance(wrong, HTTPException):
            return self.page("problem.html", who, wrong.status_code, title=wrong.detail, fix="Go back, and try again.")
        if wrong.status == 401:
            return RedirectResponse("/enter", 303, HEADERS)
        made = self.page("problem.html", who, wrong.status, title=wrong.message, fix=wrong.fix)
        made.headers.update(wrong.headers)
        return made

    def _asks_for_a_key(self, request: Request) -> Response:
        """Sign in, and go on to where a link led. A browser keeps its cookie to itself when another site led here: it
        shows it when the page is asked for once more.
        """
        to = str(request.url.replace(scheme="", netloc="")) if request.method == "GET" else "/"
        if request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site":
            return self.page("arriving.html", None, to=place_here(to))
        return RedirectResponse("/enter" if to == "/" else f"/enter?{urlencode({'to': to})}", 303, HEADERS)

    async def _enter(self, request: Request) -> Response:
        if request.method == "GET":
            return self.page("enter.html", None, wrong="", to=place_here(request.query_params.get("to", "")))
        self._check_origin(request)
        posted = await request.form(max_files=0, max_fields=10)
        shown, to = str(posted.get("key", "")).strip(), place_here(str(posted.get("to", "")))
        try:
            who = caller(self.host.tenants, shown, now_utc())
        except Declined:
            return self.page("enter.html", None, 401, wrong="This key is not known here, or has ended.", to=to)
        if "read" not in who.key.scopes:
            said = "This key is not for `read`, which each page needs."
            return self.page("enter.html", None, 403, wrong=said, to=to)
        answer = RedirectResponse(to, 303, HEADERS)
        cookie = let_in(self.host.tenants, who.key, now_utc())
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", secure=secure, path="/")
        return answer

    async def _leave(self, request: Request) -> Response:
        self._check_origin(request)
        self.host.tenants.let_out(digest(request.cookies.get(COOKIE, "")))
        answer = RedirectResponse("/enter", 303, HEADERS)
        answer.delete_cookie(COOKIE)
        return answer

    async def _icon(self, request: Request) -> Response:
        told = self.host.connector.identity.listing
        file = None if told is None else self.host.connector.folder / told.icon
        if file is None or not file.is_file():
            return Response(status_code=404)
        return Response(file.read_bytes(), media_type="image/svg+xml", headers={"x-content-type-options": "nosniff"})

    def _check_origin(self, request: Request) -> None:
        """Raises Declined for a change that another site's page asks for."""
        if request.method in ("GET", "HEAD"):
            return
        origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
        own = f"{request.url.scheme}://{request.url.netloc}"
        if origin != own and not (origin is None and site == "same-origin"):
            raise Declined("other_origin", "this was asked for by another site")
