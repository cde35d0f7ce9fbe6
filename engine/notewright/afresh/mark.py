"""How a kernel that was started for an export knows it."""

from __future__ import annotations

import os

#: Set in the environment of such a kernel, and so of whatever its cells start.
MARK = "NOTEWRIGHT_AFRESH"


def is_afresh() -> bool:
    """Tell whether this process runs a notebook for an export of it."""
    return MARK in os.environ
