"""Errors of servers and deployments."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from notewright.errors.base import NotewrightError
from notewright.errors.store import UnknownId


class UnknownPrediction(UnknownId):
    """No prediction log has this id."""

    def __init__(self, ref: str) -> None:
        NotewrightError.__init__(
            self,
            f"There is no prediction '{ref}'.",
            "Give the `id` of an answer of the server; `%nw deployments` lists what was served.",
        )


class UnusablePackage(NotewrightError):
    """A directory that cannot be served."""

    code = "unusable_package"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"The package '{name}' cannot be served: {reason}.",
            "Export it again: `%nw export MODEL --name NAME`.",
        )


class PackageAltered(NotewrightError):
    """A package's file is not the one that was signed."""

    code = "package_altered"

    def __init__(self, name: str, file: str, reason: str) -> None:
        self.file = file
        super().__init__(
            f"The package '{name}' was altered: {file}: {reason}.",
            "Nothing of it was run; export it again, or put the signed file back.",
        )


class WrongEnvironment(NotewrightError):
    """Installed versions differ from those the package was proved with."""

    code = "wrong_environment"

    def __init__(self, name: str, differences: Iterable[str]) -> None:
        listed = list(differences)
        shown = "; ".join(listed[:4]) + ("; ..." if len(listed) > 4 else "")
        super().__init__(
            f"The package '{name}' was proved with other versions than are here: {shown}.",
            "Install those versions, or export the model again with the versions you have.",
        )


class PortInUse(NotewrightError):
    """Another program listens on the port."""

    code = "port_in_use"

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is already in use by another program.",
            "Choose another with `--port`, or leave it out to get a free one.",
        )


class ServerFailed(NotewrightError):
    """A server process did not come up, or does not answer."""

    code = "server_failed"

    def __init__(self, name: str, reason: str, log: Path) -> None:
        super().__init__(
            f"The server of '{name}' is not up: {reason.rstrip('.')}.", f"Its words are in {log}."
        )


class NotDeployed(NotewrightError):
    """No deployment of this name, or none that is up."""

    code = "not_deployed"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Nothing is deployed as '{name}'.",
            "`%nw deployments` lists what there is; `%nw deploy NAME` serves a package.",
        )


class NoRollback(NotewrightError):
    """There is nothing to go back to, or it may not be served again."""

    code = "no_rollback"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"'{name}' cannot be rolled back: {reason}.",
            f"`%nw deployments {name}` shows what was live; deploy a version that may be served.",
        )


class NotRegistered(NotewrightError):
    """A package whose model is not a registered version."""

    code = "not_registered"

    def __init__(self, package: str) -> None:
        super().__init__(
            f"The model in the package '{package}' is not a registered version.",
            "Register its run: `%nw register RUN --as NAME`, then export and deploy again.",
        )


class DeploymentBusy(NotewrightError):
    """Somebody else is changing the deployment."""

    code = "deployment_busy"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Somebody else is changing the deployment '{name}' at this moment.",
            "Wait until they are done and look at `%nw deployments` before trying again.",
        )


class UnusableData(NotewrightError):
    """A file of newer rows that cannot be used."""

    code = "unusable_data"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The rows in {path.name} cannot be used: {reason}.",
            "Give a CSV or Parquet file with the columns of the training data, target included.",
        )


class RetrainFailed(NotewrightError):
    """A challenger could not be compared; nothing of it was registered."""

    code = "retrain_failed"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"'{name}' could not be put to the test: {reason.rstrip('.')}.",
            "Mend the rows, or the package's code; nothing was registered or deployed.",
        )


class BadMoment(NotewrightError):
    """A time or span that cannot be read."""

    code = "bad_moment"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"'{text}' is no time.", "Give a span such as 30m, 12h or 7d, or a date: 2026-01-31."
        )
