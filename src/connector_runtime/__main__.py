"""`python -m connector_runtime`: the command line for the nearest connector."""

from connector_runtime.hosts.cli import main

main()
