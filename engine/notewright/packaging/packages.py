"""The packages of a workspace: export, look up, verify, retrain."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notewright.errors import ExportFailed, NeverRun, NotRecorded, NotSaved, UnknownVariable
from notewright.packaging.functions import check_exportable, is_function, names_read
from notewright.packaging.less_carried import withheld_in_tree
from notewright.packaging.placing import check_target, clean, keep, place_copy, swap
from notewright.packaging.records import Package
from notewright.packaging.shelf import Shelf
from notewright.packaging.signed import digests, sign_document
from notewright.packaging.source import CellSource, before_error
from notewright.packaging.tensors import Asked, asking, is_module
from notewright.progress import Progress
from notewright.state.withheld import UNRESTRICTED, Restrictions
from notewright.store import Store
from notewright.store.canonical import digest_of
from notewright.store.catalog import Connection, RecordRefused
from notewright.store.ids import new_id, now
from notewright.store.names import module_name
from notewright.store.signing import Signer

if TYPE_CHECKING:
    from notewright.packaging.building import Build
    from notewright.packaging.derive import Derived
    from notewright.packaging.plan import Plan
    from notewright.packaging.warming import Warming

#: Of a notebook that was run from top to bottom to export it.
_FROM_TOP = (
    "The notebook was run from top to bottom in a fresh kernel, and this package is of that run: "
    "cells that were run in another order before, changed since or deleted have no part in it."
)


class Packages(Shelf):
    """All packages of a workspace.

    Parameters
    ----------
    store : Store
        The workspace's store.
    root : Path
        The workspace's folder; packages are written to its ``packages/``.
    snapshots : Snapshots
        Where the notebook's variables are loaded from.
    history : History
        Where the executed cells are.
    signer : callable
        Returns who signs: something with `name`, `public` and ``sign(bytes) -> bytes``.
    trusted : callable
        Tells of a public key whether what it signed may be used.
    acts : callable
        ``acts(act, subject, details)`` adds to the audit log.
    permit : callable
        Raises if ``permit(actor, action, subject)`` is not allowed.
    find_version : callable
        Returns the registered model version with a fingerprint, or None.
    policy : callable, optional
        Returns the project's policy: what it says of the model goes into the documents.
    restrictions : Restrictions, optional
        Which columns' values a package leaves out.
    """

    def __init__(
        self,
        store: Store,
        root: Path,
        snapshots: Any,
        history: Any,
        signer: Callable[[], Signer],
        trusted: Callable[[str], bool] = lambda public: True,
        acts: Callable[..., Any] = lambda act, subject, details: None,
        permit: Callable[[Any, str, str], object] = lambda actor, action, subject: None,
        find_version: Callable[[str], Any] = lambda fingerprint: None,
        policy: Callable[[], Any] | None = None,
        restrictions: Restrictions = UNRESTRICTED,
    ) -> None:
        super().__init__(store, root, trusted)
        self._snapshots = snapshots
        self._history = history
        self._signer = signer
        self._acts = acts
        self._permit = permit
        self._find_version = find_version
        self._policy = policy
        self._restrictions = restrictions

    # -- export -----------------------------------------------------------------

    def export(
        self,
        variable: str,
        name: str,
        snapshot: Any = None,
        session: str | None = None,
        progress: Progress | None = None,
        version: Any = None,
        to: Path | None = None,
        refit: bool = False,
        from_top: bool = False,
        notes: Sequence[str] = (),
    ) -> Package:
        """Make a package of the model in `variable`, and prove that it is the same.

        Parameters
        ----------
        variable : str
            The notebook's variable.
        name : str
            The package's name.
        snapshot : Snapshot, optional
            The state to export from; by default where the notebook stands.
        session : str, optional
            The notebook's session; by default the latest.
        progress : Progress, optional
            Told of each step; cancelling leaves nothing behind.
        version : ModelVersion, optional
            The registered version that the model is.
        to : Path, optional
            Where to put the working tree; by default ``packages/<name>``.
        refit : bool
            Fit a model that was only cross-validated, on all rows it was given there.
        from_top : bool
            Whether the notebook was run from top to bottom for this; the findings say so.
        notes : sequence of str
            What else the findings say of that.

        Raises
        ------
        AccessDenied
            If the OS user may not export.
        NeverRun, NotRecorded, UnknownVariable, NotAModel
            If there is nothing to export.
        ExportFailed
            If the package cannot be made, or is not the same.
        """
        from notewright.packaging.planning import plans
        from notewright.packaging.stated import stated
        from notewright.packaging.warming import Warming
        from notewright.state.values import fingerprint

        module = module_name(name, "package")
        self._permit(self._signer(), "export", module)
        progress = progress or Progress(what="The export")
        progress.step(0.02, "looking at what was executed")
        says = stated(self._policy)
        session = session or (snapshot.session if snapshot else self._history.latest_session())
        if session is None:
            raise NeverRun
        snapshot = snapshot or self._snapshots.head(session)
        if snapshot is None:
            raise ExportFailed(
                "There is no snapshot of this notebook to export from.",
                "Take one with `%nw snapshot`, then export again.",
            )
        model = self._load(snapshot, variable)
        expected = fingerprint(model)
        version = version or self._find_version(expected)
        if version is not None and version.fingerprint != expected:
            raise ExportFailed(
                f"'{variable}' is not the model registered as {version.name}@{version.number}.",
                "Register the model as it is now, or restore the snapshot of its run.",
            )
        line = self._history.line(snapshot.execution)
        cells, whole = self._cells(line, variable)
        asked = asking(cells, variable) if is_module(model) else None
        if asked is not None:
            cells = list(asked.cells)
        directory = Path(self._history.session(session).directory)
        home = self._store.folder("environments") / new_id()
        # Much of the work that does not depend on the replay is done beside it.
        with Warming(cells, variable, directory, home, model) as warming:
            progress.step(0.08, "running the slice again in a fresh process")
            found = plans(
                cells,
                asked.function if asked else variable,
                directory,
                None if refit else expected,
                self._behind(snapshot, variable, model, asked),
                whole,
                progress=progress,
                refit=refit,
                function=asked is not None or is_function(model),
            )
            if asked is not None:
                found = asked.renamed(found)
            evidence = {
                "origin": "notebook",
                "variable": variable,
                "fingerprint": None if refit else expected,
                "snapshot": snapshot.id,
                "run": getattr(version, "run", None),
                "model_version": f"{version.name}@{version.number}"
                if version is not None
                else None,
                "parent": None,
            }
            said = [_FROM_TOP, *notes] if from_top else []
            return self._make(found, said, module, evidence, says, progress, to, home, warming)

    def _load(self, snapshot: Any, variable: str) -> Any:
        if snapshot.variable(variable) is None or snapshot.module_of(variable) is not None:
            unsaved = next((u for u in snapshot.unsaved if u.name == variable), None)
            if unsaved is not None:
                raise NotSaved(variable, unsaved.reason, unsaved.cell)
            names = [v.name for v in snapshot.variables if snapshot.module_of(v.name) is None]
            raise UnknownVariable(variable, f"snapshot {snapshot.id[:8]}", names)
        model = self._snapshots.load(snapshot, [variable])[variable]
        check_exportable(variable, model)
        return model

    def _behind(self, snapshot: Any, variable: str, model: Any, asked: Asked | None) -> Any:
        """Return what predicts, with what its code reads: a model, or a function by name."""
        if asked is not None:
            known = asked.reads() & {v.name for v in snapshot.variables}
            return asked.callable(self._snapshots.load(snapshot, known))
        if is_function(model):
            return self._with_globals(snapshot, variable)
        reads = names_read(model, {v.name for v in snapshot.variables})
        return self._with_globals(snapshot, variable)[variable] if reads else model

    def _with_globals(self, snapshot: Any, variable: str) -> dict[str, Any]:
        """Return a variable of a snapshot with those that its code reads, all by name."""
        known = {v.name for v in snapshot.variables}
        names, found = {variable}, dict[str, Any]()
        while names - found.keys():
            found = self._snapshots.load(snapshot, names)
            names |= {n for value in found.values() for n in names_read(value, known)}
        return found

    def _cells(self, line: Sequence[Any], variable: str) -> tuple[list[CellSource], list[int]]:
        from notewright.lineage.slices import slice_line

        ran = [(e, e.code if e.status == "ok" else before_error(e.code, e.stopped)) for e in line]
        cells = [CellSource(c, f"cell [{e.ordinal}]", e.id) for e, c in ran if c.strip()]
        if not cells:
            raise NeverRun
        wanted = {e.id for e in slice_line(line, variable).executions}
        if not wanted:
            raise NotRecorded(variable, self._history.session(line[-1].session).notebook)
        return cells, [i for i, cell in enumerate(cells) if cell.execution in wanted]

    def _make(
        self,
        found: Iterator[Plan],
        said: Sequence[str],
        module: str,
        evidence: dict[str, Any],
        says: dict[str, str],
        progress: Progress,
        to: Path | None,
        home: Path,
        warming: Warming,
    ) -> Package:
        from notewright.packaging.building import Build

        target = to or self._root / "packages" / module
        check_target(target)
        withholding = self._restrictions.now()
        number = self._next(module)
        with _scratch(target.parent) as folder:
            tree = folder / "tree"

            def begun(made: Plan) -> Build:
                shutil.rmtree(tree, ignore_errors=True)
                tree.mkdir()
                made.findings[:0] = [f for f in said if f not in made.findings]
                ready = warming.prover()
                return Build(
                    made,
                    module,
                    number,
                    tree,
                    home,
                    self._signer(),
                    progress,
                    says,
                    ready,
                    withholding,
                )

            try:
                build, proof = _proved(found, begun)
                made = build.plan
                evidence |= {
                    "fingerprint": evidence["fingerprint"] or made.replayed.fingerprint,
                    "files": [
                        {"path": str(source), "inside": inside}
                        for load, source, inside in made.data.values()
                        if not load.made and source.is_file()
                    ],
                    "executions": [c.execution for c in build.cells_used() if c.execution],
                    "withheld": build.withheld_columns(),
                    "findings": build.findings,
                }
                return self._keep(tree, target, module, number, home, proof, evidence, progress)
            except BaseException as error:
                shutil.rmtree(home, ignore_errors=True)
                if isinstance(error, OSError):
                    raise ExportFailed(
                        f"The package cannot be written: {(error.strerror or str(error)).lower()}.",
                        "Free space or mend the folder's permissions, then export again.",
                    ) from error
                raise

    def _keep(
        self,
        tree: Path,
        target: Path | None,
        module: str,
        number: int,
        home: Path,
        proof: Mapping[str, Any],
        evidence: Mapping[str, Any],
        progress: Progress,
    ) -> Package:
        """Sign and keep the tree, record it, and put it whole at `target` if there is one."""
        clean(tree)
        manifest = sign_document(
            {"schema": 1, "package": module, "version": number, "files": digests(tree)},
            self._signer(),
        )
        text = json.dumps(manifest, indent=1) + "\n"
        (tree / "model" / "manifest.json").write_text(text, encoding="utf-8")
        id_ = digest_of(text.encode())
        progress.check()
        kept = self._store.folder("packages") / id_
        keep(tree, kept)
        wheel = next((tree / "dist").glob("*.whl")).name
        record = {
            **evidence,
            "name": module,
            "number": number,
            "manifest": id_,
            "created": now(),
            "wheel": wheel,
            "environment": home.name,
            "tree": os.path.relpath(target or kept, self._root),
            "equivalence": proof,
        }
        address = self._store.objects.put_json(record, sync=True)
        with self._committing(kept, f"{module}@{number}") as connection:
            connection.execute(
                "INSERT INTO packages VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    id_,
                    address,
                    module,
                    number,
                    record["created"],
                    evidence["run"],
                    evidence["model_version"],
                    evidence["fingerprint"],
                ),
            )
            self._acts("export", f"{module}@{number}", {"package": id_, "record": address})
        if target is not None:
            swap(tree, target)
        progress.step(1.0, f"{module}@{number} is proved and in place")
        return self.get(id_)

    @contextmanager
    def _committing(self, kept: Path, reference: str) -> Iterator[Connection]:
        """Commit the record of a kept tree, or take the tree away again."""
        try:
            with self._store.catalog.transaction() as connection:
                yield connection
        except BaseException as error:
            shutil.rmtree(kept, ignore_errors=True)
            if isinstance(error, RecordRefused):
                raise ExportFailed(
                    f"Another export made {reference} meanwhile.", "Run the export again."
                ) from error
            raise

    # -- retrain ----------------------------------------------------------------

    def retrain(
        self,
        package: Package,
        data: Path,
        progress: Progress | None = None,
        actor: Signer | None = None,
    ) -> Package:
        """Train a package's own code on new rows and return the next version.

        The code stays; the model, what it learned from its rows, the schema and the
        golden values are those of the new rows. It is kept with the other versions;
        the working tree, where the user's own edits are, stays as it is.

        Parameters
        ----------
        package : Package
            The package to train again.
        data : Path
            The new rows, in the form of the training data.
        progress : Progress, optional
            Told of each step.
        actor : Identity, optional
            Who does it; the OS user's own by default, who signs the package in any case.

        Raises
        ------
        AccessDenied
            If the actor may not retrain.
        ExportFailed
            If the rows cannot be read, or training or the package's tests fail on them.
        """
        from notewright.packaging.retraining import Retraining

        self.verify(package)  # first: whose store it is matters more than what one may do in it
        self._permit(actor or self._signer(), "retrain", f"{package.name}@{package.number}")
        progress = progress or Progress(what="The retraining")
        if not Path(data).is_file():
            raise ExportFailed(f"There is no file {data}.", "Give the path of the new rows.")
        home = self._store.folder("environments") / new_id()
        number = self._next(package.name)
        shelf = self._store.folder("packages")
        with tempfile.TemporaryDirectory(dir=shelf, prefix=".retrain-") as folder:
            try:
                tree = Path(folder) / "tree"
                work = Retraining(
                    package,
                    Path(data),
                    number,
                    tree,
                    home,
                    self._signer(),
                    progress,
                    self._restrictions.now(),
                )
                proof = work.run()
                evidence = {
                    "origin": "retrain",
                    "variable": package.variable,
                    "fingerprint": proof["model"]["fingerprint"],
                    "snapshot": package.snapshot,
                    "run": None,
                    "model_version": None,
                    "parent": package.id,
                    "files": proof["data"],
                    "executions": list(package.executions),
                    "findings": work.findings,
                    "withheld": work.withheld_columns(),
                }
                return self._keep(tree, None, package.name, number, home, proof, evidence, progress)
            except BaseException:
                shutil.rmtree(home, ignore_errors=True)
                raise

    # -- copy -------------------------------------------------------------------

    def copy(self, package: Package, to: Path) -> Path:
        """Put a copy of a version at `to`, to work on; return where it is.

        Raises
        ------
        PackageAltered
            If the kept files are not those that were signed.
        ExportFailed
            If `to` holds something that is not a package.
        AccessDenied
            If it has raw values that are withheld.
        """
        self.verify(package)
        if withholding := self._restrictions.now():
            for file, withheld in withheld_in_tree(
                package.path, withholding, package.withheld
            ).items():
                reference = f"{package.name}@{package.number}"
                self._restrictions.refuse(withheld[0], f"{file} of {reference}")
        return place_copy(package.path, to.resolve())


def _proved(found: Iterator[Plan], begun: Callable[[Plan], Build]) -> tuple[Build, dict[str, Any]]:
    """Return the first package that is proved, raw rows and all; else one that only trains."""
    from notewright.packaging.proving import FeaturesFailed

    training: Plan | None = None
    for made in found:
        training = training or made
        while made.derived.problem is None:
            build = begun(made)
            try:
                return build, build.run()
            except FeaturesFailed as failed:
                following = _allowed(made.derived.otherwise, build.withheld_columns())
                if following is not None:
                    made.derived = following
                else:
                    # Never guessed: the training package is still made, and says why.
                    made.derived.problem = failed.problem
                    made.findings.append(str(failed.problem))
    assert training is not None  # or an error was raised
    build = begun(training)
    return build, build.run()


def _allowed(form: Derived | None, withheld: Sequence[str]) -> Derived | None:
    """Return the next form that does not show values of columns that are withheld."""
    while form is not None and {s.column for s in form.stand_ins} & {*withheld}:
        form = form.otherwise
    return form


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Give a folder to work in, inside `folder`; nothing is left if nothing comes of it."""
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as scratch:
            yield Path(scratch)
    except BaseException:
        if new:
            with suppress(OSError):  # somebody else put something there meanwhile
                folder.rmdir()
        raise
