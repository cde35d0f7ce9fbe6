"""What prepares the features: whether it was fitted on rows of the test set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notewright.governance.checks.counting import number
from notewright.governance.checks.evidence import Split

if TYPE_CHECKING:
    import pandas as pd

#: Sums over the same rows in another order differ by less than this.
_RELATIVE = 1e-9


@dataclass(frozen=True)
class Fitted:
    """What was found of the transformers.

    Parameters
    ----------
    leaking : tuple of (str, str)
        Variable and type of those that were fitted on test rows too.
    clean, unknown : tuple of str
        Variables of those that were fitted on the training rows, and of those of which it
        cannot be told.
    """

    leaking: tuple[tuple[str, str], ...]
    clean: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def words(self) -> str:
        """What to say where none leaks."""
        if not self.clean and not self.unknown:
            return "No variable prepares the features apart from the model."
        told = f"{number(len(self.clean), 'transformer')} of the notebook saw no test row."
        if self.unknown:
            names = ", ".join(f"`{name}`" for name in self.unknown)
            told += f" Of {names} it cannot be told."
        return told


def fitted_on_test_rows(transformers: Mapping[str, Any], split: Split) -> Fitted:
    """Fit each transformer again on the training rows, and on all rows, and compare.

    Parameters
    ----------
    transformers : mapping
        Fitted transformers by variable.
    split : Split

    Notes
    -----
    A transformer leaks if its fitted attributes are those of a fit on all rows, or of one on
    the test rows, and not those of a fit on the training rows. One that is equal on both, or
    on neither, was not told apart: the rows it got were others, or have other columns.
    """
    leaking, clean, unknown = [], [], []
    for name, transformer in transformers.items():
        columns = [str(c) for c in getattr(transformer, "feature_names_in_", ())]
        if not columns or not set(columns) <= set(map(str, split.train.columns)):
            unknown.append(name)
            continue
        trained = _same(transformer, split.train[columns])
        if trained:
            clean.append(name)
        elif any(_same(transformer, rows[columns]) for rows in (split.whole, split.test)):
            leaking.append((name, type(transformer).__name__))
        else:
            unknown.append(name)
    return Fitted(tuple(leaking), tuple(clean), tuple(unknown))


def _same(transformer: Any, rows: pd.DataFrame) -> bool:
    """Tell whether a fit on these rows gives the same fitted attributes."""
    from sklearn.base import clone

    try:
        again = clone(transformer).fit(rows)
    except (TypeError, ValueError):
        return False  # it needs a target, or other values
    mine, other = (
        {name: value for name, value in vars(each).items() if name.endswith("_")}
        for each in (transformer, again)
    )
    return mine.keys() == other.keys() and all(_close(mine[n], other[n]) for n in mine)


def _close(a: Any, b: Any) -> bool:
    """Tell whether two fitted attributes are equal, but for the order in which sums were made."""
    import numpy as np

    from notewright.state.values import fingerprint

    if isinstance(a, np.ndarray | float | np.floating) and np.asarray(a).dtype.kind == "f":
        a, b = np.asarray(a), np.asarray(b)
        return a.shape == b.shape and bool(np.allclose(a, b, rtol=_RELATIVE, equal_nan=True))
    return fingerprint(a) == fingerprint(b)
