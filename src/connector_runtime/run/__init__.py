"""The corridor: one action, one plan, or many pages."""

from connector_runtime.run.corridor import run
from connector_runtime.run.gate import CLOSED, OPEN, Gate
from connector_runtime.run.pages import IN_FLIGHT, MOST_IN_FLIGHT, Stream
from connector_runtime.run.planning import Plan, plan

__all__ = ["CLOSED", "IN_FLIGHT", "MOST_IN_FLIGHT", "OPEN", "Gate", "Plan", "Stream", "plan", "run"]
