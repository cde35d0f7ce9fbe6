"""``equivalence.json``: what was compared between the package and the notebook, signed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from notewright.packaging.signed import sign_document
from notewright.store.canonical import digest_of
from notewright.store.ids import now

if TYPE_CHECKING:
    from notewright.packaging.building import Build
    from notewright.packaging.locking import Locks
    from notewright.packaging.proving import Proved


def write_equivalence(
    build: Build, trained: Mapping[str, Any], proved: Proved, locks: Locks
) -> dict[str, Any]:
    """Write ``equivalence.json`` and return it.

    Parameters
    ----------
    build : Build
        The package in the making.
    trained : mapping
        What its own training gave.
    proved : Proved
        What the comparison found.
    locks : Locks
        What it depends on.
    """
    plan = build.plan
    document = {
        "schema": 1,
        "package": build.name,
        "version": build.number,
        "origin": "notebook",
        "created": now(),
        "result": "equal" if build.with_features else "equal, without raw rows",
        "model": {
            "variable": (plan.rule.module if plan.rule else "") or plan.target,
            "type": plan.replayed.model.type,
            "fingerprint": plan.replayed.fingerprint,
            "fingerprint_of_package": proved.fingerprint,
            "format": build.format,
            "predictions": proved.checked["model"],
        },
        "metrics": {
            name: {"notebook": value, "package": trained["metrics"][name], "equal": True}
            for name, value in build.notebook_metrics().items()
        },
        "raw_rows": proved.checked.get("features"),
        "edge_rows": trained.get("edges"),
        "tests": dict(proved.tests),
        "onnx": build.onnx and build.onnx.record(),
        "slice": plan.slice_kind,
        "cells": [{"execution": cell.execution, "cell": cell.label} for cell in build.cells_used()],
        "data": build.data_files(),
        "lock": digest_of(locks.requirements.encode()),
        "findings": build.findings,
    }
    document = sign_document(document, build.signer)
    build.write("equivalence.json", json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return document


def fingerprint_of_package(build: Build) -> str | None:
    """Return the fingerprint of the packaged model, if it can be read in this process."""
    own = [t for t in build.context.trusted if t.startswith((build.name, "__main__"))]
    if build.format != "skops" or own:
        return None
    import skops.io as sio

    from notewright.state.values import fingerprint

    model = sio.load(build.tree / "model" / "model.skops", trusted=list(build.context.trusted))
    # It may differ where skops rebuilds an inner part that no prediction depends on; the
    # proof holds both hashes, and predictions were compared exactly.
    return fingerprint(model)
