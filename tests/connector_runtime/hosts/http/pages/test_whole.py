"""All rows of a list as CSV: whole, or visibly not."""

from __future__ import annotations

import csv
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector_runtime.errors import NotNow
from connector_runtime.hosts.http.home import PLACES
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.keys import digest
from connector_runtime.run.pages import Stream
from connector_runtime.store import Store
from tests.connector_runtime.hosts.http.hosting import OWN
from tests.connector_runtime.hosts.http.pages.test_history import keep

LOANS = 120
"""More than two pages of the largest size."""


def multiply(directory: Path) -> None:
    """Many loans instead of one."""
    (file,) = [each for each in directory.rglob("*.json") if "loans" in each.read_text(encoding="utf-8")]
    world = json.loads(file.read_text(encoding="utf-8"))
    (loan,) = world["loans"].values()
    world["loans"] = {f"=B-{number}": {**loan, "loan_id": number} for number in range(LOANS)}
    file.write_text(json.dumps(world), encoding="utf-8")


@pytest.fixture
async def listed(browser: httpx.AsyncClient, tmp_path: Path) -> str:
    """The page of a run that has read the second page of many loans."""
    lent = {"/member_id": "7", "/book_code": "B-1", "do": "run"}
    await browser.post("/actions/lend_book", data=lent, headers=OWN)
    multiply(tmp_path)
    asked = {"/page": "2", "/page_size": "5", "do": "run"}
    return str((await browser.post("/actions/list_loans", data=asked, headers=OWN)).headers["location"])


async def test_all_rows_are_downloaded_from_a_page_of_them(browser: httpx.AsyncClient, host: Host, listed: str) -> None:
    page = (await browser.get(listed)).text
    assert f'action="{listed}/rows.csv"' in page and "Download as CSV: these 5 rows" in page
    answer = await browser.post(f"{listed}/rows.csv", headers=OWN)
    assert (
        answer.headers["content-type"].startswith("text/csv") and "attachment" in answer.headers["content-disposition"]
    )
    titles, *rows = csv.reader(answer.text.splitlines())
    ids = titles.index("Loan ID")
    assert [row[ids] for row in rows] == [str(number) for number in range(LOANS)]
    _, record = host.opened("main").home.runs.search(limit=1)[0]
    assert record["run_id"] == answer.headers["run-id"] and record["counts"]["records"] == LOANS
    shown = (await browser.get(f"/runs/{record['run_id']}")).text
    assert record["input"] == {} and shown.count("all rows, read anew") == 1


async def test_a_list_that_is_cut_off_says_so_in_its_last_line(
    browser: httpx.AsyncClient, listed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Stream.pages

    async def broken(self: Stream) -> Any:
        async for page in read(self):
            yield page
            raise NotNow("the library is on fire.")

    monkeypatch.setattr(Stream, "pages", broken)
    answer = await browser.post(f"{listed}/rows.csv", headers=OWN)
    *rows, last = csv.reader(answer.text.splitlines())
    assert len(rows) == 51 and last[0].startswith(
        "NOT ALL ROWS: the list was cut off here (the library is on fire). Run"
    )
    assert answer.headers["run-id"] in last[0]


async def test_a_list_ends_when_its_browser_signs_out(
    browser: httpx.AsyncClient, host: Host, listed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Stream.pages

    async def left(self: Stream) -> Any:
        async for page in read(self):
            yield page
            host.tenants.let_out(digest(browser.cookies["session"]))

    monkeypatch.setattr(Stream, "pages", left)
    answer = await browser.post(f"{listed}/rows.csv", headers=OWN)
    *rows, last = csv.reader(answer.text.splitlines())
    assert len(rows) < LOANS and "the browser has signed out" in last[0]
    noted = host.tenants.audit("main", 2**63 - 1, 1)[0]
    assert (noted["what"], noted["about"].split()[-1]) == ("page_whole", answer.headers["run-id"])


async def test_a_list_takes_a_place_and_gives_it_back(browser: httpx.AsyncClient, host: Host, listed: str) -> None:
    home = host.opened("main").home
    for _ in range(PLACES + 1):
        assert (await browser.post(f"{listed}/rows.csv", headers=OWN)).status_code == 200
    with ExitStack() as places:
        for _ in range(PLACES):
            places.enter_context(home.place())
        full = await browser.post(f"{listed}/rows.csv", headers=OWN)
    assert full.status_code == 503 and "lists and live views are being read" in full.text and "<main" in full.text


async def test_what_is_no_list_has_no_rows(browser: httpx.AsyncClient, host: Host, listed: str) -> None:
    (lent,) = [each for _, each in host.opened("main").home.runs.search(limit=9) if each["action"] == "lend_book"]
    assert (await browser.post(f"/runs/{lent['run_id']}/rows.csv", headers=OWN)).status_code == 404
    assert (await browser.post(f"{listed}/rows.csv", headers={"origin": "https://evil.example"})).status_code == 403


async def test_a_list_that_cannot_begin_is_a_page(browser: httpx.AsyncClient, host: Host) -> None:
    wrong = keep(host, 1, action="list_loans", input={"colour": "red"}, output=None)
    answer = await browser.post(f"/runs/{wrong}/rows.csv", headers=OWN)
    assert answer.status_code == 422 and "there is no such field" in answer.text and "<main" in answer.text


async def test_a_list_is_gone_on_with_on_its_own_platform_only(
    browser: httpx.AsyncClient, host: Host, listed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = host.opened("main").home.runs.get(listed.removeprefix("/runs/"))
    assert record is not None
    monkeypatch.setattr(Store, "get", lambda store, run_id: {**record, "platform": "https://elsewhere.example"})
    for path, sent in (("rows.csv", {}), ("next", {"page": "3"}), ("resume", {})):
        answer = await browser.post(f"{listed}/{path}", data=sent, headers=OWN)
        assert answer.status_code == 422 and "was on https://elsewhere.example" in answer.text, path
