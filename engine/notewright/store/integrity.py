"""Is every stored byte as it was stored?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from notewright.errors import NotewrightError
from notewright.progress import Progress
from notewright.store import Store


@dataclass(frozen=True)
class Damage:
    """One damaged or missing object, and the ids of what needs it."""

    digest: str
    reason: str
    needed_by: tuple[str, ...]


@dataclass(frozen=True)
class StoreReport:
    """What :func:`verify_store` found."""

    objects: int
    damaged: tuple[Damage, ...]
    catalog: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is damaged."""
        return not self.damaged and not self.catalog


def verify_store(
    store: Store, progress: Progress, needs: Callable[[], dict[str, list[str]]]
) -> StoreReport:
    """Read every object and compare it with its address.

    Parameters
    ----------
    store : Store
        What to verify.
    progress : Progress
        Told every hundred objects; may cancel.
    needs : callable
        Returns, for the address of each object that something needs, the
        words for what needs it.
    """
    digests = list(store.objects)
    bad: dict[str, str] = {}
    for position, digest in enumerate(digests):
        if position % 100 == 0:
            progress.step(position / len(digests), f"verified {position} of {len(digests)}")
        try:
            store.objects.get(digest)
        except NotewrightError as error:
            bad[digest] = error.problem
    store.objects.refresh()
    # Snapshots may have been taken and removed meanwhile.
    bad = {d: reason for d, reason in bad.items() if store.objects.has(d)}
    wanted = needs()
    bad |= {d: "it is missing" for d in wanted if not store.objects.has(d)}
    damaged = [Damage(d, reason, tuple(wanted.get(d, ()))) for d, reason in bad.items()]
    return StoreReport(len(digests), tuple(damaged), tuple(store.catalog.integrity()))
