"""Evidence from the policy: limits, sensitive columns, gates, waivers, statements."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import yaml

from notewright.governance.approval_record import Approval
from notewright.governance.checks.documentation import QUESTIONS, is_empty
from notewright.governance.dossier.evidence import Absent, Evidence, Ref
from notewright.governance.dossier.subject import Subject
from notewright.words import number_of, utc_second


def policy(subject: Subject) -> Evidence:
    """The policy in force, with what it sets itself."""
    found = subject.policy
    facts = [("digest", found.digest), ("signed", _signed_words(subject.signed))]
    for family, said in found.source.get("checks", {}).items():
        facts += [
            (f"{family}.{name}", ", ".join(f"{k}: {v}" for k, v in (options or {}).items()))
            for name, options in (said or {}).items()
        ]
    running = sum(rules.run for rules in found.checks.values())
    return Evidence(
        "policy",
        "held",
        f"{number_of(running, 'check')}, {number_of(len(found.gates), 'gate')}, "
        f"{number_of(len(found.waivers), 'waiver')}.",
        tuple(facts),
        (Ref("policy", found.digest[:12], found.digest), _line(subject, ()), *_approved(subject)),
    )


def sensitive(subject: Subject) -> Evidence:
    """The columns whose groups are compared."""
    rules = subject.policy.data
    if not rules.sensitive:
        raise Absent("The policy names no sensitive column.")
    facts = [
        (each.column, f"cut at {', '.join(map(str, each.bands))}" if each.bands else "by value")
        for each in rules.sensitive
    ]
    facts.append(("favourable outcome", str(rules.favourable)))
    facts.append(("two columns together", "compared too" if rules.intersections else "left out"))
    names = ", ".join(each.column for each in rules.sensitive)
    return Evidence(
        "sensitive",
        "held",
        f"Groups by {names} are compared.",
        tuple(facts),
        (_line(subject, ("data", "sensitive")),),
    )


def gates(subject: Subject) -> Evidence:
    """Each gate, and how the version stands at it."""
    rules = subject.policy.gates
    if not rules:
        raise Absent("The policy has no gates.")
    facts, words = [], []
    for name in rules:
        verdict = subject.services.governance.gates.evaluate(name, subject.version)
        words.append(f"'{name}' is {'open' if verdict.open else 'closed'}")
        for each in verdict.requirements:
            how = "accepted" if each.status == "waived" else each.status
            facts.append((f"{name}: {each.name}", f"{how}. {each.sentence}"))
    refs = tuple(_line(subject, ("gates", name)) for name in rules)
    return Evidence("gates", "held", f"{', '.join(words)}.", tuple(facts), refs)


def waivers(subject: Subject) -> Evidence:
    """Failures that are waived, until when and by whom."""
    found = subject.policy.waivers
    facts = tuple(
        (
            each.check + (f" [{each.subject}]" if each.subject else ""),
            f"until {each.until}, {each.owner}: {each.reason}",
        )
        for each in found
    )
    sentence = f"{number_of(len(found), 'failure')} waived." if found else "Nothing is waived."
    refs = (_line(subject, ("waivers",)),) if found else ()
    return Evidence("waivers", "held", sentence, facts, refs)


def statement(name: str, subject: Subject) -> Evidence:
    """What the project states under ``documentation:``, word for word, and who signed that."""
    said = subject.policy.documentation.get(name)
    if is_empty(said):
        raise Absent(f"The policy does not say {QUESTIONS[name]}.")
    text = "\n".join(map(str, said)) if isinstance(said, list) else str(said)
    by = subject.signed
    words = _signed_words(by)
    return Evidence(
        f"stated.{name}",
        "held",
        f"Stated in policy.yaml; {words}.",
        (("signed", words),),
        (_line(subject, ("documentation", name)), *_approved(subject)),
        quote=text,
    )


def _signed_words(by: Approval | None) -> str:
    if by is None:
        return "not approved"
    role = by.role.replace("_", " ")
    return f"last signed by {by.signer} ({role}) on {utc_second(by.created)}"


def _approved(subject: Subject) -> tuple[Ref, ...]:
    by = subject.signed
    return () if by is None else (Ref("approval", by.id, by.digest),)


def _line(subject: Subject, keys: tuple[str, ...]) -> Ref:
    line = line_of(subject.policy_node, keys)
    return Ref("policy line", str(line), subject.policy.digest)


def line_of(node: yaml.Node | None, keys: tuple[str, ...]) -> int:
    r"""Return the line on which a name under other names is, from 1.

    Examples
    --------
    >>> node = yaml.compose("version: 1\ndata:\n  sensitive: {}\n")
    >>> line_of(node, ("data", "sensitive"))
    3
    """
    line = 1
    for key in keys:
        if not isinstance(node, yaml.MappingNode):
            break
        for name, value in node.value:
            if name.value == key:
                line, node = name.start_mark.line + 1, value
                break
    return line


COLLECTORS: dict[str, Callable[[Subject], Evidence]] = {
    "policy": policy,
    "sensitive": sensitive,
    "gates": gates,
    "waivers": waivers,
    **{f"stated.{name}": partial(statement, name) for name in QUESTIONS},
}
