"""records: where the records of the project are, and moving them."""

from __future__ import annotations

import argparse

from notewright.errors import UsageError
from notewright.store.address import Address
from notewright.verbs.base import Context, Verb
from notewright.views.base import Message, View


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "do", nargs="?", choices=["show", "move"], default="show", help="by default show"
    )
    parser.add_argument(
        "address",
        nargs="?",
        metavar="ADDRESS",
        help="with move: where to, as postgresql://user@host:5432/database; the password may be "
        "left to PGPASSWORD or ~/.pgpass",
    )


def _records(args: argparse.Namespace, context: Context) -> View:
    if args.do == "move":
        return _move(args.address, context)
    if args.address is not None:
        raise UsageError(
            "An address is understood after `move` only.", "`notewright records move ADDRESS`."
        )
    catalog = context.workspace.store.catalog
    return Message(f"{catalog.place}.", {"place": catalog.place, "read_only": catalog.read_only})


def _move(address: str | None, context: Context) -> View:
    from notewright.store.moving import move

    if address is None:
        raise UsageError(
            "It is not said where to move the records.",
            "`notewright records move postgresql://user@host:5432/database`.",
        )
    if context.kernel is not None:
        raise UsageError(
            "A notebook that is recording cannot move its own records.",
            "In a shell, with the notebooks of this project shut down: "
            "`notewright records move ADDRESS`.",
        )
    workspace = context.workspace
    actor = context.identity or workspace.identities.me()
    workspace.roles.require(actor, "records.move")
    before = workspace.store.catalog.place
    wanted = Address.parse(address)
    words: dict[str, str] = {}

    def note(place: str) -> None:
        words.update({"from": before, "to": place})
        workspace.audit.append("records.move", "records", words, actor)

    after = move(workspace.store.catalog, wanted, context.progress, note)
    return Message(
        f"All records are in {after.place} now. The file is kept as moved.sqlite.", dict(words)
    )


records = Verb(
    "records",
    "Say where the records of this project are, or move them to PostgreSQL.",
    _arguments,
    _records,
    "`notewright records move postgresql://…` copies all of them, and lets the project's folder "
    "say so. Kernels and servers that have the project open must be started anew afterwards.",
)
