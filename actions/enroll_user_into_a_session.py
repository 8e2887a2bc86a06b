"""Enroll user into a session: one POST; the answer lists who is enrolled and who waits."""

from connector_runtime.handler import Call, Flow

LIST = "/learn/v1/enrollments"
ITEMS, MORE = "/data/items", "/data/has_more_data"


def run(call: Call) -> Flow:
    """A failed enrollment comes as a 2xx in which nobody is enrolled."""
    response = yield call.request()
    user = call.inputs["user_id"]
    call.demand(response, "/data/enrolled", reasons="/data/errors", names={"user_id": user, "id_user": user})
    return call.output(response)


def applied(call: Call) -> Flow:
    """Who is not in the session was not put there. Who is may have been before: the list has no date for it."""
    user, course = call.inputs["user_id"], call.inputs["course_id"]
    response = yield call.read(LIST, {"id_user": [user], "id_course": [course], "get_session_details": True})
    rows = call.rows(response, ITEMS, {"user_id": user, "id": course}, more=MORE)
    if rows is None:
        return None
    sessions = [session.get("id") for row in rows for session in row.get("enrolled_sessions") or []]
    return None if str(call.inputs["session_id"]) in map(str, sessions) else False
