"""A person's consent: a browser is sent to the platform, and what it brings back is heard on loopback."""

from __future__ import annotations

import asyncio
import threading
import webbrowser
from collections.abc import Callable
from contextlib import suppress

import click

from connector_runtime.connections.consent import code_in, consent_url, new_state, new_verifier
from connector_runtime.connections.grants import Code
from connector_runtime.connections.kept import Kept
from connector_runtime.definition.connection import Authentication
from connector_runtime.errors import ConnectorError, InvalidInput, Unreachable
from connector_runtime.hosts.cli import words
from connector_runtime.values import Problem

HOST = "127.0.0.1"
PATH = "/callback"
PATIENCE_S = 300
"""For how long somebody may take to sign in."""

LONGEST = 2**16
"""Bytes of what a browser asks for."""

PAGE = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<body style="font-family: sans-serif; margin: 3em"><h1>{title}</h1><p>{text}</p></body></html>
"""


def redirect_uri(port: int) -> str:
    """Where the platform sends the browser back to."""
    return f"http://{HOST}:{port}{PATH}"


async def consented(way: Authentication, kept: Kept, *, port: int, uri: str | None, browser: bool) -> Code:
    """The code that a person's consent brings. Raises InvalidInput, Unauthorized, Unreachable when nobody comes.

    `uri` is another redirect URI than our own: then the person brings the address back that the browser ends up at.
    """
    state, verifier = new_state(), new_verifier()
    back = uri or redirect_uri(port)
    url = consent_url(way, kept.base_url, kept.fields, back, state, verifier)
    words.note(f"Redirect URI, as it must stand in the app on the platform: {back}")
    words.note(f"Sign in and allow the connection at:\n{url}")
    if uri is not None:
        if browser:
            _open(url)  # a browser in this terminal has it to itself until it is left
        brought = click.prompt("The address at which the browser ends up", err=True, hide_input=True)
        return Code(code_in(brought, state), back, verifier)
    return Code(await _heard(port, state, url, browser), back, verifier)


async def _heard(port: int, state: str, url: str, browser: bool) -> str:
    """The code that a browser brings to our port; what is no answer to our question is told so, and not heard."""
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    visits: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits[writer] = asyncio.current_task()
        with suppress(ConnectionError, TimeoutError, asyncio.LimitOverrunError, ValueError):
            async with asyncio.timeout(10):
                method, _, rest = (await reader.readline()).decode("latin-1").partition(" ")
                target = rest.partition(" ")[0]
                while (await reader.readline()).strip():
                    pass
            status, title, text = _verdict(method, target, state, found)
            page = PAGE.format(title=title, text=text).encode()
            head = f"HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {len(page)}\r\n"
            writer.write(f"{head}referrer-policy: no-referrer\r\nconnection: close\r\n\r\n".encode() + page)
            await writer.drain()
        writer.close()
        del visits[writer]

    try:
        server = await asyncio.start_server(answer, HOST, port, limit=LONGEST)
    except OSError as wrong:
        problem = Problem("port", f"{port} cannot be listened on ({wrong.strerror})", "Port")
        raise InvalidInput([problem], fix="Name another port with --port, and register its redirect URI.") from None
    async with server:
        if browser:  # one in this terminal ends when it is left: it is heard meanwhile, and not waited for
            threading.Thread(target=_open, args=[url, found.done], daemon=True).start()
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await found
        except TimeoutError:
            raise Unreachable(f"nobody has allowed the connection within {PATIENCE_S // 60} minutes") from None
        finally:
            left = dict(visits)  # browsers open connections ahead, and say nothing on them
            for writer in left:
                writer.close()
            await asyncio.gather(*filter(None, left.values()), return_exceptions=True)


def _verdict(method: str, target: str, state: str, found: asyncio.Future[str]) -> tuple[str, str, str]:
    """What a browser is told. A stranger's request does not end the waiting; the platform's answer does, were it no."""
    if method != "GET" or target.partition("?")[0] != PATH:
        return "404 Not Found", "Nothing here", "Go back to the terminal."
    try:
        code = code_in(target, state)
    except InvalidInput as wrong:
        return "400 Bad Request", "This is not the answer", f"{_escaped(wrong.message)}. Go back to the terminal."
    except ConnectorError as refusal:
        if not found.done():
            found.set_exception(refusal)
        return "200 OK", "Not connected", "The platform refused. The terminal says why; you may close this page."
    if not found.done():
        found.set_result(code)
    return "200 OK", "Allowed", "Go back to the terminal: it says whether you are connected. You may close this page."


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _open(url: str, needless: Callable[[], bool] = lambda: False) -> None:
    """Open a browser, and wait as long as it keeps this terminal. `needless`: nobody needs it any more."""
    opened = False
    with suppress(webbrowser.Error, OSError):
        opened = webbrowser.open(url)
    if not opened and not needless():
        words.note("No browser could be opened: open that address yourself.")
