"""deploy, deployments, stop, monitor, rollback, retrain, retrace."""

from __future__ import annotations

import argparse
from pathlib import Path

from notewright.verbs.acting import actor, key_argument
from notewright.verbs.base import Context, Verb
from notewright.views.base import View
from notewright.views.serving import (
    Chain,
    deployed_view,
    deployments_view,
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
    parser.add_argument("--port", type=_port, default=0, help="by default a free one")
    key_argument(parser)


def _deploy(args: argparse.Namespace, context: Context) -> View:
    name, numbered, _ = args.name.partition("@")
    package = args.package or (args.name if numbered else None)
    return deployed_view(
        context.workspace.deployments.deploy(
            name, package, args.port, context.progress, actor(args, context)
        )
    )


deploy = Verb("deploy", "Serve a package, over what is live.", _deploy_arguments, _deploy)


def _deployments_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="show everything that was ever live under it")


def _deployments(args: argparse.Namespace, context: Context) -> View:
    service = context.workspace.deployments
    if args.name:
        return deployments_view(service.history(args.name), f"History of '{args.name}'")
    return deployments_view(service.list())


deployments = Verb(
    "deployments", "List what is live, or one name's history.", _deployments_arguments, _deployments
)


def _name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="the deployment's name")


def _name_and_key(parser: argparse.ArgumentParser) -> None:
    _name(parser)
    key_argument(parser)


def _stop(args: argparse.Namespace, context: Context) -> View:
    return stopped_view(context.workspace.deployments.stop(args.name, actor(args, context)))


stop = Verb("stop", "Stop serving a name.", _name_and_key, _stop)


def _rollback(args: argparse.Namespace, context: Context) -> View:
    return deployed_view(
        context.workspace.deployments.rollback(args.name, context.progress, actor(args, context))
    )


rollback = Verb(
    "rollback", "Bring back the version that was live before.", _name_and_key, _rollback
)


def _monitor_arguments(parser: argparse.ArgumentParser) -> None:
    _name(parser)
    parser.add_argument("--since", metavar="WHEN", help="30m, 12h, 7d, or a date")


def _monitor(args: argparse.Namespace, context: Context) -> View:
    return monitor_view(context.workspace.monitor(args.name, args.since))


monitor = Verb(
    "monitor", "Show drift, latency and errors of what is live.", _monitor_arguments, _monitor
)


def _retrain_arguments(parser: argparse.ArgumentParser) -> None:
    _name_and_key(parser)
    parser.add_argument("--data", type=Path, required=True, help="newer rows, CSV or Parquet")


def _retrain(args: argparse.Namespace, context: Context) -> View:
    return retrain_view(
        context.workspace.retrain(args.name, args.data, context.progress, actor(args, context))
    )


retrain = Verb(
    "retrain",
    "Train a challenger on newer rows and compare it with what is live.",
    _retrain_arguments,
    _retrain,
)


def _retrace_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("prediction", help="the id in the server's answer, or its first characters")


def _retrace(args: argparse.Namespace, context: Context) -> View:
    return Chain(context.workspace.retrace(args.prediction))


retrace = Verb("retrace", "Verify everything behind one prediction.", _retrace_arguments, _retrace)
