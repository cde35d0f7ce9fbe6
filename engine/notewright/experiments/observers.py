"""Who is told of what the recorded code computes."""

from __future__ import annotations

import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from notewright.experiments.given import Trained

#: What a call was given: by position, and by name.
Arguments = tuple[tuple[Any, ...], dict[str, Any]]


class Observer(Protocol):
    """Is told of metrics, fits and cross-validations of the recorded code."""

    busy: threading.local
    #: Whether nothing more is taken note of.
    over: bool

    def observe(
        self,
        function: Callable[..., Any],
        arguments: Arguments,
        result: Any,
        caller: types.FrameType | None,
    ) -> None:
        """Take note of one call of a metric, its result, and the frame it was made from."""

    def given(self, what: str, look: Callable[[], Trained]) -> Trained | None:
        """Return what `look` finds, or take note that `what` cannot be known."""

    def begins(self, estimator: Any, given: Trained | None) -> None:
        """Take note that a fit of `estimator` begins."""

    def ended(self, estimator: Any, *, failed: bool) -> None:
        """Take note that it has ended."""

    def cross_validated(self, arguments: Arguments, result: Any) -> None:
        """Take note of one call of `cross_validate` (or `cross_val_score`) and its scores."""

    def warned(self, words: str) -> None:
        """Take note of a warning that is about to be shown."""


#: Who observes the current context: a cell's own context, not that of other threads.
observer: ContextVar[Observer | None] = ContextVar("notewright_observer", default=None)


@contextmanager
def unobserved() -> Iterator[None]:
    """Tell nobody inside the block: what Notewright computes itself is not the user's."""
    before = observer.get()
    observer.set(None)
    try:
        yield
    finally:
        # `%nw autorun` begins or ends to observe inside.
        if before is not None and not before.over and observer.get() is None:
            observer.set(before)
