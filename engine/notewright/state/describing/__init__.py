"""How two values differ, by kind of object: `difference` gives a few `Detail`."""

from notewright.state.describing.details import KINDS, Detail, Example
from notewright.state.describing.walk import difference

__all__ = ["KINDS", "Detail", "Example", "difference"]
