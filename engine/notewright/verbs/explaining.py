"""explain."""

from __future__ import annotations

import argparse

from notewright.errors import UsageError
from notewright.verbs.acting import actor, key_argument
from notewright.verbs.base import Context, Verb
from notewright.views.base import View
from notewright.views.explanation import ImportanceView, ReasonsView

#: How many test rows show what moves the answers.
_ROWS = 60


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", metavar="MODEL", help="a model (its newest version), or credit_risk@2"
    )
    parser.add_argument(
        "--row", metavar="LABEL", help="give the reasons for one test row, by its label"
    )
    parser.add_argument(
        "--top", metavar="N", type=int, default=10, help="how many columns to show (10)"
    )
    parser.add_argument(
        "--rows",
        metavar="N",
        type=int,
        default=_ROWS,
        help=f"how many test rows to explain ({_ROWS})",
    )
    key_argument(parser)


def _explain(args: argparse.Namespace, context: Context) -> View:
    if args.top < 1 or args.rows < 1:
        raise UsageError("`--top` and `--rows` are numbers from 1.", "Write `--top 5`.")
    workspace = context.workspace
    version = workspace.models.get(args.model)
    context.progress.step(0.1, "finding what the model was given")
    explanation = workspace.explanations.of(
        version, row=args.row, rows=args.rows, actor=actor(args, context)
    )
    name = f"{version.name}@{version.number}"
    if args.row is not None:
        return ReasonsView(explanation, name, args.top)
    return ImportanceView(explanation, name, args.top)


explain = Verb(
    "explain",
    "Say which columns move a model's answers, or the reasons for one.",
    _arguments,
    _explain,
    "Each answer is divided among the columns by Shapley values, which add up to it.",
)
