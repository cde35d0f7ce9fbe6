"""schema."""

from __future__ import annotations

import argparse
from pathlib import Path

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
    from notewright.governance.checks.schema import FILE_NAME, write_schema

    workspace = context.workspace
    version = workspace.models.get(args.model)
    table, found = workspace.checks.infer_schema(version, actor=actor(args, context))
    note = f"Values are {withheld_words(found.withheld)}." if found.withheld else ""
    if args.write is None:
        text = found.pandera.to_yaml().rstrip()
        return Code(f"# {note}\n{text}" if note else text)
    path = Path(args.write) if args.write else workspace.root / FILE_NAME
    write_schema(found, path)
    return Message(
        f"The schema of '{table}' is in {path}. Read it, and loosen or tighten what is wrong: "
        f"`data_quality.schema` checks the raw table against it. {note}".rstrip(),
        {
            "table": table,
            "file": str(path),
            "columns": list(found.columns),
            "withheld": [each.words for each in found.withheld],
        },
    )


schema = Verb(
    "schema",
    "Infer the schema of a model's raw table: types, missing values, categories.",
    _arguments,
    _schema,
    "The file is Pandera's, to be edited and used by other tools too.",
)
