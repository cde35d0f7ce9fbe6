"""Makes a run's model again from its recorded cells, in a fresh process, and compares."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from notewright.errors import Cancelled, ExportFailed, NotAModel, NotTheSame, ReplayFailed
from notewright.governance.checks.base import CannotRun
from notewright.governance.checks.reproduced import Reproduced
from notewright.lineage.files import is_as_read
from notewright.lineage.history import History
from notewright.lineage.replaying import check_sealed
from notewright.lineage.slices import slice_line
from notewright.packaging.replay import replay
from notewright.packaging.slicing import Program
from notewright.packaging.source import CellSource, statements
from notewright.progress import Progress
from notewright.state.snapshots import Snapshots
from notewright.words import number_of

_MEND = "Give every random step a seed, put what the cells need into them, and train it again."


def reproduce(history: History, snapshots: Snapshots, run: Any, seconds: float) -> Reproduced:
    """Run again the cells that made a run's model, and tell whether it is the same.

    The statements that the model depends on come first; where they make another one, whole
    cells, and where these do, too, predictions decide, as for an export.

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
        self._kept = slice_line(line, run.model.variable)
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
        began = time.monotonic()
        with self._limited() as progress:
            made = self._compared(progress)
        seconds = time.monotonic() - began
        return Reproduced(made.same, made.sentence, made.remedy, made.cells, round(seconds, 1))

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
        variable, wanted = self._run.model.variable, self._run.model.fingerprint
        words = tuple(e.words for e in self._kept.executions)
        many = number_of(len(words), "cell")
        failed: ReplayFailed | None = None
        for chosen in self._choices(variable):
            try:
                found = self._replayed(chosen, variable, progress)
            except ReplayFailed as error:
                failed = error
                continue
            if found == wanted:
                return Reproduced(
                    True, f"Run again in a fresh process, {many} made the same model, bit by bit."
                )
        return self._as_exported(progress, words, many, failed)

    def _choices(self, variable: str) -> Iterator[Sequence[int]]:
        """Yield the statements to run: those the model depends on, then whole cells."""
        body = statements(self._cells)
        few = sorted(Program(body).needed_for([variable]))
        yield few
        kept = {e.id for e in self._kept.executions}
        whole = sorted({*few, *(s.index for s in body if s.cell.execution in kept)})
        if whole != few:
            yield whole

    def _replayed(self, chosen: Sequence[int], variable: str, progress: Progress) -> str:
        made = replay(self._cells, chosen, variable, self._directory, {}, progress=progress)
        return made.fingerprint

    def _as_exported(
        self, progress: Progress, words: tuple[str, ...], many: str, failed: ReplayFailed | None
    ) -> Reproduced:
        """Judge as an export does, which compares predictions where an inner part is noise."""
        from notewright.packaging.planning import plan

        run = self._run
        if failed is not None:
            return Reproduced(
                False,
                failed.problem,
                "Run the notebook from top to bottom in a fresh kernel, mend that line, and train "
                "the model again.",
                tuple(w for w in words if failed.place.startswith(w)) or words,
            )
        model = self._snapshots.load(self._snapshot, [run.model.variable])[run.model.variable]
        kept = {e.id for e in self._kept.executions}
        whole = [at for at, cell in enumerate(self._cells) if cell.execution in kept]
        why = f"Run again in a fresh process, {many} made another model than the run's"
        try:
            plan(
                self._cells, run.model.variable, self._directory, run.model.fingerprint, model,
                whole=whole, progress=progress,
            )  # fmt: skip
        except NotTheSame as error:
            said = error.problem.removeprefix("The export was stopped, because ").rstrip(".")
            return Reproduced(False, f"{why}: {said}.", error.remedy, words)
        except (ExportFailed, NotAModel):
            return Reproduced(False, f"{why}.", _MEND, words)
        return Reproduced(
            True,
            f"Run again in a fresh process, {many} made a model that predicts the same for all "
            "rows; an inner part of it differs whenever it is trained.",
        )
