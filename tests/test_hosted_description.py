"""The hosted API, asked for whatever its description allows and forbids: it answers as described, and never fails.

tests/description says how. EXAMPLES is how many requests are drawn for each operation beyond those that cover its
description; scripts/fuzz asks for many.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from starlette.responses import Response

from tests.casebook import ROOT
from tests.hosted_apart import hosted
from tests.served import serving

EXAMPLES = os.environ.get("EXAMPLES", "3")
CONFIGURATION = ROOT / "tests" / "description" / "schemathesis.toml"
LIVE = ("watch_run", "watch_events")
"""They end when nothing more is to come: tests/test_hosted_live.py reads them."""

HARD = {
    "POST /v1/connections",  # a platform would be asked, elsewhere
    "POST /v1/connections/{name}/rotate",  # so there is none whose credentials could be others
    "DELETE /v1/connections/{name}",  # nor one to forget
    "POST /v1/runs/{run_id}/resume",  # no run was left open
}
"""Whatever is asked of these is refused."""


def test_every_answer_is_as_described(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with (
        serving(Response(status_code=204)) as subscriber,
        hosted(tmp_path, "--calls-a-minute", "1000000") as host,
    ):
        done = subprocess.run(
            [
                *(Path(sys.executable).with_name("st"), f"--config-file={CONFIGURATION}", "run"),
                *(f"{host.url}/v1/openapi.json", f"--max-examples={EXAMPLES}", "--no-color"),
                f"--report-json-path={report}",
            ],
            cwd=tmp_path,  # where it leaves things
            env={**os.environ, "API_KEY": host.key, "API_SUBSCRIBER": subscriber, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    complaints = host.log.read_text()
    assert done.returncode == 0, f"{done.stdout[-20_000:]}\n{done.stderr}\n{complaints[-5000:]}"
    assert "Traceback" not in complaints, complaints[-5000:]
    told = json.loads(report.read_text())
    assert [phase["status"] for phase in told["phases"].values()] == ["success"] * 4
    assert told["operations"]["tested"] == told["operations"]["total"] - len(LIVE)
    taken = {name for name, phases in told["valid_rates"].items() if any(each["accepted"] for each in phases.values())}
    assert told["valid_rates"].keys() - taken <= HARD, "of these, nothing was ever carried out"
