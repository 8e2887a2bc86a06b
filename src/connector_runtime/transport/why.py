"""Why nothing came of a call, in words. Pure."""

from __future__ import annotations

import errno
import os
import re

WORDS = {
    errno.ECONNREFUSED: "nothing takes calls there",
    errno.ETIMEDOUT: "it did not answer in time",
    errno.EHOSTUNREACH: "no way leads there",
    errno.ENETUNREACH: "no way leads there",
    errno.ECONNRESET: "it broke the connection off",
}
"""What the system's numbers mean."""

NUMBER = re.compile(r"\[Errno (-?\d+)\]")
"""How Python says them; where several addresses were tried, each has its own."""


def why(wrong: Exception) -> str:
    """The reason that an error gives, without the system's numbers."""
    numbers = dict.fromkeys(int(each) for each in NUMBER.findall(str(wrong)) if int(each) > 0)
    words = dict.fromkeys(WORDS.get(each) or os.strerror(each) for each in numbers)
    return ", or ".join(words) or str(wrong)
