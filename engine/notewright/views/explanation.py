"""What moves a model's answers, and the reasons for one, as people and programs read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notewright.governance.checks.counting import number
from notewright.views.base import Drawing, Table, View

if TYPE_CHECKING:
    from notewright.governance.explaining.explanation import Explanation

_BAR = 24


@dataclass(repr=False)
class _ExplanationView(View):
    """An explanation as a table with bars."""

    explanation: Explanation
    model: str
    top: int

    def text(self) -> str:
        """Return the table."""
        return self._table().text()

    def html(self) -> str:
        """Return the same as an HTML table."""
        return self._table().html()

    def _table(self) -> Table:
        raise NotImplementedError


class ImportanceView(_ExplanationView):
    """How much each column moves the answers, on average."""

    def data(self) -> Any:
        """Return every column's part with its interval."""
        return {
            "model": self.model,
            "rows": len(self.explanation.labels),
            "method": self.explanation.method,
            "agreement": self.explanation.agreement,
            "gap": self.explanation.gap,
            "columns": [
                {"column": name, "mean_absolute": mean, "interval": list(interval)}
                for name, mean, interval in self.explanation.importance
            ],
        }

    def _table(self) -> Table:
        found = self.explanation
        importance = found.importance
        largest = max((mean for _, mean, _ in importance), default=0.0) or 1.0
        rows = [
            (name, f"{mean:.4f}", f"{low:.4f} to {high:.4f}", _bar(mean / largest))
            for name, mean, (low, high) in importance[: self.top]
        ]
        rest = len(importance) - len(rows)
        what = "the probability" if found.answers else "the answer"
        caption = (
            f"{self.model}: how far each column moves {what}, on average over "
            f"{len(found.labels)} test rows ({found.method})"
            + (
                f"; {number(rest, 'more column')} {'moves' if rest == 1 else 'move'} it less."
                if rest
                else "."
            )
        )
        return Table(("column", "mean part", "95 % interval", ""), rows, caption)


class ReasonsView(_ExplanationView):
    """Why the model says of one row what it says: the reasons, largest first."""

    def data(self) -> Any:
        """Return every reason, and what they add up to."""
        found = self.explanation
        return {
            "model": self.model,
            "row": found.labels[0],
            "answer": found.answers[0] if found.answers else None,
            "said": float(found.said[0]),
            "base": float(found.base[0]),
            "method": found.method,
            "reasons": [
                {"column": r.column, "value": str(r.value), "part": r.part}
                for r in found.reasons(0)
            ],
        }

    def _table(self) -> Table:
        found = self.explanation
        reasons = found.reasons(0)
        shown = reasons[: self.top]
        largest = max((abs(reason.part) for reason in reasons), default=0.0) or 1.0
        rows: list[tuple[Any, ...]] = [
            (r.column, _value(r.value), f"{r.part:+.4f}", _bar(abs(r.part) / largest))
            for r in shown
        ]
        rest = sum(reason.part for reason in reasons[self.top :])
        if len(reasons) > len(shown):
            rows.append((number(len(reasons) - len(shown), "more column"), "", f"{rest:+.4f}", ""))
        what = f"a probability of '{found.answers[0]}' of" if found.answers else ""
        caption = (
            f"{self.model} says {what} {found.said[0]:.4g} for row {found.labels[0]}, and "
            f"{found.base[0]:.4g} on average. The parts add up from the one to the other "
            f"({found.method})."
        )
        return Table(("column", "value", "part", ""), rows, caption.replace("  ", " "))


def _value(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _bar(share: float) -> Drawing:
    return Drawing("█" * max(1, round(_BAR * share)) if share > 0 else "")
