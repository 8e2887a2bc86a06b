"""What is built is what was declared, and it works away from the checkout."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONNECTOR = (
    "connector.yaml",
    "icon.svg",
    "CHANGELOG.md",
    "actions/",
    "operations/",
    "schemas/",
    "triggers/",
    "fixtures/",
)
PACKAGES = ("src/connector_runtime/", "src/docebo_connect/")
CASSETTES = "fixtures/cassettes/"
# Git ignores these. They are in a folder someone works in, and must not be in what that folder ships.
LEFTOVERS = (
    "actions/.env",
    "schemas/old.yaml~",
    "triggers/.old.yaml.swp",
    "fixtures/.DS_Store",
    "src/docebo_connect/.env",
)

# What a person's shell would add to a Python of theirs is not part of the product.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name != "VIRTUAL_ENV" and not name.startswith(("PYTHON", "COV_", "GIT_", "DOCEBO_CONNECT_"))
} | {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def invoke(command: Sequence[str | Path], *, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Standard output of a command, which must succeed; both outputs are told where it does not."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=ENVIRONMENT if env is None else env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"{command} exits with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    """Every file that git tracks, or would after `git add --all`."""
    if not (ROOT / ".git").exists():
        pytest.skip("git knows what belongs to the project, and this is not a git checkout")
    listing = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = invoke(listing, cwd=ROOT).split("\0")
    return sorted({name for name in names if (ROOT / name).is_file()})


@pytest.fixture(scope="module")
def dist(tracked: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders: `direct/` has the checkout's wheel, `by_sdist/` the sdist and the wheel built from that."""
    source, dist = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in tracked:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, source / name)
    for name in LEFTOVERS:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("left over")

    build = (sys.executable, "-m", "build", "--no-isolation")
    invoke([*build, "--outdir", dist / "by_sdist", source], cwd=dist)
    invoke([*build, "--wheel", "--outdir", dist / "direct", source], cwd=dist)
    return dist


def wheel(folder: Path) -> Path:
    """The one wheel in a folder."""
    (found,) = folder.glob("*.whl")
    return found


def contents(path: Path) -> dict[str, bytes]:
    """A wheel's files by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_holds_the_tracked_files_of_both_packages_and_the_connector_and_no_others(
    dist: Path, tracked: list[str]
) -> None:
    declared = {
        f"docebo_connect/connector/{name}"
        for name in tracked
        if name.startswith(CONNECTOR) and not name.startswith(CASSETTES)
    }
    code = {name.removeprefix("src/") for name in tracked if name.startswith(PACKAGES)}
    shipped = {name for name in contents(wheel(dist / "direct")) if ".dist-info/" not in name}

    assert "docebo_connect/connector/connector.yaml" in shipped
    assert shipped == declared | code


def test_the_sdist_builds_the_same_wheel_as_the_checkout(dist: Path) -> None:
    assert contents(wheel(dist / "by_sdist")) == contents(wheel(dist / "direct"))


def test_a_wheel_installed_away_from_the_checkout_runs_the_main_job(dist: Path, tmp_path: Path) -> None:
    invoke([sys.executable, "-m", "venv", tmp_path / "venv"], cwd=tmp_path)
    programs = tmp_path / "venv" / "bin"
    pip = (programs / "python", "-m", "pip", "--quiet")
    probe = (*pip, "--retries=1", "--timeout=20", "download", "--no-cache-dir", "--no-deps", "--dest=probe", "click")
    if subprocess.run(probe, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False).returncode:
        assert "CI" not in os.environ, "pip reaches no package index"
        pytest.skip("pip reaches no package index, and the wheel's dependencies come from one")
    invoke([*pip, "install", wheel(dist / "direct")], cwd=tmp_path)

    job = ("run", "enroll_user_into_a_course", "user_id=7", "course_id=42", "level=student", "--json")
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "DOCEBO_CONNECT_DATA_DIR": str(tmp_path / "data")}
    record = json.loads(invoke([programs / "docebo-connect", *job], cwd=tmp_path, env=bare))

    assert record["status"] == "succeeded"
    assert record["output"]["enrolled"] == [{"user_id": 7, "course_id": 42, "waiting": False}]
    assert [event["event"] for event in record["events"]] == ["course.enrollment.created"]
