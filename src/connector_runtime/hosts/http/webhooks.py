"""Where a platform brings its webhooks: one URL per connection, mountable in any ASGI host.

receiver = Receiver(connector, events_file(data_dir), Rules())
app = Mount("/webhooks", webhooks(receiver))      # and `await receiver.close()` at the end
"""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from connector_runtime.events.receiver import Receiver, Verdict
from connector_runtime.store.arrivals import Endpoint

LARGEST = 1024 * 1024
"""Bytes of a delivery."""

SLOWEST_S = 5.0
"""For how long a delivery may take to arrive."""

STATUS: dict[Verdict, int] = {
    "kept": 202,
    "unknown_event": 202,  # these two are kept aside; the platform could do nothing better the next time
    "too_old": 202,
    "malformed": 400,  # it may have been cut on its way, and be whole the next time
    "forged": 401,
    "foreign": 403,
    "nowhere": 404,
    "not_kept": 503,
}
"""What the platform is told. Anything but a 2xx asks it to try again; a 3xx would be taken for thanks too."""


def webhooks(receiver: Receiver) -> Starlette:
    """The application: POST /<address>."""

    async def arrived(request: Request) -> Response:
        endpoint = await receiver.admitted(
            request.path_params["address"],
            authorization=request.headers.get("authorization", ""),
            source=request.client.host if request.client else "",
        )
        if not isinstance(endpoint, Endpoint):  # nothing more of it is read
            return _answered(endpoint, last=True)
        try:
            async with asyncio.timeout(SLOWEST_S):
                body = await _body(request)
        except TimeoutError:
            return Response(status_code=408, headers=LAST)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            return Response(status_code=413, headers=LAST)
        return _answered(await receiver.take(endpoint, body))

    # With and without a slash at the end: to be redirected would be taken for thanks.
    app = Starlette(routes=[Route(path, arrived, methods=["POST"]) for path in ("/{address}", "/{address}/")])
    app.router.redirect_slashes = False
    return app


LAST = {"connection": "close"}
"""Where not all was read of what is being brought."""


def _answered(verdict: Verdict, *, last: bool = False) -> Response:
    headers = {"www-authenticate": 'Basic realm="webhooks"'} if verdict == "forged" else {}
    return Response(status_code=STATUS[verdict], headers=headers | (LAST if last else {}))


async def _body(request: Request) -> bytes | None:
    """The whole of it; None where it is too large."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            return None
        parts.append(part)
    return b"".join(parts)
