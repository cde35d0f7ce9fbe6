"""Parts of a dossier's page: badges, links, one clause, one piece of evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from notewright.governance.checks.base import Finding
from notewright.governance.dossier.check_evidence import figure
from notewright.governance.dossier.kinds import KINDS
from notewright.views.base import escape, prose

if TYPE_CHECKING:
    from notewright.governance.dossier.dossier import Answer, Dossier
    from notewright.governance.dossier.evidence import Evidence, Ref

_TONES = {
    "answered": "good", "held": "good", "missing": "", "stale": "mild", "broken": "bad",
    "passed": "good", "did not pass": "mild", "closes a gate": "bad", "could not run": "bad",
    "accepted": "mild",
}  # fmt: skip
#: Control characters, and those that turn the direction of the text around them.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: With more facts than this they stand in columns.
_MANY = 40


def shown(text: object) -> str:
    """Return text as safe HTML, with what cannot be seen in it made visible."""
    return escape(_HIDDEN.sub("\ufffd", str(text)))


def shown_prose(text: object) -> str:
    """Return the same, with what stands between backquotes as code."""
    return prose(_HIDDEN.sub("\ufffd", str(text)))


def breakable(text: object) -> str:
    """Return a name that may be broken after its dots and underlines."""
    return shown(text).replace("_", "_<wbr>").replace(".", ".<wbr>")


def badge(word: str) -> str:
    """Return a word with a colour that goes with it."""
    return f'<span class="badge {_TONES[word]}">{word}</span>'


def anchor(kind: str) -> str:
    """Return the anchor of a kind of evidence."""
    return f"evidence-{kind.replace('.', '-').replace('_', '-')}"


def link(kind: str) -> str:
    """Return a link to a kind of evidence."""
    return f'<a href="#{anchor(kind)}">{escape(KINDS[kind].title)}</a>'


class Index:
    """The records that a dossier names, each with an anchor of its own."""

    def __init__(self, dossier: Dossier) -> None:
        found = [ref for each in dossier.evidence.values() for ref in each.refs]
        self.refs = {ref: f"record-{n}" for n, ref in enumerate(dict.fromkeys(found), 1)}

    def link(self, ref: Ref) -> str:
        """Return a link to a record."""
        return f'<a href="#{self.refs[ref]}">{shown(ref.words)}</a>'

    def links(self, refs: Iterable[Ref]) -> str:
        """Return links to records, each once."""
        return ", ".join(self.link(ref) for ref in dict.fromkeys(refs))


def clause_row(framework: str, answer: Answer, dossier: Dossier, index: Index) -> str:
    """Return one clause: what is asked, how it stands, and by what it is answered."""
    clause = answer.clause
    items = [_item(dossier.evidence[kind], index) for kind in clause.needs]
    items += [
        _item(dossier.evidence[kind], index) for kind in clause.shows if dossier.evidence[kind].held
    ]
    return (
        f'<tr id="{escape(framework)}-{escape(clause.id)}"><td>{escape(clause.reference)}</td>'
        f"<td>{escape(clause.title)}</td><td>{badge(answer.outcome)}</td>"
        f"<td><ul>{''.join(items)}</ul></td></tr>"
    )


def _item(found: Evidence, index: Index) -> str:
    if not found.held:
        return (
            f"<li>{link(found.kind)}: {badge(found.state)} {shown_prose(found.sentence)} "
            f'<span class="soft">{shown_prose(found.remedy)}</span></li>'
        )
    said = f"“{shown(found.quote)}”" if found.quote else shown_prose(found.sentence)
    refs = index.links(found.refs[:4])
    more = f", and {len(found.refs) - 4} more" if len(found.refs) > 4 else ""
    where = f'<br><span class="small soft">{refs}{more}</span>' if refs else ""
    note = ""
    if found.quote:
        note = f' <span class="soft">({shown(dict(found.facts)["signed"])})</span>'
    return f"<li>{link(found.kind)}: {said}{note}{where}</li>"


def evidence_article(found: Evidence, index: Index) -> str:
    """Return one piece of evidence with all of its parts."""
    body = f"<p>{shown_prose(found.sentence)}</p>"
    if found.quote:
        body = f"<blockquote>{shown(found.quote)}</blockquote>{body}"
    if not found.held:
        body += f'<p class="soft">{shown_prose(found.remedy)}</p>'
    if len(found.facts) > _MANY:
        lines = "".join(f"<div>{shown(n)} {shown(v)}</div>" for n, v in found.facts)
        body += f'<div class="many">{lines}</div>'
    elif found.facts and not found.quote:
        lines = "".join(f"<dt>{breakable(n)}</dt><dd>{shown_prose(v)}</dd>" for n, v in found.facts)
        body += f"<dl>{lines}</dl>"
    if found.code:
        body += f'<p><a href="#sources">{len(found.code)} sources</a></p>'
    if found.refs:
        body += f'<p class="small soft">Records: {index.links(found.refs)}</p>'
    return (
        f'<article id="{anchor(found.kind)}"><header><h3>{escape(KINDS[found.kind].title)}</h3>'
        f"{badge(found.state)}</header>{body}</article>"
    )


def finding_row(finding: Finding, excuse: str) -> str:
    """Return one finding, with its figure, interval and limit, and why it may stand."""
    word = finding.status.replace("_", " ")
    if finding.status == "failed":
        word = "closes a gate" if finding.blocks else "did not pass"
    if finding.blocks and excuse:
        word = "accepted"
    about = f"<br>{breakable(finding.subject)}" if finding.subject else ""
    name = breakable(finding.check) + about
    more = f'<br><span class="soft">{shown_prose(finding.remedy)}</span>' if finding.remedy else ""
    if excuse:
        more += f"<br><b>{shown(excuse)}</b>"
    for what, named in (("rows", finding.rows), ("cells", finding.cells)):
        if named:
            more += f'<br><span class="small soft">{what}: {shown(", ".join(named))}</span>'
    metric = f"{shown(finding.metric.replace('_', ' '))}<br>" if finding.value is not None else ""
    return (
        f"<tr><td><code>{name}</code></td><td>{badge(word)}</td>"
        f"<td>{shown_prose(finding.sentence)}{more}</td><td>{metric}{shown(figure(finding))}</td></tr>"
    )
