"""How much of what is personal is found, and how much of what is found is: by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from tests.governance.labelled.people import GUESSED, People

from notewright.governance.checks.identifiers.columns import identifiers_in
from notewright.governance.checks.identifiers.known import GUESSES, PERSONAL, SECRETS, find


@dataclass
class Score:
    """Counts by kind; `wrong` holds what to look at."""

    right: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, str, str]] = field(default_factory=list)

    def recall(self, kinds: Collection[str]) -> float:
        right = sum(self.right[kind] for kind in kinds)
        return right / max(1, right + sum(self.missed[kind] for kind in kinds))

    def precision(self, kinds: Collection[str]) -> float:
        right = sum(self.right[kind] for kind in kinds)
        return right / max(1, right + sum(self.false[kind] for kind in kinds))

    @property
    def patterned(self) -> set[str]:
        """The kinds that have a form."""
        return set(self.right | self.missed | self.false) - set(GUESSED)


def score_texts(people: People, count: int) -> Score:
    """Look through labelled sentences; found is what has the right kind and the right place."""
    score = Score()
    for labelled in people.texts(count):
        left = list(labelled.labels)
        for kind, said in find(labelled.text, SECRETS + PERSONAL + GUESSES):
            hit = next((each for each in left if each[0] == kind and _same(each[1], said)), None)
            if hit is None:
                score.false[kind] += 1
                score.wrong.append(("false", kind, labelled.text))
            else:
                left.remove(hit)
                score.right[kind] += 1
        for kind, _ in left:
            score.missed[kind] += 1
            score.wrong.append(("missed", kind, labelled.text))
    return score


def score_columns(people: People, rows: int) -> Score:
    """Look through a table of personal columns and decoys; each column counts once."""
    frame, kinds = people.table(rows)
    score = Score()
    for column in frame.columns:
        found = {f.kind for f in identifiers_in(frame[column], SECRETS + PERSONAL, 20_000)}
        wanted = {kinds[column]} if column in kinds else set()
        score.right.update(found & wanted)
        score.missed.update(wanted - found)
        score.false.update(found - wanted)
        score.wrong += [("column", kind, column) for kind in found ^ wanted]
    return score


def _same(one: str, other: str) -> bool:
    bare, said = ("".join(c for c in text if c.isalnum()).lower() for text in (one, other))
    return bare in said or said in bare
