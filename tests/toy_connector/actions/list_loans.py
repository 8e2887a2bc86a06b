"""List loans: one page of the list."""

from connector_runtime.handler import Call, Flow


def run(call: Call) -> Flow:
    """One GET."""
    response = yield call.request()
    return call.output(response)
