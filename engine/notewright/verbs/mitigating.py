"""mitigate."""

from __future__ import annotations

import argparse

from notewright.governance.mitigation.proposal import AIMS
from notewright.verbs.acting import actor, key_argument
from notewright.verbs.base import Context, Verb
from notewright.views.base import View
from notewright.views.mitigation import MitigationsView


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", metavar="MODEL", help="a model (its newest version), or credit_risk@2"
    )
    parser.add_argument(
        "--column", metavar="COLUMN", help="one of the policy's sensitive columns; all by default"
    )
    parser.add_argument(
        "--aim",
        choices=AIMS,
        default=AIMS[0],
        help="what should be even: the share of each group that is given the favourable outcome "
        "(the default), or the errors of either kind",
    )
    parser.add_argument(
        "--by",
        choices=("thresholds", "reweighting"),
        help="only one way: thresholds by group, or training again with other weights; both by "
        "default",
    )
    parser.add_argument("--code", action="store_true", help="show what to write in a cell, too")
    key_argument(parser)


def _mitigate(args: argparse.Namespace, context: Context) -> View:
    from notewright.governance.mitigation.service import WAYS

    workspace = context.workspace
    version = workspace.models.get(args.model)
    found = workspace.mitigation.propose(
        version,
        column=args.column,
        aim=args.aim,
        ways=(args.by,) if args.by else WAYS,
        actor=actor(args, context),
        progress=context.progress,
    )
    return MitigationsView(found, f"{version.name}@{version.number}", args.code)


mitigate = Verb(
    "mitigate",
    "Try what would make a model fairer, and say what it costs.",
    _arguments,
    _mitigate,
    "Changes nothing. Each way is judged on rows that it was not fitted on.",
)
