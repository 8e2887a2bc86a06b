"""Unenroll user from session: one DELETE on the course's path, with the session in the query."""

from connector_runtime.handler import Call, Flow, Refused, UnexpectedOutput, UnknownOutcome, truth

LIST = "/learn/v1/enrollments"
ITEMS, MORE = "/data/items", "/data/has_more_data"


def run(call: Call) -> Flow:
    """An answer that names a removed enrollment comes from a platform that ignored `session_id`."""
    response = yield call.request()
    success, removed = truth(response.at("/data/success")), response.at("/data/deleted_enrollment")
    if removed:
        raise UnexpectedOutput(
            f"the platform ignored Session ID and removed the user's whole enrollment in the course (number {removed})",
            code="course_enrollment_removed",
            pointer="/data/deleted_enrollment",
            effect="done",
        )
    if success is False:
        raise Refused(response, response.at("/data/errors") or response.at("/data/message"))
    if success is None and response.content:
        raise UnknownOutcome("the platform accepted the request, but does not say whether it was done")
    return call.output(response)


def applied(call: Call) -> Flow:
    """Who is in the session was not taken out. Who is not may never have been in it: the list does not say."""
    user, course, session = (call.inputs[key] for key in ("user_id", "course_id", "session_id"))
    response = yield call.read(LIST, {"id_user": [user], "id_course": [course], "get_session_details": True})
    rows = call.rows(response, ITEMS, {"user_id": user}, more=MORE) or []
    found = [each for row in rows if row.get("type") != "learning_plan" for each in row.get("enrolled_sessions") or []]
    return False if str(session) in [str(each.get("id")) for each in found] else None
