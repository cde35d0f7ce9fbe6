"""The prepare stage and the feature function of a slice."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from notewright.packaging.effects import Effects, aliases, effects, free_names
from notewright.packaging.kinds import Kind
from notewright.packaging.learning import LearnedValue
from notewright.packaging.naming import with_name
from notewright.packaging.not_row_wise import NotRowWise
from notewright.packaging.replay import key
from notewright.packaging.rewrite import Rewriter, Rewritten
from notewright.packaging.roles import Load, Roles, fit_arguments
from notewright.packaging.slicing import Program
from notewright.packaging.stand_ins import StandIn, stand_ins_of
from notewright.packaging.targets import columns_made_of, target_columns
from notewright.packaging.unused import named, unused_columns


@dataclass
class Derived:
    """How raw rows become the model's input, in training and after it.

    Parameters
    ----------
    table : str
        The name of the raw table.
    train : dict
        Statement index to its form for training.
    serve : list
        ``(index, statement)`` of the feature function, in order.
    result : str
        The name of the model's input inside the feature function.
    learned : list of LearnedValue
        What training learns and the feature function uses.
    target_columns : tuple of str
        Raw columns that only the target needs.
    problem : NotRowWise or None
        Why there is no feature function.
    unused : tuple of str
        Raw columns that neither the target nor the feature function needs.
    made_of_target : frozenset of str
        What columns of the target, and those made of them alone, are called on the way.
    stand_ins : tuple of StandIn
        Columns that raw rows lack and that statements for raw rows name, with a value for each.
    otherwise : Derived or None
        What to try where this fails for raw rows.
    """

    table: str
    train: dict[int, list[ast.stmt]]
    serve: list[tuple[int, ast.stmt]]
    result: str
    learned: list[LearnedValue]
    helpers: set[str]
    target_columns: tuple[str, ...]
    problem: NotRowWise | None = None
    side: tuple[str, ...] = ()
    origin: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    made_of_target: frozenset[str] = frozenset()
    stand_ins: tuple[StandIn, ...] = ()
    otherwise: Derived | None = None

    @property
    def forms(self) -> list[Derived]:
        """The form itself, and those that may be tried after it."""
        return [self, *(self.otherwise.forms if self.otherwise is not None else ())]

    @property
    def served(self) -> set[int]:
        """The statements that the feature function is made of, for any raw rows."""
        return {index for form in self.forms for index, _ in form.serve}


def table_name(program: Program, load: Load) -> str:
    """Return the name of the loaded table: the variable's own, or ``raw``."""
    node = program.body[load.index].node
    if (
        isinstance(node, ast.Assign)
        and node.value is load.call
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
    ):
        return node.targets[0].id
    return "raw"


def derive(
    program: Program,
    roles: Roles,
    kinds: Mapping[str, Kind],
    main: Load,
    side: Mapping[str, Load],
    inputs: Sequence[str],
    rows: Any = None,
) -> Derived:
    """Return the two forms of the prepare statements.

    Parameters
    ----------
    program, roles, kinds
        The slice, who does what, and what expressions were.
    main : Load
        The table whose rows are predicted.
    side : mapping
        Other loaded tables by name.
    inputs : sequence of str
        Candidates for the model's input, best first: names in the prepare stage.
    rows : DataFrame, optional
        The raw table.
    """
    table = table_name(program, main)
    columns = _columns(kinds, main)
    target = target_columns(program, roles, kinds, columns)
    if not inputs:
        return _derive(program, roles, kinds, main, table, side, "", target)
    problem: NotRowWise | None = None
    for name in inputs:
        found = _derive(program, roles, kinds, main, table, side, name, target)
        if found.problem is None:
            made = _without_unused(program, roles, kinds, main, side, name, found, columns)
            whole = _derive(program, roles, kinds, main, table, side, name, ())
            return _with_stand_ins(made, whole, rows)
        problem = problem or found.problem
    found.problem = problem
    return found


def _without_unused(
    program: Program,
    roles: Roles,
    kinds: Mapping[str, Kind],
    main: Load,
    side: Mapping[str, Load],
    result: str,
    found: Derived,
    columns: Sequence[str],
) -> Derived:
    """Return the forms for raw rows that lack what the feature function does not read."""
    target = found.target_columns
    given = roles.applied or (roles.fit, fit_arguments(roles.fit_call)[0])
    kind = kinds.get(key(*given)) if hasattr(given[1], "lineno") else None
    left = [name for name in columns if name not in target]
    unused = unused_columns(program, kinds, found.serve, kind, left)
    if not unused:
        return found
    made = _derive(program, roles, kinds, main, found.table, side, result, target, unused)
    if made.problem is not None or named(program, made.serve, unused):
        return found
    made.unused, made.otherwise = unused, found
    return made


def _with_stand_ins(made: Derived, whole: Derived, rows: Any) -> Derived:
    """Give each form another to try: raw rows get any value in the columns that they lack.

    For statements that name such columns where that cannot be seen, as in a loop over all columns.
    That the values make no difference is for the proof to show.
    """
    following = made.otherwise
    absent = {*made.target_columns, *made.unused}
    stand_ins = stand_ins_of(rows, absent) if whole.problem is None else None
    if following is not None:
        following = _with_stand_ins(following, whole, rows)
    if stand_ins:
        following = replace(
            whole,
            target_columns=made.target_columns,
            unused=made.unused,
            made_of_target=made.made_of_target,
            stand_ins=stand_ins,
            otherwise=following,
        )
    return replace(made, otherwise=following)


def _derive(
    program: Program,
    roles: Roles,
    kinds: Mapping[str, Kind],
    main: Load,
    table: str,
    side: Mapping[str, Load],
    result: str,
    target: tuple[str, ...],
    unused: tuple[str, ...] = (),
) -> Derived:
    of_target = columns_made_of(program, roles, kinds, frozenset(target))
    rewriter = Rewriter(program, kinds, table, frozenset(side), of_target | {*unused})
    loaded = kinds.get(key(main.index, main.call))
    if loaded is not None:
        rewriter.rows(loaded.length)
    forms: list[Rewritten] = []
    side_indexes = {load.index for load in side.values()}
    for index in roles.prepare:
        node = program.body[index].node
        if index in side_indexes:
            continue
        if index == main.index:
            if table != "raw":
                continue
            node = _swap(node, main.call, ast.Name("raw", ast.Load()))
        forms.append(rewriter.statement(index, node))
    for form in forms:  # a function finds its names when it is called
        form.serve[:] = map(rewriter.function, form.serve)
    chosen, result = _slice(program, forms, result, rewriter.same)
    used = {
        n.attr
        for _, node in chosen
        for n in ast.walk(node)
        if isinstance(n, ast.Attribute)
        and isinstance(n.value, ast.Name)
        and n.value.id == "learned"
    }
    needed = {index for index, _ in chosen}
    train: dict[int, list[ast.stmt]] = {}
    for form in forms:
        makes = {
            n.id
            for node in form.train
            for n in ast.walk(node)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        original = program.body[form.index].node
        if form.index == main.index:
            original = _swap(original, main.call, ast.Name("raw", ast.Load()))
        own = effects(original, program.imports).binds
        rewritten = form.index in needed or (makes - own) & used
        train[form.index] = form.train if rewritten else [original]
    problem = next((rewriter.blocked[i] for i, _ in chosen if i in rewriter.blocked), None)
    if problem is None and result and not _from_rows(program, chosen, result, table):
        problem = _all_at_once(program, roles, result)
    return Derived(
        table,
        train,
        chosen,
        result,
        [rewriter.learned[name] for name in rewriter.learned if name in used],
        rewriter.helpers,
        target,
        problem,
        tuple(name for name in side),
        made_of_target=of_target,
    )


def _from_rows(
    program: Program, chosen: Sequence[tuple[int, ast.stmt]], result: str, table: str
) -> bool:
    """Tell whether the statements make `result`, and make it from the raw rows."""
    bound = {table} | {n for _, node in chosen for n in effects(node, program.imports).binds}
    read = {n for _, node in chosen for n in free_names(node)}
    return result == table or (result in bound and table in read)


def _all_at_once(program: Program, roles: Roles, result: str) -> NotRowWise:
    index = max((i for i in roles.prepare if result in program.effects[i].binds), default=roles.fit)
    statement = program.body[index]
    return NotRowWise(
        statement.place,
        statement.text.splitlines()[0],
        f"gives '{result}' rows that cannot be followed back to rows of one table that is read",
        "features as new columns of the table that was read, and its rows chosen with conditions",
    )


def _columns(kinds: Mapping[str, Kind], main: Load) -> tuple[str, ...]:
    kind = kinds.get(key(main.index, main.call))
    return kind.columns if kind is not None else ()


def _slice(
    program: Program, forms: Sequence[Rewritten], result: str, same: Mapping[str, str]
) -> tuple[list[tuple[int, ast.stmt]], str]:
    """Return the statements for raw rows that `result` needs, split aliases folded."""
    flat = [(form.index, node) for form in forms for node in form.serve]
    lists = {name: shared for _, node in flat for name, shared in aliases(node).items()}
    kept: list[tuple[int, ast.stmt]] = []
    needed = {result}
    for index, node in reversed(flat):
        effect = effects(node, program.imports)
        inside = _changed_inside(node, effect, lists, same)
        made = (effect.binds | effect.changes | inside) & needed
        if not made:
            continue
        # What changes the loop's variable changes the tables that it stands for.
        through = set(_loop_variable(node)) if inside & needed else set()
        node = _prune(node, needed | through, program)
        effect = effects(node, program.imports)
        kept.append((index, node))
        if not isinstance(node, ast.If | ast.For | ast.While | ast.With | ast.AugAssign):
            needed -= effect.binds
        needed |= effect.reads
    kept.reverse()
    return _fold(kept, result, program)


def _changed_inside(
    node: ast.stmt,
    effect: Effects,
    lists: Mapping[str, frozenset[str]],
    same: Mapping[str, str],
) -> set[str]:
    """Return the tables that ``for table in [train, test]`` changes under another name."""
    if not isinstance(node, ast.For) or not effect.changes & set(_loop_variable(node)):
        return set()
    names = set(free_names(node.iter))
    names |= {n for name in names for n in lists.get(name, ())}
    roots = {same.get(name, name) for name in names}
    return names | {name for name, root in same.items() if root in roots} | roots


def _loop_variable(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def _prune(node: ast.stmt, needed: set[str], program: Program) -> ast.stmt:
    """Drop statements inside a loop or branch that no needed name depends on."""
    if not isinstance(node, ast.For | ast.If | ast.While | ast.With):
        return node
    wanted = set(needed)
    effect: Effects
    while True:
        before = set(wanted)
        body = []
        for child in node.body:
            effect = effects(child, program.imports)
            if (effect.binds | effect.changes) & wanted or isinstance(
                child, ast.Continue | ast.Break
            ):
                body.append(child)
                wanted |= effect.reads
        if wanted == before:
            break
    if len(body) == len(node.body):
        return node
    new = copy.copy(node)
    new.body = body or [ast.Pass()]
    return new


def _fold(
    kept: list[tuple[int, ast.stmt]], result: str, program: Program
) -> tuple[list[tuple[int, ast.stmt]], str]:
    """Turn ``X_test = X`` into `X` everywhere after it, where `X` is not used any more."""
    for position, (_, node) in enumerate(kept):
        if not (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Name)
            and isinstance(node.targets[0], ast.Name)
        ):
            continue
        new, old = node.value.id, node.targets[0].id
        if new == old:
            return _fold(kept[:position] + kept[position + 1 :], result, program)
        rest = kept[position + 1 :]
        if any(new in free_names(n) or new in effects(n, program.imports).binds for _, n in rest):
            continue
        if new == "learned":
            continue
        renamed = [(i, with_name(n, old, new)) for i, n in rest]
        return _fold(kept[:position] + renamed, new if result == old else result, program)
    return kept, result


def _swap(node: ast.stmt, old: ast.expr, new: ast.expr) -> ast.stmt:
    """Return `node` with the expression `old` (the very object) replaced."""
    return _copy_path(node, old, ast.copy_location(new, old)) or node


def _copy_path(node: ast.stmt, old: ast.expr, new: ast.expr) -> ast.stmt | None:
    """Copy the nodes on the way to `old`, put `new` there, share everything else."""

    def visit(item: ast.AST) -> ast.AST | None:
        if item is old:
            return new
        for name, value in ast.iter_fields(item):
            children = value if isinstance(value, list) else [value]
            for position, child in enumerate(children):
                if not isinstance(child, ast.AST):
                    continue
                found = visit(child)
                if found is None:
                    continue
                changed = copy.copy(item)
                if isinstance(value, list):
                    replaced = list(value)
                    replaced[position] = found
                    setattr(changed, name, replaced)
                else:
                    setattr(changed, name, found)
                return changed
        return None

    found = visit(node)
    return found if isinstance(found, ast.stmt) else None
