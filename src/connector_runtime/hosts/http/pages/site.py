"""The page's routes: each reads what the API reads, and answers with a page. A browser is let in by a key, once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from connector_runtime.errors import ConnectorError
from connector_runtime.exports.templating import environment
from connector_runtime.hosts.http.home import Home
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.keys import COOKIE, Caller, caller, caller_of_browser, digest, let_in, now_utc
from connector_runtime.hosts.http.observed.current import note
from connector_runtime.hosts.http.problems import Declined
from connector_runtime.present import http_status
from connector_runtime.wording import WHOSE

HERE = Path(__file__).parent

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self' https:; base-uri 'none'; frame-ancestors 'none'"
)
"""What the pages may do: nothing of theirs leaves the host, but a consent that a person gives on the platform."""

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
YES_NO = [{"const": "true", "title": "Yes"}, {"const": "false", "title": "No"}]

Answer = Callable[["Visit"], Awaitable[Response]]


class Visit:
    """One request of a browser that is let in, and how it is answered."""

    def __init__(self, site: Site, request: Request, who: Caller) -> None:
        self.site, self.request, self.caller = site, request, who

    @property
    def home(self) -> Home:
        """What the visitor's tenant has."""
        return self.site.host.home(self.caller)

    def page(self, template: str, status: int = 200, **facts: Any) -> Response:
        """A page made of these facts."""
        return self.site.page(template, self.caller, status, here=self.request.url.path, **facts)


class Site:
    """The pages of a host."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._templates = environment()
        from jinja2 import ChoiceLoader, FileSystemLoader  # it is there: the environment is made of it

        own = FileSystemLoader(HERE / "templates")
        self._templates.loader = ChoiceLoader([own, self._templates.loader]) if self._templates.loader else own
        self._templates.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": False}
        self._templates.globals |= {
            "connector": host.connector,
            "kinds": KINDS,
            "outcomes": OUTCOMES,
            "statuses": STATUSES,
            "effects": EFFECTS,
            "whose": WHOSE,
            "yes_no": YES_NO,
        }

    def page(self, template: str, who: Caller | None, status: int = 200, **facts: Any) -> Response:
        """A page made of these facts."""
        made = self._templates.get_template(template).render(caller=who, **{"here": "", **facts})
        return HTMLResponse(made, status, HEADERS)

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        from connector_runtime.hosts.http.pages import acting, seeing

        known: list[tuple[str, str, Answer]] = [*acting.ROUTES, *seeing.ROUTES]
        pages = [
            Route(path, partial(self._answered, answer), methods=[method], include_in_schema=False)
            for method, path, answer in known
        ]
        return [
            *pages,
            Route("/enter", self._enter, methods=["GET", "POST"]),
            Route("/leave", self._leave, methods=["POST"]),
            Route("/static/icon.svg", self._icon),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ]

    async def _answered(self, answer: Answer, request: Request) -> Response:
        try:
            self._check_origin(request)
            who = caller_of_browser(self.host.tenants, request.cookies.get(COOKIE, ""), now_utc())
            note(tenant=who.tenant, key_id=who.key.id)
            return await answer(Visit(self, request, who))
        except Declined as wrong:
            if wrong.status == 401:
                return RedirectResponse("/enter", 303, HEADERS)
            return self.page("problem.html", None, wrong.status, title=wrong.message, fix=wrong.fix)
        except ConnectorError as wrong:
            return self.page("problem.html", None, http_status(wrong), title=wrong.message, fix=wrong.fix)

    async def _enter(self, request: Request) -> Response:
        if request.method == "GET":
            return self.page("enter.html", None, wrong="")
        self._check_origin(request)
        shown = str((await request.form()).get("key", "")).strip()
        try:
            who = caller(self.host.tenants, shown, now_utc())
        except Declined:
            return self.page("enter.html", None, 401, wrong="This key is not known here, or has ended.")
        answer = RedirectResponse("/", 303, HEADERS)
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
            raise Declined(403, "other_origin", "this was asked for by another site", "Use the pages of this one.")
