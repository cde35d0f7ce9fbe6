"""dataset."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from notewright.errors import NeedsKernel, NoDataset, UnsavedContent, UsageError
from notewright.experiments.dataset_version import DatasetVersion
from notewright.state.withheld import withheld_words
from notewright.verbs.base import Context, Verb
from notewright.views.base import Message, View
from notewright.views.datasets import (
    DatasetDiffView,
    added_view,
    dataset_record,
    dataset_view,
    datasets_view,
)

_ABSENT = object()


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        default="list",
        choices=("list", "add", "show", "diff", "use"),
        help="list (the default) the versions there are; add a file or a variable; show one "
        "version; diff two; use one: give its table back as a variable, or its file",
    )
    parser.add_argument(
        "what",
        nargs="*",
        metavar="WHAT",
        help="add: the path of a data file, or a variable that holds a table; show, use: a "
        "dataset (its newest version) or applications@2; diff: two of them; list: one name",
    )
    parser.add_argument("--as", dest="name", metavar="NAME", help="add: the dataset's name")
    parser.add_argument(
        "--into", metavar="VARIABLE", help="use: the variable, by default the one it was added from"
    )
    parser.add_argument(
        "--to", metavar="PATH", help="use: where the file goes, by default where it was added from"
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="use: overwrite what is there even if no dataset has it",
    )


def _run(args: argparse.Namespace, context: Context) -> View:
    action, least, most = _ACTIONS[args.action]
    if not least <= len(args.what) <= most:
        raise UsageError(
            f"`dataset {args.action}` was given {len(args.what)} words.", _EXAMPLES[args.action]
        )
    return action(args, context)


def _list(args: argparse.Namespace, context: Context) -> View:
    return datasets_view(context.workspace.datasets.list(*args.what))


def _add(args: argparse.Namespace, context: Context) -> View:
    if not args.name:
        raise UsageError("A dataset needs a name.", _EXAMPLES["add"])
    what = args.what[0]
    datasets = context.workspace.datasets
    value = context.variable(what, _ABSENT)
    if value is not _ABSENT:
        version, new = datasets.add(value, args.name, source=what, progress=context.progress)
    else:
        path = Path(what).expanduser()
        if not path.exists():
            reason = "there is no such file"
            reason += "" if context.kernel is None else ", and no such variable"
            raise NoDataset(f"'{what}'", reason)
        version, new = datasets.add(path, args.name, progress=context.progress)
    return added_view(version, new=new)


def _show(args: argparse.Namespace, context: Context) -> View:
    datasets = context.workspace.datasets
    version = datasets.get(args.what[0])
    return dataset_view(version, datasets.runs_using(version))


def _diff(args: argparse.Namespace, context: Context) -> View:
    return DatasetDiffView(context.workspace.datasets.diff(*args.what))


def _use(args: argparse.Namespace, context: Context) -> View:
    version = context.workspace.datasets.get(args.what[0])
    give = _use_table if version.kind == "table" else _use_file
    return give(version, args, context)


def _use_table(version: DatasetVersion, args: argparse.Namespace, context: Context) -> View:
    if args.to:
        raise UsageError(
            f"{version.ref} is a table; --to is for files.", "Name a variable with `--into`."
        )
    if context.kernel is None:
        raise NeedsKernel("dataset use")
    datasets, namespace = context.workspace.datasets, context.kernel.namespace
    variable = args.into or version.source
    if not variable.isidentifier():
        raise UsageError(
            f"'{variable}' cannot be a variable.", f"Write `dataset use {version.ref} --into NAME`."
        )
    held = context.variable(variable, _ABSENT)
    if held is not _ABSENT and not (args.replace or datasets.is_kept(held)):
        raise UnsavedContent(f"The variable {variable}", "--into NAME")
    given = datasets.given(version)
    namespace.bind(variable, given.value)
    words = f"`{variable}` is {version.ref}: {version.summary}."
    if given.withheld:
        words += f" {withheld_words(given.withheld)}."
    withheld = [each.words for each in given.withheld]
    record = {**dataset_record(version), "variable": variable, "withheld": withheld}
    return Message(words, record)


def _use_file(version: DatasetVersion, args: argparse.Namespace, context: Context) -> View:
    if args.into:
        raise UsageError(
            f"{version.ref} is a file; --into is for tables.",
            "Read it after `dataset use`, or name a place for it with `--to`.",
        )
    path = context.workspace.datasets.write(version, args.to, replace=args.replace)
    words = f"{path} is {version.ref}: {version.summary}."
    return Message(words, {**dataset_record(version), "path": str(path)})


_ACTIONS: dict[str, tuple[Callable[[argparse.Namespace, Context], View], int, int]] = {
    "list": (_list, 0, 1),
    "add": (_add, 1, 1),
    "show": (_show, 1, 1),
    "diff": (_diff, 2, 2),
    "use": (_use, 1, 1),
}
_EXAMPLES = {
    "list": "Write `dataset list` or `dataset list applications`.",
    "add": "Write `dataset add applications.csv --as applications`.",
    "show": "Write `dataset show applications@1`.",
    "diff": "Write `dataset diff applications@1 applications@2`.",
    "use": "Write `dataset use applications@1`.",
}

dataset = Verb(
    "dataset",
    "Keep tables and data files as versions with a name; compare them, and get them back.",
    _arguments,
    _run,
    "The same content twice is the same version. A run that read a file with the content of a "
    "version says so. Nothing that no dataset holds is overwritten by `use`. Example: "
    "`%nw dataset add applications.csv --as applications`, and later "
    "`%nw dataset diff applications@1 applications@2`.",
)
