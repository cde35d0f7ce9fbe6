"""Explanations of registered models."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from notewright.errors import UsageError
from notewright.governance.checks.base import CannotRun
from notewright.governance.checks.evidence import Sources, Version
from notewright.governance.checks.material import Material, row_labels
from notewright.governance.explaining.explanation import Explanation, explain, without_values
from notewright.governance.policy import parse_policy
from notewright.state.randomness import undisturbed
from notewright.state.withheld import UNRESTRICTED, Restrictions

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
    restrictions : Restrictions, optional
        Which columns are withheld from who looks.
    """

    def __init__(
        self,
        sources: Sources,
        roles: Roles,
        me: Callable[[], Identity],
        restrictions: Restrictions = UNRESTRICTED,
    ) -> None:
        self._sources = sources
        self._roles = roles
        self._me = me
        self._restrictions = restrictions

    def of(
        self,
        version: Version,
        *,
        row: str | None = None,
        rows: int = 60,
        actor: Identity | None = None,
    ) -> Explanation:
        """Return the explanation of some test rows, or of one.

        Of columns that are withheld, what they do to the answers stays; their values do not.

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
            If the actor may not read runs, or asks for a row by a value that is withheld.
        UsageError
            If there is no such row, or what is needed was not found.
        """
        self._roles.require(actor or self._me(), "run.read")
        withholding = self._restrictions.now(actor)
        material = Material(version, parse_policy("version: 1"), self._sources)
        try:
            with undisturbed():
                labels = row_labels(material)
                if row is None:
                    return without_values(material.explanation(rows), withholding, labels)
                for withheld in withholding.among(labels):
                    self._restrictions.refuse(withheld, "the row labels", actor)
                place = _place(material.evaluation, row)
                found = explain(
                    material.inputs, material.evaluation, [place], background=60, pairs=16
                )
                return without_values(found, withholding, labels)
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
