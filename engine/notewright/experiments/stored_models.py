"""A run's model: where it is kept, and bringing it back as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notewright.errors import BadRecord, ModelUnloadable, NoModel
from notewright.experiments.estimators import type_name
from notewright.experiments.run import ModelRef, Run

if TYPE_CHECKING:
    from notewright.experiments.runs import Runs

#: Libraries whose own types may be rebuilt from stored bytes.
_TRUSTED = {"sklearn", "numpy", "scipy", "xgboost", "lightgbm", "collections", "builtins"}


def reference(
    runs: Runs,
    model: Any,
    variable: str,
    *,
    stored: str | None = None,
    snapshot: str | None = None,
    keep: bool = True,
) -> ModelRef:
    """Return where `model` is kept; store it in skops' format if it is nowhere yet.

    Parameters
    ----------
    stored : str, optional
        Digest of its bytes, where somebody stored them already.
    snapshot : str, optional
        A snapshot that holds it as `variable`.
    keep : bool, default True
        Whether to store it when neither is given.
    """
    from notewright.state.values import fingerprint

    where = snapshot
    if stored is None and snapshot is not None and runs._snapshots is not None:
        held = runs._snapshots.get(snapshot).variable(variable)
        stored = None if held is None else held.group
    if stored is None and keep:
        stored = runs.store.objects.put(dumped(model))
        where = None
    return ModelRef(variable, type_name(model), fingerprint(model), stored, where)


def load(runs: Runs, run: Run) -> Any:
    """Return the model of `run` as a new object.

    Raises
    ------
    NoModel
        If the run has none.
    ModelUnloadable
        If it was not kept, or comes back with another fingerprint.
    """
    from notewright.state.values import fingerprint

    if run.model is None:
        raise NoModel(run.name)
    if run.model.snapshot is not None:
        if runs._snapshots is None:
            raise ModelUnloadable(run.name, "the snapshots cannot be read here")
        snapshot = runs._snapshots.get(run.model.snapshot)
        model = runs._snapshots.load(snapshot, [run.model.variable])[run.model.variable]
    elif run.model.object is not None:
        model = _parse(run, runs.store.objects.get(run.model.object))
    else:
        raise ModelUnloadable(run.name, _why_not_kept(run))
    if fingerprint(model) != run.model.fingerprint:
        raise ModelUnloadable(run.name, "what is stored is not the model that was recorded")
    return model


#: How a run's notes say of a model that it was not kept.
NOT_KEPT = "The model {} cannot be loaded again: "


def _why_not_kept(run: Run) -> str:
    assert run.model is not None
    begins = NOT_KEPT.format(run.model.variable)
    told = (note.removeprefix(begins) for note in run.notes if note.startswith(begins))
    return next(told, "no snapshot was taken after the run").rstrip(".")


def dumped(model: Any) -> bytes:
    """Return a model's bytes in skops' format."""
    import skops.io

    try:
        data: bytes = skops.io.dumps(model)
    except Exception as error:  # skops raises whatever a state's parts raise
        raise BadRecord(
            f"A {type(model).__name__} cannot be stored safely: {error}.",
            "Store its bytes yourself and give their digest as `object`.",
        ) from error
    return data


def _parse(run: Run, data: bytes) -> Any:
    import skops.io

    from notewright.experiments.skops_types import refused

    if not data.startswith(b"PK"):
        raise ModelUnloadable(run.name, "its bytes are not in skops' format")
    try:
        foreign, types = refused(data, _TRUSTED, functions=True)
        if not foreign:
            return skops.io.loads(data, trusted=types)
    except Exception as error:  # skops raises whatever a file makes it
        raise ModelUnloadable(run.name, f"its bytes cannot be read ({error})") from error
    raise ModelUnloadable(run.name, f"it contains types that are not trusted: {foreign}")
