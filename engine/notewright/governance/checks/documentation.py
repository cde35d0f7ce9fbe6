"""Whether the project says what its model is for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from notewright.governance.checks.base import Check, Finding, Option
from notewright.governance.checks.material import Material

#: Words that stand where an answer should.
_PLACEHOLDERS = {"todo", "tbd", "fixme", "xxx", "n/a", "na", "none", "?", "-", "..."}

#: What each field should answer.
QUESTIONS = {
    "intended_use": "what the model is for and who uses it",
    "limitations": "where it should not be relied on",
    "owner": "who answers for it",
    "contact": "whom to ask",
    "data": "where the training data is from",
    "out_of_scope": "what it must not be used for",
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
