"""A dossier's coverage, as people and programs read it: what is answered, what is missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from notewright.governance.dossier.kinds import KINDS, STATEMENTS
from notewright.governance.dossier.model_card import model_card
from notewright.views.base import Message, Page, Table, View
from notewright.words import number_of

if TYPE_CHECKING:
    from notewright.governance.dossier.dossier import Dossier
    from notewright.governance.dossier.evidence import Evidence

#: How what is not held is marked.
MARKS = {"missing": "MISSING", "stale": "STALE", "broken": "BROKEN"}


@dataclass(repr=False)
class DossierView(View):
    """Coverage by framework, what is missing and what to do, and what was written.

    Parameters
    ----------
    dossier : Dossier
        What is shown.
    written : dict of str to str
        The digest of each file that was written, by its path.
    """

    dossier: Dossier
    written: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        return self._page().text()

    def html(self) -> str:
        return self._page().html()

    def data(self) -> Any:
        return {**model_card(self.dossier), "written": self.written}

    def _page(self) -> Page:
        parts: list[View] = [coverage_table(self.dossier)]
        lacking = self.dossier.lacking()
        evidence = [item for item in lacking if KINDS[item[0].kind].chapter != STATEMENTS]
        if evidence:
            parts.append(_evidence_table(evidence))
        stated = [found for found, _ in lacking if KINDS[found.kind].chapter == STATEMENTS]
        if stated:
            parts.append(_statements(stated))
        if self.written:
            parts.append(
                Table(("written", "BLAKE3"), [(p, d[:16] + "…") for p, d in self.written.items()])
            )
        else:
            ref = self.dossier.ref
            parts.append(
                Message(
                    f"`%nw dossier {ref} --write dossier.html` writes the document; `--write "
                    "FOLDER/` puts the model card and the bill of materials beside it."
                )
            )
        return Page(parts)


def coverage_table(dossier: Dossier) -> Table:
    """Return how many clauses of each framework are answered."""
    rows = []
    for part in dossier.frameworks:
        count = Counter(answer.outcome for answer in part.answers)
        rows.append(
            (
                part.framework.title,
                part.words,
                *(count[outcome] for outcome in ("missing", "stale", "broken")),
            )
        )
    caption = f"{dossier.ref}: what regulators ask, and what is answered by evidence."
    return Table(("framework", "", "missing", "stale", "broken"), rows, caption)


def _evidence_table(lacking: list[tuple[Evidence, list[str]]]) -> Table:
    return Table(
        ("", "evidence", "clauses", "why", "what to do"),
        [
            (
                MARKS[found.state],
                KINDS[found.kind].title,
                len(clauses),
                found.sentence,
                found.remedy,
            )
            for found, clauses in lacking
        ],
        "Evidence that is not there, or does not count any more:",
    )


def _statements(lacking: list[Evidence]) -> Message:
    names = ", ".join(f"`{found.kind.partition('.')[2]}`" for found in lacking)
    fields = number_of(len(lacking), "field")
    return Message(
        f"Only a person can say the rest: {fields} under `documentation:` in policy.yaml. {names}."
        " The document says what each should answer."
    )
