"""What the model does when it is asked again, of other rows or of rows that change."""

from __future__ import annotations

from notewright.governance.checks.monotonic import Monotonic
from notewright.governance.checks.needs import InferenceTime, Size
from notewright.governance.checks.overfitting import Overfitting
from notewright.governance.checks.perturbed import MissingValues, Stability

CHECKS = (Overfitting, Stability, MissingValues, Monotonic, InferenceTime, Size)
