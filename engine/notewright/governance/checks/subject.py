"""What is checked without being a registered model version: a table, or a saved notebook."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.errors import UsageError
from notewright.governance.checks.base import Subject
from notewright.governance.checks.evidence import Cell, Evidence
from notewright.store.canonical import canonical, digest_of

if TYPE_CHECKING:
    import pandas as pd

_WHERE = "the notebook as it is saved"


@dataclass(frozen=True)
class Unregistered:
    """A table or a notebook, as checks see it; it has the parts of a version that reports need.

    Parameters
    ----------
    kind : Subject
        What it is.
    name : str
        What the user calls it.
    fingerprint : str
        Hash of its content.
    evidence : Evidence
        All that checks may look at.
    """

    kind: Subject
    name: str
    fingerprint: str
    evidence: Evidence
    number: int = 0
    run: None = None
    model_object: str = ""
    actor: None = None

    @property
    def id(self) -> str:
        """Its content's hash: another content is another subject."""
        return self.fingerprint

    @property
    def data(self) -> str:
        """The same hash."""
        return self.fingerprint


def table_subject(
    name: str, table: pd.DataFrame, earlier: pd.DataFrame | None = None
) -> Unregistered:
    """Return a table as a subject of checks.

    Parameters
    ----------
    name : str
        What the user calls it.
    table : DataFrame
        It is not changed.
    earlier : DataFrame, optional
        What the table is compared with: the rows trained on, or those of last month.

    Examples
    --------
    >>> import pandas as pd
    >>> table_subject("rows", pd.DataFrame({"a": [1, 2]})).kind
    'table'
    """
    from notewright.experiments.datasets import content_of

    content = content_of(table)
    if earlier is None:
        return Unregistered("table", name, content, Evidence(frames={name: table}))
    both = digest_of(canonical([content_of(earlier), content]))
    evidence = Evidence(frames={name: table}, training=earlier)
    return Unregistered("two tables", name, both, evidence)


def notebook_subject(name: str, document: bytes, folder: Path) -> Unregistered:
    r"""Return a notebook's document (nbformat 4) as a subject of checks.

    Parameters
    ----------
    name : str
        What the user calls it.
    document : bytes
        What is in the file.
    folder : Path
        Where it lies; its modules are the notebook's own.

    Raises
    ------
    UsageError
        If it is no notebook.

    Examples
    --------
    >>> cell = b'{"cell_type": "code", "source": "x = 1", "execution_count": 3, "outputs": []}'
    >>> subject = notebook_subject("a.ipynb", b'{"cells": [' + cell + b']}', Path())
    >>> [(cell.label, cell.source) for cell in subject.evidence.cells]
    [('cell [3] `x = 1`', 'x = 1')]
    """
    from notewright.governance.checks.document_order import code_cells
    from notewright.governance.checks.kept_outputs import outputs_of

    try:
        places = code_cells(document)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{name} is no notebook.", "Give a file that Jupyter saved (nbformat 4)."
        ) from error
    evidence = Evidence(
        cells=tuple(Cell(place.label, place.source) for place in places),
        outputs=tuple(outputs_of(document, _WHERE)),
        places=places,
        folder=folder,
    )
    return Unregistered("notebook", name, digest_of(document), evidence)


def kind_of(subject: Any) -> Subject:
    """Return what kind of subject it is."""
    return subject.kind if isinstance(subject, Unregistered) else "model"


def name_of(subject: Any) -> str:
    """Return what reports call it: ``credit_risk@2``, ``df (table)``, ``churn.ipynb (notebook)``.

    So no table is taken for a version.
    """
    if not isinstance(subject, Unregistered):
        return f"{subject.name}@{subject.number}"
    return f"{subject.name} ({'notebook' if subject.kind == 'notebook' else 'table'})"
