"""A model version's stored bytes: what pickles are in them, and who vouches for them."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from notewright.errors import NotewrightError
from notewright.governance.checks.base import CannotRun
from notewright.governance.checks.pickle_files import Looked, look
from notewright.governance.checks.pickle_opcodes import names_in

if TYPE_CHECKING:
    from notewright.governance.checks.material import Material


def look_at_model(material: Material, limit: int) -> Looked:
    """Return what the pickles in the stored model name; nothing is loaded.

    Parameters
    ----------
    material : Material
        The version.
    limit : int
        How many bytes may come out of it.

    Raises
    ------
    CannotRun
        If this workspace keeps no bytes of it.
    """
    objects = _store(material).objects
    data = objects.get(material.version.model_object)
    if data.startswith(b"PK"):
        return look(io.BytesIO(data), "model.skops", limit)
    stream = objects.get(json.loads(data)["stream"])
    pickled = names_in(stream, one_memo=True)
    return Looked(pickled.names, 1, pickled.problem)


def signature_problem(material: Material) -> tuple[str, str]:
    """Return what is wrong with the signatures over a version and its bytes, and who signed it.

    Parameters
    ----------
    material : Material
        The version.

    Returns
    -------
    tuple of str
        What is wrong, empty if nothing is; and the signer's name.

    Raises
    ------
    CannotRun
        If the workspace cannot tell whose keys are registered.
    """
    version, sources = material.version, material.sources
    if sources.models is None or sources.signers is None:
        raise CannotRun(
            "The registered models and keys are not at hand.",
            "Run the check in the project where the model was registered.",
        )
    names = sources.signers()
    public, holds = sources.models.signature(version)
    if public is None:
        return "its record is not signed", ""
    if not holds:
        return "its record is not the one that was signed", ""
    if public not in names:
        return "it is signed with a key that nobody registered here", ""
    return _stored_problem(material, names), names[public]


def _stored_problem(material: Material, names: dict[str, str]) -> str:
    """Return what is wrong with the bytes that the signed record names."""
    from notewright.state.loading import parts

    version = material.version
    objects = _store(material).objects
    problem = _snapshot_problem(material, names)
    if problem:
        return problem
    try:
        data = objects.get(version.model_object)
        if not data.startswith(b"PK"):
            for address in parts(version.model_object, objects):
                objects.get(address)
    except NotewrightError as error:
        return f"its stored bytes are not what was signed: {error.problem}"
    return ""


def _snapshot_problem(material: Material, names: dict[str, str]) -> str:
    version = material.version
    model = material.run.model
    if model is None or model.fingerprint != version.fingerprint:
        return "the run that it names trained another model"
    if model.snapshot is None:
        same = model.object == version.model_object
        return "" if same else "the run that it names kept another model"
    snapshots = material.sources.snapshots
    snapshot = snapshots.get(model.snapshot)
    public, holds = snapshots.signature(snapshot)
    if not holds:
        return f"the signature of the snapshot that holds it ({snapshot.id[:6]}) does not hold"
    if public not in names:
        return (
            f"the snapshot that holds it ({snapshot.id[:6]}) is signed with a key that nobody "
            "registered here"
        )
    held = snapshot.variable(model.variable)
    if held is None or held.group != version.model_object:
        return "the snapshot that it names holds another model"
    return ""


def _store(material: Material) -> Any:
    if material.sources.runs is None or not material.version.model_object:
        raise CannotRun(
            "The stored bytes of this version are not in this workspace.",
            "Run the check in the project where the model was registered.",
        )
    return material.sources.runs.store
