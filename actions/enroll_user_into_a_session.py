"""Enroll user into a session: one POST; the answer lists who is enrolled and who waits."""

from connector_runtime.handler import Call, Flow


def run(call: Call) -> Flow:
    """A failed enrollment comes as a 2xx in which nobody is enrolled."""
    response = yield call.request()
    call.refuse_empty(response, "/data/enrolled", reasons="/data/errors")
    return call.output(response)
