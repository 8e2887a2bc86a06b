"""A changelog as releases. Pure."""

from __future__ import annotations

import re

from connector_runtime.exports.facts import Release

HEADING = re.compile(r"^## +(.+?) *$", re.MULTILINE)


def releases_of(changelog: str) -> list[Release]:
    """Each heading of the second level with the Markdown below it. What stands before the first is left out."""
    _, *parts = HEADING.split(changelog)
    return [
        Release(title=title, changes=changes.strip()) for title, changes in zip(parts[::2], parts[1::2], strict=True)
    ]
