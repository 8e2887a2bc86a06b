"""Enroll user into a session: one POST; the answer lists who is enrolled and who waits."""

from connector_runtime.handler import Call, Flow


def run(call: Call) -> Flow:
    """A failed enrollment comes as a 2xx in which nobody is enrolled."""
    response = yield call.request()
    user = call.inputs["user_id"]
    call.demand(response, "/data/enrolled", reasons="/data/errors", names={"user_id": user, "id_user": user})
    return call.output(response)
