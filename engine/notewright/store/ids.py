"""Identifiers and timestamps."""

from __future__ import annotations

import os
from datetime import UTC, datetime

ID_LENGTH = 16


def new_id() -> str:
    """Return a fresh 16-digit hexadecimal id.

    It comes from the operating system, never from `random` or NumPy, so the
    user's random state is not touched.
    """
    return os.urandom(ID_LENGTH // 2).hex()


def now() -> str:
    """Return the current UTC time as ISO 8601 with microseconds and ``Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
