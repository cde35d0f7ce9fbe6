"""Another version to put live when the one that was asked for may not be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from notewright.errors import NotewrightError


def newest_other(packages: Any, refused: Any, may_go_live: Callable[[Any], bool]) -> Any | None:
    """Return the newest version of a package, besides `refused`, that may go live.

    Parameters
    ----------
    packages : packaging.packages.Packages
        Lists a name's versions.
    refused : Package
        The version that may not.
    may_go_live : callable
        Tells of a package whether it may.
    """
    versions = sorted(packages.list(refused.name), key=lambda p: p.number, reverse=True)
    others = (package for package in versions if package.id != refused.id)
    return next((package for package in others if may_go_live(package)), None)


def offer(refusal: NotewrightError, name: str, other: Any) -> None:
    """Add to what a refusal says to do that `other` may be deployed instead."""
    reference = f"{other.name}@{other.number}"
    refusal.remedy += (
        f" {reference} may go live now: `%nw deploy {name} --package {reference}` serves it."
    )
