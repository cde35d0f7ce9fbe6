"""What the words of `check` name: a registered model, a table, or a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.errors import UnknownId, UsageError
from notewright.verbs.base import Context

if TYPE_CHECKING:
    import pandas as pd

    from notewright.governance.checks.evidence import Version

KINDS = ("model", "dataset", "variable", "file")
_NOTEBOOK = ".ipynb"
_TABLES = "Give a data frame, or a file that ends in .csv, .tsv, .parquet or .jsonl."


def subject_of(word: str, context: Context, kind: str | None, against: str | None) -> Version:
    """Return what is to be checked.

    Parameters
    ----------
    word : str
        What the user wrote.
    context : Context
        Where it is looked for.
    kind : str, optional
        One of `KINDS`, where the word may name several things.
    against : str, optional
        The word for an earlier table.

    Raises
    ------
    UsageError
        If it names nothing, several things, or what cannot be checked.
    """
    from notewright.governance.checks.subject import notebook_subject, table_subject

    found_kind, found = _named(word, context, kind)
    if found_kind == "model" or (found_kind == "file" and found.suffix.lower() == _NOTEBOOK):
        if against is not None:
            raise UsageError(f"`--against` compares two tables, and '{word}' is none.", _TABLES)
        if found_kind == "model":
            version: Version = found
            return version
        return notebook_subject(found.name, _read(found), found.absolute().parent)
    earlier = None
    if against is not None:
        earlier = _table(against, *_named(against, context, None, among=KINDS[1:]), context)
    return table_subject(word, _table(word, found_kind, found, context), earlier)


def _named(
    word: str, context: Context, kind: str | None, among: tuple[str, ...] = KINDS
) -> tuple[str, Any]:
    """Return the one thing of that name, and what it is; a model goes before all else."""
    looks: dict[str, Callable[[str, Context], Iterator[Any]]] = {
        "model": _models,
        "dataset": _datasets,
        "variable": _variables,
        "file": _files,
    }
    found = [
        (each, thing)
        for each in among
        if kind in (None, each)
        for thing in looks[each](word, context)
    ]
    if not found:
        what = kind or f"{', '.join(among[:-1])} or {among[-1]}"
        raise UsageError(
            f"There is no {what} '{word}'.",
            "`%nw models` and `%nw dataset` list what is registered."
            if context.kernel is not None or kind in ("model", "dataset", "file")
            else "Variables can be checked from the notebook alone: `%nw check df`.",
        )
    if len(found) > 1 and found[0][0] != "model":
        kinds = [each for each, _ in found]
        raise UsageError(
            f"'{word}' is a {', a '.join(kinds[:-1])} and a {kinds[-1]}.",
            f"Say which: `check {word} --as {kinds[-1]}`.",
        )
    return found[0]


def _models(word: str, context: Context) -> Iterator[Any]:
    try:
        yield context.workspace.models.get(word)
    except UnknownId:
        return


def _datasets(word: str, context: Context) -> Iterator[Any]:
    try:
        yield context.workspace.datasets.get(word)
    except UnknownId:
        return


def _variables(word: str, context: Context) -> Iterator[Any]:
    from notewright.experiments.dataset_contents import is_table

    value = context.variable(word)
    if is_table(value):
        yield value


def _files(word: str, context: Context) -> Iterator[Path]:
    try:
        path = Path(word).expanduser()
        found = path.is_file()
    except (OSError, RuntimeError, ValueError):  # too long, or nobody's home: no file has the name
        return
    if found:
        yield path


def _table(word: str, kind: str, thing: Any, context: Context) -> pd.DataFrame:
    """Return a dataset, a variable or a file as a data frame."""
    from notewright.experiments.dataset_diff import frame_of, parsed

    if kind == "dataset":
        thing = context.workspace.datasets._whole(thing)
    elif kind == "file":
        thing = parsed(_read(thing), thing.suffix)
    frame = frame_of(thing)
    if frame is None:
        raise UsageError(f"'{word}' cannot be read as a table.", _TABLES)
    return frame


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}.",
            "Give a file that you may read.",
        ) from error
