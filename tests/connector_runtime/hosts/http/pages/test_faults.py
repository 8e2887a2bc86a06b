"""Whatever goes wrong, a browser is shown a page that says what to do."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.pages import history
from connector_runtime.store.file import Failure
from tests.connector_runtime.hosts.http.hosting import OWN
from tests.connector_runtime.hosts.http.pages.test_history import keep


def is_page(answer: httpx.Response, status: int) -> bool:
    whole = "<main" in answer.text and "To the actions" in answer.text
    return answer.status_code == status and answer.headers["content-type"].startswith("text/html") and whole


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [(KeyError("CANARY"), 500, "the host failed"), (Failure("disk is full"), 503, "cannot be read now (disk is full)")],
)
async def test_a_fault_inside_a_page_is_a_page(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, wrong: Exception, status: int, said: str
) -> None:
    def fail(*given: Any) -> None:
        raise wrong

    monkeypatch.setattr(history, "connections_of", fail)
    answer = await browser.get("/runs")
    assert is_page(answer, status) and said in answer.text and "CANARY" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"] and "Sign out" in answer.text


async def test_a_consent_that_nobody_waits_for_is_a_page(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/connected/main?state=x&code=y")
    assert is_page(answer, 400) and "nobody waits for this consent any more" in answer.text
    assert (await browser.get("/connected/main?state=x", headers={"accept": "application/json"})).status_code == 400


async def test_a_run_of_an_action_that_is_gone_is_shown(browser: httpx.AsyncClient, host: Host) -> None:
    gone = keep(host, 1, action="bind_book", input={"book_code": "B-77"}, output={"left": "leather"})
    page = await browser.get(f"/runs/{gone}")
    assert page.status_code == 200 and "no action <code>bind_book</code> any more" in page.text
    assert "B-77" in page.text and "leather" in page.text and "from=" not in page.text
    open_ = keep(host, 2, action="bind_book", status="running")
    assert f"/runs/{open_}/resume" not in (await browser.get(f"/runs/{open_}")).text
    assert "bind_book" in (await browser.get("/runs")).text
    assert is_page(await browser.get(f"/runs/{gone}/table.csv?path=/x"), 404)
    for path in ("next", "resume"):
        answer = await browser.post(f"/runs/{open_}/{path}", headers=OWN)
        assert 400 <= answer.status_code < 500 and "<main" in answer.text, path
