"""`webhooks` and `events`: where events arrive, what has become of them, and what they are."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from pathlib import Path

import pytest

from connector_runtime.connections.kept import Kept
from connector_runtime.definition import load
from connector_runtime.events.endpoints import digest, drawn
from connector_runtime.events.receiver import Receiver, Rules
from connector_runtime.hosts.connected import safe_in
from connector_runtime.hosts.directories import events_file
from connector_runtime.store.events import Events
from connector_runtime.store.registrations import Registrations
from tests.connector_runtime.events.sending import basic, loan
from tests.connector_runtime.hosts.cli.conftest import Cli
from tests.connector_runtime.store.test_registrations import registration
from tests.connector_runtime.workshop import TOY


def arrived(directory: Path, shown: dict[str, str], *bodies: bytes) -> None:
    """Let deliveries in as `listen` does."""
    asyncio.run(_received(directory, shown, bodies))


async def _received(directory: Path, shown: dict[str, str], bodies: tuple[bytes, ...]) -> None:
    receiver = Receiver(load(TOY), events_file(directory), Rules(replay_window=None))
    for body in bodies:
        authorization = basic(shown["username"], shown["password"])
        await receiver.receive(shown["url"].rpartition("/")[2], body, authorization=authorization)
    await receiver.close()


def added(cli: Cli, *more: str) -> dict[str, str]:
    outcome = cli("webhooks", "add", "sandbox", "--json", *more)
    assert outcome.code == 0, outcome.err
    shown: dict[str, str] = json.loads(outcome.out)
    return shown


def test_an_address_is_shown_once_with_what_to_do_with_it(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("webhooks", "add", "sandbox", "--url", "https://hooks.example.com/")
    assert outcome.code == 0, outcome.err
    url = outcome.out.split("URL")[1].split()[0]
    password = outcome.out.split("Password")[1].split()[0]
    assert url.startswith("https://hooks.example.com/") and "//" not in url[8:]
    assert "loan.ended, loan.made" in outcome.out
    assert "library listen" in outcome.out and "shown once" in outcome.err
    events = Events(events_file(tmp_path))
    (endpoint,) = events.endpoints()
    events.close()
    assert endpoint.address == digest(url.rpartition("/")[2])
    again = cli("webhooks", "list").out + cli("webhooks", "list", "--json").out
    on_disk = b"".join(each.read_bytes() for each in tmp_path.glob("events*"))
    for secret in (url.rpartition("/")[2], password):
        assert secret not in again
        assert secret.encode() not in on_disk


def test_webhooks_are_for_a_connection_that_is_there(cli: Cli) -> None:
    outcome = cli("webhooks", "add", "vilage")
    assert (outcome.code, "there is no connection `vilage`" in outcome.err) == (2, True)
    outcome = cli("webhooks", "remove", "vilage")
    assert (outcome.code, "no webhooks are let in for `vilage`" in outcome.err) == (2, True)


def test_what_has_become_of_deliveries_is_listed(cli: Cli, tmp_path: Path) -> None:
    assert "webhooks add NAME" in cli("webhooks", "list").err
    shown = added(cli)
    arrived(tmp_path, shown, loan(1), loan(1), b"{")
    counts = json.loads(cli("webhooks", "list", "--json").out)["counts"]
    assert {(count["what"], count["number"]) for count in counts} == {("kept", 1), ("duplicate", 1), ("malformed", 1)}
    assert "sandbox  malformed  1" in cli("webhooks", "list").out
    (aside,) = map(json.loads, cli("webhooks", "aside").out.splitlines())
    assert (aside["reason"], aside["body"]) == ("malformed", "{")
    assert cli("webhooks", "remove", "sandbox").code == 0
    assert json.loads(cli("webhooks", "list", "--json").out)["webhooks"] == []
    assert len(cli("events").out.splitlines()) == 1, "what has arrived stays"


def test_events_are_printed_from_a_cursor(cli: Cli, tmp_path: Path) -> None:
    assert cli("events").out == ""
    arrived(tmp_path, added(cli), *(loan(number) for number in range(5)))
    lines = [json.loads(line) for line in cli("events").out.splitlines()]
    assert [line["payload"]["book_code"] for line in lines] == [f"B-{number}" for number in range(5)]
    cursor = str(lines[1]["cursor"])
    rest = [json.loads(line) for line in cli("events", "--after", cursor, "--limit", "2").out.splitlines()]
    assert rest == lines[2:4]
    assert cli("events", "--event", "loan.ended").out == cli("events", "--connection", "other").out == ""
    outcome = cli("events", "--event", "loan.mad")
    assert (outcome.code, "did you mean `loan.made`?" in outcome.err) == (2, True)


@pytest.mark.parametrize("network", ["x", "203.0.113.0/33", "203.0.113.7/24"])
def test_what_is_no_network_is_said_before_anything_is_listened_to(cli: Cli, network: str) -> None:
    outcome = cli("listen", "--allow-from", network)
    assert (outcome.code, "203.0.113.0/24" in outcome.err) == (2, True)


def test_a_port_that_is_taken_is_named(cli: Cli) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcome = cli("listen", "--port", str(taken.getsockname()[1]))
    assert (outcome.code, "cannot be listened on" in outcome.err) == (2, True)


def test_a_sample_is_taken_by_whoever_listens_as_it_is(cli: Cli, tmp_path: Path) -> None:
    shown = added(cli)
    receiver = Receiver(load(TOY), events_file(tmp_path), Rules())  # with its window for what is old

    async def taken(body: bytes) -> str:
        authorization = basic(shown["username"], shown["password"])
        return await receiver.receive(shown["url"].rpartition("/")[2], body, authorization=authorization)

    async def all_taken() -> list[str]:
        found = [await taken(cli("webhooks", "sample", event).out.encode()) for event in ("loan.made", "loan.ended")]
        await receiver.close()
        return found

    assert asyncio.run(all_taken()) == ["kept", "kept"]
    outcome = cli("webhooks", "sample", "loan.mde")
    assert (outcome.code, "did you mean `loan.made`?" in outcome.err) == (2, True)


def test_what_arrived_long_ago_is_forgotten_and_cursors_go_on(cli: Cli, tmp_path: Path) -> None:
    shown = added(cli)
    arrived(tmp_path, shown, loan(1), loan(2))
    assert json.loads(cli("webhooks", "forget", "--days", "1", "--json").out) == {"forgotten": 0}
    with closing(Events(events_file(tmp_path))) as events:
        assert events.forget("9999") == 2
        assert (events.after(0, 10), events.latest()) == ([], 2)
    arrived(tmp_path, shown, loan(1))
    assert json.loads(cli("events").out)["cursor"] == 3


def test_a_cursor_that_no_event_has_had_is_not_waited_for(cli: Cli, tmp_path: Path) -> None:
    arrived(tmp_path, added(cli), loan(1))
    assert cli("events", "--after", "1").code == 0
    outcome = cli("events", "--after", "2", "--follow")
    assert (outcome.code, "the latest is 1" in outcome.err) == (2, True)


@pytest.mark.parametrize(
    "url", ["hooks.example.com", "ftp://hooks.example.com", "https://u:p@example.com", "https://a.b/?c"]
)
def test_an_address_is_one_that_a_platform_can_reach(cli: Cli, url: str) -> None:
    outcome = cli("webhooks", "add", "sandbox", "--url", url)
    assert (outcome.code, "must begin with https://" in outcome.err) == (2, True)
    assert "read the password" in cli("webhooks", "add", "sandbox", "--url", "http://hooks.example.com").err


@pytest.mark.parametrize(
    "more",
    [("--replay-window", "nan"), ("--replay-window", "inf"), ("--replay-window", "1e12"), ("--behind", "my-proxy")],
)
def test_what_cannot_be_heeded_is_refused(cli: Cli, more: tuple[str, ...]) -> None:
    assert cli("listen", *more).code == 2


def test_what_would_steer_a_terminal_is_escaped(cli: Cli, tmp_path: Path) -> None:
    arrived(tmp_path, added(cli), loan(1, note="a\u202eb\u009bc – é"))
    out = cli("events").out
    assert "\u202e" not in out and "\u009b" not in out and "– é" in out
    assert json.loads(out)["payload"]["note"] == "a\u202eb\u009bc – é"


def test_a_connection_that_is_forgotten_lets_nothing_in(cli: Cli, tmp_path: Path) -> None:
    _, endpoint = drawn("village")
    with closing(Events(events_file(tmp_path))) as events:
        events.open_endpoint(endpoint)
    registrations = Registrations(events_file(tmp_path))
    for tag, end in (("a", registrations.close), ("b", registrations.retire)):
        registrations.begin(registration(tag))
        end(registration(tag), "2999-01-01T00:00:00.000Z")
    kept = Kept(name="village", method="card", fields={}, base_url="https://village.example.com", tokens=None)
    with safe_in(tmp_path, "library") as safe:
        safe.add(kept)
    assert cli("connections", "remove", "village", "--yes").code == 0
    with closing(Events(events_file(tmp_path))) as events:
        assert events.endpoints() == []
    assert registrations.of(gone=True) == [], "nobody could look for them any more"
    registrations.release()
