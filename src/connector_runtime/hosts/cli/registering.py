"""`webhooks register` and `check`, and what `listen` repairs: webhooks that the platform was given by API."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import click

from connector_runtime.errors import ConnectorError, InvalidInput, Refused
from connector_runtime.hosts.cli import by_hand, words
from connector_runtime.hosts.cli.setting import (
    DEADLINE_S,
    Setting,
    data_dir_option,
    deadline_option,
    json_option,
    setting_of,
    wait_for,
)
from connector_runtime.hosts.directories import events_file

if TYPE_CHECKING:
    from connector_runtime.events.registration import Finding
    from connector_runtime.hosts.registrar import Registrar
    from connector_runtime.store.registrations import Registration

T = TypeVar("T")

HERE = "http://127.0.0.1:8438"
"""How a platform on this machine reaches `listen`."""

WRONG = {
    "missing": "the platform does not have it any more",
    "disabled": "it is disabled on the platform",
    "other_events": "it brings other events than those that were registered",
    "other_url": "it leads to another address",
    "elsewhere": "it was registered on another platform, when the connection was that one's",
    "unregistered": "none was registered from here",
}

STATES = {
    "begun": "being registered as",
    "kept": "registered as",
    "over": "to be removed on the platform, where it is",
    "gone": "open for what is still on its way from",
    "ended": "closed to",
}

STARTING_DEADLINE_S = 20.0
"""What `listen` spends on a platform that is busy or down, for each connection. Deliveries are let in meanwhile."""


@click.command("register")
@by_hand.name_argument
@click.option(
    "--url",
    metavar="URL",
    help="How the platform reaches the machine on which `listen` runs: with https, from outside. "
    f"Without it: as it was registered before; the first time {HERE}.",
)
@click.option("--event", "events", multiple=True, metavar="EVENT", help="Only this event; may be given several times.")
@deadline_option
@json_option
@data_dir_option
@click.pass_context
def register_command(
    context: click.Context, name: str, url: str | None, events: tuple[str, ...], deadline: float, as_json: bool
) -> None:
    """Have the platform of the connection NAME bring its events here: register webhooks by its API.

    What was registered before is replaced. Webhooks that were made otherwise are left alone.
    """
    from connector_runtime.hosts.connected import check_connection

    setting = setting_of(context)
    check_connection(setting.data_dir, setting.program, name)

    async def registered(registrar: Registrar) -> Finding:
        nonlocal url
        url = url or registrar.url or HERE
        return await registrar.register(url, events)

    try:
        finding = wait_for(with_registrar(setting, name, registered, deadline))
    except (Refused, InvalidInput) as wrong:
        if isinstance(wrong, Refused) or wrong.code == "assumed_endpoint":
            _say_how_by_hand(setting, name, url or HERE, as_json=as_json)
        raise
    if as_json:
        words.say_json(finding.document())
    else:
        _say_made(setting, finding)
    for part in finding.wrong:
        words.warn({"pointer": "", "message": f"{name}: {WRONG[part]}"})


def _say_made(setting: Setting, finding: Finding) -> None:
    made = finding.registration
    assert made is not None, "it has just been registered"
    click.echo(f"{click.style(finding.connection, bold=True)}: registered as {made.tag}")
    for webhook in finding.webhooks:
        click.echo(f"  Webhook {webhook['id']}: {', '.join(webhook['events'])}")
    click.echo(f"  They come to {made.url}. Start here: {setting.program} listen")
    click.echo(f"  What arrives: {setting.program} events --follow")


@click.command("check")
@by_hand.name_argument
@deadline_option
@json_option
@data_dir_option
@click.pass_context
def check_command(context: click.Context, name: str, deadline: float, as_json: bool) -> None:
    """Compare the webhooks of the connection NAME on its platform with what was registered. Changes nothing.

    Ends with exit code 1 where something is wrong.
    """
    from connector_runtime.hosts.connected import check_connection

    setting = setting_of(context)
    check_connection(setting.data_dir, setting.program, name)

    async def checked(registrar: Registrar) -> Finding:
        return await registrar.check()

    finding = wait_for(with_registrar(setting, name, checked, deadline))
    if as_json:
        words.say_json(finding.document())
    else:
        for line in lines_of(finding, setting.program):
            click.echo(line)
    context.exit(0 if finding.good else 1)


def lines_of(finding: Finding, program: str) -> list[str]:
    """What was found, in words."""
    name = finding.connection
    lines = [_advice(finding, wrong, program) for wrong in finding.wrong]
    lines += [f"{name}: {words.plain(str(hook['name']))} is of no use any more" for hook in finding.orphans]
    return lines or [f"{name}: as it was registered, webhook {', '.join(str(hook['id']) for hook in finding.webhooks)}"]


def _advice(finding: Finding, wrong: str, program: str) -> str:
    name = finding.connection
    return f"{name}: {WRONG[wrong]}. To have one made now: {program} webhooks register {name}"


async def with_registrar(
    setting: Setting, name: str, work: Callable[[Registrar], Awaitable[T]], deadline_s: float
) -> T:
    """Work on the webhooks of a connection. Raises ConnectorError."""
    from connector_runtime.hosts.cli.waiting import patient
    from connector_runtime.hosts.registrar import Registrar
    from connector_runtime.hosts.session import Session

    async with Session(
        setting.connector,
        connection=name,
        data_dir=setting.data_dir,
        program=setting.program,
        retries=patient(deadline_s),
        tell=words.note,
    ) as session:
        with Registrar(session, setting.program, words.note) as registrar:
            return await work(registrar)


def registrations(setting: Setting, *, gone: bool = False) -> list[Registration]:
    """What is registered by API; also what is gone already, if that is asked for."""
    from connector_runtime.store.registrations import Registrations

    kept = Registrations(events_file(setting.data_dir))
    known = kept.of(gone=gone)
    kept.release()
    return known


def removed(setting: Setting, name: str, *, keep_on_platform: bool) -> list[int] | None:
    """End what is registered for a connection; the numbers of the webhooks that were removed on its platform. None
    where nothing was registered.
    """
    from connector_runtime.store.registrations import Registrations

    known = [each for each in registrations(setting, gone=True) if each.connection == name]
    if not known:
        return None
    if keep_on_platform:
        kept = Registrations(events_file(setting.data_dir))
        kept.forget(name)
        kept.release()
        return []

    async def done(registrar: Registrar) -> list[int]:
        return await registrar.remove()

    try:
        numbers = wait_for(with_registrar(setting, name, done, DEADLINE_S))
        return None if not numbers and all(each.state == "ended" for each in known) else numbers
    except ConnectorError as wrong:
        wrong.fix += f" To let nothing in all the same: {setting.program} webhooks remove {name} --keep-on-platform"
        raise


def repairing(setting: Setting) -> threading.Thread:
    """A thread that looks after what is registered: it may wait for platforms, and deliveries do not. Whoever ends
    leaves it behind, as whatever it does can be ended at any point.
    """
    return threading.Thread(target=repair_all, args=[setting], name="webhooks", daemon=True)


def repair_all(setting: Setting) -> None:
    """Put right what is registered, for every connection, and say what was wrong. Raises nothing."""
    try:
        names = list(dict.fromkeys(each.connection for each in registrations(setting, gone=True)))
    except ConnectorError as wrong:
        words.note(f"What is registered could not be looked at: {words.plain(str(wrong))}")
        return
    for name in names:
        try:
            finding = wait_for(with_registrar(setting, name, _repaired, STARTING_DEADLINE_S))
        except Exception as wrong:  # a connection that cannot be looked at is no reason not to listen
            said = str(wrong) if isinstance(wrong, ConnectorError) else type(wrong).__name__
            words.note(f"{name}: its webhooks on the platform could not be looked at: {words.plain(said)}")
            continue
        for line in _repairs(finding, setting.program):
            words.note(line)


def _repairs(finding: Finding, program: str) -> list[str]:
    """What was found and put right, or is somebody's to put right. Who has nothing registered has asked for nothing."""
    name = finding.connection
    wrong = [each for each in finding.wrong if each != "unregistered"]
    lines = [f"{name}: {WRONG[each]}; it was registered again." for each in wrong if each == "missing"]
    lines += [_advice(finding, each, program) for each in wrong if each != "missing"]
    lines += [f"{name}: {words.plain(str(hook['name']))} is of no use any more." for hook in finding.orphans]
    return lines + [f"{name}: what is of no use any more was removed."] * bool(finding.orphans)


async def _repaired(registrar: Registrar) -> Finding:
    return await registrar.repair()


def _say_how_by_hand(setting: Setting, name: str, url: str, *, as_json: bool) -> None:
    """The platform does not let us: somebody may be able to who signs in there."""
    again = f"{setting.program} webhooks add {name} --url {url}"
    if as_json or by_hand.is_open(setting, name):
        words.note(f"The platform was given nothing. To make a webhook by hand, on its own pages: {again}")
        return
    words.note("The platform was given nothing. Here is how a webhook is made by hand.")
    by_hand.say_recipe(setting, name, url, by_hand.opened(setting, name))
