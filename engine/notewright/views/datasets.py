"""Datasets and how their versions differ, for people and programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from notewright.experiments.dataset_diff import DatasetDiff
from notewright.experiments.dataset_version import DatasetVersion
from notewright.governance.drift import SOME
from notewright.state.withheld import withheld_words
from notewright.store.canonical import plain
from notewright.views.base import Message, Page, Table, View
from notewright.views.comparison import p_words
from notewright.words import local_second, number_of

#: So many columns, and runs, are listed.
_MOST = 60


def dataset_record(version: DatasetVersion) -> dict[str, Any]:
    """Return a version as JSON values with stable names."""
    record: dict[str, Any] = plain(version)
    return {**record, "ref": version.ref}


def datasets_view(versions: Sequence[DatasetVersion]) -> View:
    """List versions."""
    rows = [
        (v.ref, v.kind, v.summary, v.source, local_second(v.created), v.actor, v.content[:12])
        for v in versions
    ]
    return Table(
        ["version", "kind", "what", "from", "added", "by", "content"],
        rows,
        empty="No dataset yet: `%nw dataset add PATH --as NAME`.",
        records=[dataset_record(version) for version in versions],
    )


def added_view(version: DatasetVersion, *, new: bool) -> View:
    """Say which version a content became, or was."""
    words = f"Added {version.ref}: {version.summary}, from {version.source}."
    if not new:
        words = f"{version.ref} has this content already: {version.summary}."
    return Message(words, {**dataset_record(version), "new": new})


def dataset_view(version: DatasetVersion, runs: Sequence[tuple[str, str]]) -> View:
    """Say what one version is, and which runs used it."""
    words = (
        f"{version.ref}: {version.summary}, {version.kind} from {version.source}, added "
        f"{local_second(version.created)} by {version.actor}."
    )
    parts: list[View] = [Message(words), Message(f"Content {version.content[:12]}.")]
    if version.columns:
        rows = [(column.name, column.type) for column in version.columns[:_MOST]]
        parts.append(Table(["column", "dtype"], rows))
        parts += _more(len(version.columns), "column")
    if runs:
        rows = [(id_[:6], name) for id_, name in runs[:_MOST]]
        parts.append(Table(["id", "run"], rows, caption="Used by"))
        parts += _more(len(runs), "run")
    used = [{"id": id_, "name": name} for id_, name in runs]
    return Page(parts, {**dataset_record(version), "runs": used})


@dataclass(repr=False)
class DatasetDiffView(View):
    """Says how two versions differ."""

    diff: DatasetDiff

    def text(self) -> str:
        return self._page().text()

    def html(self) -> str:
        return self._page().html()

    def data(self) -> Any:
        diff = self.diff
        return {
            "old": dataset_record(diff.old),
            "new": dataset_record(diff.new),
            "same": diff.same,
            "rows": list(diff.rows),
            "columns": list(diff.columns),
            "details": [detail.record() for detail in diff.details],
            "distributions": [asdict(column) for column in diff.drift],
            "note": diff.note,
            "withheld": [withheld.words for withheld in diff.withheld],
        }

    def _page(self) -> Page:
        diff = self.diff
        title = f"From {diff.old.ref} to {diff.new.ref}"
        if diff.same:
            return Page([Message(f"{title}: the content is the same.")])
        parts: list[View] = [Message(f"{title}{self._sizes()}")]
        if diff.note:
            parts.append(Message(diff.note))
        if diff.withheld:
            parts.append(Message(f"{withheld_words(diff.withheld)}."))
        if diff.details:
            parts.append(Table(["what differs"], [(detail.words,) for detail in diff.details]))
        moved = [column for column in diff.drift if column.verdict != "none"]
        if moved:
            rows = [(c.column, f"{c.value:.3g}", _p(c.p_value), _words(c)) for c in moved]
            columns = ["column", "stability index", "p (Holm)", "distribution"]
            parts.append(Table(columns, rows, caption="Distributions that moved"))
        elif diff.drift:
            how_far = f"by a stability index of {SOME:g}, and beyond chance"
            parts.append(Message(f"No column's distribution moved far enough to tell: {how_far}."))
        return Page(parts)

    def _sizes(self) -> str:
        sides = []
        for (old, new), noun in ((self.diff.rows, "row"), (self.diff.columns, "column")):
            if old is not None and new is not None:
                same = number_of(old, noun)
                sides.append(same if old == new else f"{old:,} → {number_of(new, noun)}")
        return f": {', '.join(sides)}." if sides else "."


def _words(column: Any) -> str:
    """Return how a distribution changed, without the column's name, which stands beside it."""
    return str(column.sentence).rpartition(": ")[2]


def _p(value: float | None) -> str:
    return "" if value is None else p_words(value)


def _more(count: int, noun: str) -> list[View]:
    return [Message(f"And {number_of(count - _MOST, noun)} more.")] if count > _MOST else []
