"""What the JupyterLab panel asks of the kernel that owns the variables."""

from __future__ import annotations

import inspect
import threading
from typing import TYPE_CHECKING, Any

from notewright import __version__
from notewright.errors import NotewrightError, UsageError
from notewright.progress import Progress
from notewright.verbs import find_verb
from notewright.verbs.base import Context
from notewright.verbs.packaging import check_exportable

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

    def _models(self) -> list[dict[str, str]]:
        """Return the fitted models, the one that was bound last first."""
        live = self._session.namespace.variables()
        return [
            {"variable": name, "type": type(value).__name__}
            for name, value in reversed(live.items())
            if _is_exportable(value)
        ]

    def _export(self, request: str, data: dict[str, Any]) -> None:
        variable, name = str(data.get("variable")), str(data.get("name"))
        try:
            check_exportable(variable, name, self._session.namespace)
            taken = self._session.take(f"export of {variable}", "export")
        except NotewrightError as error:
            self._send(_refusal(request, error))
        else:
            self._in_background("export", request, {**data, "snapshot": taken.id})

    def _in_background(self, verb: str, request: str, data: dict[str, Any]) -> None:
        def report(fraction: float, message: str) -> None:
            self._send(
                {"event": "progress", "id": request, "fraction": fraction, "message": message}
            )

        progress = self._running[request] = Progress(report, f"`{verb}`")
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
        except Exception as error:  # noqa: BLE001 - the panel must hear of a bug too
            answer = {"event": "error", "problem": f"{type(error).__name__}: {error}", "remedy": ""}
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
        view = found.run(parsed, Context(self._session.workspace, self._session, progress))
        self._session.listeners.tell("packages" if verb == "export" else "snapshots")
        return view


def _is_exportable(value: object) -> bool:
    """Tell whether `value` predicts and, where it can be fitted, is; without calling it."""
    from notewright.experiments.estimators import is_fitted_model

    if isinstance(value, type) or inspect.getattr_static(value, "predict", None) is None:
        return False
    return not hasattr(type(value), "fit") or is_fitted_model(value)


def _refusal(request: str, error: NotewrightError) -> dict[str, Any]:
    return {"event": "error", "id": request, "problem": error.problem, "remedy": error.remedy}
