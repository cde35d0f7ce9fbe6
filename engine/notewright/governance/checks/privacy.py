"""Whether personal data or secrets lie where they should not.

What is found is never repeated in a finding: it names the kind, the column, cell or variable,
and the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.governance.checks.base import OF_NOTEBOOKS, OF_TABLES, Check, Finding, Option
from notewright.governance.checks.counting import number
from notewright.governance.checks.identifiers.columns import identifiers_in
from notewright.governance.checks.identifiers.known import GUESSES, PERSONAL, SECRETS, find
from notewright.governance.checks.kept_outputs import Output
from notewright.governance.checks.material import Material
from notewright.governance.checks.membership import Membership
from notewright.governance.checks.reidentification import Reidentification
from notewright.governance.checks.variable_secrets import secrets_in
from notewright.words import first_line_of

if TYPE_CHECKING:
    import pandas as pd

_GUESSED = frozenset(pattern.kind for pattern in GUESSES)
_SECRET = frozenset(pattern.kind for pattern in SECRETS)
#: So many rows of a table in an output are looked at.
_ROWS = 2000


class PersonalColumns(Check):
    """Looks for personal identifiers in the columns of the raw table.

    Names and postal addresses are told by words and by how values are built; they are warnings.
    """

    name = "privacy.personal_columns"
    tells_values = False
    subjects = OF_TABLES
    summary = "No column holds mail addresses, phone, card, account or national numbers, or names."
    options: ClassVar[Mapping[str, Option]] = {
        "allowed": Option((), "Columns that may hold them."),
        "max_rows": Option(10_000, "Distinct values looked at in each column.", minimum=1),
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name each column that holds identifiers, or say that none does."""
        table, frame = material.raw
        clean = True
        for place, column in enumerate(frame.columns):
            if str(column) in options["allowed"]:
                continue
            values = frame.iloc[:, place]
            for found in identifiers_in(
                values, PERSONAL + GUESSES, options["max_rows"], names=True
            ):
                clean = False
                count = len(found.rows)
                yield self.finding(
                    False,
                    f"Column '{column}' of '{table}' holds what looks like {a(found.kind)} "
                    f"in {number(count, 'row')}.",
                    severity=_severity(found.kind),
                    remedy="Leave the column out, replace it by a key that says nothing, or list "
                    "it under `allowed` with good reason.",
                    subject=str(column),
                    metric="rows",
                    value=float(count),
                    threshold=0.0,
                    rows=tuple(str(label) for label in frame.index[found.rows[:20]]),
                    details={"kind": found.kind},
                )
        if clean:
            yield self.finding(
                True, f"No column of '{table}' holds what looks like a personal identifier."
            )


class Sources(Check):
    """Looks for secrets and personal identifiers in the sources of the cells."""

    name = "privacy.cells"
    subjects = OF_NOTEBOOKS
    summary = "No cell holds a secret or a personal identifier."

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name each cell that holds a secret, or say that none does."""
        clean = True
        for cell in material.cells:
            label = quiet(cell.label, cell.source)
            for kind in dict.fromkeys(kind for kind, _ in find(cell.source, SECRETS + PERSONAL)):
                clean = False
                yield self.finding(
                    False,
                    f"The source of {label} holds what looks like {a(kind)}.",
                    remedy="Read it from a file or a keyring that is not shared, and change it: "
                    "it is in the notebook's history.",
                    subject=kind,
                    cells=(label,),
                    details={"kind": kind},
                )
        if clean:
            yield self.finding(
                True,
                f"None of {len(material.cells)} executed cells holds a secret or a personal "
                "identifier.",
            )


class Outputs(Check):
    """Looks for secrets and personal data in what cells printed, showed or failed with.

    It looks at the notebook as the run's snapshot keeps it and as it is saved now, and at the
    errors in the history.
    """

    name = "privacy.outputs"
    subjects = OF_NOTEBOOKS
    summary = "No kept output of a cell holds a secret or personal data."

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name each cell and kind, or say that none holds any."""
        outputs = material.outputs
        told: set[tuple[str, str]] = set()
        for output in outputs:
            label = quiet(output.cell, output.source)
            for kind in _kinds(output):
                if (label, kind) in told:
                    continue
                told.add((label, kind))
                change = " Change the secret as well." if kind in _SECRET else ""
                yield self.finding(
                    False,
                    f"The output of {label} holds what looks like {a(kind)}, in {output.where}.",
                    severity=_severity(kind),
                    remedy="Show less in the cell, clear its output, save the notebook and train "
                    f"the version that goes live from there.{change}",
                    subject=kind,
                    cells=(label,),
                    details={"kind": kind, "where": output.where},
                )
        if not told:
            yield self.finding(
                True,
                f"None of {number(len(outputs), 'output')} that were kept holds a secret or "
                "personal data."
                if outputs
                else "No output of a cell was kept with the run.",
            )


class Variables(Check):
    """Looks for secrets in the texts, dictionaries and settings among the variables."""

    name = "privacy.variables"
    summary = "No variable of the run's last snapshot holds a secret."

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name the path to each secret, or say that there is none."""
        values, left = material.settings
        clean = True
        for name, value in values.items():
            for kind, path in secrets_in(name, value):
                clean = False
                yield self.finding(
                    False,
                    f"`{path}` holds what looks like {a(kind)}; the run's snapshot keeps it.",
                    remedy="Delete the variable before the run, or read the secret where it is "
                    "used; and change it, since snapshots are shared with the store.",
                    subject=path,
                    details={"kind": kind},
                )
        if clean:
            rest = f" Not looked at, as too large or not loadable here: {', '.join(left[:5])}"
            yield self.finding(
                True,
                f"None of {number(len(values), 'variable')} of text and settings holds a secret."
                + (rest + (", …." if len(left) > 5 else ".") if left else ""),
            )


def a(kind: str) -> str:
    """Return a kind with its article.

    Examples
    --------
    >>> a("IBAN"), a("mail address"), a("US social security number"), a("NHS number")
    ('an IBAN', 'a mail address', 'a US social security number', 'an NHS number')
    """
    article = "an" if kind[0] in "AEIO" or kind.startswith(("NHS", "npm")) else "a"
    return f"{article} {kind}"


def quiet(label: str, source: str) -> str:
    """Return a cell's label, without its first line if that line holds what was found."""
    loud = next(find(first_line_of(source), SECRETS + PERSONAL), None) or next(
        find(label, SECRETS + PERSONAL), None
    )
    return label.partition(" `")[0] if loud else label


def _severity(kind: str) -> str:
    return "warning" if kind in _GUESSED else "error"


def _kinds(output: Output) -> Iterable[str]:
    """Return the kinds in an output, each once."""
    kinds = dict.fromkeys(kind for kind, _ in find(output.text, SECRETS + PERSONAL + GUESSES))
    for table in output.tables:
        kinds |= dict.fromkeys(_in_table(table.iloc[:_ROWS]))
    return kinds


def _in_table(table: pd.DataFrame) -> Iterable[str]:
    for place in range(table.shape[1]):
        for found in identifiers_in(table.iloc[:, place], PERSONAL + GUESSES, _ROWS, names=True):
            yield found.kind


CHECKS = (PersonalColumns, Sources, Outputs, Variables, Reidentification, Membership)
