"""Checks that look at one column of the raw table after the other."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.governance.checks.base import Check, Finding
from notewright.governance.checks.material import Material

if TYPE_CHECKING:
    import pandas as pd

#: So many labels of rows go into a finding.
_NAMED = 20


class ByColumn(Check):
    """A check that yields one finding a bad column, or one that all are good."""

    acceptable = True
    #: What holds where nothing was found, without its full stop.
    good: ClassVar[str]

    @abstractmethod
    def columns(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Yield a finding for each bad column."""

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Yield the bad columns, or that there are none."""
        found = list(self.columns(material, options))
        yield from found
        if not found:
            name, frame = material.raw
            yield self.finding(True, f"{self.good} ({frame.shape[1]} columns of '{name}').")


def labels(index: pd.Index) -> tuple[str, ...]:
    """Return the first few labels of rows, as a finding names them."""
    return tuple(str(label) for label in index[:_NAMED])


def numbers(frame: pd.DataFrame) -> Iterable[tuple[Any, pd.Series]]:
    """Yield the columns of real numbers, truth values apart, without what is missing."""
    import pandas as pd

    for column, values in frame.items():
        kind = pd.api.types
        other = kind.is_bool_dtype(values) or kind.is_complex_dtype(values)
        if kind.is_numeric_dtype(values) and not other:
            yield column, values.dropna()


def texts(frame: pd.DataFrame) -> Iterable[tuple[Any, pd.Series]]:
    """Yield the columns of text and of categories of text, without what is missing."""
    import pandas as pd

    for column, values in frame.items():
        dtype = values.dtype
        if isinstance(dtype, pd.CategoricalDtype):
            dtype = dtype.categories.dtype
        if pd.api.types.is_string_dtype(dtype) or pd.api.types.is_object_dtype(dtype):
            present = values.dropna()
            if pd.api.types.is_object_dtype(dtype):
                present = present[present.map(lambda value: isinstance(value, str))]
            if len(present):
                yield column, present.astype(object)
