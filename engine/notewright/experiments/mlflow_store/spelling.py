"""How names and values are written on the other side."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from pathlib import PurePosixPath

from notewright.experiments.run import Run, Status
from notewright.experiments.scalars import Scalar

#: Where in a run's artifacts over there Notewright keeps its own record of it.
RECORD = "notewright/run.json"
#: Where among a run's artifacts here what MLflow said of it is kept.
ORIGINAL = "notewright/mlflow.json"
#: Tags over there: the run or version that it is here.
RUN_TAG = "notewright.run"
VERSION_TAG = "notewright.version"
#: MLflow's own tags.
PARENT_TAG = "mlflow.parentRunId"
NAME_TAG = "mlflow.runName"

FROM_MLFLOW: dict[str, Status] = {
    "FINISHED": "finished",
    "FAILED": "failed",
    "KILLED": "interrupted",
}
TO_MLFLOW = {status: theirs for theirs, status in FROM_MLFLOW.items()}

#: MLflow's limits for a parameter's and a tag's value, and for names.
LONGEST_PARAM, LONGEST_TAG, LONGEST_KEY = 6000, 8000, 250
_EXACT = 2**53


def parameter(text: str) -> Scalar:
    """Return what a parameter's text stands for, if it is exactly how Python writes that.

    Examples
    --------
    >>> parameter("0.1"), parameter("6"), parameter("True"), parameter("None")
    (0.1, 6, True, None)
    >>> parameter("0.10"), parameter("007"), parameter("nan")
    ('0.10', '007', 'nan')
    """
    named: dict[str, Scalar] = {"True": True, "False": False, "None": None}
    if text in named:
        return named[text]
    if re.fullmatch(r"-?\d{1,16}", text) and str(int(text)) == text and abs(int(text)) < _EXACT:
        return int(text)
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) and str(number) == text else text


def keys(names: list[str]) -> dict[str, str]:
    """Return for each name the key that MLflow takes, each key once.

    Examples
    --------
    >>> keys(["auc", "f1 (macro)", "f1 [macro]"])
    {'auc': 'auc', 'f1 (macro)': 'f1 _macro_', 'f1 [macro]': 'f1 _macro_ 2'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        key = re.sub(r"[^\w\-. :/]", "_", name)
        parts = [part for part in key.split("/") if part not in ("", ".", "..")]
        # In bytes: a file store makes them names of files.
        key = "/".join(parts).encode()[: LONGEST_KEY - 10].decode(errors="ignore")
        key = whole = key.rstrip("/") or "_"
        number = 1
        while key in taken:
            number += 1
            key = f"{whole} {number}"
        taken.add(key)
        found[name] = key
    return found


def is_safe_path(name: str) -> bool:
    """Tell whether an artifact's name is a path below the folder it is put in.

    Examples
    --------
    >>> is_safe_path("plots/roc.png"), is_safe_path("../x"), is_safe_path("/etc/passwd")
    (True, False, False)
    """
    parts = PurePosixPath(name).parts
    return (
        bool(parts)
        and name == "/".join(parts)
        and not {"..", "/"} & set(parts)
        and all(part.isprintable() and "\\" not in part and len(part) < 200 for part in parts)
    )


def moment(milliseconds: int) -> str:
    """Return a time of MLflow's as the store writes times.

    Examples
    --------
    >>> moment(1772546700123)
    '2026-03-03T14:05:00.123000Z'
    """
    seconds, rest = divmod(milliseconds, 1000)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{rest:03d}000Z"


def begin(run: Run) -> int:
    """Return when a run began, in milliseconds since 1970.

    Examples
    --------
    >>> begin(Run("1", "", "a", "finished", "2026-03-03T14:05:00.123456Z", 1.0))
    1772546700123
    """
    began = datetime.fromisoformat(run.created)
    return int(began.replace(microsecond=0).timestamp()) * 1000 + began.microsecond // 1000


def end(run: Run) -> int:
    """Return when a run ended, in milliseconds since 1970."""
    return begin(run) + round(run.seconds * 1000)
