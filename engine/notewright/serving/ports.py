"""The services of a workspace, as retracing and retraining ask for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from notewright.serving.deployments import Deployments
from notewright.state.withheld import Restrictions
from notewright.store import Store


class Services(Protocol):
    """What :class:`notewright.workspace.Workspace` has; each opens when first used."""

    @property
    def root(self) -> Path:
        """The project folder."""

    @property
    def store(self) -> Store:
        """Objects, catalog, references."""

    @property
    def snapshots(self) -> Any:
        """Saved variables."""

    @property
    def history(self) -> Any:
        """Executed cells."""

    @property
    def runs(self) -> Any:
        """Recorded runs."""

    @property
    def models(self) -> Any:
        """Model versions."""

    @property
    def packages(self) -> Any:
        """Exported packages."""

    @property
    def identities(self) -> Any:
        """Who is who."""

    @property
    def roles(self) -> Any:
        """Who may do what."""

    @property
    def restricted(self) -> Restrictions:
        """Which columns are withheld from who looks."""

    @property
    def checks(self) -> Any:
        """Check reports."""

    @property
    def approvals(self) -> Any:
        """Signed approvals."""

    @property
    def gates(self) -> Any:
        """Gates and passages."""

    @property
    def audit(self) -> Any:
        """The log of acts."""

    @property
    def deployments(self) -> Deployments:
        """What is live."""

    def policy(self) -> Any:
        """The policy in force."""
