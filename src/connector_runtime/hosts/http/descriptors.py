"""How many files a process may have open: each tenant at work needs about twenty."""

from __future__ import annotations

from contextlib import suppress


def as_many_as_allowed() -> None:
    """Raise the limit that holds as far as the system allows. Where it allows nothing, it stays."""
    try:
        import resource
    except ImportError:  # no POSIX: there is no such limit
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
