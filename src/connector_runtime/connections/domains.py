"""A platform's domain, as people type it: made into the address that requests go to, which is shown back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from connector_runtime.connections.addresses import LABEL, PORTS, Address, host_faults, parted
from connector_runtime.definition.connection import ConnectionTemplate
from connector_runtime.definition.mapping import PLACEHOLDER
from connector_runtime.errors import InvalidInput
from connector_runtime.schema import title_at
from connector_runtime.values import Json, Problem

WHOLE = re.compile(r"(https)://\{([^{}]*)\}(/.*)?")
"""An address of which an input is the host, whole."""


def base_url(template: ConnectionTemplate, given: Mapping[str, Json]) -> str:
    """The address that a connection's fields name. Raises InvalidInput with all that is wrong, by the fields' titles.

    `acme`, `Acme.example.com/` and `https://acme.example.com` are the same, where the declaration's suffix is
    example.com. A port, and http, are for loopback only; loopback is http unless https is typed.
    """
    whole = WHOLE.fullmatch(template.base_url)
    problems: list[Problem] = []
    filled: dict[str, str] = {}
    address: Address | None = None
    for name in dict.fromkeys(PLACEHOLDER.findall(template.base_url)):
        typed = str(given.get(name) or "").strip()
        if whole is not None and name == whole[2]:
            address = as_typed(typed, template.suffix)
            found = list(_domain_faults(address))
            filled[name] = address.host if address is not None else ""
        else:
            filled[name] = typed.lower()
            found = [] if LABEL.fullmatch(filled[name]) else ["write letters, digits and hyphens only"]
        title = title_at(template.input, [name])
        problems += [Problem(name, each, title) for each in (found if typed else ["fill this in"])]
    if problems:
        raise InvalidInput(problems, fix=accepted(template, whole is not None))
    if whole is None or address is None:
        return PLACEHOLDER.sub(lambda found: filled[found[1]], template.base_url)
    return str(replace(address, rest=PLACEHOLDER.sub(lambda found: filled[found[1]], whole[3] or "")))


def as_typed(typed: str, suffix: str | None) -> Address | None:
    """What somebody means: a bare name has the platform's suffix, https unless it is loopback."""
    address = parted(typed)
    if address is None:
        return None
    if suffix and "." not in address.host and not address.loopback and LABEL.fullmatch(address.host):
        address = replace(address, host=f"{address.host}.{suffix}")
    if address.loopback:
        return replace(address, scheme=address.scheme or "http")
    return replace(address, scheme="https") if address.scheme in ("", *PORTS) else address


def accepted(template: ConnectionTemplate, domain: bool) -> str:
    """What may be filled in."""
    if not domain:
        return "Write the name alone, as it stands in your platform's address."
    bare = f"acme for acme.{template.suffix}, or " if template.suffix else ""
    return f"Write {bare}a whole domain such as learn.example.com; https:// before it may stay or be left out."


def _domain_faults(address: Address | None) -> Iterator[str]:
    if address is None:
        yield "this is no domain: it has letters, digits, hyphens and dots"
        return
    if address.user:
        yield "leave out what stands before the @; credentials have fields of their own"
    if address.scheme not in PORTS:
        yield f"a platform is reached by https, not {address.scheme}"
    if address.port is not None and not address.loopback and address.port != PORTS["https"]:
        yield f"leave out the port {address.port}; it is for loopback only"
    elif address.port is not None and not 0 < address.port < 2**16:
        yield "a port is a number from 1 to 65535"
    if address.rest not in ("", "/"):
        yield "leave out what follows the domain, from its first slash, ? or # on"
    yield from host_faults(address)
