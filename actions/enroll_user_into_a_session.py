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
    user, course, session = (call.inputs[key] for key in ("user_id", "course_id", "session_id"))
    response = yield call.read(LIST, {"id_user": [user], "id_course": [course], "get_session_details": True})
    rows = call.rows(response, ITEMS, {"user_id": user}, more=MORE)
    if rows is None:
        return None
    for row in rows:
        if row.get("type") == "learning_plan" or str(row.get("id")) != str(course):
            continue
        found = row.get("enrolled_sessions")
        shown = isinstance(found, list) and all("id" in each for each in found)
        if not shown or (not found and row.get("session_date_begin")):
            return None  # the list shows no sessions, whether there are any or not
        if str(session) in [str(each["id"]) for each in found]:
            return None
    return False
