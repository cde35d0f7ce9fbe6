"""Run again the executions that made what a snapshot could not save.

The cells run in the live globals, where functions and classes look for their
names; what the snapshot holds is what they find, as long as nothing wrote to
it from their execution on. Otherwise what made it runs again too, and makes an
object of its own. Afterwards every name is bound to what it was bound to
before, but for those rebuilt.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notewright.errors import HistoryNotSigned, NotewrightError, NothingToReplay, UnknownVariable
from notewright.lineage.files import is_as_read
from notewright.lineage.history import History
from notewright.lineage.records import Execution
from notewright.lineage.slices import bound_afresh
from notewright.lineage.writes import mentioned_names
from notewright.state.namespace import Namespace
from notewright.state.records import FileRead, Snapshot
from notewright.state.snapshots import Snapshots

#: The names under which the shell keeps results.
_SHELLS = re.compile(r"(_{1,3}|_\d+|_oh|Out)\Z")


@dataclass(frozen=True)
class Step:
    """One execution to run again.

    Parameters
    ----------
    execution : Execution
        What ran.
    makes : tuple of str
        For which of the wanted variables.
    seeds : tuple of str
        The variables it is given as the snapshot has them.
    loads : tuple of str
        Where it was a partial restore: the variables to load once more.
    """

    execution: Execution
    makes: tuple[str, ...]
    seeds: tuple[str, ...]
    loads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What to run to rebuild some variables, in order.

    Parameters
    ----------
    names : tuple of str
        The variables that can be rebuilt.
    steps : tuple of Step
        What to run.
    impossible : dict
        The variables that cannot be, and why.
    notes : tuple of str
        What the user should know of the result.
    """

    names: tuple[str, ...]
    steps: tuple[Step, ...]
    impossible: dict[str, str]
    notes: tuple[str, ...]
    #: Variables whose values now are not those that the cells found.
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ran:
    """An execution that was run again, and the error it ended with."""

    step: Step
    error: str | None


@dataclass(frozen=True)
class Replayed:
    """What came of a plan.

    Parameters
    ----------
    plan : Plan
        What was to be run.
    rebuilt : tuple of str
        The variables that are there again.
    failed : dict
        Those that are not, and why.
    ran : tuple of Ran
        What ran.
    put_back : tuple of str
        Variables whose values the cells changed this time, and which are as
        they were before.
    """

    plan: Plan
    rebuilt: tuple[str, ...]
    failed: dict[str, str]
    ran: tuple[Ran, ...]
    put_back: tuple[str, ...] = ()


def plan_replay(
    history: History,
    snapshots: Snapshots,
    snapshot: Snapshot,
    names: Iterable[str],
    saved: Collection[str] | None = None,
) -> Plan:
    """Return what to run to rebuild variables that `snapshot` could not save.

    Parameters
    ----------
    history : History
        What was executed.
    snapshots : Snapshots
        What was saved.
    snapshot : Snapshot
        The moment to go back to.
    names : iterable of str
        The variables.
    saved : collection of str, optional
        The variables that are there as the snapshot has them; by default all it has.
    """

    def restored(execution: Execution) -> Collection[str]:
        from_ = snapshots.get(execution.restored or "")
        return {variable.name for variable in from_.variables}

    everything = {v.name for v in snapshot.variables}
    return plan_line(
        history.line(snapshot.execution),
        names,
        everything if saved is None else saved,
        everything | {u.name for u in snapshot.unsaved},
        restored,
        lambda file: is_as_read(file, history.root),
    )


def check_sealed(history: History, snapshot: Snapshot) -> None:
    """Refuse a history that is not the one signed with the snapshot: its code would run.

    Raises
    ------
    HistoryNotSigned
        If it is not.
    """
    if not history.is_sealed(snapshot.execution, snapshot.sealed):
        raise HistoryNotSigned(snapshot.id[:6])


def unsaved_names(snapshot: Snapshot, names: Sequence[str]) -> tuple[str, ...]:
    """Return which variables to rebuild: those named, or all that could not be saved.

    Attributes of modules are made by importing these, and are not among them.

    Raises
    ------
    NothingToReplay, UnknownVariable
        If one of them was saved, or was not there.
    """
    unsaved = [v.name for v in snapshot.unsaved if snapshot.module_of(v.name) is None]
    for name in names:
        if name not in unsaved:
            if snapshot.variable(name) is not None:
                raise NothingToReplay(name)
            raise UnknownVariable(name, f"snapshot {snapshot.id[:6]}", unsaved)
    return tuple(dict.fromkeys(names or unsaved))


def plan_line(
    line: Sequence[Execution],
    names: Iterable[str],
    saved: Collection[str],
    variables: Collection[str],
    restored: Callable[[Execution], Collection[str]],
    is_there: Callable[[FileRead], bool],
) -> Plan:
    """Return what of `line` to run to rebuild variables.

    Going backwards as for a slice, but what was read counts as made where it is
    saved and nothing wrote to it since.

    Parameters
    ----------
    line : sequence of Execution
        The executions in force, in order.
    names : iterable of str
        The variables to rebuild.
    saved : collection of str
        The variables that have the values they had at the end of the line.
    variables : collection of str
        All there were, saved or not.
    restored : callable
        The variables that the snapshot of a partial restore holds.
    is_there : callable
        Whether a data file is still what an execution read.
    """
    written = {
        name: at for at, e in enumerate(line) for name in (*e.changed, *e.touched, *e.deleted)
    }
    walk = _Walk(line, written, restored, is_there, saved)
    wanted = tuple(dict.fromkeys(names))
    found = {name: walk.back(name) for name in wanted}
    return _plan(line, found, saved, walk.unmade.intersection(variables))


@dataclass
class _Place:
    seeds: set[str] = field(default_factory=set)
    loads: set[str] = field(default_factory=set)


@dataclass
class _Walk:
    line: Sequence[Execution]
    written: Mapping[str, int]
    restored: Callable[[Execution], Collection[str]]
    is_there: Callable[[FileRead], bool]
    saved: Collection[str]
    #: What was read and is neither saved nor made by any execution.
    unmade: set[str] = field(default_factory=set)

    def back(self, name: str) -> dict[int, _Place]:
        """Return the places in the line that `name` needs."""
        needed, read, files = {name}, set[str](), set[str]()
        found: dict[int, _Place] = {}
        for at in range(len(self.line) - 1, -1, -1):
            execution = self.line[at]
            made = needed.intersection((*execution.changed, *execution.touched))
            wrote = files.intersection(f.path for f in execution.wrote)
            if not (made or wrote) or (execution.status != "ok" and not execution.changed):
                continue
            if execution.restored is not None:
                loads = made.intersection(self.restored(execution))
                needed -= loads
                read -= loads
                if loads:
                    found[at] = _Place(loads=loads)
                continue  # what was rebuilt then was made before
            fresh = bound_afresh(execution)
            needed -= fresh
            read -= made
            place = found[at] = _Place()
            for x in set(execution.reads) - fresh:
                if x in self.saved and self.written.get(x, -1) < at:
                    place.seeds.add(x)
                else:
                    needed.add(x)
                    read.add(x)
            files.update(f.path for f in execution.files if not self.is_there(f))
        self.unmade |= read
        return found


def _plan(
    line: Sequence[Execution],
    found: Mapping[str, dict[int, _Place]],
    saved: Collection[str],
    unknown: Collection[str],
) -> Plan:
    impossible: dict[str, str] = {}
    for name, places in found.items():
        if not any(name in (*line[at].changed, *line[at].touched) for at in places):
            impossible[name] = "no cell in the history made it"
        for at in places:
            if (why := _not_to_run(line[at])) is not None:
                impossible[name] = f"{line[at].words} {why}"
    possible = {name: places for name, places in found.items() if name not in impossible}
    steps = []
    for at in sorted({at for places in possible.values() for at in places}):
        makes = tuple(name for name, places in possible.items() if at in places)
        seeds = {x for name in makes for x in possible[name][at].seeds}
        loads = {x for name in makes for x in possible[name][at].loads}
        steps.append(Step(line[at], makes, tuple(sorted(seeds)), tuple(sorted(loads))))
    notes = [f"{name} is not known as the cells found it." for name in sorted(unknown)]
    notes += _notes(line, possible, steps, saved)
    return Plan(tuple(possible), tuple(steps), impossible, tuple(notes), tuple(unknown))


def _not_to_run(execution: Execution) -> str | None:
    """Return why an execution cannot run again, or None if it can."""
    if execution.restored is not None:
        return None
    if not execution.has_code:
        return "has no Python code to run again"
    try:
        names = [n for n in ast.walk(ast.parse(execution.code)) if isinstance(n, ast.Name)]
    except SyntaxError:
        return "is not Python code"
    bound = {n.id for n in names if not isinstance(n.ctx, ast.Load)}
    shells = sorted({n.id for n in names if _SHELLS.match(n.id)} - bound)
    return f"uses {shells[0]}, a result that only the shell had" if shells else None


def _notes(
    line: Sequence[Execution], names: Collection[str], steps: list[Step], saved: Collection[str]
) -> Iterator[str]:
    """Yield what will be otherwise than it was."""
    chosen = {step.execution.id for step in steps}
    # What is made again apart from the variable the snapshot holds, and only for this.
    apart = {n for s in steps for n in s.execution.reads if n in saved and n not in s.seeds}
    ready: set[str] = set()
    for execution in line:
        if execution.id in chosen:
            ready.update(execution.changed)
            if lines := left_out(execution):
                yield f"{execution.words} runs without {', '.join(lines)}."
            continue
        mentioned = mentioned_names(execution.code) & ready
        used = mentioned.intersection(names) - bound_afresh(execution)
        if used:
            yield f"{execution.words} used {', '.join(sorted(used))} later and does not run again."
        changed = (apart & ready).intersection(execution.changed) - bound_afresh(execution)
        if changed:
            yield (
                f"{execution.words} changed {', '.join(sorted(changed))} later: what is rebuilt "
                "was made of the values before."
            )


def left_out(execution: Execution) -> list[str]:
    """Return the magics and shell lines of a cell, which its code has as comments."""
    comments = {line.strip().removeprefix("pass  ") for line in execution.code.splitlines()}
    lines = [line.strip() for line in execution.source.splitlines()]
    return [f"`{x}`" for x in lines if x.startswith(("%", "!")) and f"# {x}" in comments]


def run_plan(
    plan: Plan, namespace: Namespace, load: Callable[[Step], Mapping[str, Any]]
) -> Replayed:
    """Run a plan in the live globals; bind what it was to rebuild, and nothing else.

    Parameters
    ----------
    plan : Plan
        What to run.
    namespace : Namespace
        The live globals. Attributes of own modules are left as the cells leave them.
    load : callable
        Returns what a partial restore brought back then.
    """
    variables = namespace.dict
    before = dict(variables)
    failed = dict(plan.impossible)
    waiting = list(plan.names)
    ran: list[Ran] = []
    for name in (*plan.names, *plan.unknown):
        variables.pop(name, None)  # what has the name now is not what the cells found
    try:
        for step in plan.steps:
            waits = [name for name in step.makes if name in waiting]
            if not waits:
                continue
            error = _run(step, namespace, before, load)
            ran.append(Ran(step, error))
            if error is not None:
                failed.update((name, f"{step.execution.words}: {error}") for name in waits)
                waiting = [name for name in waiting if name not in waits]
        rebuilt = {name: variables[name] for name in waiting if name in variables}
        failed.update((n, "the cells ran but did not make it") for n in waiting if n not in rebuilt)
    except KeyboardInterrupt:
        rebuilt = {}
        failed.update((name, "it was interrupted") for name in waiting)
    finally:
        _bind_as(variables, before)
    variables.update(rebuilt)
    return Replayed(plan, tuple(rebuilt), failed, tuple(ran))


def _run(
    step: Step,
    namespace: Namespace,
    before: Mapping[str, Any],
    load: Callable[[Step], Mapping[str, Any]],
) -> str | None:
    """Run one execution again; return the error it ended with, in a line."""
    execution = step.execution
    try:
        if step.loads:
            for name, value in load(step).items():
                namespace.bind(name, value)
            return None
        variables = namespace.dict
        variables.update((name, before[name]) for name in step.seeds if name in before)
        return _execute(execution, variables)
    except NotewrightError as error:
        return error.problem
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's code may raise anything
        words = f"{type(error).__name__}: {error}"
        # A cell that failed then and made what is wanted before fails in the same way.
        return None if words == execution.error else words.strip().partition("\n")[0]


def _execute(execution: Execution, variables: dict[str, Any]) -> str | None:
    # A file name with the source behind it lets inspect.getsource work in what the cell defines.
    name, code = f"<replay of cell {execution.id[:8]}>", execution.code
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    compiled = compile(code, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    if compiled.co_flags & inspect.CO_COROUTINE:
        return "it uses `await` outside of functions, and only runs as a cell"
    exec(compiled, variables)  # noqa: S102 - the user's own code, and they asked for it
    return None


def _bind_as(variables: dict[str, Any], before: Mapping[str, Any]) -> None:
    for name in [name for name in variables if name not in before]:
        del variables[name]
    variables.update(before)
