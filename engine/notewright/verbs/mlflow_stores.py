"""mlflow."""

from __future__ import annotations

import argparse

from notewright.errors import UsageError
from notewright.verbs.base import Context, Verb
from notewright.views.base import View
from notewright.views.mlflow_stores import given_view, taken_view


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=("import", "export"),
        help="import takes over runs, model versions and aliases from MLflow; export writes them "
        "there",
    )
    parser.add_argument(
        "uri",
        metavar="STORE",
        help="sqlite:///mlflow.db, the folder of a file store (mlruns), or a server's address",
    )
    parser.add_argument(
        "--experiment",
        metavar="NAME",
        help="import: only this experiment's runs, and no models; export: where runs go that did "
        "not come from MLflow (notewright)",
    )
    parser.add_argument(
        "--filter", metavar="FILTER", help='export: only these runs: "metrics.auc > 0.8"'
    )
    parser.add_argument(
        "--trust-pickles",
        action="store_true",
        help="import: load models that are pickles, which runs the code of whoever wrote them",
    )


def _run(args: argparse.Namespace, context: Context) -> View:
    workspace = context.workspace
    if args.action == "import":
        if args.filter:
            raise UsageError("--filter is for export.", "Name an experiment with `--experiment`.")
        taken = workspace.mlflow.take(
            args.uri,
            args.experiment,
            trust_pickles=args.trust_pickles,
            actor=context.identity,
            progress=context.progress,
        )
        return taken_view(taken)
    if args.trust_pickles:
        raise UsageError("--trust-pickles is for import.", "Leave it out.")
    given = workspace.mlflow.give(
        args.uri,
        args.experiment or "notewright",
        filter=args.filter,
        progress=context.progress,
    )
    return given_view(given)


mlflow = Verb(
    "mlflow",
    "Take runs and models over from MLflow, or write them there.",
    _arguments,
    _run,
    "Runs with parameters, every value of their metrics, tags and files, model versions and "
    "aliases. A second time changes nothing. It needs `notewright[mlflow]`. Example: "
    "`%nw mlflow import sqlite:///mlflow.db`.",
)
