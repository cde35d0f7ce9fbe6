"""Makes a run's model again from its recorded cells, in a fresh process, and compares."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from notewright.errors import Cancelled, HistoryNotSigned, NotewrightError, ReplayFailed
from notewright.governance.checks.base import CannotRun
from notewright.governance.checks.cell_code import codes
from notewright.governance.checks.evidence import Cell
from notewright.governance.checks.randomness import unseeded
from notewright.governance.checks.reproduced import Reproduced
from notewright.lineage.files import is_as_read
from notewright.lineage.history import History
from notewright.lineage.replaying import check_sealed
from notewright.lineage.slices import slice_line
from notewright.packaging.plan import how_far_apart
from notewright.packaging.replay import Replayed, replay
from notewright.packaging.roles import find_roles
from notewright.packaging.slicing import Program
from notewright.packaging.source import CellSource, statements
from notewright.progress import Progress
from notewright.state.snapshots import Snapshots
from notewright.words import number_of

_MEND = "Give every random step a seed, put what the cells need into them, and train it again."
_MEND_ERROR = (
    "Run the notebook from top to bottom in a fresh kernel, mend that line, and train the model "
    "again."
)


def reproduce(history: History, snapshots: Snapshots, run: Any, seconds: float) -> Reproduced:
    """Run again the cells that made a run's model, and tell whether it is the same.

    The statements that the model depends on come first; where they make another one, whole
    cells, and where these do, too, and all has a seed, predictions decide.

    Parameters
    ----------
    history : History
        What was executed.
    snapshots : Snapshots
        What was saved; the run's last snapshot vouches for the code that runs.
    run : Run
        The run.
    seconds : float
        How long it may take in all.

    Raises
    ------
    CannotRun
        If there is nothing to run, or it takes longer.
    UntrustedStore, HistoryNotSigned
        If nobody who is trusted here vouches for the code: nothing is run then.
    """
    return _Reproduction(history, snapshots, run, seconds).done()


class _Reproduction:
    def __init__(self, history: History, snapshots: Snapshots, run: Any, seconds: float) -> None:
        if run.model is None or run.execution is None or run.snapshot_after is None:
            raise CannotRun(
                "The run was not recorded cell by cell, so there are no cells to run again.",
                "Train the model in a `%%nw run` cell.",
            )
        self._history, self._snapshots, self._run, self._seconds = history, snapshots, run, seconds
        self._snapshot = snapshots.get(run.snapshot_after)
        snapshots.check_restorable(self._snapshot, [])
        check_sealed(history, self._snapshot)
        # The run's own execution is the last one that can have made the model.
        line = history.line(run.execution)
        if run.execution not in {e.id for e in history.line(self._snapshot.execution)}:
            raise HistoryNotSigned(self._snapshot.id[:6])
        self._kept = slice_line(line, run.model.variable)
        self._line = line
        used = [e for e in line if (e.status == "ok" or e.changed) and e.has_code]
        self._cells = [CellSource(e.code, e.words, e.id, e.stopped) for e in used]
        self._directory = Path(history.session(run.session).directory)

    def done(self) -> Reproduced:
        if not self._kept.executions or not self._directory.is_dir():
            raise CannotRun(
                "The cells that made the model are not recorded, or their folder is gone.",
                "Train the model in a `%%nw run` cell of a notebook in this project.",
            )
        changed = [f for f in self._kept.files if not is_as_read(f, self._history.root)]
        if changed:
            paths = ", ".join(f.path for f in changed)
            return Reproduced(
                False,
                f"The model cannot be made again as things stand: {paths} "
                f"{'is' if len(changed) == 1 else 'are'} not what the cells read.",
                "Put the data back as it was (`%nw restore` copies what a snapshot kept), or "
                "train the model again.",
            )
        self._check_time()
        with self._limited() as progress:
            return self._compared(progress)

    def _check_time(self) -> None:
        took = sum(e.seconds for e in self._kept.executions)
        if took > self._seconds:
            raise CannotRun(
                f"The cells that made the model took {took:.0f} seconds; the policy allows "
                f"{self._seconds:g} for running them again. They were not run.",
                "Raise `limit` of this check in policy.yaml, or let it run where there is time.",
            )

    @contextmanager
    def _limited(self) -> Iterator[Progress]:
        """Give a progress that is cancelled when the time is up."""
        progress = Progress(what="Making the model again")
        timer = threading.Timer(self._seconds, progress.cancel)
        timer.daemon = True
        timer.start()
        try:
            yield progress
        except Cancelled:
            raise CannotRun(
                f"Running the cells that made the model again took longer than the "
                f"{self._seconds:g} seconds that the policy allows; it was stopped.",
                "Raise `limit` of this check in policy.yaml, or let it run where there is time.",
            ) from None
        finally:
            timer.cancel()

    def _compared(self, progress: Progress) -> Reproduced:
        words = tuple(e.words for e in self._kept.executions)
        many = number_of(len(words), "cell")
        failed: ReplayFailed | None = None
        found: Replayed | None = None
        for chosen in self._choices():
            try:
                found = self._replayed(chosen, progress)
            except ReplayFailed as error:
                failed = error
                continue
            if found.fingerprint == self._run.model.fingerprint:
                return Reproduced(
                    True, f"Run again in a fresh process, {many} made the same model, bit by bit."
                )
        if found is None:
            assert failed is not None  # there is always something to run
            at = tuple(word for word in words if failed.place.startswith(word))
            return Reproduced(False, failed.problem, _MEND_ERROR, at or words)
        return self._judged(found, words, many)

    def _choices(self) -> Iterator[Sequence[int]]:
        """Yield the statements to run: those the model depends on, then whole cells."""
        body = statements(self._cells)
        few = sorted(Program(body).needed_for([self._run.model.variable]))
        yield few
        kept = {e.id for e in self._kept.executions}
        whole = sorted({*few, *(s.index for s in body if s.cell.execution in kept)})
        if whole != few:
            yield whole

    def _replayed(self, chosen: Sequence[int], progress: Progress) -> Replayed:
        variable = self._run.model.variable
        return replay(
            self._cells, chosen, variable, self._directory, self._inputs, progress=progress
        )

    @cached_property
    def _inputs(self) -> dict[str, str]:
        """The expressions whose values are the model's inputs, where that can be told."""
        try:
            roles = find_roles(Program(statements(self._cells)), self._run.model.variable)
        except NotewrightError:
            return {}  # the fingerprint alone decides then
        return {key: tag for key, tag in roles.capture().items() if tag.startswith("X:")}

    def _judged(self, found: Replayed, words: tuple[str, ...], many: str) -> Reproduced:
        """Let predictions decide where all has a seed: an inner part of a model may be noise."""
        kept = {e.id for e in self._kept.executions}
        cells = [Cell(e.words, e.source, e) for e in self._line]
        draws = [d for d in unseeded(codes(cells)) if getattr(d.execution, "id", "") in kept]
        if draws:
            first = draws[0]
            return Reproduced(
                False,
                f"Run again in a fresh process, {many} made another model than the run's: "
                f"{first.cell} draws random numbers without a seed (`{first.what}`).",
                f"{first.remedy} Then train the model again.",
                tuple(dict.fromkeys(draw.cell for draw in draws)),
            )
        variable = self._run.model.variable
        model = self._snapshots.load(self._snapshot, [variable])[variable]
        if how_far_apart(model, found) == 0.0:
            return Reproduced(
                True,
                f"Run again in a fresh process, {many} made a model that predicts the same for all "
                "rows; an inner part of it differs whenever it is trained.",
            )
        return Reproduced(
            False,
            f"Run again in a fresh process, {many} made another model than the run's.",
            _MEND,
            words,
        )
