"""What the JupyterLab panel asks of the kernel that owns the variables."""

from __future__ import annotations

import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

from notewright import __version__
from notewright.afresh.mark import is_afresh
from notewright.errors import Cancelled, NotewrightError, Unexpected, UsageError
from notewright.progress import Progress
from notewright.verbs import find_verb
from notewright.verbs.base import Context
from notewright.verbs.packaging import check_exportable, names_recorded

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from notewright.views.base import View
    from notewright_magics.session import KernelSession

TARGET = "notewright"
#: The verbs the panel may use; each becomes the words of the same verb of `%nw`.
_WORDS = {
    "snapshot": lambda data: ["snapshot", "--message", str(data.get("message", ""))],
    "restore": lambda data: [
        "restore",
        str(data["snapshot"]),
        *(["--only", *map(str, data["only"])] if data.get("only") else []),
    ],
    "export": lambda data: [
        "export",
        str(data["variable"]),
        *("--name", str(data["name"])),
        *("--snapshot", str(data["snapshot"])),
        *(["--to", str(data["to"])] if data.get("to") else []),
        *(["--refit"] if data.get("refit") else []),
    ],
}
#: These act on what is stored once their snapshot is taken, so they leave the kernel free.
_IN_BACKGROUND = {"export"}


def register_comm(shell: InteractiveShell, session: KernelSession) -> None:
    """Let panels open comms to this kernel, where there is a kernel."""
    if getattr(shell, "kernel", None) is None:
        return
    from comm import get_comm_manager

    manager = get_comm_manager()
    manager.register_target(TARGET, lambda comm, _open: PanelComm(comm, session))
    session.on_off(lambda: manager.unregister_target(TARGET, None))


class PanelComm:
    """One panel's connection.

    Parameters
    ----------
    comm : comm.base_comm.BaseComm
        The connection.
    session : KernelSession
        The running notebook.
    """

    def __init__(self, comm: Any, session: KernelSession) -> None:
        self._comm = comm
        self._session = session
        self._running: dict[str, Progress] = {}
        comm.on_msg(self._receive)
        comm.on_close(lambda _message: session.listeners.remove(self._changed))
        session.listeners.add(self._changed)
        session.on_off(comm.close)

    def _changed(self, what: str) -> None:
        self._send({"event": "changed", "what": what, "head": self._session.standing()})

    def _send(self, message: dict[str, Any]) -> None:
        self._comm.send(message)

    def _receive(self, message: dict[str, Any]) -> None:
        data = message["content"]["data"]
        verb, request = data.get("verb"), str(data.get("id", ""))
        if verb == "hello":
            self._hello()
        elif verb == "cancel":
            if request in self._running:
                self._running[request].cancel()
        elif verb == "models":
            self._send({"event": "done", "id": request, "data": self._models()})
        elif verb in _IN_BACKGROUND:
            # Here, between two cells, the variables stand still; in a thread they would not.
            self._export(request, data)
        else:
            self._answer(str(verb), request, data, Progress())

    def _hello(self) -> None:
        self._send(
            {
                "event": "hello",
                "version": __version__,
                "session": self._session.session,
                "workspace": str(self._session.workspace.root),
                "head": self._session.head(),
            }
        )

    def _models(self) -> list[dict[str, Any]]:
        """Return the fitted models, the one that was bound last first.

        Variables of the same `object` hold one model; one that is not `recorded` was made
        before Notewright was loaded.
        """
        from notewright.experiments.estimators import models_in

        found = models_in(self._session.namespace.variables())
        recorded = names_recorded(self._session, self._session.workspace) if found else set()
        objects = list(dict.fromkeys(map(id, found.values())))
        return [
            {
                "variable": name,
                "type": type(model).__name__,
                "object": objects.index(id(model)),
                "recorded": name in recorded,
            }
            for name, model in found.items()
        ]

    def _export(self, request: str, data: dict[str, Any]) -> None:
        variable, name = str(data.get("variable")), str(data.get("name"))
        try:
            check_exportable(variable, name, self._session, self._session.workspace)
            taken = self._session.take(f"export of {variable}", "export")
        except NotewrightError as error:
            self._send(_refusal(request, error))
            return
        except KeyboardInterrupt:
            self._send(_refusal(request, Cancelled("The export")))
            return
        data = {**data, "snapshot": taken.id}
        progress = self._running[request] = self._progress("export", request)
        if data.get("wait"):
            # Whoever asks has the kernel for itself; an interrupt ends it at once.
            self._answer("export", request, data, progress)
        else:
            self._in_background("export", request, data, progress)

    def _progress(self, verb: str, request: str) -> Progress:
        def report(fraction: float, message: str) -> None:
            self._send(
                {"event": "progress", "id": request, "fraction": fraction, "message": message}
            )

        return Progress(report, f"`{verb}`")

    def _in_background(
        self, verb: str, request: str, data: dict[str, Any], progress: Progress
    ) -> None:
        thread = threading.Thread(
            target=self._answer,
            args=(verb, request, data, progress),
            name=f"notewright-{verb}",
            daemon=True,
        )
        thread.start()

    def _answer(self, verb: str, request: str, data: dict[str, Any], progress: Progress) -> None:
        try:
            view = self._run(verb, data, progress)
        except NotewrightError as error:
            answer = _refusal(request, error)
        except KeyboardInterrupt:
            answer = _refusal(request, Cancelled(progress.what))
        except Exception as error:  # noqa: BLE001 - the panel must hear of a bug too
            traceback.print_exc(file=sys.__stderr__)
            answer = _refusal(request, Unexpected(progress.what, error))
        else:
            answer = {"event": "done", "data": view.data(), "html": view.html()}
        finally:
            self._running.pop(request, None)
        self._send({**answer, "id": request})

    def _run(self, verb: str, data: dict[str, Any], progress: Progress) -> View:
        if verb not in _WORDS:
            raise UsageError(f"The panel has no verb '{verb}'.", "Update the panel.")
        words = _WORDS[verb](data)
        found = find_verb(words[0])
        parsed = found.parser().parse_args(words[1:])
        context = Context(self._session.workspace, self._session, progress)
        if is_afresh():
            # Said by who ran the notebook for this export, of how that went.
            context.notes = tuple(map(str, data.get("notes", ())))
        view = found.run(parsed, context)
        self._session.listeners.tell("packages" if verb == "export" else "snapshots")
        return view


def _refusal(request: str, error: NotewrightError) -> dict[str, Any]:
    return {"event": "error", "id": request, **error.record()}
