"""runs, autorun, rerun, compare, register, models, alias."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from notewright.errors import UnknownId, UsageError
from notewright.experiments.listing import RunList
from notewright.experiments.run import Run
from notewright.verbs.base import Context, Verb
from notewright.verbs.comparison import compare as compare
from notewright.views.base import Message, View
from notewright.views.experiments import (
    model_record,
    models_view,
    moves_view,
    registered_view,
    rerun_view,
    run_view,
    runs_view,
)

#: How many runs that are part of another are listed below it.
_MOST_CHILDREN = 10


def _runs_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "filter",
        nargs="*",
        metavar="RUN_OR_FILTER",
        help="the id or name of one run, or which to list: "
        '"metrics.auc > 0.8 and params.max_depth <= 6" (in quotes in a shell)',
    )
    parser.add_argument(
        "--sort", metavar="FIELD", help="by metrics.auc, params.max_depth, seconds, created, …"
    )
    parser.add_argument("--descending", action="store_true", help="highest first")
    parser.add_argument("-n", "--limit", type=int, default=50, help="how many at most (50)")
    parser.add_argument(
        "--plot",
        metavar="METRIC",
        help="draw the parameters that differ against this metric instead of listing; with "
        "--widget runs can be pointed at and filtered",
    )
    parser.add_argument("--plots-to", metavar="FOLDER", help="with --plot: into PNG files here")


def _runs(args: argparse.Namespace, context: Context) -> View:
    runs = context.workspace.runs
    if args.plot:
        return _drawn(args, context)
    words = " ".join(args.filter)
    if words:
        try:
            found = runs.get(words)
            return _one_run(found, runs.children(found)[:_MOST_CHILDREN], context)
        except UnknownId:
            if not set(words) & set("<>=!["):
                raise  # no filter either
    order = args.sort or "-created"
    if args.descending and not order.startswith("-"):
        order = f"-{order}"
    if words:
        matching = runs.list(words, order=order, limit=args.limit)
        return runs_view(matching, newest_first=False, filtered=True)
    top = list(runs.list("part_of == None", order=order, limit=args.limit))
    below = runs.list(f"part_of in {json.dumps([run.id for run in top])}") if top else RunList()
    return runs_view(top, below.by_parent(_MOST_CHILDREN), newest_first=False)


def _drawn(args: argparse.Namespace, context: Context) -> View:
    # matplotlib is imported only where something is drawn.
    from notewright.experiments.plots.chart import Chart
    from notewright.experiments.plots.parameters import parallel, scatter
    from notewright.views.figures import Figures

    found = context.workspace.runs.list(
        " ".join(args.filter) or None, order="-created", limit=args.limit
    )
    charts: dict[str, Chart] = {
        "parameters": parallel(found, args.plot),
        "scatter": scatter(found, args.plot),
    }
    return Figures(charts, Path(args.plots_to) if args.plots_to else None)


def _one_run(run: Run, children: Sequence[Run], context: Context) -> View:
    versions: dict[str, list[str]] = {}
    for version in context.workspace.datasets.of_files(run.files):
        versions.setdefault(version.content, []).append(version.ref)
    return run_view(run, children, versions)


runs = Verb(
    "runs",
    "List runs, filtered and sorted, or show one.",
    _runs_arguments,
    _runs,
    'A run is one experiment: a cell that begins with `%%nw run "name"`, or any cell that fits a '
    "model after `%%nw autorun on`. What a search or a cross-validation tried stands below its "
    "run; `runs 'part_of == \"ID\"'` lists all of it.",
)


def _autorun_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("state", choices=["on", "off"], help="start it or stop it")


def _autorun(args: argparse.Namespace, context: Context) -> View:
    kernel = context.live("autorun")
    kernel.autorun = args.state == "on"
    words = "Every cell that fits an estimator becomes a run." if kernel.autorun else "Off."
    return Message(words, {"autorun": kernel.autorun})


autorun = Verb(
    "autorun",
    "Make a run of every cell that fits an estimator, or stop doing so.",
    _autorun_arguments,
    _autorun,
    "The run is named after the estimator and what differs from its defaults, and holds what "
    "`%%nw run` records; a snapshot after the cell holds the model. Cells that fit nothing make "
    "no run. Works in a notebook only.",
)


def _rerun_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="id or name of a run")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another value for a parameter of its model, or for a name that its cells give a "
        "literal; may be repeated",
    )


def _rerun(args: argparse.Namespace, context: Context) -> View:
    from notewright.afresh.rerunning import rerun
    from notewright.afresh.setting import parse_setting

    settings = dict(parse_setting(each) for each in args.set)
    return rerun_view(rerun(context.workspace, args.run, settings, context.progress))


rerun = Verb(
    "rerun",
    "Run the cells behind a run again, with other parameters, as a new run.",
    _rerun_arguments,
    _rerun,
    "They run in a fresh process in the notebook's folder, with all they do to files, databases "
    "and other machines; the notebook's variables stay as they are. Without --set it is a test of "
    "whether the run can be repeated. Example: `%nw rerun 3f2a1b --set max_depth=8`.",
)


def _register_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="id or name of a run")
    parser.add_argument(
        "--as", dest="name", required=True, metavar="NAME", help="the name of the model"
    )


def _register(args: argparse.Namespace, context: Context) -> View:
    workspace = context.workspace
    run = workspace.runs.get(args.run)
    actor = context.identity or workspace.identities.me()
    return registered_view(workspace.models.register(run, args.name, actor), run)


register = Verb(
    "register",
    "Make a run's model the next version of a named model.",
    _register_arguments,
    _register,
    "The version (credit_risk@1, credit_risk@2, …) never changes; checks, approvals and "
    "deployments are about versions.",
)


def _models_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="only the versions of this model")


def _models(args: argparse.Namespace, context: Context) -> View:
    workspace = context.workspace
    versions = workspace.models.list(args.name)
    aliases = {name: workspace.models.aliases(name) for name in {v.name for v in versions}}
    names = {v.run: workspace.runs.get(v.run).name for v in versions}
    return models_view(versions, aliases, names)


models = Verb("models", "List model versions and their aliases.", _models_arguments, _models)


def _alias_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "alias",
        metavar="MODEL@ALIAS",
        help="a model and a name for one of its versions: credit_risk@champion",
    )
    parser.add_argument(
        "to", nargs="?", metavar="NUMBER", help="the version that the alias names from now on"
    )
    parser.add_argument(
        "--from",
        dest="expected",
        metavar="NUMBER",
        help="move it only if it names this version now",
    )
    parser.add_argument("--remove", action="store_true", help="take the alias away, versions stay")
    parser.add_argument(
        "--at", metavar="TIME", help="say which version it named then: 2026-03-03T14:05"
    )


def _alias(args: argparse.Namespace, context: Context) -> View:
    workspace = context.workspace
    name, at, alias_name = args.alias.partition("@")
    if not (name and at and alias_name):
        raise UsageError(f"'{args.alias}' is not MODEL@ALIAS.", "Write credit_risk@champion.")
    if args.at:
        version = workspace.models.alias_at(name, alias_name, args.at)
        if version is None:
            return Message(f"{args.alias} stood at no version at {args.at}.", {"version": None})
        words = f"{args.alias} stood at {version.ref} at {args.at}."
        return Message(words, {"version": model_record(version, {})})
    if args.to is None and not args.remove:
        return moves_view(name, alias_name, workspace.models.alias_moves(name, alias_name))
    now = workspace.models.aliases(name).get(alias_name)
    expected = now if args.expected is None else _version_number(args.expected)
    target = None if args.remove else _version_number(args.to)
    actor = context.identity or workspace.identities.me()
    workspace.models.move_alias(name, alias_name, target, expected, actor)
    words = f"{args.alias} stands at {name}@{target}." if target else f"{args.alias} is taken away."
    return Message(words, {"alias": args.alias, "from": expected, "to": target})


def _version_number(text: str) -> int | None:
    digits = text.rpartition("@")[2]
    if not digits.isdigit():
        raise UsageError(f"'{text}' is no version number.", "`%nw models` lists the versions.")
    return int(digits)


alias = Verb(
    "alias",
    "Give a version of a model a name, or show which versions the name stood for.",
    _alias_arguments,
    _alias,
    "With a NUMBER the alias moves there; without one its moves are listed.",
)
