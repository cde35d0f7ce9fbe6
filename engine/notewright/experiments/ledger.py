"""Runs in the catalog: one transaction a run, and values in columns that can be searched."""

from __future__ import annotations

import functools
import json
import os
import re
import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from notewright.experiments.run import Run
from notewright.experiments.scalars import halves
from notewright.store import Store
from notewright.store.canonical import dumps
from notewright.store.catalog import Connection

#: A snapshot in the body of a run: before it, after it, or one that holds its model.
_SNAPSHOT = re.compile(r'"snapshot(?:_before|_after)?":"([0-9a-f]{16})"')
#: A value logged by hand: name, step or None, value.
Step = tuple[str, int | None, float]


class Ledger:
    """Writes and reads run records.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._catalog = store.catalog

    def commit(self, run: Run, steps: Sequence[Step] = (), *, first: int = 0) -> Run:
        """Write `run` and the steps from position `first` on; return it with its digest.

        A run that is still "running" gets no digest and is marked as being
        recorded by this process. Values that were committed before for the
        same run are replaced.
        """
        body = dumps(run.body())
        running = run.status == "running"
        digest = "" if running else self._store.objects.put(body)
        model = run.model
        row = (
            digest,
            run.name,
            run.status,
            run.created,
            run.seconds,
            run.session,
            run.execution,
            None if model is None else model.type,
            None if model is None else model.fingerprint,
            run.row_digest,
            this_process() if running else None,
            body.decode(),
        )
        names, values = _shape(run)
        with self._catalog.quickly(), self._catalog.transaction() as connection:
            bound = (*row, _shape_id(connection, names), values, run.id)
            known = connection.execute("SELECT seq FROM runs WHERE id = ?", (run.id,)).fetchone()
            if known is None:
                seq = connection.execute(_INSERT, bound).fetchone()["seq"]
                if run.parent is not None:
                    came = (seq, run.parent, run.origin)
                    connection.execute(_INSERT_PARENT, came)
            else:
                seq = known["seq"]
                connection.execute(_UPDATE, bound)
                for table in ("run_metrics", "run_params", "run_tags"):
                    connection.execute(f"DELETE FROM {table} WHERE run = ?", (seq,))  # noqa: S608
            for insert, rows in _values(run):
                connection.executemany(insert, [(seq, *row) for row in rows])
            if len(steps) > first:
                connection.executemany(
                    _INSERT_STEP,
                    [
                        (seq, first + n, name, step, _number(value))
                        for n, (name, step, value) in enumerate(steps[first:])
                    ],
                )
        return replace(run, digest=digest)

    def read(self, run_id: str) -> Run:
        """Return the run with the full id `run_id`."""
        row = self._catalog.one("SELECT digest, body FROM runs WHERE id = ?", (run_id,))
        assert row is not None  # callers resolved the id
        return Run.parse(row["body"], row["digest"])

    def steps(self, run_id: str) -> list[Step]:
        """Return the values logged for a run, in the order they were logged."""
        rows = self._catalog.query(
            "SELECT s.name, s.step, s.value FROM run_steps s JOIN runs r ON r.seq = s.run"
            " WHERE r.id = ? ORDER BY s.ordinal",
            (run_id,),
        )
        nan = float("nan")
        return [(r["name"], r["step"], nan if r["value"] is None else r["value"]) for r in rows]

    def snapshots(self) -> set[str]:
        """Return the ids of all snapshots that runs refer to."""
        bodies = self._catalog.query("SELECT body FROM runs")
        return {id_ for row in bodies for id_ in _SNAPSHOT.findall(row["body"])}

    def close_abandoned(self) -> None:
        """Mark runs whose process has ended as interrupted, with what they had."""
        rows = self._catalog.query("SELECT id, owner FROM runs WHERE owner IS NOT NULL")
        for row in rows:
            if _has_ended(row["owner"]):
                run = self.read(row["id"])
                if run.status == "running":
                    reason = "Its process ended before the run did."
                    self.commit(replace(run, status="interrupted", error=reason))


def _values(run: Run) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Yield, for each table of a run's values, how to insert a row and the rows."""
    yield _INSERT_METRIC, [(name, _number(value)) for name, value in run.metrics.items()]
    yield _INSERT_PARAM, [(name, *halves(value)) for name, value in run.params.items()]
    yield _INSERT_TAG, list(run.tags.items())


def _number(value: float) -> float | None:
    """Return a number as it is searched for: NaN is nothing, which no comparison selects."""
    return None if value != value else value


def _shape(run: Run) -> tuple[str, bytes]:
    """Return the names of a run's values, and the values in the same order.

    Metrics are doubles, since many are read at once fastest that way; what
    follows them is JSON.
    """
    metrics, params, tags = (sorted(group) for group in (run.metrics, run.params, run.tags))
    doubles = struct.pack(f"<{len(metrics)}d", *(run.metrics[name] for name in metrics))
    others = [run.params[name] for name in params] + [run.tags[name] for name in tags]
    return json.dumps([metrics, params, tags]), doubles + json.dumps(others).encode()


def _shape_id(connection: Connection, names: str) -> int:
    known = connection.execute("SELECT seq FROM run_shapes WHERE names = ?", (names,)).fetchone()
    if known is None:
        sql = "INSERT INTO run_shapes(names) VALUES (?) RETURNING seq"
        known = connection.execute(sql, (names,)).fetchone()
    return int(known["seq"])


_INSERT = (
    "INSERT INTO runs(digest, name, status, created, seconds, session, execution, model,"
    " model_fingerprint, row_digest, owner, body, shape, shape_values, id)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) RETURNING seq"
)
_INSERT_PARENT = "INSERT INTO run_parents(run, parent, origin) VALUES (?, ?, ?)"
_INSERT_METRIC = "INSERT INTO run_metrics(run, name, value) VALUES (?, ?, ?)"
_INSERT_PARAM = "INSERT INTO run_params(run, name, number, text) VALUES (?, ?, ?, ?)"
_INSERT_TAG = "INSERT INTO run_tags(run, name, value) VALUES (?, ?, ?)"
_INSERT_STEP = (
    "INSERT INTO run_steps(run, ordinal, name, step, value) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (run, ordinal) DO UPDATE"
    " SET name = excluded.name, step = excluded.step, value = excluded.value"
)
_UPDATE = (
    "UPDATE runs SET digest=?, name=?, status=?, created=?, seconds=?, session=?, execution=?,"
    " model=?, model_fingerprint=?, row_digest=?, owner=?, body=?, shape=?, shape_values=?"
    " WHERE id=?"
)


def this_process() -> str:
    """Return words that no other process has: host, process id and start time."""
    return _process(os.getpid())


@functools.lru_cache(maxsize=1)
def _process(pid: int) -> str:
    return json.dumps([socket.gethostname(), pid, _started(pid)])


def _started(pid: int) -> float | None:
    import psutil

    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def _has_ended(owner: str) -> bool:
    host, pid, started = json.loads(owner)
    if host != socket.gethostname():
        return False  # another machine's processes cannot be seen from here
    found = _started(pid)
    return found is None or abs(found - started) > 1.0
