"""Explanations of registered models."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from notewright.errors import UsageError
from notewright.governance.checks.base import CannotRun
from notewright.governance.checks.evidence import Sources, Version
from notewright.governance.checks.material import Material
from notewright.governance.explaining.explanation import Explanation, explain
from notewright.governance.policy import parse_policy
from notewright.state.randomness import undisturbed

if TYPE_CHECKING:
    from notewright.governance.identities import Identity
    from notewright.governance.roles import Roles


class Explanations:
    """Explains what model versions say of the rows they were scored on.

    Parameters
    ----------
    sources : Sources
    roles : Roles
        Who may look at runs.
    me : callable
        Returns the identity that acts when none is given.
    """

    def __init__(
        self,
        sources: Sources,
        roles: Roles,
        me: Callable[[], Identity],
    ) -> None:
        self._sources = sources
        self._roles = roles
        self._me = me

    def of(
        self,
        version: Version,
        *,
        row: str | None = None,
        rows: int = 60,
        actor: Identity | None = None,
    ) -> Explanation:
        """Return the explanation of some test rows, or of one.

        Parameters
        ----------
        version : ModelVersion
        row : str, optional
            The label of one test row.
        rows : int, default 60
            How many, spread over the test rows, where none is named.
        actor : Identity, optional
            Who looks; the OS user's own identity by default.

        Raises
        ------
        AccessDenied
            If the actor may not read runs.
        UsageError
            If there is no such row, or what is needed was not found.
        """
        self._roles.require(actor or self._me(), "run.read")
        material = Material(version, parse_policy("version: 1"), self._sources)
        try:
            with undisturbed():
                if row is None:
                    return material.explanation(rows)
                place = _place(material.evaluation, row)
                return explain(
                    material.inputs, material.evaluation, [place], background=60, pairs=16
                )
        except CannotRun as reason:
            raise UsageError(reason.sentence, reason.remedy) from reason


def _place(evaluation: Any, row: str) -> int:
    labels = [str(label) for label in evaluation.rows.tolist()]
    if row not in labels:
        shown = ", ".join(labels[:5])
        raise UsageError(
            f"The model was not scored on a row '{row}'.",
            f"Name one of the {len(labels)} test rows by its label: {shown}, …",
        )
    return labels.index(row)
