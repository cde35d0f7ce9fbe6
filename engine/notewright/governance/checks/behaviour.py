"""What the model does when its rows change a little, and what it needs to answer."""

from __future__ import annotations

from notewright.governance.checks.monotonic import Monotonic
from notewright.governance.checks.needs import InferenceTime, Size
from notewright.governance.checks.perturbed import MissingValues, Stability

CHECKS = (Stability, MissingValues, Monotonic, InferenceTime, Size)
