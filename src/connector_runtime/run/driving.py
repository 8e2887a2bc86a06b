"""How a handler is driven: it yields requests, and receives their answers."""

from __future__ import annotations

from typing import Any, Protocol

from connector_runtime.errors import ConnectorError
from connector_runtime.values import Flow, Json, Request, Response


class Watching(Protocol):
    """What is between a handler and the network."""

    async def send(self, request: Request) -> Response:
        """Answer a request."""

    def read(self) -> None:
        """The handler has read the last answer and found no refusal in it."""

    def failed(self, error: Exception) -> None:
        """The handler has read the last answer as this error."""


async def drive(flow: Flow, watch: Watching) -> Json:
    """Answer each request the handler yields until it returns. A refusal is raised at its `yield`."""
    answer: Response | ConnectorError | None = None
    while True:
        try:
            request: Request = _step(flow, answer)
        except StopIteration as end:
            watch.read()
            return end.value
        except Exception as error:
            watch.failed(error)
            raise
        watch.read()
        try:
            answer = await watch.send(request)
        except ConnectorError as error:
            answer = error


def _step(flow: Flow, answer: Response | ConnectorError | None) -> Any:
    """The handler's next request."""
    if answer is None:
        return next(flow)
    return flow.throw(answer) if isinstance(answer, ConnectorError) else flow.send(answer)
