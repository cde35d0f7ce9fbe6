"""deploy, deployments, stop, monitor, rollback, retrain, retrace, erase."""

from __future__ import annotations

import argparse
from pathlib import Path

from notewright.errors import UsageError
from notewright.verbs.acting import actor, key_argument
from notewright.verbs.base import Context, Verb
from notewright.views.base import View
from notewright.views.serving import (
    Chain,
    deployed_view,
    deployments_view,
    erasure_view,
    monitor_view,
    retrain_view,
    stopped_view,
)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port: 0 to 65535")
    return int(text)


def _deploy_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME[@N]", help="the name that requests will use")
    parser.add_argument(
        "--package",
        metavar="PACKAGE[@N]",
        help="what to serve under it: a package, its version N or the newest; by default the "
        "package called NAME",
    )
    parser.add_argument(
        "--port", type=_port, default=0, metavar="PORT", help="by default a free one"
    )
    key_argument(parser)


def _deploy(args: argparse.Namespace, context: Context) -> View:
    name, numbered, _ = args.name.partition("@")
    if numbered and args.package:
        raise UsageError(
            f"'{args.name}' and --package both name a version.",
            f"Write `deploy {name} --package {args.package}`, or leave --package out.",
        )
    package = args.package or (args.name if numbered else None)
    return deployed_view(
        context.workspace.deployments.deploy(
            name, package, args.port, context.progress, actor(args, context)
        )
    )


deploy = Verb(
    "deploy",
    "Serve a package's predictions over HTTP.",
    _deploy_arguments,
    _deploy,
    "It replaces what is live under that name without a refused request, if the gate "
    "'production' lets the model version through.",
)


def _deployments_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="show everything that was ever live under this name"
    )


def _deployments(args: argparse.Namespace, context: Context) -> View:
    service = context.workspace.deployments
    if args.name:
        return deployments_view(service.history(args.name), f"History of '{args.name}'")
    return deployments_view(service.list())


deployments = Verb(
    "deployments",
    "List what is deployed and where it answers, or the history of one name.",
    _deployments_arguments,
    _deployments,
)


def _name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a deployment: `deployments` lists them")


def _name_and_key(parser: argparse.ArgumentParser) -> None:
    _name(parser)
    key_argument(parser)


def _stop(args: argparse.Namespace, context: Context) -> View:
    return stopped_view(context.workspace.deployments.stop(args.name, actor(args, context)))


stop = Verb("stop", "Stop a deployment; what it answered stays in its log.", _name_and_key, _stop)


def _rollback(args: argparse.Namespace, context: Context) -> View:
    return deployed_view(
        context.workspace.deployments.rollback(args.name, context.progress, actor(args, context))
    )


rollback = Verb(
    "rollback",
    "Bring back the version that was live before.",
    _name_and_key,
    _rollback,
    "The address stays the same. A version that was withdrawn since is refused.",
)


def _monitor_arguments(parser: argparse.ArgumentParser) -> None:
    _name(parser)
    parser.add_argument(
        "--since", metavar="WHEN", help="look at the time since then: 30m, 12h, 7d, or a date"
    )


def _monitor(args: argparse.Namespace, context: Context) -> View:
    return monitor_view(context.workspace.monitor(args.name, args.since))


monitor = Verb(
    "monitor",
    "Show drift, latency and errors of what is live.",
    _monitor_arguments,
    _monitor,
    "Drift: how the rows that were asked about differ from the training rows.",
)


def _erase_arguments(parser: argparse.ArgumentParser) -> None:
    _name_and_key(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--older-than",
        metavar="WHEN",
        help="everything older than 90d, 12w or a date; by default as policy.yaml says",
    )
    which.add_argument(
        "--prediction", metavar="ID", help="this one, however new: somebody asks for it"
    )
    parser.add_argument("--yes", action="store_true", help="do it; without this nothing is erased")


def _erase(args: argparse.Namespace, context: Context) -> View:
    return erasure_view(
        context.workspace.deployments.erase(
            args.name,
            older_than=args.older_than,
            prediction=args.prediction,
            identity=actor(args, context),
            really=args.yes,
        )
    )


erase = Verb(
    "erase",
    "Erase what a deployment was asked and answered.",
    _erase_arguments,
    _erase,
    "For good: after the days that policy.yaml keeps it, or one prediction on a person's request. "
    "When it was, how many rows and by which version stays, and the log's chain still verifies.",
)


def _retrain_arguments(parser: argparse.ArgumentParser) -> None:
    _name_and_key(parser)
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        required=True,
        help="newer rows with the target, CSV or Parquet",
    )


def _retrain(args: argparse.Namespace, context: Context) -> View:
    return retrain_view(
        context.workspace.retrain(args.name, args.data, context.progress, actor(args, context))
    )


retrain = Verb(
    "retrain",
    "Train a challenger on newer rows and compare it with what is live.",
    _retrain_arguments,
    _retrain,
    "The challenger becomes a model version and a package, and is checked; nothing is deployed "
    "and your working tree is not touched.",
)


def _retrace_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "prediction",
        metavar="PREDICTION",
        help="the id in the server's answer, or its first characters",
    )


def _retrace(args: argparse.Namespace, context: Context) -> View:
    return Chain(context.workspace.retrace(args.prediction))


retrace = Verb(
    "retrace",
    "Verify everything behind one prediction.",
    _retrace_arguments,
    _retrace,
    "From the logged answer back to deployment, package, model version, run, cells, data files, "
    "checks, approvals and audit log; a link that does not hold is named.",
)
