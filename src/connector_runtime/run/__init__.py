"""The corridor: one action, one plan, or many pages."""

from connector_runtime.run.attempts import NO_RETRIES, Retries
from connector_runtime.run.chain import LONGEST_CHAIN
from connector_runtime.run.corridor import run
from connector_runtime.run.gate import CLOSED, OPEN, Gate
from connector_runtime.run.pages import IN_FLIGHT, MOST_IN_FLIGHT, Stream
from connector_runtime.run.planning import Plan, plan
from connector_runtime.run.resuming import is_open, resume
from connector_runtime.run.who import who

__all__ = [
    "CLOSED",
    "IN_FLIGHT",
    "LONGEST_CHAIN",
    "MOST_IN_FLIGHT",
    "NO_RETRIES",
    "OPEN",
    "Gate",
    "Plan",
    "Retries",
    "Stream",
    "is_open",
    "plan",
    "resume",
    "run",
    "who",
]
