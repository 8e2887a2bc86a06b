"""`subscribe`, `subscribers` and `events replay`: who is brought what, and what has become of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.events.subscribers import Subscribers, is_secret
from connector_runtime.hosts.directories import outbox_file
from connector_runtime.store.outbox import Failed, Outbox
from tests.connector_runtime.events.subscribing import SECRET, URL
from tests.connector_runtime.events.test_dispatch import Taker, keep
from tests.connector_runtime.hosts.cli.conftest import Cli
from tests.served import serving


def subscribe(cli: Cli, *more: str, url: str = URL, event: str = "loan.made") -> dict[str, Any]:
    outcome = cli("subscribe", event, "--to", url, "--json", *more)
    assert outcome.code == 0, outcome.err
    shown: dict[str, Any] = json.loads(outcome.out)
    return shown


def listed(cli: Cli) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = json.loads(cli("subscribers", "list", "--json").out)
    return shown


def secret_in(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text(SECRET)
    return file


@pytest.fixture
def own_secret(tmp_path: Path) -> str:
    return f"@{secret_in(tmp_path)}"


@pytest.fixture
def taker() -> Iterator[tuple[Taker, str]]:
    answering = Taker()
    with serving(answering.app) as address:
        yield answering, f"{address}/in"


def test_a_secret_is_shown_once_and_the_url_never(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("subscribe", "loan.made", "--to", URL)
    assert outcome.code == 0, outcome.err
    secret = outcome.out.split("Secret")[1].split()[0]
    assert is_secret(secret) and "shown once" in outcome.err and "library listen" in outcome.err
    again = cli("subscribers", "list").out + cli("subscribers", "list", "--json").out
    assert "hooks.example.com" in again
    on_disk = b"".join(each.read_bytes() for each in tmp_path.iterdir() if each.is_file())
    for told in (secret, "CANARY"):
        assert told not in again and told.encode() not in on_disk
    assert "CANARY" not in outcome.out + outcome.err


def test_a_secret_of_ones_own_comes_from_elsewhere_and_is_not_shown(cli: Cli, own_secret: str) -> None:
    assert "secret" not in subscribe(cli, "--secret", own_secret)
    outcome = cli("subscribe", "loan.made", "--to", URL, "--secret", SECRET)
    assert outcome.code == 2 and "does not belong on a command line" in outcome.err and SECRET not in outcome.err


def test_a_url_may_come_from_a_variable(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", URL)
    assert subscribe(cli, url="env:HOOK")["place"] == "https://hooks.example.com"


def test_a_subscriber_is_named_after_its_host_unless_it_has_a_name(cli: Cli) -> None:
    names = [subscribe(cli)["name"], subscribe(cli)["name"], subscribe(cli, "--name", "desk")["name"]]
    assert names == ["hooks.example.com", "hooks.example.com-2", "desk"]
    assert [each["name"] for each in listed(cli)] == sorted(names)
    taken = cli("subscribe", "loan.made", "--to", URL, "--name", "desk")
    assert taken.code == 2 and "there is a subscriber `desk` already" in taken.err


def test_it_begins_from_now_or_where_one_says(cli: Cli, tmp_path: Path) -> None:
    keep(tmp_path, 1, 2, 3)
    assert [subscribe(cli)["after"], subscribe(cli, "--after", "1")["after"]] == [3, 1]


def test_what_is_wrong_is_said_and_nobody_is_subscribed(cli: Cli) -> None:
    outcome = cli("subscribe", "loan.mde", "--to", "http://10.0.0.1/CANARY", "--where", "x")
    assert outcome.code == 2 and "did you mean `loan.made`?" in outcome.err and "private" in outcome.err
    assert "CANARY" not in outcome.err and "Nobody was subscribed" in outcome.err
    assert cli("subscribe", "loan.made", "--to", URL, "--connection", "abey").code == 2
    assert listed(cli) == []
    assert "Nobody is subscribed" in cli("subscribers", "list").err


def test_a_test_brings_a_signed_sample(cli: Cli, own_secret: str, taker: tuple[Taker, str]) -> None:
    answering, url = taker
    subscribe(cli, "--secret", own_secret, "--name", "desk", url=url)
    outcome = cli("subscribers", "test", "desk")
    assert (outcome.code, outcome.out) == (0, "desk took it, and answered 204.\n"), outcome.err
    (told,) = answering.took
    assert told["type"] == "loan.made" and told["data"]["book_code"] and answering.ids[0].startswith("test_")
    assert json.loads(cli("subscribers", "test", "desk", "--json").out) == {"taken": "desk", "status": 204}
    answering.status = lambda told: 404
    outcome = cli("subscribers", "test", "desk")
    assert (outcome.code, "desk did not take it: it answered 404" in outcome.err) == (4, True)
    assert "Whoever runs the subscriber" in outcome.err
    assert cli("subscribers", "test", "desk", "--event", "loan.ended").code == 2


def test_what_waits_and_what_was_given_up_is_listed_and_brought_once_more(cli: Cli, tmp_path: Path) -> None:
    subscribe(cli, "--name", "desk")
    keep(tmp_path, 1, 2, 3)
    assert cli("events", "replay", "desk", "2").out == "1 event will be brought to desk once more.\n"
    assert json.loads(cli("events", "replay", "desk", "--after", "0", "--json").out)["replayed"] == 3
    with closing(Outbox(outbox_file(tmp_path))) as outbox:
        sent = outbox.due("desk", 1e12, 100)
        given_up = [Failed(sent[0], 1.0, None, "it answered 404"), Failed(sent[1], 1.0, 9e9, "it answered 500")]
        outbox.settle("desk", [], given_up)
    said = cli("subscribers", "list").out
    assert "delivered 0, waiting 2, parked 1\n  it answered 500\n  tried 1 time since 1970-01-01 00:00:01 UTC" in said
    (parked,) = map(json.loads, cli("subscribers", "parked").out.splitlines())
    assert (parked["subscriber"], parked["failure"]) == ("desk", "it answered 404")
    assert cli("events", "replay", "desk", "--parked").code == 0
    assert cli("subscribers", "parked", "desk").out == ""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "say which"),
        (("--until", "3"), "say which"),
        (("1", "--parked"), "cursors and --parked exclude each other"),
        (("--parked", "--after", "1"), "--after and --parked exclude each other"),
        (("--after", "500", "--until", "3"), "no event here has had the cursor 500: the latest is 0"),
        (("--after", "0", "--until", "0"), "must be later than 0"),
    ],
)
def test_a_replay_says_which(cli: Cli, more: tuple[str, ...], said: str) -> None:
    subscribe(cli, "--name", "desk")
    outcome = cli("events", "replay", "desk", *more)
    assert outcome.code == 2 and said in outcome.err


def test_what_was_parked_and_is_forgotten_is_said_and_the_rest_is_brought(cli: Cli, tmp_path: Path) -> None:
    subscribe(cli, "--name", "desk")
    keep(tmp_path, 1)
    cli("events", "replay", "desk", "1")
    with closing(Outbox(outbox_file(tmp_path))) as outbox:
        sent = outbox.due("desk", 1e12, 1)
        outbox.put_again("desk", [replace(sent[0], cursor=9)], 1)
        outbox.settle("desk", [], [Failed(each, 1.0, None, "it answered 404") for each in outbox.due("desk", 1e12, 9)])
    outcome = cli("events", "replay", "desk", "--parked")
    assert outcome.out == (
        "1 event will be brought to desk once more. 1 of what was parked is not kept any more, and parked no longer.\n"
    )


def test_who_cannot_be_reached_is_named_and_no_platform_is_blamed(cli: Cli) -> None:
    subscribe(cli, "--name", "desk", url="http://127.0.0.1:9/in")
    outcome = cli("subscribers", "test", "desk")
    assert (outcome.code, "desk did not take it: it could not be reached" in outcome.err) == (4, True)
    assert "platform" not in outcome.err


def test_a_test_that_is_taken_lets_what_waits_be_sent_now(cli: Cli, tmp_path: Path, taker: tuple[Taker, str]) -> None:
    _, url = taker
    subscribe(cli, "--name", "desk", "--secret", f"@{secret_in(tmp_path)}", url=url)
    keep(tmp_path, 1)
    cli("events", "replay", "desk", "1")
    for command in ("test", "resume"):
        with closing(Outbox(outbox_file(tmp_path))) as outbox:
            outbox.settle("desk", [], [Failed(outbox.due("desk", 1e12, 1)[0], 1.0, 9e9, "it answered 500")])
            assert outbox.due("desk", 8e9, 1) == []
            assert cli("subscribers", command, "desk").code == 0
            assert len(outbox.due("desk", 8e9, 1)) == 1


def test_the_list_says_what_a_subscriber_wants(cli: Cli) -> None:
    more = "--where", "member_id=7", "--without-own", "--ordered-per", "book_code", "--connection", "sandbox"
    subscribe(cli, "--name", "desk", *more)
    wants = "  --where member_id=7 --connection sandbox --without-own --ordered-per book_code\n"
    assert wants in cli("subscribers", "list").out


def test_who_would_begin_after_what_never_was_is_not_subscribed(cli: Cli, tmp_path: Path) -> None:
    keep(tmp_path, 1)
    outcome = cli("subscribe", "loan.made", "--to", URL, "--after", "99999")
    assert (outcome.code, "no event here has had the cursor 99999: the latest is 1" in outcome.err) == (2, True)
    assert listed(cli) == []


def test_what_is_sent_goes_before_the_subscriber(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subscribe(cli, "--name", "desk")

    def cut_off(self: Subscribers, name: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Subscribers, "remove", cut_off)
        cli("subscribers", "remove", "desk")
    with closing(Outbox(outbox_file(tmp_path))) as outbox:
        assert outbox.standings() == {}
    assert "remove it, and subscribe it again" in cli("subscribers", "list").out


def test_who_has_stopped_says_so_and_can_be_resumed(cli: Cli, tmp_path: Path) -> None:
    subscribe(cli, "--name", "desk")
    with closing(Outbox(outbox_file(tmp_path))) as outbox:
        outbox.stop("desk", "it answered 410 Gone: it wants no more")
    assert "410 Gone" in cli("subscribers", "list").out
    assert "library subscribers resume desk" in cli("subscribers", "list").out
    assert cli("subscribers", "resume", "desk").out == "desk is sent to again.\n"
    assert listed(cli)[0]["stopped"] is None
    assert cli("subscribers", "resume", "desk").out.startswith("desk had not stopped.")


def test_who_is_removed_is_gone(cli: Cli) -> None:
    subscribe(cli, "--name", "desk")
    assert cli("subscribers", "remove", "desk").code == 0
    assert listed(cli) == []
    for command in (("remove",), ("resume",), ("test",), ("parked",)):
        outcome = cli("subscribers", *command, "desk")
        assert (outcome.code, "there is no subscriber `desk`" in outcome.err) == (2, True)
    assert cli("events", "replay", "desk", "--parked").code == 2


def test_one_that_was_not_subscribed_to_the_end_says_what_to_do(cli: Cli, tmp_path: Path) -> None:
    subscribe(cli, "--name", "desk")
    with closing(Outbox(outbox_file(tmp_path))) as outbox:
        outbox.remove("desk")
    assert "remove it, and subscribe it again" in cli("subscribers", "list").out
