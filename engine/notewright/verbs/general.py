"""The options that go with every verb, each defined once for the front doors that have it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from notewright.verbs import all_verbs
from notewright.verbs.base import Verb, VerbParser

_OPTIONS: dict[str, dict[str, Any]] = {
    "--json": {"action": "store_true", "help": "print JSON with stable field names"},
    "--widget": {
        "action": "store_true",
        "help": "show a table that can be searched and sorted, and charts that can be "
        "pointed at and zoomed",
    },
    "--workspace": {
        "metavar": "FOLDER",
        "help": "the project's folder; by default the nearest one upward with a store",
    },
    "--debug": {"action": "store_true", "help": "show the traceback of an error"},
}


class GeneralOptions:
    """Those that one front door has.

    Parameters
    ----------
    program : str
        What its users type before a verb: ``"%nw"``.
    *names : str
        Which options.
    """

    def __init__(self, program: str, *names: str) -> None:
        self._program = program
        usage = f"{program} VERB ...".replace("%", "%%")
        self.parser = VerbParser(prog=program, usage=usage, add_help=False, allow_abbrev=False)
        self._verbs: dict[str, VerbParser] = {}
        group = self.parser.add_argument_group("with every verb")
        for name in names:
            group.add_argument(name, **_OPTIONS[name])

    def take(self, words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
        """Return what was given, wherever it stands before a ``--``, and the other words."""
        end = words.index("--") if "--" in words else len(words)
        given, rest = self.parser.parse_known_args(words[:end])
        return given, [*rest, *words[end:]]

    def verb_parser(self, verb: Verb) -> VerbParser:
        """Return the parser of a verb's words; its help shows these options too."""
        if verb.name not in self._verbs:
            self._verbs[verb.name] = verb.parser(self._program, self.parser)
        return self._verbs[verb.name]

    def overview(self, introduction: str) -> str:
        """Return the help of the front door: the verbs there are, and these options."""
        usage, _, options = self.parser.format_help().partition("\n\n")
        groups = [
            "\n".join([f"{title}:", *(f"  {verb.name:14}{verb.summary}" for verb in verbs)])
            for title, verbs in all_verbs().items()
        ]
        return "\n\n".join([usage, introduction, *groups, options.rstrip()])
