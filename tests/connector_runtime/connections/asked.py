"""What is asked of a platform whose address is in question."""

from __future__ import annotations

from connector_runtime.definition.grammar import RequestTemplate
from connector_runtime.values import Request
from tests.connector_runtime.workshop import declared

READ = Request(method="GET", path="/x")
WRITE = declared(kind="create", request=RequestTemplate(method="POST", path="/x", body=[]))
OK = "HTTP/1.1 200 OK"
