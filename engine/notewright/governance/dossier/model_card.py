"""The machine-readable form of a dossier: a model card as JSON values."""

from __future__ import annotations

from typing import Any

from notewright.experiments.scalars import metric_to_json
from notewright.governance.dossier.dossier import Dossier
from notewright.governance.dossier.kinds import KINDS
from notewright.store.canonical import plain

_STATED = "stated."


def model_card(dossier: Dossier) -> dict[str, Any]:
    """Return a dossier as JSON values with stable names.

    The model, what is stated of it, its figures, every piece of evidence, and every clause
    with its outcome; nothing that has no evidence has a value.
    """
    version = dossier.version
    evidence = dossier.evidence
    statements = [kind for kind in KINDS if kind.startswith(_STATED)]
    return {
        "type": "model card 1",
        "created": dossier.created,
        "actor": dossier.actor,
        "notewright": dossier.made_by,
        "digest": dossier.digest,
        "model": {
            "name": version.name,
            "number": version.number,
            "id": version.id,
            "type": version.type,
            "fingerprint": version.fingerprint,
            "object": version.model_object,
            "data": version.data,
            "registered": version.created,
            "registered_by": version.actor,
        },
        "policy": dossier.policy,
        "audit_head": plain(dossier.head),
        "statements": {
            kind.removeprefix(_STATED): {
                "text": evidence[kind].quote,
                "signed": dict(evidence[kind].facts)["signed"],
            }
            for kind in statements
            if evidence[kind].held
        },
        "parameters": _parameters(dossier),
        "metrics": _metrics(dossier),
        "findings_are": evidence["checks"].state,
        "findings": [] if dossier.report is None else plain(dossier.report.findings),
        "coverage": [
            {
                "framework": part.framework.title,
                "source": part.framework.source,
                "answered": part.answered,
                "of": len(part.answers),
                "clauses": [
                    {
                        "reference": answer.clause.reference,
                        "title": answer.clause.title,
                        "outcome": answer.outcome,
                        "needs": list(answer.clause.needs),
                        "lacking": list(answer.lacking),
                    }
                    for answer in part.answers
                ],
            }
            for part in dossier.frameworks
        ],
        "missing": [
            {
                "evidence": found.kind,
                "state": found.state,
                "sentence": found.sentence,
                "remedy": found.remedy,
                "clauses": clauses,
            }
            for found, clauses in dossier.lacking()
        ],
        "evidence": {kind: plain(found) for kind, found in evidence.items()},
    }


def _parameters(dossier: Dossier) -> dict[str, Any]:
    if dossier.run is None or not dossier.evidence["parameters"].held:
        return {}
    return dict(dossier.run.params)


def _metrics(dossier: Dossier) -> dict[str, Any]:
    if dossier.run is None or not dossier.evidence["metrics"].held:
        return {}
    return {name: metric_to_json(value) for name, value in dossier.run.metrics.items()}
