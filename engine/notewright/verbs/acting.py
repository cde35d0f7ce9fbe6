"""Who acts: the words and the lookup that every verb with authority shares."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from notewright.verbs.base import Context

if TYPE_CHECKING:
    from notewright.governance.identities import Identity


def key_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--key FILE``."""
    parser.add_argument(
        "--key", metavar="FILE", help="the key file of the person who acts, if not you"
    )


def actor(args: argparse.Namespace, context: Context) -> Identity:
    """Return who acts: the holder of ``--key``, else the front door's identity, else oneself."""
    identities = context.workspace.identities
    if args.key:
        return identities.load_key(Path(args.key))
    return context.identity or identities.me()
