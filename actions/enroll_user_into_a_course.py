"""Enroll user into a course: one POST; the answer lists who is enrolled and who waits."""

from connector_runtime.handler import Call, Flow, Inputs, Problem, Problems

LIST = "/course/v1/courses/enrollments"
ITEMS, MORE = "/data/items", "/data/has_more_data"


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


def applied(call: Call) -> Flow:
    """The enrollment is on the list; an older one is none of this run's."""
    user, course = call.inputs["user_id"], call.inputs["course_id"]
    response = yield call.read(LIST, {"user_id": [user], "course_id": [course]})
    rows = call.rows(response, ITEMS, {"user_id": user, "course_id": course}, more=MORE)
    if not rows:
        return None if rows is None else False
    waiting = rows[0].get("enrollment_status") == "waiting"
    enrolled = {"user_id": user, "course_id": course, "waiting": waiting}
    return call.is_new(rows[0].get("enrollment_created_at")) and call.found({"enrolled": [enrolled]})
