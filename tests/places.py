"""Where a test's things are kept."""

from __future__ import annotations

import pytest

on_disk = pytest.mark.parametrize("location", ["files"], indirect=True)
"""For what is true of files only."""
