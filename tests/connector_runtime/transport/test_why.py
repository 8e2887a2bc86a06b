"""Why nothing came of a call, in words."""

from __future__ import annotations

import pytest

from connector_runtime.transport.why import why

REFUSED = "[Errno 111] Connect call failed ('127.0.0.1', 1)"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (REFUSED, "nothing takes calls there"),
        (f"Multiple exceptions: {REFUSED}, {REFUSED}", "nothing takes calls there"),
        (f"{REFUSED}, [Errno 101] Network is unreachable", "nothing takes calls there, or no way leads there"),
        ("[Errno 28] No space left", "No space left on device"),
        ("village.invalid was not found", "village.invalid was not found"),
    ],
)
def test_the_systems_numbers_are_words(said: str, words: str) -> None:
    assert why(OSError(said)) == words
