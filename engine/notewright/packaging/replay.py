"""Run a slice in a fresh process and report what its expressions were.

``python -m notewright.packaging.replay JOB`` is the child; :func:`replay`
starts it with the notebook's interpreter, in the notebook's folder, on one
thread and without a display.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notewright.errors import ReplayEnded, ReplayFailed
from notewright.packaging.arrow import read_with_arrow, uses_arrow
from notewright.packaging.kinds import Kind, kind_of
from notewright.packaging.literals import written
from notewright.packaging.openers import opened_with
from notewright.packaging.probe import one_thread
from notewright.packaging.random_states import Draws, RandomState
from notewright.packaging.rows_as_file import read_back
from notewright.packaging.source import CellSource, Statement, statements
from notewright.progress import Progress

#: Settings that make sums the same on every machine and keep windows closed.
QUIET = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
    "PYTHONHASHSEED": "0",
}


@dataclass
class Replayed:
    """What a replay showed.

    Parameters
    ----------
    kinds : mapping
        Expression key to its kind, the first time it was evaluated.
    values : mapping
        Captured values by their tag.
    fingerprint : str
        Of the artifact.
    predictions : mapping
        Tag of an input -> what the model predicted for it.
    """

    kinds: Mapping[str, Kind]
    values: Mapping[str, Any]
    fingerprint: str
    model: Kind
    predictions: Mapping[str, Any] = field(default_factory=dict)
    #: ``skops``, ``torch`` or ``pickle``, and the types that loading must trust.
    format: str = "skops"
    trusted: tuple[str, ...] = ()
    #: Libraries that pandas kept something in or read with, though no code names them.
    besides: frozenset[str] = frozenset()
    #: The states of global generators before draws of the package that rest on what it has not.
    draws: tuple[RandomState, ...] = ()


def key(index: int, node: ast.AST) -> str:
    """Return the key of an expression: its statement, place and type."""
    return (
        f"{index}:{node.lineno}:{node.col_offset}:{node.end_lineno}:{node.end_col_offset}"  # type: ignore[attr-defined]
        f":{type(node).__name__}"
    )


def replay(
    cells: Sequence[CellSource],
    chosen: Iterable[int],
    target: str,
    directory: Path,
    capture: Mapping[str, str],
    watched: Iterable[int] = (),
    python: str = sys.executable,
    progress: Progress | None = None,
    carried: Iterable[str] = (),
    reads: Iterable[str] = (),
    stages: Iterable[int] = (),
    seeds: Iterable[int] = (),
) -> Replayed:
    """Run the chosen statements of `cells` in a fresh process.

    Parameters
    ----------
    cells : sequence of CellSource
        All cells; their statements are counted through.
    chosen : iterable of int
        The statements to run.
    target : str
        The artifact's name.
    directory : Path
        The notebook's folder.
    capture : mapping
        Expression key to a tag: keep the value.
    watched : iterable of int
        Statements whose expressions are reported.
    python : str
        The notebook's interpreter.
    progress : Progress, optional
        Cancelling it stops the replay.
    carried : iterable of str
        Expression keys of tables that the package reads from a file of its own.
    reads : iterable of str
        Attributes of the artifact whose fingerprints are wanted, under ``value:NAME``.
    stages : iterable of int
        The statements that the package has, without imports.
    seeds : iterable of int
        The statements that give a global generator a known state.

    Raises
    ------
    ReplayFailed
        If a statement raises; it is named.
    """
    with tempfile.TemporaryDirectory(prefix="notewright-") as folder:
        out = Path(folder)
        job = {
            "cells": [[c.code, c.label] for c in cells],
            "chosen": sorted(chosen),
            "target": target,
            "directory": str(directory),
            "capture": dict(capture),
            "watched": sorted(watched),
            "carried": sorted(carried),
            "reads": sorted(reads),
            "stages": sorted(stages),
            "seeds": sorted(seeds),
            "out": str(out),
        }
        (out / "job.json").write_text(json.dumps(job), encoding="utf-8")
        done = run_process(
            [python, "-m", "notewright.packaging.replay", str(out / "job.json")],
            cwd=directory,
            env=_bytecode(),
            progress=progress,
        )
        failure = out / "failure.json"
        if failure.exists():
            raise ReplayFailed(**json.loads(failure.read_bytes()))
        if not (out / "result.pkl").exists():
            raise ReplayEnded(done.returncode, done.stderr)
        # Written a moment ago by our own child, in a folder only this user can enter.
        with (out / "result.pkl").open("rb") as file:
            result: Replayed = pickle.load(file)
        return result


def _bytecode() -> dict[str, str]:
    """Let the child keep compiled modules in our own cache, where the user's settings forbid it."""
    if "PYTHONDONTWRITEBYTECODE" not in os.environ:
        return {}
    import platformdirs

    cache = platformdirs.user_cache_path("notewright") / "bytecode"
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(cache)}


def run_process(
    command: Sequence[str],
    cwd: Path,
    env: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, or stop it when the work is cancelled."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **QUIET, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        while True:
            try:
                output, errors = process.communicate(timeout=0.2)
                break
            except subprocess.TimeoutExpired:
                if progress is not None:
                    progress.check()
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return subprocess.CompletedProcess(list(command), process.returncode, output, errors)


class _Watch(ast.NodeTransformer):
    """Wrap every expression of a statement, so that its value can be looked at."""

    def __init__(self, index: int, only: frozenset[str] | None) -> None:
        self.index = index
        self.only = only

    def visit(self, node: ast.AST) -> Any:
        if isinstance(
            node,
            ast.Lambda
            | ast.FunctionDef
            | ast.ClassDef
            | ast.ListComp
            | ast.SetComp
            | ast.DictComp
            | ast.GeneratorExp,
        ):
            return self._wrap(node) if isinstance(node, ast.expr) else node
        if isinstance(node, ast.JoinedStr):
            return self._wrap(self.generic_visit(node))
        if isinstance(node, ast.FormattedValue):
            node.value = self.visit(node.value)  # and not its format, which is a text of its own
            return node
        where = key(self.index, node) if isinstance(node, ast.expr) else ""
        new = self.generic_visit(node)
        interesting = isinstance(
            node,
            (
                ast.Call | ast.Attribute | ast.Subscript | ast.Name | ast.BinOp | ast.Compare,
                ast.BoolOp | ast.UnaryOp | ast.IfExp,
            ),
        )
        if not interesting or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            return new
        return self._wrap(new, where)

    def _wrap(self, node: Any, where: str = "") -> Any:
        where = where or key(self.index, node)
        if self.only is not None and where not in self.only:
            return node
        call = ast.Call(
            ast.Name("__notewright_look__", ast.Load()), [ast.Constant(where), node], []
        )
        return ast.copy_location(call, node)


def _child(job_file: str) -> None:
    job = json.loads(Path(job_file).read_bytes())
    out = Path(job["out"])
    one_thread()
    os.chdir(job["directory"])
    sys.path[0:0] = [job["directory"]]
    cells = [CellSource(code, label) for code, label in job["cells"]]
    body = statements(cells)
    kinds: dict[str, Kind] = {}
    values: dict[str, Any] = {}
    capture: dict[str, str] = job["capture"]
    carried = set(job["carried"])
    besides = set[str]()
    before = set(sys.modules)

    def look(where: str, value: Any) -> Any:
        if where in carried:
            value = read_back(value)
        if where not in kinds:
            kinds[where] = kind_of(value)
            if uses_arrow(value):
                besides.add("pyarrow")
        if where in capture:
            tag = capture[where]
            if tag.startswith("told:"):
                text = written(value)
                values[tag] = text if values.get(tag, text) == text else None
            else:
                values[tag] = _copy(value)
        return value

    import types

    main = types.ModuleType("__main__")
    namespace = main.__dict__
    namespace["__notewright_look__"] = look
    namespace["display"] = lambda *args, **kwargs: None
    sys.modules["__main__"] = main
    watched = set(job["watched"])
    only = frozenset(capture)
    draws = Draws(set(job["stages"]), set(job["seeds"]))
    for index in job["chosen"]:
        statement = body[index]
        try:
            with draws.during(index):
                _run(statement, namespace, None if index in watched else only, str(out))
        except Exception as error:  # noqa: BLE001 - the user's code may raise anything
            failure = {
                "place": statement.place,
                "text": statement.text.splitlines()[0],
                "error": f"{type(error).__name__}: {error}",
            }
            (out / "failure.json").write_text(json.dumps(failure), encoding="utf-8")
            return
    model = namespace[job["target"]]
    if read_with_arrow():
        besides.add("pyarrow")
    besides |= opened_with(before)
    _finish(model, kinds, values, out, besides, draws.found, job["reads"])


def _run(
    statement: Statement, namespace: dict[str, Any], only: frozenset[str] | None, folder: str
) -> None:
    import linecache

    tree = ast.Module([_Watch(statement.index, only).visit(statement.node)], [])
    ast.fix_missing_locations(tree)
    # A file name with the source behind it lets inspect.getsource work in the notebook's code.
    name = f"<{statement.cell.label}>"
    code = statement.cell.code
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        exec(compile(tree, name, "exec"), namespace)  # noqa: S102 - the user's own code


def _finish(
    model: Any,
    kinds: dict[str, Kind],
    values: dict[str, Any],
    out: Path,
    besides: Set[str],
    draws: Sequence[RandomState],
    reads: Sequence[str],
) -> None:
    import warnings

    from notewright.packaging.answering import answers
    from notewright.packaging.modelfile import choose_format
    from notewright.state.values import fingerprint

    # First of all: some models count how often they are asked.
    found = fingerprint(model)
    predictions: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for tag, value in list(values.items()):
            if tag.startswith("X:"):
                predictions[tag] = answers(model, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inputs = {tag: values[tag] for tag in predictions}
        format_, trusted = choose_format(model, predictions, inputs)
        scored = any(tag.startswith("metric:") for tag in values)
        for name in reads:
            values[f"value:{name}"] = fingerprint(getattr(model, name))
        if "y:fit" in values and not scored and hasattr(model, "score"):
            # A search that chooses by a function of its own has no score.
            with contextlib.suppress(Exception):
                values["metric:score_train"] = model.score(values["X:fit"], values["y:fit"])
    result = Replayed(kinds, values, found, kind_of(model), predictions, format_, trusted)
    result.besides, result.draws = frozenset(besides), tuple(draws)
    temporary = out / "result.tmp"
    with temporary.open("wb") as file:
        pickle.dump(result, file)
    temporary.rename(out / "result.pkl")


def _copy(value: Any) -> Any:
    import copy

    return value.copy() if hasattr(value, "copy") else copy.copy(value)


if __name__ == "__main__":
    # The child's classes must be those of the package, not of __main__, to be unpickled.
    from notewright.packaging import replay as module

    module._child(sys.argv[1])
