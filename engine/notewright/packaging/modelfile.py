"""Which format holds a model bit for bit, and which types loading it must trust."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notewright.packaging.answering import dense


def choose_format(
    model: Any, predictions: Mapping[str, Mapping[str, Any]], inputs: Mapping[str, Any]
) -> tuple[str, tuple[str, ...]]:
    """Return ``("skops", types to trust)``, or ``("pickle", ())`` where skops is not exact.

    Parameters
    ----------
    model : object
        The fitted model.
    predictions : mapping
        What it answers to each of the inputs.
    inputs : mapping
        The inputs, by the same tags.
    """
    import numpy as np
    import skops.io as sio

    try:
        data = sio.dumps(model)
        trusted = tuple(sorted(sio.get_untrusted_types(data=data)))
        again = sio.loads(data, trusted=list(trusted))
        same = all(
            np.array_equal(dense(getattr(again, method)(inputs[tag])), value)
            for tag, made in predictions.items()
            for method, value in made.items()
        )
    except Exception:  # noqa: BLE001
        # Whatever skops cannot write or read again is kept as a pickle, and named as one.
        return "pickle", ()
    return ("skops", trusted) if same else ("pickle", ())
