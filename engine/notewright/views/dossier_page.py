"""A dossier as one HTML file: it needs no script and no other file, and prints as a document."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from notewright.governance.dossier.kinds import CHAPTERS, KINDS
from notewright.governance.requirements import key_of
from notewright.views.base import escape
from notewright.views.dossier_parts import (
    Index,
    badge,
    clause_row,
    evidence_article,
    finding_row,
    link,
    shown,
    shown_prose,
)
from notewright.views.dossier_style import STYLE
from notewright.words import number_of, utc_second

if TYPE_CHECKING:
    from notewright.governance.checks.base import Finding
    from notewright.governance.dossier.dossier import Answers, Dossier

#: Nothing is loaded and nothing runs, whatever a name or a note holds.
_RULES = "default-src 'none'; style-src 'unsafe-inline'"
_OUTCOMES = ("missing", "stale", "broken")


def dossier_page(dossier: Dossier) -> str:
    """Return a dossier as HTML; the same for the same evidence but for the time it states."""
    index = Index(dossier)
    chapters = [
        ("coverage", "Coverage", _coverage(dossier)),
        ("missing", "What is missing", _lacking(dossier)),
        *(
            (f"framework-{p.framework.id}", p.framework.title, _framework(p, dossier, index))
            for p in dossier.frameworks
        ),
        ("findings", "Findings of the checks", _findings(dossier)),
        *((f"chapter-{_slug(name)}", f"Evidence: {name.lower()}", _chapter(name, dossier, index))
          for name in CHAPTERS),
        ("sources", "Sources of the cells", _sources(dossier)),
        ("records", "Records", _records(index)),
    ]  # fmt: skip
    contents = "".join(
        f'<li><a href="#{id_}">{escape(title)}</a></li>' for id_, title, _ in chapters
    )
    body = "".join(
        f'<section id="{id_}"{_breaks(id_)}><h2>{escape(title)}</h2>{inside}</section>'
        for id_, title, inside in chapters
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_RULES)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{shown(dossier.ref)}: technical documentation</title>"
        f"<style>{STYLE}</style></head><body>"
        f'<div class="title">{_title(dossier)}<nav><h3>Contents</h3><ol>{contents}</ol></nav></div>'
        f"{body}{_footer(dossier)}</body></html>\n"
    )


def _breaks(id_: str) -> str:
    """Return whether a section begins a page on paper."""
    return (
        ' class="chapter"'
        if id_.startswith(("framework-", "findings", "chapter-", "sources"))
        else ""
    )


def _title(dossier: Dossier) -> str:
    version = dossier.version
    total = sum(len(part.answers) for part in dossier.frameworks)
    answered = sum(part.answered for part in dossier.frameworks)
    purpose = dossier.evidence["stated.intended_use"]
    said = f"<p>{shown(purpose.quote)}</p>" if purpose.held else ""
    report = dossier.report
    checked = "none"
    if report is not None:
        checked = f"{report.id}, digest {report.digest}"
        if not dossier.evidence["checks"].held:
            checked += f" ({dossier.evidence['checks'].state})"
    head = dossier.head
    rows = (
        ("Version", f"{dossier.ref}, {version.id}"),
        ("Registered", f"{utc_second(version.created)} by {version.actor}"),
        ("Type", version.type),
        ("Model fingerprint", version.fingerprint),
        ("Stored model", version.model_object),
        ("Data digest", version.data),
        ("Policy", dossier.policy or "none"),
        ("Check report", checked),
        ("Audit log", "empty" if head is None else f"{head.size} entries, root {head.root}"),
        ("Evidence looked at", f"{utc_second(dossier.created)}, for {dossier.actor}"),
        ("Digest of this dossier", dossier.digest),
    )
    lines = "".join(
        f'<tr><th scope="row">{name}</th><td class="hash">{shown(value)}</td></tr>'
        for name, value in rows
    )
    return (
        '<p class="kicker">Technical documentation</p>'
        f"<h1>{shown(dossier.ref)}</h1>{said}"
        f'<p class="soft">{answered} of {total} clauses of {len(dossier.frameworks)} frameworks '
        "are answered by evidence that was verified when this was made.</p>"
        f'<table class="identity"><tbody>{lines}</tbody></table>{_warning(dossier)}'
    )


def _warning(dossier: Dossier) -> str:
    """Return what must not be overlooked: evidence whose hashes or signatures do not hold."""
    broken = [found for found in dossier.evidence.values() if found.state == "broken"]
    if not broken:
        return ""
    items = "".join(f"<li>{link(f.kind)}: {shown_prose(f.sentence)}</li>" for f in broken)
    return f'<div class="warn"><b>Evidence that does not verify</b><ul>{items}</ul></div>'


def _coverage(dossier: Dossier) -> str:
    rows = ""
    for part in dossier.frameworks:
        count = Counter[str](answer.outcome for answer in part.answers)
        share = 100 * part.answered / len(part.answers)
        cells = "".join(f'<td class="number">{count[outcome]}</td>' for outcome in _OUTCOMES)
        rows += (
            f'<tr><td><a href="#framework-{escape(part.framework.id)}">'
            f"{escape(part.framework.title)}</a><br>"
            f'<span class="small soft">{escape(part.framework.source)}</span></td>'
            f'<td>{escape(part.words)}<span class="bar"><span style="width:{share:.0f}%"></span>'
            f"</span></td>{cells}</tr>"
        )
    return (
        "<p>A clause is answered only where all the evidence it needs is there, is about this "
        "model, this data and the policy in force, and verifies. <i>Stale</i> evidence was made "
        "for something else than what stands now; of <i>broken</i> evidence a hash or a signature "
        "does not hold. A check counts once it ran, whether it passed or not: what it found is "
        "below. Nothing here is inferred, and a count says nothing of whether the law is "
        "kept: that is for a person to judge.</p>"
        '<table><thead><tr><th>Framework</th><th>Answered</th><th class="number">Missing</th>'
        f'<th class="number">Stale</th><th class="number">Broken</th></tr></thead><tbody>{rows}'
        "</tbody></table>"
    )


def _lacking(dossier: Dossier) -> str:
    rows = ""
    for found, clauses in dossier.lacking():
        rows += (
            f"<tr><td>{badge(found.state)}</td><td>{link(found.kind)}</td>"
            f'<td>{shown_prose(found.sentence)}<br><span class="soft">{shown_prose(found.remedy)}'
            f'</span></td><td class="small">{escape("; ".join(clauses[:4]))}'
            f"{f'; and {len(clauses) - 4} more' if len(clauses) > 4 else ''}</td></tr>"
        )
    if not rows:
        return "<p>Nothing.</p>"
    return (
        "<p>Each with what to do; first what most clauses wait for.</p>"
        '<table class="lacking"><thead><tr><th></th><th>Evidence</th><th>Why, and what to do</th>'
        f"<th>Asked by</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _framework(part: Answers, dossier: Dossier, index: Index) -> str:
    rows = "".join(clause_row(part.framework.id, answer, dossier, index) for answer in part.answers)
    return (
        f"<p>{escape(part.framework.source)}. {escape(part.framework.scope)} "
        f"<b>{escape(part.words)}.</b></p>"
        '<table class="clauses"><thead><tr><th>Reference</th><th>What is asked</th><th></th>'
        f"<th>Evidence</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _findings(dossier: Dossier) -> str:
    report = dossier.report
    if report is None:
        return f"<p>There is no check report. See {link('checks')}.</p>"
    checks = dossier.evidence["checks"]
    stale = "" if checks.held else f"{badge(checks.state)} {shown_prose(checks.sentence)} "
    rows = "".join(
        finding_row(f, dossier.excuses.get(key_of(f), ""))
        for f in sorted(report.findings, key=_weight)
    )
    return (
        f"<p>{stale}{number_of(len(report.findings), 'finding')} of the report "
        f"<code>{shown(report.id)}</code>, run on {utc_second(report.created)} by "
        f"{shown(report.actor)} under the policy <code>{shown(report.policy_digest[:12])}</code>. "
        f"What was accepted or waived is under {link('approval')} and {link('waivers')}.</p>"
        '<table class="findings"><thead><tr><th>Check</th><th></th><th>What was found</th>'
        f"<th>Figure and limit</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _weight(finding: Finding) -> tuple[bool, bool, str]:
    """Return where a finding comes: what closes a gate first, then what did not pass."""
    return not finding.blocks, finding.status == "passed", finding.family


def _chapter(name: str, dossier: Dossier, index: Index) -> str:
    kinds = [kind.id for kind in KINDS.values() if kind.chapter == name]
    return "".join(evidence_article(dossier.evidence[kind], index) for kind in kinds)


def _sources(dossier: Dossier) -> str:
    code = dossier.evidence["cells"].code
    if not code:
        return f"<p>There are none. See {link('cells')}.</p>"
    return "".join(f"<h3>{shown(name)}</h3><pre>{shown(source)}</pre>" for name, source in code)


def _records(index: Index) -> str:
    rows = "".join(
        f'<tr id="{id_}"><td>{shown(ref.kind)}</td><td class="hash">{shown(ref.id)}</td>'
        f'<td class="hash">{shown(ref.digest)}</td></tr>'
        for ref, id_ in index.refs.items()
    )
    return (
        "<p>Every record that is named above. `%nw retrace`, `%nw audit verify` and `notewright "
        "audit export FILE` verify them again.</p>".replace("`", "")
        + '<table class="index"><thead><tr><th>Record</th><th>Id</th><th>Digest (BLAKE3; of the '
        f"audit head, SHA-256)</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _footer(dossier: Dossier) -> str:
    return (
        f'<footer class="small soft">Made by Notewright {shown(dossier.made_by)} on '
        f"{utc_second(dossier.created)}. Times are UTC. Titles of clauses are paraphrases; the "
        "frameworks' own texts hold.</footer>"
    )


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")
