"""Unenroll user from session: one DELETE on the course's path, with the session in the query."""

from connector_runtime.handler import Call, Flow, Refused, UnexpectedOutput, UnknownOutcome, truth

ENROLL_AGAIN = (
    "Enroll the user into the course again, and do not use this action on this platform: it does not know session_id."
)


def run(call: Call) -> Flow:
    """An answer that names a removed enrollment comes from a platform that ignored `session_id`."""
    response = yield call.request()
    success, removed = truth(response.at("/data/success")), response.at("/data/deleted_enrollment")
    if removed:
        raise UnexpectedOutput(
            f"the platform ignored Session ID and removed the user's whole enrollment in the course (number {removed})",
            code="course_enrollment_removed",
            fix=ENROLL_AGAIN,
            pointer="/data/deleted_enrollment",
            effect="done",
        )
    if success is False:
        raise Refused(response, response.at("/data/errors") or response.at("/data/message"))
    if success is None and response.content:
        raise UnknownOutcome("the platform accepted the request, but does not say whether it was done")
    return call.output(response)
