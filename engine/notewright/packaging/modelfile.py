"""Which format holds a model bit for bit, and which types loading it must trust."""

from __future__ import annotations

import pydoc
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from notewright.packaging.answering import dense


def choose_format(
    model: Any, predictions: Mapping[str, Mapping[str, Any]], inputs: Mapping[str, Any]
) -> tuple[str, tuple[str, ...]]:
    """Return ``skops``, ``torch`` or ``pickle``, and the types that loading must trust.

    skops where it gives the same predictions after a round trip; then PyTorch's own format,
    if the notebook uses it, read with ``weights_only``; a pickle, which trusts whatever is in
    it, only where neither will do.

    Parameters
    ----------
    model : object
        The fitted model.
    predictions : mapping
        What it answers to each of the inputs.
    inputs : mapping
        The inputs, by the same tags.
    """
    round_trips = {"skops": _through_skops, "torch": _through_torch}
    if "torch" not in sys.modules:
        del round_trips["torch"]
    for name, round_trip in round_trips.items():
        try:
            again, trusted = round_trip(model)
            same = all(
                identical(dense(getattr(again, method)(inputs[tag])), value)
                for tag, made in predictions.items()
                for method, value in made.items()
            )
        except Exception:  # noqa: BLE001, S112
            # Whatever a format cannot write or read again is kept in the next one.
            continue
        if same:
            return name, trusted
    return "pickle", ()


def suffix_of(format_: str) -> str:
    """Return the ending of a fitted object's file.

    Examples
    --------
    >>> suffix_of("torch"), suffix_of("pickle")
    ('pt', 'pkl')
    """
    return {"skops": "skops", "torch": "pt"}.get(format_, "pkl")


def _through_skops(model: Any) -> tuple[Any, tuple[str, ...]]:
    import skops.io as sio

    data = sio.dumps(model)
    trusted = tuple(sorted(sio.get_untrusted_types(data=data)))
    return sio.loads(data, trusted=list(trusted)), trusted


def _through_torch(model: Any) -> tuple[Any, tuple[str, ...]]:
    import numpy as np
    import torch

    with tempfile.TemporaryDirectory(prefix="notewright-") as folder:
        file = Path(folder) / "model.pt"
        torch.save(model, file)
        names = set(torch.serialization.get_unsafe_globals_in_checkpoint(file))
        if "numpy.dtype" in names:
            # Their names are not in the file, but reading makes them.
            names |= {f"numpy.dtypes.{name}" for name in np.dtypes.__all__}
        trusted = tuple(sorted(names))
        known = [(pydoc.locate(name), name) for name in trusted]
        with torch.serialization.safe_globals(known):
            return torch.load(file, weights_only=True), trusted


def identical(a: Any, b: Any) -> bool:
    """Tell whether two sets of predictions are the same, value by value; a gap is like a gap.

    Examples
    --------
    >>> identical([1.0, float("nan")], [1.0, float("nan")]), identical(["a"], ["b"])
    (True, False)
    """
    import numpy as np

    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    missing = a != a
    return bool(np.all((a == b) | (missing & (b != b))))
