"""What would make a model fairer, as people and programs read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notewright.store.canonical import plain
from notewright.views.base import View, escape, prose

if TYPE_CHECKING:
    from notewright.governance.mitigation.service import Mitigations


@dataclass(repr=False)
class MitigationsView(View):
    """Each way with what it gains and costs, and what it means for people."""

    found: Mitigations
    model: str
    code: bool = False

    def text(self) -> str:
        """Return a paragraph a way."""
        lines = [self._headline()]
        for proposal in self.found.proposals:
            mark = "USES THE SENSITIVE COLUMN" if proposal.uses_column else "does not use it"
            lines += [f"  {proposal.sentence}", f"      [{mark}] {proposal.warning}"]
            if self.code:
                lines += [f"      {line}" for line in proposal.code.rstrip().split("\n")]
        for what, why, remedy in self.found.missing:
            lines += [f"  Not tried: {what}. {why}", f"      -> {remedy}"]
        return "\n".join(lines)

    def html(self) -> str:
        """Return the same as a list."""
        items = []
        for proposal in self.found.proposals:
            mark = "uses the sensitive column" if proposal.uses_column else "does not use it"
            code = f"<pre>{escape(proposal.code)}</pre>" if self.code else ""
            items.append(
                f"<li>{prose(proposal.sentence)}<br><b>{escape(mark)}</b>: "
                f"<i>{prose(proposal.warning)}</i>{code}</li>"
            )
        for what, why, remedy in self.found.missing:
            items.append(
                f"<li>Not tried: {prose(what)}. {prose(why)}<br><i>{prose(remedy)}</i></li>"
            )
        return f"<div><b>{escape(self._headline())}</b><ul>{''.join(items)}</ul></div>"

    def data(self) -> Any:
        """Return every figure."""
        return {
            "model": self.model,
            "proposals": [
                {**plain(p), "sentence": p.sentence, "warning": p.warning}
                for p in self.found.proposals
            ],
            "missing": [
                {"what": what, "why": why, "remedy": remedy}
                for what, why, remedy in self.found.missing
            ],
        }

    def _headline(self) -> str:
        if not self.found.proposals and not self.found.missing:
            return (
                f"{self.model}: the policy names no sensitive column, so there is no gap to mend."
            )
        return f"{self.model}: what would make it fairer, and what it costs"
