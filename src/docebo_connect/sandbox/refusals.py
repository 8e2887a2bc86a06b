"""The ways in which the API says no.

The body's shape is seen in parts and otherwise assumed [I]: a name, a message that is a list of strings, a code and
the status.
"""

from __future__ import annotations

NAMES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Payload Too Large",
}
CODES = {400: 1001, 401: 0, 403: 1003, 404: 1002, 405: 0, 413: 0}


class Refusal(Exception):
    """The API's error body with its HTTP status; raised anywhere in a handler, it undoes the handler's changes."""

    def __init__(self, status: int, *messages: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, *messages)
        self.status = status
        self.messages = messages
        self.headers = headers or {}
        self.content = {"name": NAMES[status], "message": list(messages), "code": CODES[status], "status": status}


def bad_request(*messages: str) -> Refusal:
    """400: what was sent cannot be read."""
    return Refusal(400, *messages)


def not_found(*messages: str) -> Refusal:
    """404 with the API's body: the route exists, the thing does not."""
    return Refusal(404, *messages)


def forbidden() -> Refusal:
    """403: the token's user may not do this."""
    return Refusal(403, "You are not allowed to perform this action.")


def unauthorized() -> Refusal:
    """401: no token, an unknown one, or an expired one."""
    message = "Your request was made with invalid or expired credentials."
    return Refusal(401, message, headers={"www-authenticate": "Bearer"})


class OAuthRefusal(Exception):
    """An error of the token endpoint, RFC 6749 section 5.2: `{error, error_description}`."""

    def __init__(self, error: str, description: str, status: int = 400, headers: dict[str, str] | None = None) -> None:
        super().__init__(error, description)
        self.status = status
        self.headers = {"cache-control": "no-store"} | (headers or {})
        self.content = {"error": error, "error_description": description}
