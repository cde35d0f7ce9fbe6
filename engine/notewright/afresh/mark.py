"""How a process that runs a notebook's cells once more knows it."""

from __future__ import annotations

import os

#: Set in the environment of such a kernel, and so of whatever its cells start.
MARK = "NOTEWRIGHT_AFRESH"


def is_afresh() -> bool:
    """Tell whether this process runs a notebook for an export of it, or a run of it again."""
    return MARK in os.environ
