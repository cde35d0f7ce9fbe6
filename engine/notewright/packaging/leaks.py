"""Secrets and paths of this machine in a notebook's text, which no package may carry."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from notewright.errors import ExportFailed
from notewright.governance.checks.identifiers.known import TOKENS, find
from notewright.packaging.source import CellSource

_PASSWORD, _TOKEN, _PATH = "a password", "an access token", "a path of this machine"
_NAME = r"(?:password|passwd|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key)"
#: What gives a password or a path away, and which part of it must not leave.
_PATTERNS = [
    (_PASSWORD, re.compile(r"://[^\s:/@'\"]*:([^\s@/'\"]+)@")),
    # password = "…", {"api_key": "…"}, token="…"; <mask> and [UNK] are tokens of texts.
    (
        _PASSWORD,
        re.compile(rf"(?i){_NAME}['\"]?\]?\s*[:=]\s*[rbf]?['\"]([^'\"\n<\[][^'\"\n]{{3,}})['\"]"),
    ),
    # What comments say without quotes.
    (_PASSWORD, re.compile(rf"(?i)#.*\b{_NAME}\s*[:=]\s*([^\s'\"]{{4,}})")),
    (_PASSWORD, re.compile(rf"(?i)#.*\b{_NAME} is (?=\S*\d)(\S{{4,}})")),
    (_PATH, re.compile(r"(?<![\w.:/])(/(?:home|Users|root)/[^\s'\"`,;)\]]+)")),
    (_PATH, re.compile(r"(?<![\w/])([A-Za-z]:[\\/][^\s'\"`,;)\]]+)")),
]
#: Shorter secrets are words that occur by chance, so files are not searched for them.
_SEARCHED = 6


@dataclass(frozen=True)
class Leak:
    """A secret, or a path that only this machine has.

    Parameters
    ----------
    what : str
        ``a password``, ``an access token`` or ``a path of this machine``.
    text : str
        It itself.
    """

    what: str
    text: str


@dataclass(frozen=True)
class Leaks:
    """Finds what must not leave, and keeps it from leaving.

    Parameters
    ----------
    folders : tuple of Path
        Folders of this machine: the notebook's, its data's, the user's.
    """

    folders: tuple[Path, ...]

    def within(self, text: str) -> list[Leak]:
        """Return the leaks in a text.

        Examples
        --------
        >>> Leaks(()).within('login("ada", password="tea4two")')
        [Leak(what='a password', text='tea4two')]
        >>> Leaks(()).within('TfidfVectorizer(token_pattern="[a-z]+")')
        []
        """
        found = [Leak(_TOKEN, token) for _, token in find(text, TOKENS)]
        found += [Leak(what, m[1]) for what, pattern in _PATTERNS for m in pattern.finditer(text)]
        found += [Leak(_PATH, str(f)) for f in self.folders if len(f.parts) > 2 and str(f) in text]
        return list(dict.fromkeys(found))

    def clean(self, code: str) -> str:
        r"""Return `code` with each comment that leaks replaced by a note.

        Examples
        --------
        >>> Leaks(()).clean("a = 1  # pwd: tea4two\n")
        'a = 1  # (left out: a password)\n'
        """
        lines = code.splitlines(keepends=True)
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.COMMENT and (found := self.within(token.string)):
                row, column = token.start
                line = lines[row - 1]
                note = f"# (left out: {found[0].what})"
                lines[row - 1] = line[:column] + note + line[column + len(token.string) :]
        return "".join(lines)

    def refuse(self, code: str, cells: Sequence[CellSource]) -> None:
        """Refuse code that leaks in a literal, which the package needs.

        Raises
        ------
        ExportFailed
            Names the cell and the line, never the secret.
        """
        for leak in self.within(code):
            where = next(_places(leak.text, cells), "the notebook")
            remedy = (
                "Give the path relative to the notebook"
                if leak.what == _PATH
                else 'Read it from the environment, `os.environ["NAME"]`'
            )
            raise ExportFailed(
                f"{where} holds what looks like {leak.what}, and the package would carry it.",
                f"{remedy}, run the cell and export again.",
            )

    def redacted(self, words: str) -> str:
        """Return a sentence with the leaks in it left out."""
        for leak in self.within(words):
            words = words.replace(leak.text, "…")
        return words

    def search(self, tree: Path, cells: Iterable[CellSource]) -> None:
        """Look for whatever leaks in the notebook in every file of a package but its data.

        Raises
        ------
        ExportFailed
            If it is anywhere; the file is named.
        """
        leaks = {leak for cell in cells for leak in self.within(cell.code)}
        leaks |= {Leak(_PATH, str(folder)) for folder in self.folders if len(folder.parts) > 2}
        searched = [leak for leak in leaks if len(leak.text) >= _SEARCHED]
        for file in sorted(tree.rglob("*")):
            inside = file.relative_to(tree)
            if not file.is_file() or inside.parts[0] == "data":
                continue
            content = file.read_bytes()
            for leak in searched:
                if leak.text.encode() in content:
                    raise ExportFailed(
                        f"The package's {inside} would hold {leak.what} from the notebook.",
                        "Take it out of the notebook's cells, run them and export again.",
                    )


def _places(text: str, cells: Iterable[CellSource]) -> Iterator[str]:
    for cell in cells:
        for number, line in enumerate(cell.code.splitlines(), 1):
            if text in line:
                yield f"{cell.label[:1].upper()}{cell.label[1:]}, line {number}"
