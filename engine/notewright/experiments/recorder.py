"""What was computed inside one recorded execution."""

from __future__ import annotations

import threading
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from notewright.experiments import hooks
from notewright.experiments.callers import caller_of
from notewright.experiments.fits import Fits
from notewright.experiments.folds import Trial, cross_validation
from notewright.experiments.given import Trained
from notewright.experiments.observation import Observation, observe
from notewright.experiments.observers import Arguments
from notewright.experiments.predicted_earlier import Predicted, predicted_earlier
from notewright.lineage.past import Past

#: More different warnings than this are counted with the last of them.
_MOST_WARNINGS = 50


class Recorder:
    """Collects what the code inside :meth:`recording` fits and computes.

    Attributes
    ----------
    observations : list of Observation
        Metrics, in the order of the calls.
    fits : Fits
        Estimators that were fitted.
    trials : list of Trial
        Cross-validations.
    warnings : dict
        What was warned of, and how often.
    problems : list of str
        Calls that could not be recorded, in words. They never disturb the
        recorded code.
    """

    def __init__(self) -> None:
        self.busy = threading.local()
        self.observations: list[Observation] = []
        self.fits = Fits()
        self.trials: list[Trial] = []
        self.warnings: dict[str, int] = {}
        self.problems: list[str] = []
        #: Tasks that the code began may outlive it, with its context.
        self.over = False
        #: Why it is not known what predictions of earlier cells were made from.
        self.untraced: str | None = None
        self._latest: dict[tuple[Any, ...], Observation] = {}

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

    def watch(self) -> None:
        """Record this context from now on, where the hooks are in place."""
        hooks.observer.set(self)

    def unwatch(self) -> None:
        """Record nothing more, in whatever context."""
        self.over = True
        if hooks.observer.get() is self:
            hooks.observer.set(None)

    def observe(
        self,
        function: Callable[..., Any],
        arguments: Arguments,
        result: Any,
        caller: types.FrameType | None,
    ) -> None:
        """Keep one call, or the reason why it cannot be kept."""
        if self.over:
            return
        try:
            place = caller_of(caller)
            if place is None:
                return
            seen = observe(function, *arguments, result, place)
        except Exception as error:  # noqa: BLE001 - the user's code must not notice
            self.problems.append(f"A call of {function.__name__} was not recorded: {error}")
            return
        if seen is not None:
            self._keep(seen)

    def given(self, what: str, look: Callable[[], Trained]) -> Trained | None:
        """Return what `look` finds, or keep the reason why that cannot be known."""
        if self.over:
            return None
        try:
            return look()
        except Exception as error:  # noqa: BLE001 - the user's code must not notice
            self.problems.append(f"The {what} are not known: {error}")
            return None

    def begins(self, estimator: Any, given: Trained | None) -> None:
        """Keep on which rows an estimator is fitted."""
        if not self.over:
            self.fits.begins(estimator, given)

    def ended(self, estimator: Any, *, failed: bool) -> None:
        """Take note that a fit has ended."""
        self.fits.ended(estimator, failed=failed)

    def cross_validated(self, arguments: Arguments, result: Any) -> None:
        """Keep a cross-validation's scores."""
        try:
            self.trials.append(cross_validation(arguments, result))
        except Exception as error:  # noqa: BLE001 - the user's code must not notice
            self.problems.append(f"A cross-validation was not recorded: {error}")

    def warned(self, words: str) -> None:
        """Count a warning."""
        words = " ".join(words.split())[:500]
        if words in self.warnings or len(self.warnings) < _MOST_WARNINGS:
            self.warnings[words] = self.warnings.get(words, 0) + 1

    @property
    def looks_back(self) -> bool:
        """Whether predictions were scored that an earlier cell may have made."""
        return any(seen.unread for seen in self.observations)

    def look_back(self, past: Past, variables: Mapping[str, Any]) -> None:
        """Find what predictions of earlier cells were made from, where that is certain."""
        for seen in self.observations:
            if not seen.unread:
                continue
            found = self.predicted_earlier(seen, past, variables)
            self.untraced = None if found is None else found.problem
            if found is None:
                continue
            seen.model = found.model
            if found.X is not None:
                seen.predicted_of(found.X)
            if found.model_problem is not None:
                why = f"Whose predictions were scored is not certain: {found.model_problem}."
                self.problems.append(why)

    def predicted_earlier(
        self, seen: Observation, past: Past, variables: Mapping[str, Any]
    ) -> Predicted | None:
        """Return what the predictions of an earlier cell were made from, or keep why not."""
        try:
            return predicted_earlier(seen.unread, past, variables)
        except Exception as error:  # noqa: BLE001 - the user's objects may raise anything
            self.problems.append(f"What {seen.metric} was computed from is not known: {error}")
            return None

    def _keep(self, seen: Observation) -> None:
        """Add `seen`, and let go of arrays that only an earlier call like it needed."""
        same = (seen.metric, seen.y_key, id(seen.model), seen.unread)
        earlier = self._latest.get(same)
        if earlier is not None:
            earlier.scored = earlier.X = earlier.target = None
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
