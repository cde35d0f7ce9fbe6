"""Which format holds a model bit for bit, and which types loading it must trust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def choose_format(
    model: Any, predictions: Sequence[Any], values: Mapping[str, Any]
) -> tuple[str, tuple[str, ...]]:
    """Return ``("skops", types to trust)``, or ``("pickle", ())`` where skops is not exact.

    Parameters
    ----------
    model : object
        The fitted model.
    predictions : sequence
        What it predicted for the inputs among `values`, in their order.
    values : mapping
        Captured values; those tagged ``X:`` are inputs.
    """
    import skops.io as sio

    try:
        data = sio.dumps(model)
        trusted = tuple(sorted(sio.get_untrusted_types(data=data)))
        again = sio.loads(data, trusted=list(trusted))
        inputs = [v for tag, v in values.items() if tag.startswith("X:")]
        same = all(
            identical(again.predict(x), y) for x, y in zip(inputs, predictions, strict=False)
        )
    except Exception:  # noqa: BLE001
        # Whatever skops cannot write or read again is kept as a pickle, and named as one.
        return "pickle", ()
    return ("skops", trusted) if same else ("pickle", ())


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
