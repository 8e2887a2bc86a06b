"""How a browser is let in, by a key, and out; and that nobody else has it do anything."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.keys import COOKIE, caller, digest, let_in, now_utc
from connector_runtime.hosts.http.pages.drawing import HEADERS, Drawing
from connector_runtime.hosts.http.problems import Declined

HERE_ONLY = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""A path of this host: no second slash, which would name another host, no backslash, which browsers take for one, and
nothing that could not stand in a header.
"""


class Entrance:
    """Where browsers come in."""

    def __init__(self, host: Host, drawing: Drawing) -> None:
        self._host, self._drawing = host, drawing

    async def enter(self, request: Request) -> Response:
        """Let a browser in by a key, or ask for one."""
        if request.method == "GET":
            return self._drawing.page("enter.html", None, wrong="", to=place_here(request.query_params.get("to", "")))
        check_origin(request)
        posted = await request.form(max_files=0, max_fields=10)
        shown, to = str(posted.get("key", "")).strip(), place_here(str(posted.get("to", "")))
        try:
            who = caller(self._host.tenants, shown, now_utc())
        except Declined:
            return self._drawing.page("enter.html", None, 401, wrong="This key is not known here, or has ended.", to=to)
        if "read" not in who.key.scopes:
            said = "This key is not for `read`, which each page needs."
            return self._drawing.page("enter.html", None, 403, wrong=said, to=to)
        answer = RedirectResponse(to, 303, HEADERS)
        cookie = let_in(self._host.tenants, who.key, now_utc())
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", secure=secure, path="/")
        return answer

    async def leave(self, request: Request) -> Response:
        """Let it out."""
        check_origin(request)
        self._host.tenants.let_out(digest(request.cookies.get(COOKIE, "")))
        answer = RedirectResponse("/enter", 303, HEADERS)
        answer.delete_cookie(COOKIE)
        return answer

    def asks_for_a_key(self, request: Request) -> Response:
        """Sign in, and go on to where a link led. A browser keeps its cookie to itself when another site led here: it
        shows it when the page is asked for once more.
        """
        to = str(request.url.replace(scheme="", netloc="")) if request.method == "GET" else "/"
        if request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site":
            return self._drawing.page("arriving.html", None, to=place_here(to))
        return RedirectResponse("/enter" if to == "/" else f"/enter?{urlencode({'to': to})}", 303, HEADERS)


def check_origin(request: Request) -> None:
    """Raises Declined for a change that another site's page asks for."""
    if request.method in ("GET", "HEAD"):
        return
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    own = f"{request.url.scheme}://{request.url.netloc}"
    if origin != own and not (origin is None and site == "same-origin"):
        raise Declined("other_origin", "this was asked for by another site")


def place_here(asked: str) -> str:
    """The page of this host that a text names: a path, with its query. For whatever else it is, the first page."""
    local = HERE_ONLY.fullmatch(asked) is not None
    return asked if local and not asked.startswith(("/enter", "/leave", "/v1/")) else "/"
