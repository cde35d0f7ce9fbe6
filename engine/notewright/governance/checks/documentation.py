"""Whether the project says what its model is for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from notewright.governance.checks.base import Check, Finding, Option
from notewright.governance.checks.material import Material

#: Words that stand where an answer should.
_PLACEHOLDERS = {"todo", "tbd", "fixme", "xxx", "n/a", "na", "none", "?", "-", "..."}

#: What each field should answer; a dossier shows every one of them, required or not.
QUESTIONS = {
    "intended_use": "what the model is for and who uses it",
    "limitations": "where it should not be relied on",
    "owner": "who answers for it, and who provides it",
    "contact": "whom to ask",
    "data": "where the training data is from, what it was collected for, and why it is needed",
    "out_of_scope": "what it must not be used for",
    "affected_persons": "who is affected by what it says",
    "vulnerable_groups": "what it means for minors and others who need protection",
    "interactions": "which other systems it works with",
    "product_component": "which product it is part of and where its pictures are, or that it is "
    "part of none",
    "hardware": "what it is meant to run on, and what it was developed and tested on",
    "user_interface": "what those who use it see of it",
    "instructions_for_use": "how it is used, what goes in and how its logs are read, or where the "
    "instructions are",
    "design_rationale": "which design choices were made, instead of which others, on what "
    "assumptions, and why",
    "metric_rationale": "why these metrics and limits fit the use, and what they do not measure",
    "labelling": "how the labels came about",
    "representativeness": "for whom and where the data stand, what they stand in for, what they "
    "lack, and what is done about that",
    "third_parties": "which models, data and services of others are in it, how they were used "
    "and are checked, and by what right",
    "human_oversight": "who watches over it, how they overrule or stop it, and what keeps them "
    "from relying on it blindly",
    "output_interpretation": "how its output is to be read, and how one result is explained",
    "risks": "what can go wrong, by misuse too, how likely and how bad, and for whom",
    "risk_measures": "what is done against the risks, by design first, in what order, with what "
    "means, and how it fits together",
    "residual_risks": "which risks remain, and why they are acceptable",
    "risk_tolerance": "how much risk is accepted",
    "materiality": "what hangs on its output (how many cases, how much money), and so how closely "
    "it is watched",
    "cybersecurity": "how it is protected against attacks",
    "planned_changes": "which changes were decided in advance, by learning in use too, and how "
    "the law is kept then, or that there are none",
    "changes": "what was changed from version to version, and why",
    "standards": "which standards were applied, or what was done instead",
    "declaration_of_conformity": "where a copy of the EU declaration of conformity is",
    "monitoring_plan": "how it is watched in use, by whom and how often, and what it is compared "
    "with",
    "outcomes": "how its answers compared with what came true in use, and what was made of that",
    "incident_response": "what is done when it, or what it rests on, fails, and who is told",
    "feedback": "how users and those affected report what goes wrong, and what is made of it",
    "lifetime": "how long it is used, how and how often it is maintained and updated, and how it "
    "is retired",
    "benefits": "what good it does, compared with doing without it",
    "legal_context": "which laws and rules apply to it",
    "environmental_impact": "what it costs the environment",
    "automated_decision": "whether it decides without a person, and what then follows",
    "legal_basis": "on what ground it may decide without a person, or that it does not",
    "special_categories": "whether it uses health, origin, belief and the like, on what ground, "
    "why nothing else would do, and how they are protected",
    "human_intervention": "how a person is brought in to look at a single case",
    "appeal_route": "how those affected give their view and contest a decision",
    "information_given": "what those affected are told of its logic and of what follows",
    "impact_assessment": "where the data protection impact assessment is, or why none is needed",
}


class Complete(Check):
    """Names the fields that ``documentation:`` in the policy file leaves out."""

    name = "documentation.complete"
    summary = "The policy file documents the model."
    options: ClassVar[Mapping[str, Option]] = {
        "required": Option(
            ("intended_use", "limitations", "owner"), "Fields that must be filled in."
        )
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name each field that is missing, or say that none is."""
        said = material.policy.documentation
        required = list(options["required"])
        missing = [name for name in required if is_empty(said.get(name))]
        for name in missing:
            question = QUESTIONS.get(name, "what its name says")
            yield self.finding(
                False,
                f"The documentation does not say {question} (`{name}`).",
                remedy=f"Add a line `{name}: ...` under `documentation:` in policy.yaml.",
                subject=name,
            )
        if not missing:
            yield self.finding(
                True, f"All {len(required)} required fields are filled in: {', '.join(required)}."
            )


def is_empty(value: Any) -> bool:
    """Tell whether a field says nothing, or only that something is to be written there."""
    if value is None:
        return True
    if isinstance(value, list):
        return all(is_empty(item) for item in value)
    return str(value).strip().strip(".").lower() in _PLACEHOLDERS | {""}


CHECKS = (Complete,)
