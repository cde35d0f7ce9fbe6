"""An MLflow store, opened through the MLflow that is installed beside Notewright."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from notewright.errors import MlflowFailed, MlflowMissing, UsageError

#: What MLflow is told by its environment while Notewright uses it: its file stores are in
#: "maintenance mode" and refused otherwise, and nothing of the user's is reported to anybody.
_ENVIRONMENT = {
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_LOGGERS = ("mlflow", "alembic")


@contextmanager
def opened(uri: str) -> Iterator[Any]:
    """Give an `MlflowClient` of the store at `uri`; MLflow's own errors become ours.

    The process's environment, warnings filters and loggers are as before afterwards.

    Raises
    ------
    MlflowMissing
        If MLflow is not installed.
    MlflowFailed
        If MLflow cannot use the store.
    """
    with _quietly():
        try:
            from mlflow import MlflowClient
            from mlflow.exceptions import MlflowException
        except ImportError as error:
            raise MlflowMissing from error
        try:
            client = MlflowClient(uri, uri)
        except Exception as error:  # MLflow's libraries raise their own
            raise MlflowFailed(shown(uri), str(error)) from error
        try:
            yield client
        except MlflowException as error:
            raise MlflowFailed(shown(uri), str(error)) from error


def store_uri(given: str, *, must_exist: bool) -> str:
    """Return the URI of a store that is given as a URI or a path.

    Parameters
    ----------
    given : str
        `sqlite:///mlflow.db`, `file:///…/mlruns`, the path of either, or the
        address of a server.
    must_exist : bool
        Refuse files that are not there: MLflow would make an empty store.

    Examples
    --------
    >>> store_uri("sqlite:///new.db", must_exist=False)
    'sqlite:///new.db'
    """
    path: Path | None = None
    uri = given
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", given):
        path = Path(os.path.abspath(Path(given).expanduser()))
        is_file = (_exists(path) and path.is_file()) or path.suffix in (".db", ".sqlite")
        uri = f"sqlite:///{path}" if is_file else path.as_uri()
    elif given.startswith("sqlite:///"):
        path = Path(given[len("sqlite:///") :].partition("?")[0])
    elif given.startswith("file:"):
        path = Path(urlsplit(given).path)
    if must_exist and path is not None and not _exists(path):
        raise UsageError(
            f"There is no MLflow store at {path}.",
            "Give its folder (mlruns), its database (sqlite:///mlflow.db) or its address.",
        )
    return uri


def _exists(path: Path) -> bool:
    """Tell whether something is there; nothing is under a name that no file can have."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def shown(uri: str) -> str:
    """Return a URI without the name and password that it may hold.

    Examples
    --------
    >>> shown("postgresql://me:secret@host/db")
    'postgresql://host/db'
    """
    parts = urlsplit(uri)
    if "@" not in parts.netloc:
        return uri
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


@contextmanager
def _quietly() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    os.environ.update(_ENVIRONMENT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in _LOGGERS:
                logging.getLogger(name).setLevel(logging.ERROR)
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
