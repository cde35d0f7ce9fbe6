"""Exports that the server has under way: a notebook is run afresh, and a package made of it."""

from __future__ import annotations

import atexit
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notewright.afresh.export import Wish, export_afresh
from notewright.errors import NotewrightError, Unexpected, UnknownId
from notewright.progress import Progress
from notewright.store.ids import new_id
from notewright.views.packaging import package_record
from notewright_lab.errors import AlreadyExporting

#: Seconds that a server which ends gives its exports to clear up.
_CLEARING_UP = 20.0


@dataclass
class ExportJob:
    """One export, from the click to what came of it.

    It lives in the server, so that a page which is loaded again finds it.

    Parameters
    ----------
    wish : Wish
        What is exported.
    """

    wish: Wish
    id: str = field(default_factory=new_id)
    state: str = "running"
    fraction: float = 0.0
    message: str = "starting"
    cancelling: bool = False
    package: dict[str, Any] | None = None
    problem: dict[str, str] | None = None

    def __post_init__(self) -> None:
        self._progress = Progress(self._step, "The export")
        self._thread = threading.Thread(
            target=self._run, name=f"notewright-export-{self.id}", daemon=True
        )

    def start(self) -> None:
        """Begin, on a thread of its own."""
        self._thread.start()

    def cancel(self) -> None:
        """Ask it to stop."""
        self.cancelling = True
        self._progress.cancel()

    def join(self, seconds: float) -> None:
        """Wait for its end."""
        self._thread.join(seconds)

    @property
    def over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.state != "running"

    def record(self) -> dict[str, Any]:
        """Return it as JSON values with stable names."""
        return {
            "id": self.id,
            "variable": self.wish.variable,
            "name": self.wish.name,
            "state": self.state,
            "fraction": self.fraction,
            "message": self.message,
            "cancelling": self.cancelling,
            "package": self.package,
            "problem": self.problem,
        }

    def _step(self, fraction: float, message: str) -> None:
        self.fraction, self.message = fraction, message

    def _run(self) -> None:
        try:
            self.package = package_record(export_afresh(self.wish, self._progress))
        except NotewrightError as error:
            self.problem = error.record()
        except Exception as error:
            self.problem = Unexpected("The export", error).record()
            raise
        finally:
            # The last thing that is set: whoever sees it sees what came of it too.
            self.state = "failed" if self.package is None else "done"


class ExportJobs:
    """The exports of one server, one a notebook at a time."""

    def __init__(self) -> None:
        self._jobs: dict[Path, ExportJob] = {}
        self._lock = threading.Lock()
        atexit.register(self._end)

    def start(self, wish: Wish) -> ExportJob:
        """Begin an export.

        Raises
        ------
        AlreadyExporting
            If one of the same notebook is under way.
        """
        with self._lock:
            known = self._jobs.get(wish.notebook)
            if known is not None and not known.over:
                raise AlreadyExporting
            job = self._jobs[wish.notebook] = ExportJob(wish)
        job.start()
        return job

    def of(self, notebook: Path) -> ExportJob | None:
        """Return the export of a notebook that is under way, or ended and was not put away."""
        return self._jobs.get(notebook)

    def put_away(self, notebook: Path, id_: str) -> ExportJob:
        """Cancel an export that is under way, or forget one that has ended.

        Raises
        ------
        UnknownId
            If the notebook has no such export.
        """
        with self._lock:
            job = self._jobs.get(notebook)
            if job is None or job.id != id_:
                raise UnknownId("export", id_, "%nw packages")
            if job.over:
                del self._jobs[notebook]
            else:
                job.cancel()
            return job

    def _end(self) -> None:
        running = [job for job in self._jobs.values() if not job.over]
        for job in running:
            job.cancel()
        for job in running:
            job.join(_CLEARING_UP)
