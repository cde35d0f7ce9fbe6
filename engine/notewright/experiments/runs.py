"""Runs: started, recorded, found, loaded and compared."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from notewright.errors import AmbiguousId, NoEvaluation, UnknownId
from notewright.experiments import assembly, stored_models
from notewright.experiments.active import ActiveRun
from notewright.experiments.assembly import Ending
from notewright.experiments.drafting import Draft
from notewright.experiments.evaluation import Array, Evaluation
from notewright.experiments.filter import SYNONYMS, column, compile_filter, order_of
from notewright.experiments.ledger import Ledger, Step
from notewright.experiments.listing import COLUMNS, RunList
from notewright.experiments.ports import (
    Acts,
    ExecutionSource,
    SnapshotSource,
    Variables,
    no_audit,
    unique_files,
)
from notewright.experiments.rows import load_labels
from notewright.experiments.run import Artifact, Run, Status
from notewright.experiments.scored_columns import Hidden, hidden_of
from notewright.state.file_columns import is_table_file, withheld_in_file
from notewright.state.records import FileRead
from notewright.state.withheld import (
    UNRESTRICTED,
    Restrictions,
    ValuesWithheld,
    Withheld,
    Withholding,
)
from notewright.store import Store
from notewright.store.ids import new_id, now

if TYPE_CHECKING:
    import pandas as pd

    from notewright.experiments.comparison import Comparison

_LISTING = "%nw runs"
# Inside the class, `list` is the method.
Steps = list[Step]
Values = list[Any]


class Runs:
    """The runs of one workspace.

    Parameters
    ----------
    store : Store
    snapshots : Snapshots, optional
        Reads the models that runs left in snapshots.
    history : History, optional
        Reads the code and the data files of executions.
    acts : callable, optional
        Appends to the audit log; told of every run that trained a model.
    restrictions : Restrictions, optional
        Which columns are withheld from who compares.
    """

    def __init__(
        self,
        store: Store,
        snapshots: SnapshotSource | None = None,
        history: ExecutionSource | None = None,
        acts: Acts = no_audit,
        restrictions: Restrictions = UNRESTRICTED,
    ) -> None:
        self.store = store
        self.restrictions = restrictions
        #: What of a run's scored rows is withheld, by run and by all that is withheld.
        self._hidden: dict[tuple[str, Withholding], Hidden] = {}
        self._snapshots = snapshots
        self.history = history
        self._ledger = Ledger(store)
        self._acts = acts

    # -- making -------------------------------------------------------------------

    def start(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
        *,
        session: str | None = None,
        namespace: Variables | None = None,
        origin: str = "cell",
        parent: str | None = None,
    ) -> ActiveRun:
        """Begin a run; nothing is written before the first batch or its end.

        Parameters
        ----------
        name : str
            Any words.
        tags : dict, optional
        session : str, optional
            The kernel session it belongs to.
        namespace : Namespace, optional
            Where to look for the fitted model.
        origin : {"cell", "code", "auto", "rerun", "retrain"}
        parent : str, optional
            Id of the run this is a child of.
        """
        return ActiveRun(
            self,
            str(name),
            tags={str(k): str(v) for k, v in (tags or {}).items()},
            session=session,
            namespace=namespace,
            origin=origin,
            parent=parent,
        )

    def record(
        self,
        name: str,
        *,
        model: Any = None,
        variable: str = "model",
        object: str | None = None,
        params: Mapping[str, Any] | None = None,
        metrics: Mapping[str, float] | None = None,
        evaluation: Evaluation | None = None,
        files: Iterable[FileRead] = (),
        tags: Mapping[str, str] | None = None,
        origin: str = "code",
        status: Status = "finished",
        seconds: float = 0.0,
        session: str | None = None,
        execution: str | None = None,
        snapshot_before: str | None = None,
        snapshot_after: str | None = None,
        parent: str | None = None,
        notes: Iterable[str] = (),
        error: str | None = None,
    ) -> Run:
        """Record a run that happened elsewhere, for example a retrained challenger.

        Parameters
        ----------
        model : estimator, optional
            Fingerprinted; its parameters are recorded.
        variable : str
            What it is called; with `snapshot_after`, its name there.
        object : str, optional
            Digest of the model's stored bytes (skops). Without it and without
            `snapshot_after` the model is stored in skops' format.
        params : mapping, optional
            Parameters besides the model's own.
        evaluation : Evaluation, optional
            Predictions on held-out rows.

        Returns
        -------
        Run
        """
        values, changed = assembly.parameters_of(model, params or {})
        reference = None
        if model is not None:
            reference = stored_models.reference(
                self, model, variable, stored=object, snapshot=snapshot_after
            )
        digest = None
        if evaluation is not None:
            digest = self.store.objects.put(evaluation.dumps())
        run = Run(
            id=new_id(),
            digest="",
            name=str(name),
            status=status,
            created=now(),
            seconds=seconds,
            tags={str(k): str(v) for k, v in (tags or {}).items()},
            params=values,
            metrics={k: float(v) for k, v in (metrics or {}).items()},
            session=session,
            execution=execution,
            snapshot_before=snapshot_before,
            snapshot_after=snapshot_after,
            model=reference,
            models=() if reference is None else (reference,),
            evaluation=digest,
            row_digest=None if evaluation is None else evaluation.row_digest,
            files=unique_files(files),
            changed_params=changed,
            notes=tuple(notes),
            origin=origin,
            parent=parent,
            error=error,
        )
        return self._trained(self._ledger.commit(run))

    def take_over(self, run: Run, steps: Steps) -> Run:
        """Record a run as another tracker, or another workspace, had it; its id stays.

        Parameters
        ----------
        run : Run
            A run that is over; what it refers to is stored already.
        steps : list of (metric, step, value)
            What was logged, in order.
        """
        return self._trained(self._ledger.commit(run, steps))

    # -- finding ------------------------------------------------------------------

    def has(self, id: str) -> bool:
        """Tell whether there is a run with this full id."""
        return self.store.catalog.one("SELECT 1 FROM runs WHERE id = ?", (id,)) is not None

    def get(self, ref: str) -> Run:
        """Return a run by its name (the latest so named), `last`, its id, or how it begins.

        Raises
        ------
        UnknownId, AmbiguousId
        """
        self._ledger.close_abandoned()
        catalog = self.store.catalog
        row = catalog.one("SELECT id FROM runs WHERE name = ? ORDER BY seq DESC LIMIT 1", (ref,))
        if row is None and ref == "last":
            row = catalog.one("SELECT id FROM runs ORDER BY seq DESC LIMIT 1")
        if row is not None:
            return self._ledger.read(row["id"])
        try:
            return self._ledger.read(catalog.resolve("runs", ref, "run", _LISTING))
        except UnknownId:
            if (name := self._name_from(ref)) is None:
                raise
            return self.get(name)

    def _name_from(self, beginning: str) -> str | None:
        """Return the only name of runs that begins so, or None."""
        if not beginning:
            return None
        rows = self.store.catalog.query(
            "SELECT DISTINCT name FROM runs WHERE substr(name, 1, ?) = ? LIMIT 6",
            (len(beginning), beginning),
        )
        if len(rows) > 1:
            raise AmbiguousId("run", beginning, [f"'{row['name']}'" for row in rows])
        return rows[0]["name"] if rows else None

    def snapshots_used(self) -> set[str]:
        """Return the ids of all snapshots that a run begins, ends or keeps its model with."""
        return self._ledger.snapshots()

    def list(
        self,
        filter: str | None = None,
        *,
        order: str = "created",
        limit: int | None = None,
    ) -> RunList:
        """Return runs, oldest first unless told otherwise.

        Parameters
        ----------
        filter : str, optional
            `metrics.auc > 0.8 and params.max_depth <= 6`.
        order : str
            A field, with `-` before it for descending: `-metrics.auc`. Runs
            that lack the value are left out.
        limit : int, optional

        Raises
        ------
        BadFilter
        """
        self._ledger.close_abandoned()
        group, name, descending = order_of(order)
        sql = f"SELECT {COLUMNS} FROM runs r"  # noqa: S608 - our own words
        values: Values = []
        direction = "DESC" if descending else "ASC"
        nulls = "LAST" if descending else "FIRST"
        key = f"{column(name)} {direction} NULLS {nulls}, r.seq {direction}" if not group else ""
        if group:
            names = SYNONYMS.get(name, (name,)) if group == "metrics" else (name,)
            marks = ", ".join("?" * len(names))
            there = "o.value IS NOT NULL"
            key = f"o.value {direction}"
            if group == "params":
                there = "(o.number IS NOT NULL OR o.text IS NOT NULL)"
                # Numbers come before texts, or after them the other way round.
                nulls = "FIRST" if descending else "LAST"
                key = f"o.number {direction} NULLS {nulls}, o.text {direction}"
            sql = (
                f"SELECT {COLUMNS} FROM run_{group} o CROSS JOIN runs r"  # noqa: S608
                f" ON r.seq = o.run AND o.name IN ({marks}) AND {there}"
            )
            values += names
        if filter and filter.strip():
            compiled = compile_filter(filter)
            sql += f" WHERE {compiled.sql}"
            values += compiled.values
        sql += f" ORDER BY {key}"
        if limit is not None:
            sql += " LIMIT ?"
            values.append(limit)
        shapes = self.store.catalog.query("SELECT seq, names FROM run_shapes")
        return RunList(
            self.store.catalog.query(sql, values),
            {row["seq"]: row["names"] for row in shapes},
            self._ledger.read,
        )

    def frame(self, filter: str | None = None) -> pd.DataFrame:
        """Return runs as a DataFrame, one row each."""
        return self.list(filter).frame()

    def of_execution(self, execution: str) -> Run | None:
        """Return the latest run that an execution made, or None."""
        row = self.store.catalog.one(
            "SELECT id FROM runs WHERE execution = ? ORDER BY seq DESC LIMIT 1", (execution,)
        )
        return None if row is None else self._ledger.read(row["id"])

    def of_model(self, fingerprint: str) -> Run | None:
        """Return the latest run whose model has this fingerprint, or None."""
        row = self.store.catalog.one(
            "SELECT id FROM runs WHERE model_fingerprint = ? ORDER BY seq DESC LIMIT 1",
            (fingerprint,),
        )
        return None if row is None else self._ledger.read(row["id"])

    # -- what a run holds ------------------------------------------------------------

    def load_model(self, run: Run) -> Any:
        """Return the run's model as a new object, checked against its fingerprint.

        Raises
        ------
        NoModel, ModelUnloadable
        """
        return stored_models.load(self, run)

    def evaluation(self, run: Run) -> Evaluation:
        """Return the run's predictions on held-out rows.

        Where the true values are a column that is withheld, classes have stand-ins; where the
        labels of the rows are, rows are numbered. A warning names what is withheld.

        Raises
        ------
        NoEvaluation
        AccessDenied
            If the true values are numbers of a column that is withheld.
        """
        whole, hidden = self._evaluation(run), hidden_of(self, run)
        told = hidden.told(whole)
        if told is None:
            self.restrictions.refuse(hidden.target[0], f"the rows that '{run.name}' was scored on")
        if hidden:
            warnings.warn(ValuesWithheld(hidden.withheld), stacklevel=2)
        return told

    def _evaluation(self, run: Run) -> Evaluation:
        """Return the predictions with everything in them: what is computed is computed of all."""
        if run.evaluation is None:
            raise NoEvaluation(run.name)
        return Evaluation.loads(self.store.objects.get(run.evaluation))

    def steps(self, run: Run) -> Steps:
        """Return (metric, step, value) in the order they were logged."""
        return self._ledger.steps(run.id)

    def rows(self, run: Run, role: str) -> Array | None:
        """Return the labels (or positions) of the rows that a run trained on or scored.

        Parameters
        ----------
        run : Run
        role : {"train", "test"}

        Returns
        -------
        array or None
            In the order of use; None where the rows were not found (`Run.rows`
            and `Run.notes` say why).

        Raises
        ------
        AccessDenied
            If the labels are a column that is withheld.
        """
        for withheld in hidden_of(self, run).labels:
            self.restrictions.refuse(withheld, f"the row labels of run '{run.name}'")
        return self._rows(run, role)

    def _rows(self, run: Run, role: str) -> Array | None:
        """Return the labels of rows, whoever may see them."""
        found = next((rows for rows in run.rows if rows.role == role), None)
        if found is None or found.labels is None:
            return None
        return load_labels(self.store.objects.get(found.labels))

    def children(self, run: Run) -> RunList:
        """Return what a search or a cross-validation of the run tried, best first."""
        return self.list(f'part_of == "{run.id}"')

    def artifact(self, run: Run, name: str) -> bytes:
        """Return the contents of a logged file.

        Raises
        ------
        AccessDenied
            If it is a table with columns that are withheld.
        """
        for withheld in self.withheld_from_artifact(run, name):
            self.restrictions.refuse(withheld, name)
        return self._artifact(run, name)

    def withheld_from_artifact(self, run: Run, name: str) -> tuple[Withheld, ...]:
        """Return which columns of a logged file are withheld, if it is a table."""
        withholding = self.restrictions.now()
        if not withholding or not is_table_file(name):
            return ()
        return withheld_in_file(self._artifact(run, name), name, withholding)

    def _artifact(self, run: Run, name: str) -> bytes:
        found = next((a for a in run.artifacts if a.name == name), None)
        if found is None:
            raise UnknownId("artifact", name, f"%nw runs {run.id[:8]}")
        return self.store.objects.get(found.digest)

    def compare(
        self,
        refs: Iterable[str | Run],
        *,
        allow_different_rows: bool = False,
        count: bool = True,
    ) -> Comparison:
        """Compare runs: what differs, by how much, and whether it is noise.

        Parameters
        ----------
        refs : list of str or Run
            Two or more.
        allow_different_rows : bool, default False
            Compare runs that were scored on different rows all the same.
        count : bool, default True
            Count this as a use of the test set to choose; the same choice
            counts once.

        Raises
        ------
        DifferentRows
        """
        from notewright.experiments.comparison import compare

        runs = [ref if isinstance(ref, Run) else self.get(ref) for ref in refs]
        return compare(self, runs, allow_different_rows=allow_different_rows, count=count)

    # -- for ActiveRun ------------------------------------------------------------------

    def commit_partial(self, active: ActiveRun, *, first: int) -> None:
        """Commit what an unfinished run has so far."""
        self._ledger.commit(assembly.partial(self, active), active.steps, first=first)

    def commit_finished(
        self, active: ActiveRun, draft: Draft, ending: Ending, *, first: int
    ) -> Run:
        """Commit a finished run, and what it tried as runs below it."""
        made = assembly.finished(self, active, draft, ending)
        run = self._ledger.commit(made.run, made.steps, first=first)
        for child, steps in made.children:
            self._ledger.commit(child, steps)
        return self._trained(run)

    def _trained(self, run: Run) -> Run:
        """Put on record who trained a model, or brought it here: they may not approve it later."""
        if run.model is not None:
            self._acts("run.finish", run.id, {"name": run.name, "digest": run.digest})
        return run

    def keep_artifacts(self, contents: Mapping[str, bytes]) -> tuple[Artifact, ...]:
        """Store logged files."""
        put = self.store.objects.put
        return tuple(Artifact(name, put(data), len(data)) for name, data in contents.items())
