"""The world outside, watched: whose name is looked up, and what is connected to. Nothing leaves the machine."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from typing import Any

import pytest


@dataclass
class Outside:
    """`answers` are given for every name, one after the other, the last one from then on."""

    answers: list[list[str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    """The addresses that were connected to."""

    async def look_up(self, host: str, port: int) -> list[str]:
        """Answers instead of DNS."""
        self.asked.append(host)
        assert self.answers, f"nobody may ask for {host}"
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def watched(monkeypatch: pytest.MonkeyPatch) -> Outside:
    """Every event loop, with no way out: a name is answered from the script, and only loopback is connected to."""
    outside, connect = Outside(), asyncio.SelectorEventLoop.sock_connect

    async def getaddrinfo(_: Any, host: str, port: int, **__: Any) -> list[Any]:
        found = await outside.look_up(host, port)
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, port)) for each in found]

    async def sock_connect(loop: Any, sock: socket.socket, address: Any) -> None:
        outside.called.append(address[0])
        if not address[0].startswith("127."):
            raise ConnectionRefusedError
        await connect(loop, sock, address)

    monkeypatch.setattr(asyncio.SelectorEventLoop, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", sock_connect)
    return outside
