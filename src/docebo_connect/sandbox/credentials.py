"""The one registered application and the one password: fixed, documented, and worth nothing elsewhere."""

from __future__ import annotations

from typing import Any

HOST = "sandbox.docebosaas.test"
CLIENT_ID = "docebo-connect-sandbox"
CLIENT_SECRET = "a-sandbox-has-no-secrets"
USERNAME = "admin"
PASSWORD = "sandbox-password"  # of every user


class Concealed(dict[str, str]):
    """A dict whose repr shows its keys and none of its values, so that no log or traceback does."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self)})"

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, spec: Any) -> str:
        return format(repr(self), spec)
