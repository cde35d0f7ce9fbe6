"""Whether personal data or secrets lie where they should not.

What is found is never repeated in a finding: it names the kind, the column or
cell, and the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from notewright.governance.checks.base import Check, Finding, Option
from notewright.governance.checks.identifiers import PERSONAL, SECRETS, find
from notewright.governance.checks.material import Material

if TYPE_CHECKING:
    import pandas as pd


class PersonalColumns(Check):
    """Looks for personal identifiers in the columns of the raw table."""

    name = "privacy.personal_columns"
    summary = "No column holds mail addresses, phone, card or account numbers."
    options: ClassVar[Mapping[str, Option]] = {
        "allowed": Option((), "Columns that may hold them."),
        "max_rows": Option(20_000, "Distinct values looked at in each column.", minimum=1),
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name each column that holds identifiers, or say that none does."""
        table, frame = material.raw
        clean = True
        for column, values in frame.items():
            if str(column) in options["allowed"]:
                continue
            kinds, rows = _scan(values, options["max_rows"])
            for kind, count in kinds.items():
                clean = False
                yield self.finding(
                    False,
                    f"Column '{column}' of '{table}' holds what looks like a {kind} "
                    f"in {count} {'row' if count == 1 else 'rows'}.",
                    remedy="Leave the column out, replace it by a key that says nothing, or list "
                    "it under `allowed` with good reason.",
                    subject=str(column),
                    metric="rows",
                    value=float(count),
                    threshold=0.0,
                    rows=tuple(rows[kind][:20]),
                    details={"kind": kind},
                )
        if clean:
            yield self.finding(
                True, f"No column of '{table}' holds what looks like a personal identifier."
            )


class Sources(Check):
    """Looks for secrets and personal identifiers in the sources of the cells."""

    name = "privacy.cells"
    summary = "No cell holds a secret or a personal identifier."

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name each cell that holds a secret, or say that none does."""
        clean = True
        for cell in material.cells:
            kinds = Counter(kind for kind, _ in find(cell.source, SECRETS + PERSONAL))
            for kind in kinds:
                clean = False
                yield self.finding(
                    False,
                    f"The source of {cell.label} holds what looks like a {kind}.",
                    remedy="Read it from a file or a keyring that is not shared, and change it: "
                    "it is in the notebook's history.",
                    subject=kind,
                    cells=(cell.label,),
                    details={"kind": kind},
                )
        if clean:
            yield self.finding(
                True,
                f"None of {len(material.cells)} executed cells holds a secret or a personal "
                "identifier.",
            )


def _scan(column: pd.Series, limit: int) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Return how many rows hold each kind of identifier, and their labels."""
    import pandas as pd

    kinds: Counter[str] = Counter()
    rows: dict[str, list[str]] = {}
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_float_dtype(column):
        return {}, rows
    if pd.api.types.is_datetime64_any_dtype(column):
        return {}, rows
    text = column.dropna().astype(str)
    if pd.api.types.is_integer_dtype(column) and not (text.str.len() >= 13).any():
        return {}, rows  # too short for a card number
    values = text.drop_duplicates().iloc[:limit]
    hits = {value: {kind for kind, _ in find(value, PERSONAL)} for value in values}
    for label, value in text.items():
        for kind in hits.get(value, ()):
            kinds[kind] += 1
            rows.setdefault(kind, []).append(str(label))
    return dict(kinds), rows


CHECKS = (PersonalColumns, Sources)
