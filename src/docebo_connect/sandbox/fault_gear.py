"""Test gear for faults: GET, POST and DELETE /sandbox/faults, each about the connection that asks.

Requests with neither a name nor a token are about everybody.
"""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from docebo_connect.sandbox.exchange import Exchange, read_json
from docebo_connect.sandbox.faults import FaultError
from docebo_connect.sandbox.refusals import bad_request, unauthorized
from docebo_connect.sandbox.standings import EVERYBODY
from docebo_connect.sandbox.tokens import connection_of


def show(exchange: Exchange) -> Response:
    """GET: the script that the connection meets, and how often each rule was met and struck."""
    return JSONResponse(exchange.site.faults.document(_connection(exchange)))


def begin(exchange: Exchange) -> Response:
    """POST [{…}] or {"seed", "rules"}: begin a script, in place of the one before."""
    connection = _connection(exchange)
    try:
        exchange.site.faults.set(read_json(exchange.body), connection)
    except FaultError as wrong:
        raise bad_request(*wrong.problems) from wrong
    return JSONResponse(exchange.site.faults.document(connection), 201)


def clear(exchange: Exchange) -> Response:
    """DELETE: end the connection's own script, or all of them where nobody in particular asks."""
    connection = _connection(exchange)
    exchange.site.faults.clear(connection)
    return JSONResponse(exchange.site.faults.document(connection))


def _connection(exchange: Exchange) -> str:
    connection = connection_of(exchange.store, exchange.request.headers)
    if connection is None and "authorization" in exchange.request.headers:
        raise unauthorized()  # a mistyped token must not make faults for everybody
    return connection or EVERYBODY
