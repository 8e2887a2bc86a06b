"""Enroll user into a course: one POST; the answer lists who is enrolled and who waits."""

from connector_runtime.handler import Call, Flow, Inputs, Problem, Problems


def check(inputs: Inputs) -> Problems:
    """Both dates are ISO 8601 days, so they compare as text."""
    begin, end = inputs.get("date_begin_validity"), inputs.get("date_end_validity")
    if begin and end and end < begin:
        yield Problem("date_end_validity", f"ends before it begins: {end} is before {begin}")


def run(call: Call) -> Flow:
    """A failed enrollment comes as a 2xx in which nobody is enrolled."""
    response = yield call.request()
    user = call.inputs["user_id"]
    call.demand(response, "/data/enrolled", reasons="/data/errors", names={"user_id": user, "id_user": user})
    return call.output(response)
