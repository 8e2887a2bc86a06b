"""The steps of a run: all are counted, and some are kept."""

from __future__ import annotations

from connector_runtime.connections import Line
from connector_runtime.connections.line import Ticket
from connector_runtime.record import Record
from connector_runtime.run.attempts import Attempts, Retries
from connector_runtime.steps import KEPT_STEPS, Step, Steps
from connector_runtime.values import Request, Response


def request(page: int, status: int | None = 200, attempt: int = 1) -> Step:
    return Step(kind="request", page=page, attempt=attempt, began_at=page, seconds=0.5, method="GET", status=status)


def test_the_first_and_the_latest_are_kept_and_all_are_counted() -> None:
    steps = Steps()
    for page in range(1, 1001):
        steps.add(request(page))
    pages = [step.page for step in steps]
    assert len(pages) == KEPT_STEPS and pages[0] == 1 and pages[-1] == 1000 and pages == sorted(pages)
    assert steps.left_out == 1000 - KEPT_STEPS and steps.requests == {("2xx", False): 1000}


def test_requests_are_counted_by_answer_and_waits_by_reason() -> None:
    steps = Steps()
    for status, attempt in ((503, 1), (None, 2), (204, 3)):
        steps.add(request(1, status, attempt))
    steps.waited("retry", 1, 1, 2.0)
    steps.waited("retry", 1, 2, 3.0)
    steps.waited("limit", 1, 3, 0.5)
    assert steps.requests == {("5xx", False): 1, ("none", True): 1, ("2xx", True): 1}
    assert steps.waits == {"retry": 2, "limit": 1} and steps.waited_s == {"retry": 5.0, "limit": 0.5}


class Renewing:
    """Access that has to be renewed once."""

    ticket: Ticket | None = None

    def at_hand(self) -> Ticket | None:
        return self.ticket

    async def renew(self, patience_s: float) -> None:
        self.ticket = Ticket("Bearer new", frozenset(["new"]), 1)

    def discard(self, ticket: Ticket) -> bool:
        return False


async def test_a_renewal_that_took_no_time_is_a_step_though_no_wait_to_tell_of() -> None:
    async def send(request: Request, *shown: str) -> Response:
        return Response(200)

    record = Record.begin(action="act", version="1", connection="acme", given={})
    attempts = Attempts(Retries(), record, Line(send, access=Renewing()))
    await attempts.leave()
    await attempts.leave()
    assert [(step.kind, step.page, step.attempt) for step in record.steps] == [("renewal", 1, 1)]
    assert record.waits == [] and "steps" not in record.document()
