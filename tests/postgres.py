"""A PostgreSQL server of the tests' own, on loopback. `scripts/postgres` brings what it needs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.browsing import need

DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian puts the programs, by version."""

FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
"""For tests, which outlive no power failure."""


def program(name: str) -> Path | None:
    """The newest of that name; None where there is none."""
    found = [*sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))]
    named = shutil.which(name)
    return found[-1] if found else Path(named) if named else None


@contextmanager
def postgres(*, settings: str = FAST) -> Iterator[str]:
    """The address of a server with an empty database, for the block. Skips where PostgreSQL is not installed."""
    initdb, server = program("initdb"), program("postgres")
    need(initdb, server)
    assert initdb is not None and server is not None
    with TemporaryDirectory(prefix="postgres-") as folder, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.close()
        data = Path(folder) / "data"
        data.mkdir()
        if os.geteuid() == 0:  # the server refuses to be root's
            for path in (Path(folder), data):
                shutil.chown(path, "postgres")
        made: list[str | Path] = [
            initdb,
            "-D",
            data,
            "-U",
            "connect",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]
        subprocess.run([*_as_somebody(), *made], check=True, capture_output=True, cwd=folder)
        flags = f"-h 127.0.0.1 -p {port} -k {folder} {settings}".split()
        running = subprocess.Popen(
            [*_as_somebody(), server, "-D", data, *flags],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        try:
            url = f"postgresql://connect@127.0.0.1:{port}/postgres"
            _wait_for(url, running)
            yield url
        finally:
            running.terminate()
            running.wait(30)


def _as_somebody() -> list[str | Path]:
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []


def _wait_for(url: str, running: subprocess.Popen[bytes]) -> None:
    import time

    import psycopg

    for _ in range(300):
        assert running.poll() is None, "PostgreSQL has ended"
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise AssertionError("PostgreSQL does not answer")


def cut_off(database: str) -> None:
    """End all connections to a database but one's own, as a restart of the server does."""
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"
    import psycopg

    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"SELECT pg_terminate_backend(pid) {others}")
        while connection.execute(f"SELECT 1 {others}").fetchone():
            time.sleep(0.01)
