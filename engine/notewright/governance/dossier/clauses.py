"""What a framework asks: clauses as data, each with the evidence that answers it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Clause:
    """One thing that a framework asks.

    Parameters
    ----------
    reference : str
        Where it says so, as one cites it: ``"Annex IV(2)(g)"``. It is there once.
    title : str
        What is asked, in our own words.
    needs : tuple of str
        Kinds of evidence (`kinds.KINDS`); only all of them together answer it.
    shows : tuple of str
        Kinds that are shown with it where they are there.
    """

    reference: str
    title: str
    needs: tuple[str, ...]
    shows: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The reference as a name: ``"annex-iv-2-g"``.

        Examples
        --------
        >>> Clause("Annex IV(2)(g)", "Tests", ()).id
        'annex-iv-2-g'
        """
        kept = "".join(c if c.isalnum() else " " for c in self.reference.lower())
        return "-".join(kept.split())


@dataclass(frozen=True)
class Framework:
    """A law or guidance, as far as it asks something of one model version.

    Parameters
    ----------
    id, title : str
        A short name for links, and what it is called.
    source : str
        Its official number, for looking it up.
    scope : str
        What of it is here, and what is left out because it is not about one model.
    clauses : tuple of Clause
        In the order of the framework.
    """

    id: str
    title: str
    source: str
    scope: str
    clauses: tuple[Clause, ...]
