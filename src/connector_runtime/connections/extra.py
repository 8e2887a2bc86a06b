"""Packages that the base installation does not have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points

from connector_runtime.definition.finding import GROUP
from connector_runtime.errors import InvalidInput
from connector_runtime.values import Problem


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Around the imports that need an extra. Raises InvalidInput, which names it, where it is not installed."""
    try:
        yield
    except ModuleNotFoundError as missing:
        raise InvalidInput(
            [Problem("", f"the Python package {missing.name} is not installed")],
            code="extra_missing",
            fix=_how_to_install(name),
        ) from missing


def _how_to_install(name: str) -> str:
    brought = {each.dist.name for each in entry_points(group=GROUP) if each.dist is not None}
    if len(brought) != 1:
        return f"Install it: it belongs to the extra `{name}` of the package that brings this program."
    return f'Install the extra `{name}`: pip install "{brought.pop()}[{name}]"'
