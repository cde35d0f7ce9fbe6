"""What was computed inside one recorded execution."""

from __future__ import annotations

import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from notewright.experiments import hooks
from notewright.experiments.callers import caller_of
from notewright.experiments.observation import Observation, observe


class Recorder:
    """Collects the metrics that the code inside :meth:`recording` computes.

    Attributes
    ----------
    observations : list of Observation
        In the order of the calls.
    problems : list of str
        Calls that could not be recorded, in words. They never disturb the
        recorded code.
    """

    def __init__(self) -> None:
        self.busy = threading.local()
        self.observations: list[Observation] = []
        self.problems: list[str] = []
        self._latest: dict[tuple[str, str, int], Observation] = {}

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record this context's metrics; afterwards everything is as it was."""
        placed: list[bool] = []
        token = None
        try:
            _surely(lambda: placed.append(hooks.install()))
            token = hooks.observer.set(self)
            yield
        finally:
            if token is not None:
                hooks.observer.reset(token)
            if placed:
                _surely(hooks.uninstall)

    def observe(
        self,
        function: Callable[..., Any],
        arguments: tuple[tuple[Any, ...], dict[str, Any]],
        result: Any,
        caller: types.FrameType | None,
    ) -> None:
        """Keep one call, or the reason why it cannot be kept."""
        try:
            place = caller_of(caller)
            if place is None:
                return
            seen = observe(function, *arguments, result, place.y_name, place.model)
        except Exception as error:  # noqa: BLE001 - the user's code must not notice
            self.problems.append(f"A call of {function.__name__} was not recorded: {error}")
            return
        if seen is not None:
            self._keep(seen)

    def _keep(self, seen: Observation) -> None:
        """Add `seen`, and let go of arrays that only an earlier call like it needed."""
        same = (seen.metric, seen.y_key, id(seen.model))
        earlier = self._latest.get(same)
        if earlier is not None:
            earlier.scored = None
        self._latest[same] = seen
        self.observations.append(seen)


def _surely(action: Callable[[], object]) -> None:
    """Call `action` to its end, also when Ctrl-C comes meanwhile; then let Ctrl-C through."""
    interrupted: KeyboardInterrupt | None = None
    done = threading.Event()

    def work() -> None:
        try:
            action()
        finally:
            done.set()

    # Signals reach the main thread only, so the work itself is never cut in two.
    worker = threading.Thread(target=work, name="notewright-unhook")
    worker.start()
    while not done.is_set():
        try:
            worker.join()
        except KeyboardInterrupt as error:
            interrupted = error
    if interrupted is not None:
        raise interrupted
