"""Get Learning Plan Course Enrollments: one page of the list."""

from connector_runtime.handler import Call, Flow


def run(call: Call) -> Flow:
    """One GET; what comes only on request is always asked for."""
    response = yield call.request()
    return call.output(response)
