"""The image and the compose file, as far as they can be tried without either: what is built and run is what they say,
as a user who may write nowhere but to the data.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.browsing import PINNED, need
from tests.casebook import ROOT
from tests.conftest import KEY
from tests.container import Image, copied, image
from tests.test_wheel import ENVIRONMENT, invoke

HERE = "127.0.0.2"
"""An address on loopback that is not the one by which a host knows that only its own machine reaches it."""

AS_ROOT = os.getuid() == 0


@dataclass
class Installed:
    """What the image has: its program, its environment and its data; and the port in place of its own."""

    image: Image
    programs: Path
    data: Path
    port: int

    def run(self, command: list[str], env: dict[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
        """Begin a command as the image begins it, as its user where the test may choose one, without a home."""
        elsewhere = [re.sub(r"0\.0\.0\.0|127\.0\.0\.1", HERE, each).replace("8436", str(self.port)) for each in command]
        found = {name: value.replace("/data", str(self.data)) for name, value in self.image.environment.items()}
        whole = found | {"PATH": f"{self.programs}:/usr/bin:/bin"} | (env or {})
        if AS_ROOT:
            options |= dict(zip(("user", "group"), self.image.user, strict=True)) | {"extra_groups": []}
        program = self.programs / elsewhere[0]
        return subprocess.Popen(
            [program, *elsewhere[1:]], env=whole, cwd=self.data, text=True, stdin=subprocess.DEVNULL, **options
        )

    def healthy(self) -> bool:
        """Whether the image's health check says so."""
        with self.run(self.image.healthcheck, stderr=subprocess.DEVNULL) as check:
            return check.wait() == 0


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    """The image's environment, made by what its Dockerfile does."""
    known = image()
    with tempfile.TemporaryDirectory(prefix="image-") as name:
        place = Path(name)
        place.chmod(0o755)  # the image's user must get there; pytest's own folders let nobody in
        source, venv, data = place / "source", place / "connector", place / "data"
        source.mkdir()
        copied(source)
        (source / "actions" / "left.sqlite3").write_text("what git ignores")
        invoke([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", place, source], cwd=place)
        (wheel,) = place.glob("*.whl")
        shutil.rmtree(source)
        invoke([_python(), "-m", "venv", "--without-pip", venv], cwd=place)
        _install(f"{wheel}[{known.extras}]", venv, place)
        data.mkdir(mode=0o700)
        if AS_ROOT:
            os.chown(data, *known.user)
        with socket.create_server((HERE, 0)) as free:
            port = free.getsockname()[1]
        yield Installed(known, venv / "bin", data, port)


def _python() -> str:
    """A Python that the image's user may run."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        places = Path(candidate).resolve().parents
        if not AS_ROOT or (Path(candidate).exists() and all(each.stat().st_mode & 0o001 for each in places)):
            return candidate
    pytest.skip("no Python here may be run by another user than root")


def _install(what: str, venv: Path, place: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--python", str(venv / "bin" / "python"), "--quiet"]
    probe = [*pip, "--retries=1", "--timeout=20", "download", "--no-cache-dir", "--no-deps", "--dest=probe", "click"]
    if subprocess.run(probe, cwd=place, env=ENVIRONMENT, capture_output=True, check=False).returncode:
        assert "CI" not in os.environ, "pip reaches no package index"
        pytest.skip("pip reaches no package index, and the wheel's dependencies come from one")
    invoke([*pip, "install", what], cwd=place)


def test_the_image_serves_is_well_and_ends_when_it_is_told_to(installed: Installed) -> None:
    serve = [*installed.image.entrypoint, *installed.image.command, "--port", "8436", "--json"]
    assert not installed.healthy()
    with installed.run(serve, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as host:
        try:
            assert host.stdout is not None and host.stderr is not None
            told = json.loads(host.stdout.readline() or host.stderr.read())
            assert installed.healthy()
            headers = {"authorization": f"Bearer {told['key']}"}
            with httpx.Client(base_url=told["url"], headers=headers, timeout=60, trust_env=False) as client:
                assert client.get("/readyz").json() == {"status": "ready"}
                ran = client.post(
                    "/v1/actions/enroll_user_into_a_course/run", json={"input": {"user_id": 7, "course_id": 42}}
                )
                assert (ran.status_code, ran.json()["effect"]) == (200, "done")
                assert client.get("/enter").status_code == 200  # the pages
        finally:
            host.send_signal(signal.SIGTERM)
        log = host.stderr.read()
        assert host.wait(30) == 0 and "Traceback" not in log and " error " not in log, log
    assert not installed.healthy()
    kept = list(installed.data.rglob("*"))
    assert {each.name for each in kept} >= {"tenants.sqlite3", "runs.sqlite3"}
    assert not AS_ROOT or {each.stat().st_uid for each in kept} == {installed.image.user[0]}


def test_two_instances_on_one_database_serve_the_same(installed: Installed, database: str) -> None:
    """As the compose file has them, begun at once: there is one first key, and what one makes is good at the other."""
    env = {"DOCEBO_CONNECT_DATABASE": database, "DOCEBO_CONNECT_KEY": KEY}
    serve = [*installed.image.entrypoint, *installed.image.command, "--port", "0", "--json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    told = []
    with installed.run(serve, env, **pipes) as first, installed.run(serve, env, **pipes) as second:
        hosts = (first, second)
        try:
            for host in hosts:
                assert host.stdout is not None and host.stderr is not None
                told.append(json.loads(host.stdout.readline() or host.stderr.read()))
            (key,) = [each["key"] for each in told if each["key"]]
            keys = [f"{each['url']}/v1/keys" for each in told]
            asked: Any = {"json": {"name": "n8n", "scopes": ["admin"]}, "headers": {"authorization": f"Bearer {key}"}}
            made = httpx.post(keys[0], **asked).json()
            seen = httpx.get(keys[1], headers={"authorization": f"Bearer {made['key']}"}).json()
            assert [each["name"] for each in seen["items"]] == ["first key", "n8n"]
        finally:
            for host in hosts:
                host.send_signal(signal.SIGTERM)
        assert [host.wait(30) for host in hosts] == [0, 0]


def test_nothing_of_a_working_folder_is_in_the_image(installed: Installed) -> None:
    (connector,) = installed.programs.parent.rglob("docebo_connect/connector")
    names = {each.relative_to(connector).as_posix() for each in connector.rglob("*")}
    assert "connector.yaml" in names and "actions/left.sqlite3" not in names
    assert not {each for each in names if each.endswith((".env", ".key", ".sqlite3")) or "cassettes" in each}


def test_the_image_runs_as_nobody_who_owns_it() -> None:
    known = image()
    assert min(known.user) >= 10_000
    assert not {name for name in known.environment if re.search("KEY|PASSWORD|SECRET|TOKEN", name)}


def test_the_image_is_made_as_a_linter_wants_it() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    if not linter.exists():
        assert "CI" not in os.environ, "hadolint is not installed"
        pytest.skip("there is no hadolint for this system")
    done = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_compose_file_is_as_a_linter_wants_it_and_holds_no_secret() -> None:
    linter = PINNED / "node_modules" / "dclint" / "bin" / "dclint.cjs"
    need(shutil.which("node"), linter)
    command = ["node", str(linter), "--max-warnings", "0", str(ROOT / "compose.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"].values()
    said = {name: value for service in services for name, value in service["environment"].items()}
    secret = {name for name in said if re.search("KEY|PASSWORD", name)}
    assert len(secret) == 3 and all(re.search(r"\$\{\w+:\?", said[name]) for name in secret)
