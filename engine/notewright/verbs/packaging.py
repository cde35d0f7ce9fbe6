"""export, packages."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from notewright.afresh.mark import is_afresh
from notewright.errors import (
    NothingFitted,
    NotRecorded,
    SeveralModels,
    UnknownVariable,
    UsageError,
)
from notewright.state.namespace import Namespace
from notewright.store.names import module_name
from notewright.verbs.base import SNAPSHOT, Context, LiveKernel, Verb
from notewright.views.base import Message, Page, View
from notewright.views.packaging import copied_view, package_view, packages_view

if TYPE_CHECKING:
    from notewright.packaging.records import Package
    from notewright.workspace import Workspace


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="*",
        metavar="[NOTEBOOK.ipynb] MODEL",
        help="the variable that holds the fitted model, or a function that predicts rows; a "
        "notebook before it is first run from top to bottom in a fresh kernel, with history on. "
        "Where there is one fitted model only, it need not be named",
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
    parser.add_argument(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="how long the cells of NOTEBOOK.ipynb may take together; by default as long as they "
        "need",
    )


def check_exportable(variable: str, name: str, kernel: LiveKernel, workspace: Workspace) -> None:
    """Refuse what cannot become a package, before anything is saved for it.

    Raises
    ------
    UnknownVariable, NotAModel, NotRecorded, BadName
        What is wrong.
    """
    from notewright.packaging import functions

    module_name(name, "package")
    live = kernel.namespace.variables()
    if variable not in live:
        raise UnknownVariable(variable, "this notebook", live)
    functions.check_exportable(variable, live[variable])
    if variable not in names_recorded(kernel, workspace):
        raise NotRecorded(variable, kernel.notebook)


def names_recorded(kernel: LiveKernel, workspace: Workspace) -> set[str]:
    """Return the names that a recorded cell made or wrote into, of the cells in force."""
    line = workspace.history.line(kernel.execution())
    return {name for execution in line for name in (*execution.changed, *execution.touched)}


def only_model(namespace: Namespace) -> str:
    """Return the variable that holds the notebook's one fitted model.

    Raises
    ------
    NothingFitted, SeveralModels
        If there is none, or more than one.
    """
    from notewright.experiments.estimators import models_in

    found = models_in(namespace.variables())
    if not found:
        raise NothingFitted
    if len({id(model) for model in found.values()}) > 1:
        raise SeveralModels(list(found))
    return next(iter(found))


def _notebook_and_model(words: list[str]) -> tuple[Path | None, str | None]:
    """Return what the words of an export mean."""
    notebook = Path(words[0]) if words and words[0].endswith(".ipynb") else None
    rest = words[1:] if notebook else words
    if len(rest) > 1:
        raise UsageError(
            f"One export makes one package, but {' and '.join(rest)} were named.",
            "Name one variable; a notebook stands before it and ends in `.ipynb`.",
        )
    return notebook, rest[0] if rest else None


def _names_a_notebook(args: argparse.Namespace) -> bool:
    return _notebook_and_model(args.what)[0] is not None


def _export(args: argparse.Namespace, context: Context) -> View:
    context.progress.what = "The export"
    notebook, variable = _notebook_and_model(args.what)
    if notebook is not None:
        return _export_afresh(notebook, variable, args, context)
    if args.timeout is not None:
        raise UsageError("`--timeout` is for a notebook that is run.", "Name one, or leave it out.")
    return _export_recorded(variable, args, context)


def _export_afresh(
    notebook: Path, variable: str | None, args: argparse.Namespace, context: Context
) -> View:
    from notewright.afresh.export import Wish, export_afresh

    if args.snapshot:
        raise UsageError(
            "A notebook that is run has no snapshot yet.", "Leave out the notebook or `--snapshot`."
        )
    wish = Wish(notebook, variable, args.name, args.to, args.refit, args.timeout)
    package = export_afresh(wish, context.progress)
    view = package_view(package)
    kernel = context.kernel
    if kernel is None or not _is_of(kernel, notebook) or _holds(kernel, package):
        return view
    words = (
        f"The `{package.variable}` in this kernel is another one than that of the notebook run "
        "from top to bottom: cells ran in another order here, or were changed since."
    )
    return Page([view, Message(words)], view.data())


def _is_of(kernel: LiveKernel, notebook: Path) -> bool:
    own = kernel.notebook
    return (
        own is not None
        and Path(own).name == notebook.name
        and Path(own).resolve() == (notebook.resolve())
    )


def _holds(kernel: LiveKernel, package: Package) -> bool:
    """Tell whether the kernel's variable is the package's model, or none at all."""
    from notewright.state.values import fingerprint

    live = kernel.namespace.variables()
    if package.variable not in live:
        return True
    try:
        return fingerprint(live[package.variable]) == package.fingerprint
    except TypeError:  # something that has no fingerprint is no model either
        return False


def _export_recorded(variable: str | None, args: argparse.Namespace, context: Context) -> View:
    workspace, kernel = context.workspace, context.kernel
    if variable is None:
        if kernel is None:
            raise UsageError(
                "It is not said what to export.",
                "Name the variable that holds the model, or a notebook: `export NOTEBOOK.ipynb`.",
            )
        variable = only_model(kernel.namespace)
    name = args.name or variable
    if args.snapshot:
        snapshot = workspace.snapshots.get(args.snapshot, context.session)
    elif kernel:
        check_exportable(variable, name, kernel, workspace)
        snapshot = kernel.take(f"export of {variable}", kind="export")
    else:
        snapshot = None
    package = workspace.packages.export(
        variable,
        name,
        snapshot=snapshot,
        progress=context.progress,
        to=args.to,
        refit=args.refit,
        from_top=is_afresh(),
        notes=context.notes,
    )
    return package_view(package)


export = Verb(
    "export",
    "Make an installable package of a model, and prove that it is the same model.",
    _export_arguments,
    _export,
    "The cells behind the model become a plain Python package; it is installed in a clean "
    "environment, trained, and must give the notebook's predictions and metrics.",
    begins=_names_a_notebook,
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
