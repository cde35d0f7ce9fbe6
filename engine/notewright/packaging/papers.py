"""What goes with a package's code, written when its training has run."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from notewright.packaging.bill import Described, bill_of_materials
from notewright.packaging.documents import render_document
from notewright.store.ids import now

if TYPE_CHECKING:
    from notewright.packaging.building import Build
    from notewright.packaging.locking import Locks


def write_documents(build: Build, locks: Locks, trained: Mapping[str, Any]) -> None:
    """Write what goes with the code: README, model card, bill of materials, image, profile."""
    from notewright.governance.drift import profile

    plan = build.plan
    raw = build.raw()
    targets = list(plan.derived.target_columns)
    reference = profile(raw.drop(columns=targets, errors="ignore"))
    build.write("model/reference.json", json.dumps(reference, allow_nan=False) + "\n")
    schema = json.loads((build.tree / "model" / "schema.json").read_bytes())
    model_type = plan.replayed.model.type
    settings = plan.lifted.settings
    shared = {
        "name": build.name,
        "version": f"{build.number}.0.0",
        "description": build.context.description,
        "command": build.context.command,
        "settings": settings,
        "metrics": trained["metrics"],
        "findings": build.findings,
        "stated": build.stated,
        "features": build.with_features,
        "optional": schema["optional"],
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    }
    data = build.data_files()
    example = next((s for s in settings if s.type in ("int", "float")), None)
    build.write(
        "README.md",
        render_document(
            "README.md",
            **shared,
            format=build.format,
            onnx=build.onnx,
            data_path=plan.data["data"][2],
            example=example,
            carried=all(d["carried"] for d in data),
            edges=trained.get("edges", {}),
            columns=len(schema["columns"]),
        ),
    )
    build.write(
        "MODEL_CARD.md",
        render_document(
            "MODEL_CARD.md",
            **shared,
            model_type=model_type,
            created=now()[:10],
            rows=len(raw),
            fitted=_fitted(build),
            data=data,
            target=", ".join(targets),
            made=build.target_is_made(),
            signer=build.signer.name,
            fingerprint=plan.replayed.fingerprint,
            columns=schema["columns"],
            learned=[v.name for v in plan.derived.learned] if build.with_features else [],
        ),
    )
    build.write("Dockerfile", render_document("Dockerfile", **shared))
    build.write(".dockerignore", "*\n!dist\n!model\n!serve\n!src\n**/__pycache__\n")
    build.write(".github/workflows/ci.yml", render_document("ci.yml", **shared))
    described = Described(
        build.name,
        build.number,
        build.tree / "model" / f"model.{build.context.suffix}",
        model_type,
        _task(build, trained),
        trained["metrics"],
        data,
        build.stated,
    )
    build.write("sbom.cdx.json", bill_of_materials(described, locks))


def _fitted(build: Build) -> int:
    """Return how many rows ``fit`` was given; 0 where nothing was fitted to rows."""
    given = build.plan.replayed.values.get("X:fit")
    if build.plan.rule is not None or given is None:
        return 0
    return int(given.shape[0]) if hasattr(given, "shape") else len(given)


def _task(build: Build, trained: Mapping[str, Any]) -> str:
    """Return what the model does: of a plain function its values tell."""
    import numpy as np

    plan = build.plan
    if build.context.answer.method == "transform":
        return "transformation"
    values = np.asarray(plan.replayed.predictions["X:fit"]["predict"]) if plan.rule else None
    if trained["classifies"] or (values is not None and values.dtype.kind != "f"):
        return "classification"
    return "regression"
