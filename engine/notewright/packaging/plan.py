"""What an export is going to write: the slice, its stages, its settings, its features."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from notewright.errors import ExportFailed, NotAModel, NotTheSame, ReplayFailed
from notewright.packaging.derive import Derived, derive, table_name
from notewright.packaging.kinds import Kind, kind_of
from notewright.packaging.replay import Replayed, key, replay
from notewright.packaging.roles import Load, Roles, find_roles, fit_arguments, real_name
from notewright.packaging.settings_of import Lifted, lift
from notewright.packaging.slicing import Program
from notewright.packaging.source import CellSource, statements
from notewright.progress import Progress


@dataclass
class Plan:
    """Everything that is known before files are written."""

    target: str
    program: Program
    roles: Roles
    replayed: Replayed
    derived: Derived
    lifted: Lifted
    main: Load
    #: Setting name -> (the reading call, the source file, its path inside the package).
    data: dict[str, tuple[Load, Path, str]]
    names: Mapping[str, Kind]
    #: How far pruning went: ``statements`` or ``cells``.
    slice_kind: str = "statements"
    findings: list[str] = field(default_factory=list)

    @property
    def modules(self) -> set[str]:
        """The top-level modules that the slice imports."""
        used = self.roles.prepare + self.roles.train + self.roles.evaluate
        used += [m.index for m in self.roles.metrics] + self.roles.model
        names = {n for i in used for n in self.program.effects[i].reads}
        return {p.split(".")[0] for n, p in self.program.imports.paths.items() if n in names}


def plan(
    cells: Sequence[CellSource],
    target: str,
    directory: Path,
    expected: str | None = None,
    model: Any = None,
    whole: Sequence[int] | None = None,
    python: str = sys.executable,
    progress: Progress | None = None,
) -> Plan:
    """Find out how to turn cells into a package, and confirm it by replay.

    Parameters
    ----------
    cells : sequence of CellSource
        The executed cells in the order they ran.
    target : str
        The variable that holds the model.
    directory : Path
        The notebook's folder, where relative paths start.
    expected : str, optional
        The fingerprint of the notebook's model; a replay must give it.
    model : object, optional
        The notebook's model, to compare predictions where an inner part of the model
        differs from one training to the next.
    whole : sequence of int, optional
        Positions of the cells that the variable depends on as a whole, for
        when pruned statements do not give the same model.
    python : str
        The notebook's interpreter.

    Raises
    ------
    NotTheSame
        If running the code again gives another model.
    """
    cells = [_with_named_input(c, cells, target) for c in cells]
    target = real_name(Program(statements(cells)), target)
    attempts: list[tuple[bool, set[int] | None]] = [(False, None), (True, None)]
    if whole is not None:
        attempts.append((True, set(whole)))
    problem: Exception | None = None
    findings: list[str] = []
    for careful, only in attempts:
        program = Program(statements(cells), careful)
        roles = find_roles(program, target)
        run = _to_run(roles)
        if only is not None:
            chosen = {cells[i] for i in only}
            run |= {s.index for s in program.body if s.cell in chosen}
        try:
            found = replay(cells, run, target, directory, roles.capture(), run, python, progress)
        except ReplayFailed as error:
            problem = error
            continue
        if "predict" not in found.model.can and found.model.name != "estimator":
            raise NotAModel(target, found.model.type.rpartition(".")[2])
        if expected is not None and found.fingerprint != expected:
            if _predicts_the_same(model, found):
                findings.append(
                    "An inner part of the model differs whenever it is trained; sameness was "
                    "decided by its parameters and by its predictions for all rows."
                )
                return _assemble(program, roles, found, directory, target, findings)
            problem = NotTheSame(f"running its cells again gives another '{target}'")
            continue
        if careful or only is not None:
            findings.append(
                "The pruned statements did not give the same model; "
                + ("whole cells were kept." if only is not None else "seeded steps were kept.")
            )
        if only is not None:
            roles = _with_whole_cells(roles, run)
        made = _assemble(program, roles, found, directory, target, findings)
        made.slice_kind = "statements" if only is None else "cells"
        return made
    assert problem is not None
    if isinstance(problem, NotTheSame):
        raise NotTheSame(_what_differs(program, roles, target))
    raise problem


def _with_whole_cells(roles: Roles, run: set[int]) -> Roles:
    """Return the roles with every statement of the kept cells in the package's stages."""
    more = run - {*roles.prepare, *roles.train, *roles.evaluate, *(m.index for m in roles.metrics)}
    return replace(
        roles,
        model=sorted({*roles.model, *more}),
        prepare=sorted({*roles.prepare, *(i for i in more if i < roles.fit)}),
        train=sorted({*roles.train, *(i for i in more if i >= roles.fit)}),
    )


def _predicts_the_same(model: Any, found: Replayed) -> bool:
    """Tell whether the notebook's model has the replay's type and gives its predictions."""
    import warnings

    import numpy as np

    if model is None or not found.predictions or kind_of(model).type != found.model.type:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return all(
            np.array_equal(getattr(model, method)(found.values[tag]), value)
            for tag, made in found.predictions.items()
            for method, value in made.items()
        )


def _to_run(roles: Roles) -> set[int]:
    return {
        *roles.model,
        *roles.prepare,
        *roles.train,
        *roles.evaluate,
        *(m.index for m in roles.metrics),
    }


def _what_differs(program: Program, roles: Roles, target: str) -> str:
    for index in sorted(_to_run(roles)):
        for node in ast.walk(program.body[index].node):
            if isinstance(node, ast.Call) and _unseeded(program, node):
                place = program.body[index].place
                line = program.body[index].text.splitlines()[0]
                return (
                    f"running the cells again gives another '{target}': "
                    f"{place} (`{line[:80]}`) draws random numbers without a seed"
                )
    return f"running the cells again gives another '{target}' than the notebook holds"


def _unseeded(program: Program, node: ast.Call) -> bool:
    name = (program.imports.dotted(node.func) or "").split(".")[-1]
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    random = (
        name in ("train_test_split", "shuffle")
        or method == "sample"
        or name.startswith(
            (
                "RandomForest",
                "ExtraTrees",
                "MLP",
                "SGD",
                "GradientBoosting",
                "KMeans",
                "DecisionTree",
            )
        )
    )
    return random and not any(k.arg == "random_state" for k in node.keywords)


def _assemble(
    program: Program,
    roles: Roles,
    found: Replayed,
    directory: Path,
    target: str,
    findings: list[str],
) -> Plan:
    tables = [
        (n, load)
        for n, load in enumerate(roles.loads)
        if load.index in {*roles.prepare, *roles.model}
    ]
    if not tables:
        raise ExportFailed(
            f"No table is read on the way to '{target}', so there are no raw rows to serve.",
            "Read the data from a file with pandas, e.g. `df = pd.read_csv(...)`.",
        )
    sizes = {n: len(found.values.get(f"load:{n}", ())) for n, _ in tables}
    main_number = max(sizes, key=lambda n: (sizes[n], -n))
    main = roles.loads[main_number]
    side = {table_name(program, load): load for n, load in tables if n != main_number}
    data = _data(directory, main, side)
    inputs = [a.id for _, a in roles.scored if isinstance(a, ast.Name)]
    first = fit_arguments(roles.fit_call)[0]
    inputs += [first.id] if isinstance(first, ast.Name) else []
    prepared = {n for i in roles.prepare for n in program.effects[i].binds}
    derived = derive(
        program, roles, found.kinds, main, side, [n for n in dict.fromkeys(inputs) if n in prepared]
    )
    lifted = lift(program, roles, derived, {k: (v[0], v[2]) for k, v in data.items()})
    if derived.problem is not None:
        findings.append(str(derived.problem))
    return Plan(
        target,
        program,
        roles,
        found,
        derived,
        lifted,
        main,
        data,
        _names(program, found),
        findings=findings,
    )


def _data(
    directory: Path, main: Load, side: Mapping[str, Load]
) -> dict[str, tuple[Load, Path, str]]:
    found: dict[str, tuple[Load, Path, str]] = {}
    for name, load in {"data": main, **{f"{n}_data": x for n, x in side.items()}}.items():
        if load.path is None:
            raise ExportFailed(
                f"The file that `{ast.unparse(load.call)}` reads could not be told from the code.",
                'Give the path as text: `pd.read_csv("data/file.csv")`.',
            )
        if "://" in load.path:
            found[name] = (load, Path(load.path), load.path)
            continue
        path = (directory / load.path).resolve()
        found[name] = (load, path, f"data/{path.name}")
    return found


def _names(program: Program, found: Replayed) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for statement in program.body:
        for node in ast.walk(statement.node):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                kind = found.kinds.get(key(statement.index, node))
                if kind is not None:
                    kinds[node.id] = kind
    return kinds


def _with_named_input(cell: CellSource, cells: Sequence[CellSource], target: str) -> CellSource:
    """Give the model's input a name where ``fit`` was called with an expression."""
    tree = ast.parse(cell.code)
    taken = {n.id for c in cells for n in ast.walk(ast.parse(c.code)) if isinstance(n, ast.Name)}
    for node in reversed(tree.body):
        calls = [
            n
            for n in ast.walk(node)
            if isinstance(n, ast.Call)
            and isinstance(n.func, ast.Attribute)
            and n.func.attr == "fit"
            and len(n.args) == 2
            and not isinstance(n.args[0], ast.Name)
        ]
        if not calls or isinstance(node, ast.FunctionDef | ast.ClassDef | ast.For | ast.While):
            continue
        argument = calls[-1].args[0]
        name = next((n for n in ("X", "X_train", "X_fit", "inputs") if n not in taken), None)
        text = ast.get_source_segment(cell.code, argument)
        if name is None or text is None or argument.lineno != argument.end_lineno:
            continue
        lines = cell.code.splitlines()
        raw = lines[argument.lineno - 1].encode()
        changed = raw[: argument.col_offset] + name.encode() + raw[argument.end_col_offset :]
        lines[argument.lineno - 1] = changed.decode()
        lines[node.lineno - 1 : node.lineno - 1] = [f"{name} = {text}"]
        return CellSource("\n".join(lines), cell.label, cell.execution)
    return cell
