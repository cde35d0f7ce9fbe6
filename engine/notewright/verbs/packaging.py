"""export, packages."""

from __future__ import annotations

import argparse
from pathlib import Path

from notewright.errors import NotAModel, UnknownVariable, UsageError
from notewright.packaging.answering import answer_method
from notewright.state.namespace import Namespace
from notewright.store.names import module_name
from notewright.verbs.base import SNAPSHOT, Context, Verb
from notewright.views.base import View
from notewright.views.packaging import copied_view, package_view, packages_view


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "variable", metavar="VARIABLE", help="the variable that holds the fitted model"
    )
    parser.add_argument(
        "--name", metavar="NAME", help="the package's name; by default the variable's"
    )
    parser.add_argument(
        "--snapshot", metavar="SNAPSHOT", help=f"export from this snapshot: {SNAPSHOT}"
    )
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help="where to put the package's files, to work on; by default packages/NAME",
    )
    parser.add_argument(
        "--refit",
        action="store_true",
        help="fit a model that was only cross-validated, on all rows it was given there",
    )


def check_exportable(variable: str, name: str, namespace: Namespace) -> None:
    """Refuse what cannot become a package, before anything is saved for it.

    Raises
    ------
    UnknownVariable, NotAModel, BadName
        What is wrong.
    """
    module_name(name, "package")
    live = namespace.variables()
    if variable not in live:
        raise UnknownVariable(variable, "this notebook", live)
    value = live[variable]
    if isinstance(value, type) or answer_method(value) is None:
        raise NotAModel(variable, type(value).__name__)


def _export(args: argparse.Namespace, context: Context) -> View:
    workspace, kernel = context.workspace, context.kernel
    session = context.session
    context.progress.what = "The export"
    if args.snapshot:
        snapshot = workspace.snapshots.get(args.snapshot, session)
    elif kernel:
        check_exportable(args.variable, args.name or args.variable, kernel.namespace)
        snapshot = kernel.take(f"export of {args.variable}", kind="export")
    else:
        snapshot = None
    package = workspace.packages.export(
        args.variable,
        args.name or args.variable,
        snapshot=snapshot,
        progress=context.progress,
        to=args.to,
        refit=args.refit,
    )
    return package_view(package)


export = Verb(
    "export",
    "Make an installable package of a model, and prove that it is the same model.",
    _export_arguments,
    _export,
    "The cells behind the model become a plain Python package; it is installed in a clean "
    "environment, trained, and must give the notebook's predictions and metrics.",
)


def _packages_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "package", nargs="?", metavar="NAME[@N]", help="only this one, with what was proved of it"
    )
    parser.add_argument(
        "--to", type=Path, metavar="FOLDER", help="put a copy of it there, to work on"
    )


def _packages(args: argparse.Namespace, context: Context) -> View:
    packages = context.workspace.packages
    if args.package is None:
        if args.to is not None:
            raise UsageError("A copy needs a package.", "Write `packages NAME@2 --to FOLDER`.")
        return packages_view(packages.list())
    package = packages.get(args.package)
    if args.to is None:
        return package_view(package)
    return copied_view(package, packages.copy(package, args.to))


packages = Verb(
    "packages", "List the exported packages, or show or copy one.", _packages_arguments, _packages
)
