"""What is known of an exported package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notewright.store.canonical import digest_of


@dataclass(frozen=True)
class Package:
    """One exported version.

    Parameters
    ----------
    id : str
        The digest of its manifest, which names every file.
    digest : str
        The address of its record.
    name, number : str, int
        ``credit_risk`` and 2 for ``credit_risk@2``.
    created : str
        ISO 8601, UTC.
    origin : {"notebook", "retrain"}
        How it came about.
    variable : str
        The notebook's variable.
    fingerprint : str
        Of the model.
    snapshot, run, model_version : str or None
        The evidence it was made from; ``model_version`` as ``name@number``.
    executions : tuple of str
        The executions whose statements it holds.
    wheel : str
        The wheel's file name under ``dist/``.
    equivalence : mapping
        What was compared, and the result.
    findings : tuple of str
        What its owner should know.
    path : Path
        The immutable copy of its tree.
    tree : Path
        The working tree it was written to; another version may have replaced it. For a
        retrained version, `path`.
    environment : Path
        The interpreter's environment in which it was proved.
    withheld : tuple of str
        Columns whose values it does without.
    """

    id: str
    digest: str
    name: str
    number: int
    created: str
    origin: str
    variable: str
    fingerprint: str
    snapshot: str | None
    run: str | None
    model_version: str | None
    parent: str | None
    executions: tuple[str, ...]
    wheel: str
    equivalence: Mapping[str, Any] = field(repr=False)
    findings: tuple[str, ...]
    path: Path
    tree: Path
    environment: Path
    withheld: tuple[str, ...] = ()

    @property
    def place(self) -> Path:
        """The working tree while it holds this version, edited or not, else the kept copy."""
        try:
            manifest = (self.tree / "model" / "manifest.json").read_bytes()
        except OSError:
            return self.path
        return self.tree if digest_of(manifest) == self.id else self.path

    @property
    def metrics(self) -> dict[str, float]:
        """The package's metrics by name."""
        return {k: v["package"] for k, v in self.equivalence["metrics"].items()}

    @property
    def serves_raw_rows(self) -> bool:
        """Whether it has a feature function."""
        return self.equivalence.get("raw_rows") is not None


@dataclass(frozen=True)
class Checked:
    """A package whose signature and files were found good."""

    path: Path
    manifest: str
    signer: str
