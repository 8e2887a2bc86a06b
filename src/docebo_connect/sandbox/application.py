"""The ASGI application: the routes of a site, and the answers of the web server in front of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Match, Route

from docebo_connect.sandbox.refusals import OAuthRefusal, Refusal
from docebo_connect.sandbox.routes import ROUTES

if TYPE_CHECKING:
    from docebo_connect.sandbox.sites import Site

NO_PAGE = "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n"


def application(site: Site) -> Starlette:
    """Answers HTTP requests from the site's world."""
    app = Starlette(
        routes=[route for route in ROUTES if route.name not in site.without],
        exception_handlers={
            404: _no_page,
            405: _no_method,
            Refusal: _refused,
            OAuthRefusal: _refused,
            ClientDisconnect: _nobody_there,
        },
    )
    app.router.redirect_slashes = False
    app.state.site = site
    return app


async def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal | OAuthRefusal)
    return JSONResponse(refusal.content, refusal.status, refusal.headers)


async def _no_page(request: Request, error: Exception) -> Response:
    """No such route, as a web server answers it: without the API's error body."""
    return HTMLResponse(NO_PAGE, 404)


async def _no_method(request: Request, error: Exception) -> Response:
    """Names the methods of all routes with this path; Starlette's own answer names those of the first."""
    routes = [route for route in request.app.routes if route.matches(request.scope)[0] is Match.PARTIAL]
    names = ", ".join(method for route in routes if isinstance(route, Route) for method in route.methods or ())
    message = f"Method Not Allowed. This URL can only handle the following request methods: {names}."
    return await _refused(request, Refusal(405, message, headers={"allow": names}))


async def _nobody_there(connection: HTTPConnection, error: Exception) -> None:
    """The client left in the middle of its request, which is not carried out and not answered."""
