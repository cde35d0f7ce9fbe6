"""dossier."""

from __future__ import annotations

import argparse

from notewright.verbs.acting import actor, key_argument
from notewright.verbs.base import Context, Verb
from notewright.views.base import View
from notewright.views.dossier import DossierView


def _dossier_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="a model (its newest version), or credit_risk@2, or by alias credit_risk@champion",
    )
    parser.add_argument(
        "--write",
        metavar="FILE",
        action="append",
        default=[],
        help="write it, as the ending says: .html, .pdf (where a Chromium or Chrome is installed), "
        ".json (the model card) or .cdx.json (bill of materials, CycloneDX); FOLDER/ gets the "
        "document, the card and the bill",
    )
    key_argument(parser)


def _dossier(args: argparse.Namespace, context: Context) -> View:
    from notewright.views.dossier_files import write_dossier

    workspace = context.workspace
    by = actor(args, context)
    version = workspace.models.get(args.model)
    found = workspace.dossiers.collect(version, actor=by, progress=context.progress)
    written: dict[str, str] = {}
    for target in args.write:
        written |= write_dossier(found, target)
    if written:
        workspace.dossiers.written(found, written, by)
    return DossierView(found, written)


dossier = Verb(
    "dossier",
    "Write the documentation that regulators ask for, from the evidence that there is.",
    _dossier_arguments,
    _dossier,
    "EU AI Act (Annex IV, Articles 9 to 15), SR 26-2, SR 11-7, NIST AI RMF and GDPR Article 22: "
    "every field links to evidence that was verified, or says that it is missing and what to do. "
    "Without `--write` it shows how much is answered.",
)
