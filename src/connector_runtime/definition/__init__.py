"""Declarations: what authors write, held to its grammar and its meaning, ready for the rooms."""

from connector_runtime.definition.case import Case
from connector_runtime.definition.connector import Connector, load
from connector_runtime.definition.finding import find
from connector_runtime.definition.grammar import Action, Identity, Trigger

__all__ = ["Action", "Case", "Connector", "Identity", "Trigger", "find", "load"]
