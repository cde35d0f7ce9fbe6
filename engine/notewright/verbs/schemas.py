"""schema."""

from __future__ import annotations

import argparse
from pathlib import Path

from notewright.errors import UsageError
from notewright.state.withheld import withheld_words
from notewright.verbs.acting import actor, key_argument
from notewright.verbs.base import Context, Verb
from notewright.views.base import Code, Message, View


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", metavar="MODEL", help="a model (its newest version), or credit_risk@2"
    )
    parser.add_argument(
        "--write",
        metavar="FILE",
        nargs="?",
        const="",
        help="keep the schema in a file, by default schema.yaml in the project's folder, where "
        "`check` looks for it",
    )
    key_argument(parser)


def _schema(args: argparse.Namespace, context: Context) -> View:
    from notewright.governance.checks.base import CannotRun
    from notewright.governance.checks.material import Material
    from notewright.governance.checks.schema import FILE_NAME, infer_schema, write_schema
    from notewright.governance.policy import parse_policy

    workspace = context.workspace
    version = workspace.models.get(args.model)
    by = actor(args, context)
    workspace.roles.require(by, "check", version)
    withholding = workspace.restricted.now(by)
    material = Material(version, parse_policy("version: 1"), workspace.sources())
    try:
        table, frame = material.raw
        found = infer_schema(frame, withholding)
    except CannotRun as reason:
        raise UsageError(reason.sentence, reason.remedy) from reason
    withheld = withholding.among(frame.columns)
    note = f"Values are {withheld_words(withheld)}." if withheld else ""
    if args.write is None:
        return Code(f"# {note}\n{found.to_yaml()}".rstrip() if note else found.to_yaml().rstrip())
    path = Path(args.write) if args.write else workspace.root / FILE_NAME
    write_schema(found, path)
    return Message(
        f"The schema of '{table}' is in {path}. Read it, and loosen or tighten what is wrong: "
        f"`data_quality.schema` checks the raw table against it. {note}".rstrip(),
        {
            "table": table,
            "file": str(path),
            "columns": list(map(str, frame.columns)),
            "withheld": [each.words for each in withheld],
        },
    )


schema = Verb(
    "schema",
    "Infer the schema of a model's raw table: types, missing values, categories.",
    _arguments,
    _schema,
    "The file is Pandera's, to be edited and used by other tools too.",
)
