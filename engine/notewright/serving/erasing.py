"""Erases what was asked and answered, after its time or on a person's request.

Of an erased record the time, the deployment, the number of rows and the digests stay, so the chain
of the log still verifies, and a prediction can still be retraced to its model.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from notewright.errors import StoreUnusable, UsageError
from notewright.serving.log import DATABASE, connect, recover
from notewright.serving.moments import moment

_HELD = "(inputs IS NOT NULL OR outputs IS NOT NULL)"


@dataclass(frozen=True)
class Erasure:
    """What is erased of one log, or would be.

    Parameters
    ----------
    name : str
        The deployment's name.
    before : str or None
        Everything older than this moment; None where one prediction was meant.
    prediction : str or None
        That one.
    records : int
        How many records there are whose contents go.
    done : bool
    """

    name: str
    before: str | None
    prediction: str | None
    records: int
    done: bool


def chosen_moment(older_than: str | None, days: int | None) -> str:
    """Return the moment before which contents go.

    Parameters
    ----------
    older_than : str, optional
        A span (``90d``) or a date; by default what the policy says.
    days : int, optional
        For how many days the policy keeps them.

    Raises
    ------
    UsageError
        If nobody says, or the policy keeps them for longer.
    BadMoment
        If it is no time.

    Examples
    --------
    >>> chosen_moment("2026-01-31T00:00+00:00", None)
    '2026-01-31T00:00:00.000000Z'
    """
    if older_than is None:
        if days is None:
            raise UsageError(
                "Nobody says how long requests and answers are kept.",
                "Write `--older-than 365d`, or `retention: {predictions: {days: 365}}` in "
                "policy.yaml.",
            )
        return moment(f"{days}d")
    before = moment(older_than)
    if days is not None and before > moment(f"{days}d"):
        raise UsageError(
            f"policy.yaml keeps requests and answers for {days} days, which is longer.",
            "Name the one that somebody asks to be erased with `--prediction ID`, or change "
            "`retention:` in policy.yaml.",
        )
    return before


def count(folder: Path, before: str | None, prediction: str | None) -> int:
    """Return how many records hold contents that would go."""
    if not (folder / DATABASE).exists():
        return 0
    where, value = _where(before, prediction)
    with closing(connect(folder)) as database:
        row = database.execute(
            f"SELECT count(*) FROM predictions WHERE {where} AND {_HELD}",  # noqa: S608 - our words
            (value,),
        ).fetchone()
    return int(row[0])


def erase(folder: Path, before: str | None, prediction: str | None) -> int:
    """Erase contents for good; return of how many records.

    Raises
    ------
    StoreUnusable
        If the log cannot be written.
    """
    recover(folder)
    where, value = _where(before, prediction)
    try:
        with closing(connect(folder)) as database:
            database.execute("PRAGMA secure_delete = ON")  # what was there is overwritten
            gone = database.execute(
                f"UPDATE predictions SET inputs = NULL, outputs = NULL"  # noqa: S608 - our words
                f" WHERE {where} AND {_HELD}",
                (value,),
            ).rowcount
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # so is what the log file had
    except sqlite3.OperationalError as error:
        raise StoreUnusable(folder / DATABASE, str(error)) from error
    return gone


def _where(before: str | None, prediction: str | None) -> tuple[str, str]:
    return ("id = ?", prediction) if prediction is not None else ("time < ?", before or "")
