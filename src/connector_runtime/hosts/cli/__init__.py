"""The command line: the connector for people at a terminal, and for scripts."""

from connector_runtime.hosts.cli.program import main

__all__ = ["main"]
