"""List webhooks: one GET, whose answer must be all of the list."""

from connector_runtime.handler import Call, Flow, UnexpectedOutput, truth


def run(call: Call) -> Flow:
    """A webhook on another page would be taken for one that is gone, and registered again."""
    response = yield call.request()
    if truth(response.at("/data/has_more_data")) or not isinstance(response.at("/data/items"), list):
        raise UnexpectedOutput("the platform did not answer with all of its webhooks")
    return call.output(response)
