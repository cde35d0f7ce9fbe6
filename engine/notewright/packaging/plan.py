"""What an export is going to write: the slice, its stages, its settings, its features."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from notewright.errors import ExportFailed, NotAModel, NotTheSame, ReplayFailed
from notewright.packaging import known
from notewright.packaging.answering import check_predictions, dense
from notewright.packaging.datasets import Named
from notewright.packaging.derive import Derived, derive, table_name
from notewright.packaging.draws import about_draws, draws_unseeded, what_differs
from notewright.packaging.effects import free_names, only_shows
from notewright.packaging.functions import Rule, Written
from notewright.packaging.inside import Inside, has_inside, without
from notewright.packaging.kinds import Kind, kind_of
from notewright.packaging.literals import from_environment
from notewright.packaging.made_inputs import NoTable
from notewright.packaging.modelfile import identical
from notewright.packaging.random_states import RandomState
from notewright.packaging.remote import path_argument
from notewright.packaging.replay import Replayed, key, replay
from notewright.packaging.roles import (
    Load,
    Roles,
    find_roles,
    fit_arguments,
    real_name,
    told,
)
from notewright.packaging.settings_of import Lifted, lift
from notewright.packaging.slicing import Program
from notewright.packaging.source import statements
from notewright.packaging.thresholds import own_labels
from notewright.progress import Progress

_TORCH_SEED = (
    "Seed PyTorch with `torch.manual_seed(...)` before its layers are made, train it on one thread "
    "(`torch.set_num_threads(1)`), and run the cells again."
)
_KEPT_INSIDE = (
    "What stands in loops and branches stays in the package, also what nothing depends on: "
    "without it the model came out otherwise."
)
#: What writes a table or a text into a file.
_WRITES = known.WRITING_METHODS | known.FILE_WRITERS | {"open", "write_bytes", "write_text"}
#: Sums of the same numbers in another order may differ in their last digits.
_ROUNDING = 1e-9


@dataclass
class Plan:
    """Everything that is known before files are written."""

    form: Named
    target: str
    program: Program
    roles: Roles
    replayed: Replayed
    derived: Derived
    lifted: Lifted
    main: Load
    #: Setting name -> (the reading call, the source file, its path inside the package). The
    #: rows of a table that comes from no file are written there by the export.
    data: dict[str, tuple[Load, Path, str]]
    names: Mapping[str, Kind]
    #: The notebook's folder.
    directory: Path
    #: The name of what ``fit`` was given rows of, or ``""``.
    fitted: str = ""
    #: How far pruning went: ``statements`` or ``cells``.
    slice_kind: str = "statements"
    findings: list[str] = field(default_factory=list)
    #: Of what the notebook asked the model about, by tag: what is not made of the main table.
    elsewhere: frozenset[str] = frozenset()
    #: What may be made of another table with the same columns, with the finding if it is.
    beside: Mapping[str, str] = field(default_factory=dict)
    #: The states that global generators are given, before the statements that first draw.
    random: Sequence[RandomState] = ()

    @property
    def rule(self) -> Rule | None:
        """The plain function that the model is."""
        return self.form.rule

    @property
    def modules(self) -> set[str]:
        """The top-level modules that the slice imports."""
        used = self.roles.prepare + self.roles.train + self.roles.evaluate
        used += [m.index for m in self.roles.metrics] + self.roles.model
        names = {n for i in used for n in self.program.effects[i].reads}
        return {p.split(".")[0] for n, p in self.program.imports.paths.items() if n in names}


@dataclass(frozen=True)
class Goal:
    """What is to be exported, and how to tell that it is the same.

    The fields are the parameters of :func:`notewright.packaging.planning.plans`.
    """

    target: str
    directory: Path
    expected: str | None = None
    model: Any = None
    whole: Sequence[int] | None = None
    python: str = sys.executable
    progress: Progress | None = None


def planned(form: Named, goal: Goal) -> Plan:
    """Replay one form of the cells, and say what its package will be.

    Raises
    ------
    NotTheSame
        If running the code again gives another model.
    NoTable
        If no table is read on the way to the model.
    """
    cells = form.cells
    rule = form.rule
    target = rule.model if rule else real_name(Program(statements(cells)), goal.target)
    written = Written(rule, goal.model) if rule and goal.model is not None else None
    attempts: list[tuple[Named, bool, set[int] | None]] = [(form, False, None), (form, True, None)]
    if goal.whole is not None:
        attempts.append((form, True, set(goal.whole)))
    smaller = _without_idle_parts(form, target)
    if smaller is not None:
        attempts.insert(0, (smaller, False, None))
    problem: Exception | None = None
    findings: list[str] = list(form.findings)
    whole = form
    for form, careful, only in attempts:
        cells = form.cells
        program = Program(statements(cells), careful)
        roles = find_roles(program, target, form.tables, rule)
        run = roles.to_run()
        if only is not None:
            chosen = {cells[i] for i in only}
            run |= {s.index for s in program.body if s.cell in chosen}
        try:
            carried = [key(load.index, load.call) for load in roles.loads if load.made]
            reads = rule.values if rule else ()
            found = replay(
                cells,
                run,
                target,
                goal.directory,
                roles.capture(),
                run,
                goal.python,
                goal.progress,
                carried,
                reads,
                _in_stages(program, roles),
                [i for i in run if program.seeds(i)],
            )
        except ReplayFailed as error:
            problem = error
            continue
        if not found.model.can:
            raise NotAModel(target, found.model.type.rpartition(".")[2])
        if rule is not None:
            check_predictions(rule, found.predictions["X:fit"]["predict"], found.values["X:fit"])
        if written is not None:
            differs = _differs(written, found, bool(carried))
            if differs:
                problem = NotTheSame(differs)
                continue
        elif goal.expected is not None and found.fingerprint != goal.expected:
            apart = how_far_apart(goal.model, found)
            # That what draws without a seed predicts the same today is luck.
            lucky = apart == 0 and draws_unseeded(program, roles) is not None
            if apart is not None and (not apart or carried) and not lucky:
                findings.append(_decided_by_predictions(apart))
                return _assemble(form, program, roles, found, goal.directory, target, findings)
            problem = NotTheSame(f"running its cells again gives another '{target}'")
            continue
        if smaller is not None and form is whole:
            findings.append(_KEPT_INSIDE)
        if careful or only is not None:
            findings.append(
                "The pruned statements did not give the same model; "
                + ("whole cells were kept." if only is not None else "seeded steps were kept.")
            )
        if only is not None:
            roles = _with_whole_cells(program, roles, run)
        made = _assemble(form, program, roles, found, goal.directory, target, findings)
        made.slice_kind = "statements" if only is None else "cells"
        return made
    assert problem is not None
    if isinstance(problem, NotTheSame):
        shown = rule.shown if rule is not None else target
        seed = _TORCH_SEED if rule is not None and rule.module else ""
        raise NotTheSame(what_differs(program, roles, shown), seed)
    raise problem


def _without_idle_parts(form: Named, target: str) -> Named | None:
    """Return the cells without what stands in loops and branches for nothing; None if all is."""
    body = statements(form.cells)
    if not has_inside(body):
        return None
    program = Program(body)
    roles = find_roles(program, target, form.tables, form.rule)
    kept = roles.to_run()
    if not has_inside(body[index] for index in kept):
        return None
    unneeded = Inside(body).unneeded([target], kept, roles.watched())
    return replace(form, cells=without(form.cells, body, unneeded)) if unneeded else None


def _with_whole_cells(program: Program, roles: Roles, run: set[int]) -> Roles:
    """Return the roles with every statement of the kept cells in the package's stages."""
    shown = {i for i in run if only_shows(program.body[i].node, program.imports)}
    more = (
        run
        - shown
        - {*roles.prepare, *roles.train, *roles.evaluate, *(m.index for m in roles.metrics)}
    )
    return replace(
        roles,
        model=sorted({*roles.model, *more}),
        prepare=sorted({*roles.prepare, *(i for i in more if i < roles.fit)}),
        train=sorted({*roles.train, *(i for i in more if i >= roles.fit)}),
    )


def _differs(written: Written, found: Replayed, carried: bool) -> str:
    """Return what sets the notebook's function apart from the one that ran again, or ``""``."""
    apart = _predictions_apart(written, found)
    name = written.rule.function
    if apart is None or (apart and not carried):
        return f"running its cells again gives a '{name}' with other predictions"
    for value, mine in written.fingerprints().items():
        # An inner part of what was fitted may differ whenever it is made; predictions decided.
        if mine[0] and found.values[f"value:{value}"] != mine[1] and not carried:
            return f"running its cells again gives another '{value}', which '{name}' reads"
    return ""


def _decided_by_predictions(apart: float) -> str:
    if not apart:
        return (
            "An inner part of the model differs whenever it is trained; sameness was "
            "decided by its parameters and by its predictions for all rows."
        )
    return (
        "The notebook's table comes from no file. Read from one, its values lie elsewhere in "
        "memory, and sums differ in their last digits: predictions for all rows differ from the "
        f"notebook's by {apart:.1g} at most."
    )


def how_far_apart(model: Any, found: Replayed) -> float | None:
    """Return how far the replay's predictions are from the notebook's; None if another model."""
    if model is None or not found.predictions or kind_of(model).type != found.model.type:
        return None
    return _predictions_apart(model, found)


def _predictions_apart(model: Any, found: Replayed) -> float | None:
    import warnings

    import numpy as np

    worst = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for tag, made in found.predictions.items():
            for method, value in made.items():
                mine, value = (
                    dense(getattr(model, method)(found.values[tag])),
                    np.asarray(value),
                )
                if identical(mine, value):
                    continue
                numbers = mine.dtype.kind == value.dtype.kind == "f"
                if not numbers or not np.allclose(mine, value, rtol=_ROUNDING, atol=1e-12):
                    return None
                worst = max(worst, float(np.max(np.abs(mine - value))))
    return worst


def _in_stages(program: Program, roles: Roles) -> set[int]:
    """Return the statements of the stages; what is imported may draw, whenever that is."""
    stages = {*roles.prepare, *roles.train, *roles.evaluate}
    return {i for i in stages if not isinstance(program.body[i].node, ast.Import | ast.ImportFrom)}


def _assemble(
    form: Named,
    program: Program,
    roles: Roles,
    found: Replayed,
    directory: Path,
    target: str,
    findings: list[str],
) -> Plan:
    roles.loads = [_as_told(program, load, found) for load in roles.loads]
    # What stands in a branch that was not taken is no number that the notebook gave.
    roles.metrics = [m for m in roles.metrics if f"metric:{m.name}" in found.values]
    tables = [
        (n, load)
        for n, load in enumerate(roles.loads)
        if load.index in {*roles.prepare, *roles.model}
    ]
    if not tables:
        raise NoTable(form, program, roles, found)
    # What only a function reads that was never seen to run is no table of the notebook.
    seen = [(n, load) for n, load in tables if load.path is not None or f"load:{n}" in found.values]
    tables = seen or tables
    fitted = _input_name(fit_arguments(roles.fit_call)[0], roles.fit, found)
    inputs = [_input_name(a, index, found) for index, a in roles.scored] + [fitted]
    prepared = {n for i in roles.prepare for n in program.effects[i].binds}
    inputs = [n for n in dict.fromkeys(inputs) if n in prepared]
    made: list[tuple[Load, dict[str, Load], Derived]] = []
    for number in _main_first(tables, found):
        main = roles.loads[number]
        side = {table_name(program, load): load for n, load in tables if n != number}
        rows = found.values.get(f"load:{number}")
        made.append((main, side, derive(program, roles, found.kinds, main, side, inputs, rows)))
        if made[-1][2].problem is None:
            break
    # Where raw rows cannot be had from any table, the first says why.
    main, side, derived = next((m for m in made if m[2].problem is None), made[0])
    data = _data(program, directory, main, side, table_name(program, main))
    lifted = lift(program, roles, derived, {k: (v[0], v[2]) for k, v in data.items()})
    if derived.problem is not None:
        findings.append(str(derived.problem))
    elsewhere = _elsewhere(program, roles, main)
    findings += [
        _not_compared(program, index, derived) for index in sorted(set(elsewhere.values()))
    ]
    findings += own_labels(program, roles)
    findings += _made_before(program, roles)
    findings += about_draws(program, roles, found.draws)
    return Plan(
        form,
        target,
        program,
        roles,
        found,
        derived,
        lifted,
        main,
        data,
        _names(program, found),
        directory,
        findings=findings,
        fitted=fitted,
        elsewhere=frozenset(elsewhere),
        beside={
            tag: _not_compared(program, index, derived)
            for tag, index in _beside(program, roles, found, main, side, derived).items()
        },
        random=found.draws,
    )


def _as_told(program: Program, load: Load, found: Replayed) -> Load:
    """Return how a table is read, with what only the replay could tell as literals."""
    if load.made or not load.told:
        return load
    call = load.call
    assert isinstance(call, ast.Call)
    given = path_argument(call)
    path, values = load.path, dict[int, ast.expr]()
    for node in load.told:
        text = found.values.get(told(load, node))
        value = ast.literal_eval(text) if text is not None else None
        if node is given:
            # An address may hold a password, so it has to be one that the code says.
            path = value if isinstance(value, str) and "://" not in value else None
        elif from_environment(program, node, load.index):
            raise ExportFailed(
                f"{program.body[load.index].place} reads a table with `{ast.unparse(node)}`, which "
                "comes from the environment: it may be secret, and would stand in the package.",
                "Write it out if it is not secret, or read the table without it.",
            )
        elif text is None:
            raise ExportFailed(
                f"{program.body[load.index].place} reads a table, and what "
                f"`{ast.unparse(node)}` is there cannot be written in the package's code.",
                "Give it as a value that is written out, or as a function of the notebook.",
            )
        else:
            values[id(node)] = ast.parse(text, mode="eval").body
    code = ast.Call(
        call.func,
        [values.get(id(a), a) for a in call.args],
        [ast.keyword(k.arg, values.get(id(k.value), k.value)) for k in call.keywords],
    )
    return replace(load, path=path, code=code)


def _made_before(program: Program, roles: Roles) -> list[str]:
    """Return which files the notebook wrote itself before it read them."""
    findings = []
    for index, load in roles.wrote:
        if _WRITES & {_last(n) for n in ast.walk(program.body[index].node)}:
            findings.append(
                f"{program.body[index].place} writes a file that {program.body[load.index].place} "
                "reads: the package begins with that file, and what made it is not in the package. "
                "Go on with the table itself, without reading it again, to have that as well."
            )
    return list(dict.fromkeys(findings))


def _last(node: ast.AST) -> str:
    """Return the last part of the name of what is called."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)


def _elsewhere(program: Program, roles: Roles, main: Load) -> dict[str, int]:
    """Return what the model was asked about that does not come from a table, with where."""
    found = {}
    for n, (index, asked) in enumerate(roles.scored):
        names = free_names(asked) - program.imports.paths.keys()
        bound = {name for effect in program.effects[:index] for name in effect.binds}
        if names <= bound and main.index not in program.needed_for(names, index):
            found[f"X:scored{n}"] = index
    return found


def _beside(
    program: Program,
    roles: Roles,
    found: Replayed,
    main: Load,
    side: Mapping[str, Load],
    derived: Derived,
) -> dict[str, int]:
    """Return what the model was asked about that may be rows of another table, with where.

    As of a file of test rows, which is prepared with what was learned from the main table.
    """

    def columns(load: Load) -> set[str]:
        kind = found.kinds.get(key(load.index, load.call))
        return set(kind.columns if kind is not None else ()) - {*derived.target_columns}

    alike = {load.index for load in side.values() if columns(load) == columns(main)}
    return {
        f"X:scored{n}": index
        for n, (index, asked) in enumerate(roles.scored)
        if alike & program.needed_for(free_names(asked) - program.imports.paths.keys(), index)
    }


def _not_compared(program: Program, index: int, derived: Derived) -> str:
    return (
        f"{program.body[index].place} asks the model about rows that are not made of "
        f"'{derived.table}': the features of raw rows are not compared with them."
    )


def _main_first(tables: Sequence[tuple[int, Load]], found: Replayed) -> list[int]:
    """Return the tables in the order in which they may be the one whose rows are predicted.

    The model was fitted on its rows or some of them, so it has at least as many.
    """
    sizes = {n: len(found.values.get(f"load:{n}", ())) for n, _ in tables}
    inputs: Any = found.values.get("X:fit")
    fitted = int(inputs.shape[0]) if hasattr(inputs, "shape") else 0
    enough = sorted((n for n in sizes if sizes[n] >= fitted), key=lambda n: (sizes[n], n))
    return enough or [max(sizes, key=lambda n: (sizes[n], -n))]


def _input_name(node: ast.expr, index: int, found: Replayed) -> str:
    """Return the name of the table in `node`, looking through a choice of its rows."""
    while isinstance(node, ast.Subscript):
        base = node.value
        if isinstance(base, ast.Attribute) and base.attr in ("iloc", "loc"):
            base = base.value
        part, whole = (found.kinds.get(key(index, n)) for n in (node, base))
        if (
            part is None
            or whole is None
            or (part.name, part.columns) != (whole.name, whole.columns)
        ):
            break
        node = base
    return node.id if isinstance(node, ast.Name) else ""


def _data(
    program: Program, directory: Path, main: Load, side: Mapping[str, Load], own: str
) -> dict[str, tuple[Load, Path, str]]:
    found: dict[str, tuple[Load, Path, str]] = {}
    for name, load in {"data": main, **{f"{n}_data": x for n, x in side.items()}}.items():
        if load.made:
            table = name.removesuffix("_data") if name != "data" else own
            inside = f"data/{table.removesuffix('_table')}.csv"
            found[name] = (load, directory / inside, inside)
            continue
        if load.path is None:
            raise ExportFailed(
                f"The file that `{ast.unparse(load.call)}` reads could not be told from the code.",
                'Give the path as text: `pd.read_csv("data/file.csv")`.',
            )
        if "://" in load.path:
            place = program.body[load.index].place
            raise ExportFailed(
                f"{place} reads a table from an address inside a loop or a block, so it cannot "
                "be carried.",
                "Read it in a statement of its own, `table = pd.read_csv(...)`.",
            )
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
