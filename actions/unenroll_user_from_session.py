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
    """The enrollment in the course is there, the session is not in it. Without the course's, nothing can be told."""
    user, course = call.inputs["user_id"], call.inputs["course_id"]
    response = yield call.read(LIST, {"id_user": [user], "id_course": [course], "get_session_details": True})
    rows = call.rows(response, ITEMS, {"user_id": user, "id": course}, more=MORE)
    if not rows or "enrolled_sessions" not in rows[0]:
        return None
    sessions = [str(session.get("id")) for session in rows[0]["enrolled_sessions"] or []]
    if str(call.inputs["session_id"]) in sessions:
        return False
    call.warn("", "the user is not in the session; that they were before, the lost answer would have told")
    return call.found({"success": True})
