"""A host that is told to stop, and places for what is read for long."""

from __future__ import annotations

import asyncio

from connector_runtime.hosts.http.home import PLACES
from tests.connector_runtime.hosts.http.hosting import Hosted


async def test_a_list_of_rows_takes_a_place_and_gives_it_back(api: Hosted) -> None:
    home = api.host.opened("main").home
    for _ in range(3):
        assert (await api("POST", "/v1/actions/list_loans/rows", {"input": {}})).status_code == 200
    wrong = await api("POST", "/v1/actions/list_loans/rows", {"input": {"nonsense": 1}})
    assert wrong.status_code == 422
    places = [home.place() for _ in range(PLACES)]
    for place in places:
        place.__enter__()
    full = await api("POST", "/v1/actions/list_loans/rows", {"input": {}})
    assert (full.status_code, full.json()["code"]) == (503, "too_busy")
    ((_, run),) = home.runs.search(limit=1)
    for watched in ("/v1/events/live", f"/v1/runs/{run['run_id']}/live"):
        assert (await api("GET", watched)).status_code == 503
    places[0].__exit__(None, None, None)
    assert (await api("POST", "/v1/actions/list_loans/rows", {"input": {}})).status_code == 200


async def test_live_views_end_when_the_host_is_told_to_stop(api: Hosted) -> None:
    stopping = asyncio.Event()
    linked = asyncio.create_task(api.host.stop_with(stopping))
    watching = asyncio.create_task(api("GET", "/v1/events/live"))
    await asyncio.sleep(0.2)
    assert not watching.done()
    stopping.set()
    answer = await asyncio.wait_for(watching, 10)
    await linked
    assert answer.status_code == 200 and answer.text.startswith("retry:")
