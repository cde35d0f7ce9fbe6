"""What each statement of a slice does: load, prepare, train, evaluate."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from notewright.errors import ExportFailed, UnknownVariable
from notewright.packaging.dependence.regions import FILES
from notewright.packaging.effects import free_names, root_name
from notewright.packaging.functions import Rule
from notewright.packaging.literals import is_literal, literal
from notewright.packaging.remote import Remote, path_argument, reads_table, remote_of
from notewright.packaging.replay import key
from notewright.packaging.slicing import Program, Reason

_SQL = frozenset(["pandas.read_sql", "pandas.read_sql_query", "pandas.read_sql_table"])
#: What is evaluated as often as it is asked, or never.
_MANY_TIMES = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)
#: Methods that put something into a list, a set or a dictionary.
_KEEPING = ("add", "append", "extend", "insert", "setdefault", "update")
_NOT_NUMBERS = ("confusion_matrix", "report", "curve", "Display", "make_scorer", "pairwise")


@dataclass(frozen=True)
class Database:
    """How a table was read by SQL."""

    #: The function that opens the connection.
    connect: ast.expr
    query: str


@dataclass(frozen=True)
class Load:
    """A call that reads a table."""

    index: int
    call: ast.expr
    #: The literal path, if it is one.
    path: str | None
    #: The code that made it is not the package's: it carries the rows as a file.
    made: bool = False
    #: How to read it again, where it came from a database, or from an address.
    database: Database | None = None
    remote: Remote | None = None
    #: Arguments whose values the replay tells, because it takes other statements to know them.
    told: tuple[ast.expr, ...] = ()
    #: The call as the package has it, where that is not the notebook's.
    code: ast.expr | None = None


@dataclass(frozen=True)
class Metric:
    """A call that gives a number about the model."""

    index: int
    call: ast.Call
    name: str


@dataclass
class Roles:
    """Who does what in a slice; numbers are positions of statements."""

    target: str
    model: list[int]
    loads: list[Load]
    #: The call of ``fit`` that trains the model, and its statement.
    fit: int
    fit_call: ast.Call
    train: list[int]
    prepare: list[int]
    evaluate: list[int]
    metrics: list[Metric]
    #: The arguments that `predict` was given when it was evaluated, with the statement.
    scored: list[tuple[int, ast.expr]] = field(default_factory=list)
    #: Statements that only the replay runs, for instance those behind a carried table.
    sources: list[int] = field(default_factory=list)
    #: Of a plain function: the expression that holds the rows it was applied to, and its statement.
    applied: tuple[int, ast.expr] | None = None
    #: Statements that wrote a file which the package reads as it is, with its load.
    wrote: list[tuple[int, Load]] = field(default_factory=list)

    def to_run(self) -> set[int]:
        """Return the statements that a replay runs."""
        return {
            *self.sources,
            *self.model,
            *self.prepare,
            *self.train,
            *self.evaluate,
            *(metric.index for metric in self.metrics),
        }

    def watched(self) -> list[ast.expr]:
        """Return the expressions whose values matter, besides the model."""
        loads = [node for load in self.loads for node in (load.call, *load.told)]
        applied = [self.applied[1]] if self.applied is not None else []
        scored = [argument for _, argument in self.scored]
        return [*loads, *applied, *scored, *(metric.call for metric in self.metrics)]

    def capture(self) -> dict[str, str]:
        """Return which expressions a replay keeps: key to tag."""
        wanted = {key(load.index, load.call): f"load:{n}" for n, load in enumerate(self.loads)}
        for n, argument in enumerate(fit_arguments(self.fit_call)[:2]):
            if hasattr(argument, "lineno"):  # a formula's target has no place of its own
                wanted[key(self.fit, argument)] = "X:fit" if n == 0 else "y:fit"
        if self.applied is not None:
            wanted[key(*self.applied)] = "X:fit"
        for n, (index, argument) in enumerate(self.scored):
            wanted.setdefault(key(index, argument), f"X:scored{n}")
        for metric in self.metrics:
            wanted[key(metric.index, metric.call)] = f"metric:{metric.name}"
        for load in self.loads:
            for node in load.told:
                wanted.setdefault(key(load.index, node), told(load, node))
        return wanted


def told(load: Load, node: ast.expr) -> str:
    """Return the tag under which a replay says what an argument of a reading call was."""
    return f"told:{key(load.index, node)}"


def fit_arguments(call: ast.Call) -> list[ast.expr]:
    """Return ``[X, y]`` of a call of ``fit``, as far as given."""
    named = {k.arg: k.value for k in call.keywords}
    found = [a for a in call.args if not isinstance(a, ast.Starred)][:2]
    if not found and "X" in named:
        found = [named["X"]]
    if len(found) == 1 and "y" in named:
        found.append(named["y"])
    return found


def find_roles(
    program: Program, target: str, tables: Iterable[str] = (), rule: Rule | None = None
) -> Roles:
    """Return the roles of the statements that make and judge `target`.

    Parameters
    ----------
    program : Program
        The statements; a table that comes from no file cuts off what is behind it.
    target : str
        The model's name.
    tables : iterable of str
        Names of tables that come from no file.
    rule : Rule, optional
        The plain function that `target` was made of.

    Raises
    ------
    UnknownVariable
        If no statement binds `target`.
    ExportFailed
        If no call of ``fit`` leads to it, or no table is read.
    """
    bound = {name for effect in program.effects for name in effect.binds}
    if target not in bound:
        raise UnknownVariable(target, "the executed cells", bound)
    applied = _made_of(program, target, rule) if rule else None
    needed_first = _needed(program, target, applied)
    made = list(_made(program, needed_first, set(tables)))
    if made:
        # A table that no row comes from which the model is fitted on stays what makes it.
        fitted = applied or _fit(program, sorted(needed_first), target)
        behind_rows = _needed_by(program, *fitted)
        made = [load for load in made if load.index in behind_rows]
    sources: set[int] = set()
    for load in made:
        sources |= program.needed_for(program.effects[load.index].reads, load.index)
    for load in made:
        program.cut(load.index)
    # What draws on after a made table is given the random state that it had there.
    at = max((load.index for load in made), default=-1)
    drawn_before = program.give_random_state(at) if made else {}
    model = sorted(_needed(program, target, applied))
    kept = {load.index for load in made}
    loads = [*(m for m in made if m.index in model), *_loads(program, model, kept)]
    wrote: list[tuple[int, Load]] = []
    for load in loads:
        sources |= program.needed_for(program.effects[load.index].reads, load.index)
        wrote += [(index, load) for index in _read_apart(program, load)]
    writers = {index: Reason(load.index, "changes", FILES) for index, load in wrote}
    sources |= program.reasons([], also=writers).keys()
    model = sorted(_needed(program, target, applied))
    loads = [load for load in loads if load.index in model]
    wrote = [(index, load) for index, load in wrote if load in loads]
    fit, call = applied or _fit(program, model, target)
    before = _needed_by(program, fit, call)
    train = [i for i in model if i not in before or i >= fit]
    metrics = list(_metrics(program, target, max(model), rule is not None))
    chosen: dict[str, Metric] = {}
    for metric in metrics:
        chosen[metric.name] = metric
    last_metrics = list(chosen.values())
    needed: set[int] = set()
    for metric in last_metrics:
        needed |= program.needed_for(free_names(metric.call), metric.index)
        # The statement around it runs too, in the replay: `print("AUC", roc_auc_score(...))`.
        sources |= program.needed_for(program.effects[metric.index].reads, metric.index)
    evaluate = sorted(needed - set(model))
    prepare_more = [i for i in evaluate if i <= fit or target not in _flows(program, i, target)]
    evaluate = [i for i in evaluate if i not in prepare_more]
    # What prepare builds on is made there too, also where `fit(...).predict(X_test)` needs it.
    behind: set[int] = set()
    for i in prepare_more:
        behind |= {i} | program.needed_for(program.effects[i].reads, i)
    train = _after_prepare(program, model, [i for i in train if i >= fit or i not in behind], fit)
    scored = [
        (i, a)
        for i, a in _scored(program, target, fit)
        if i in {*evaluate, *(m.index for m in last_metrics)}
    ]
    prepare = sorted(({*model} - set(train)) | set(prepare_more))
    for index in {*model, *prepare, *evaluate, *(m.index for m in last_metrics)}:
        sources |= drawn_before.get(index, set())
    shown = _applied(program, fit, target) if rule else None
    if shown is not None:
        sources.add(shown[0])
    return Roles(
        target,
        model,
        loads,
        fit,
        call,
        train,
        prepare,
        evaluate,
        last_metrics,
        scored,
        sorted(sources - {*model, *prepare, *evaluate}),
        shown,
        wrote,
    )


def _after_prepare(program: Program, model: list[int], train: list[int], fit: int) -> list[int]:
    """Return those of `train` that can run after all that prepares the model's input.

    One that binds a prepared name anew would undo it, and one that uses a name as it was
    before a prepared statement bound it anew would find another: their order must stay.
    """
    while True:
        bound: dict[str, int] = {}  # the last statement of prepare that binds a name
        for i in sorted({*model} - set(train)):
            bound |= dict.fromkeys(program.effects[i].binds, i)
        early = [i for i in train if i < fit and _comes_before(program, i, bound)]
        if not early:
            return train
        behind = set(early)
        for i in early:
            behind |= program.needed_for(program.effects[i].reads, i)
        train = [i for i in train if i >= fit or i not in behind]


def _comes_before(program: Program, index: int, bound: Mapping[str, int]) -> bool:
    effect = program.effects[index]
    uses = effect.reads | effect.changes
    return bool(effect.binds & bound.keys()) or any(bound.get(n, -1) > index for n in uses)


def _needed(program: Program, target: str, applied: tuple[int, ast.Call] | None) -> set[int]:
    """Return what the model depends on; of a plain function, also the rows it was applied to."""
    rows = _needed_by(program, *applied) if applied is not None else set()
    return program.needed_for([target]) | rows


def _needed_by(program: Program, index: int, call: ast.Call) -> set[int]:
    """Return what the arguments of a call depend on."""
    return program.needed_for(free_names(_arguments(call)) - set(program.imports.paths), index)


def _made_of(program: Program, target: str, rule: Rule) -> tuple[int, ast.Call]:
    """Return where a plain function's object is made, and a call that holds its X and y.

    That call does not run: it only holds the arguments in the order of `fit`.
    """
    index = next(
        i
        for i in reversed(range(len(program.body)))
        if target in program.effects[i].binds
        and isinstance(call := getattr(program.body[i].node, "value", None), ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == rule.class_name
    )
    _, table = _applied(program, index, target)
    wanted = [ast.parse(rule.wanted, mode="eval").body] if rule.wanted else []
    for node in (n for expression in wanted for n in ast.walk(expression)):
        for place in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
            if hasattr(node, place):
                delattr(node, place)
    return index, ast.Call(ast.Name(rule.class_name, ast.Load()), [table, *wanted], [])


def _applied(program: Program, made: int, target: str) -> tuple[int, ast.expr]:
    """Return the rows that a plain function's object is given right after it is made."""
    call = program.body[made + 1].node.value  # type: ignore[attr-defined]
    assert isinstance(call, ast.Call)
    assert root_name(call.func) == target
    return made + 1, call.args[0]


def real_name(program: Program, target: str) -> str:
    """Return the name that `target` is only another name for: ``best = forest``.

    The model is then called in the package what it was called when it was trained.
    """
    for index in range(len(program.body) - 1, -1, -1):
        effect = program.effects[index]
        if target in effect.changes:
            return target
        if target not in effect.binds:
            continue
        node = program.body[index].node
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Name)):
            return target
        other = node.value.id
        later = program.effects[index + 1 :]
        if len(node.targets) > 1 or any(other in e.binds | e.changes for e in later):
            return target
        return real_name(program, other)
    return target


def _arguments(call: ast.Call) -> ast.expr:
    return ast.Tuple([*call.args, *(k.value for k in call.keywords)], ast.Load())


def _flows(program: Program, index: int, target: str) -> set[str]:
    """Return {target} if statement `index` depends on the model."""
    reads = program.effects[index].reads
    if target in reads:
        return {target}
    needed = program.needed_for(reads, index)
    return {target} if any(target in program.effects[i].binds for i in needed) else set()


def _made(program: Program, among: set[int], tables: set[str]) -> Iterator[Load]:
    """Yield the tables of no file: those that were named, or that SQL or an address gave."""
    for index in sorted(among):
        node = program.body[index].node
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        if node.targets[0].id in tables:
            yield Load(index, node.value, None, True)
        elif isinstance(node.value, ast.Call):
            path = program.imports.dotted(node.value.func) or ""
            if path in _SQL:
                yield Load(index, node.value, None, True, _database(program, node.value, index))
            elif reads_table(program.imports, node.value):
                remote = remote_of(program, node.value, index)
                if remote is not None:
                    yield Load(index, node.value, None, True, remote=remote)


def _database(program: Program, call: ast.Call, index: int) -> Database | None:
    """Return how a table was read, where its query and its connection can be told."""
    given = dict(enumerate(call.args)) | {k.arg: k.value for k in call.keywords}
    query = literal(program, given.get(0, given.get("sql")), index)
    connection = given.get(1, given.get("con"))
    if isinstance(connection, ast.Name):
        for before in range(index - 1, -1, -1):
            if connection.id in program.effects[before].binds:
                connection = getattr(program.body[before].node, "value", None)
                break
    if query is None or not isinstance(connection, ast.Call) or len(connection.args) != 1:
        return None
    if program.imports.dotted(connection.func) is None:
        return None
    return Database(connection.func, query)


def _loads(program: Program, model: list[int], made: set[int]) -> Iterator[Load]:
    for index in model:
        if index in made:
            continue
        for node in ast.walk(program.body[index].node):
            if isinstance(node, ast.Call) and reads_table(program.imports, node):
                path = literal(program, path_argument(node), index)
                yield Load(index, node, path, told=_told(program, node, index, path is None))


def _told(program: Program, call: ast.Call, index: int, place: bool) -> tuple[ast.expr, ...]:
    """Return the arguments of a reading call that it takes other statements to know."""
    given = path_argument(call)
    # What opens an address is a key, and comes from the environment of the package.
    named = [k.value for k in call.keywords if k.arg != "storage_options"]
    others = [a for a in (*call.args, *named) if a is not given]
    wanted = [a for a in others if not all(_stands(program, n, index) for n in free_names(a))]
    return (*([given] if place and given is not None else []), *wanted)


def _stands(program: Program, name: str, before: int) -> bool:
    """Tell whether a name stands for what a module can have at its top."""
    if name in program.imports.paths:
        return True
    bound = [i for i, effect in enumerate(program.effects) if name in effect.binds]
    if len(bound) != 1 or bound[0] >= before:
        return not bound
    node = program.body[bound[0]].node
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return True
    changed = any(name in effect.changes for effect in program.effects)
    return isinstance(node, ast.Assign) and is_literal(node.value) and not changed


def _read_apart(program: Program, load: Load) -> list[int]:
    """Let nothing be behind the file that a call reads; return the statements that wrote it."""
    node = program.body[load.index].node
    call = load.call
    simple = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr
    if load.made or not isinstance(node, simple) or not isinstance(call, ast.Call):
        return []
    apart = [argument for argument in (path_argument(call), *load.told) if argument is not None]
    told = {id(n) for argument in apart for n in ast.walk(argument)}
    here = [n for n in ast.walk(node) if id(n) not in told]
    inside = {name for argument in apart for name in _words(ast.walk(argument))} - _words(here)
    program.forget(load.index, inside)
    reads = [n for n in here if isinstance(n, ast.Call) and reads_table(program.imports, n)]
    if len(reads) > 1 or "open" in _words(here):
        return []
    return program.forget(load.index, {FILES})


def _words(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names and attributes among nodes."""
    return {
        n.id if isinstance(n, ast.Name) else n.attr
        for n in nodes
        if isinstance(n, ast.Name | ast.Attribute)
    }


def _fit(program: Program, model: list[int], target: str) -> tuple[int, ast.Call]:
    """Return the last call of ``fit`` that makes the model, not one of its transformers."""
    family = {target}
    best: tuple[int, ast.Call] | None = None
    for index in reversed(model):
        node = program.body[index].node
        if isinstance(node, ast.For) and free_names(node.iter) & family:
            # `for name, m in models.items()`: what is fitted there is one of `models`.
            family |= _names(node.target)
        elif isinstance(node, ast.For) and _names(node.target) & family:
            # `for clf in (first, second)`: what `clf` is was fitted under another name.
            family |= free_names(node.iter)
        family |= _put_into(node, family)
        calls = [
            n
            for n in ast.walk(node)
            if isinstance(n, ast.Call)
            and isinstance(n.func, ast.Attribute)
            and (
                n.func.attr in ("fit", "fit_predict")
                or (n.func.attr == "fit_transform" and root_name(n.func) == target)
            )
        ]
        binds = program.effects[index].binds
        for call in reversed(calls):
            receiver = root_name(call.func)
            if best is None and (receiver in family or binds & family):
                best = (index, call)
        if binds & family and isinstance(node, ast.Assign):
            family |= {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
    if best is None:
        raise never_fitted(program, target)
    best = _through_constructor(program, _through_function(program, model, target, best))
    if not fit_arguments(best[1]):
        raise ExportFailed(
            f"The call of `fit` in {program.body[best[0]].place} has no readable arguments.",
            "Write it as `model.fit(X, y)`.",
        )
    return best


def _put_into(node: ast.AST, family: set[str]) -> set[str]:
    """Return what a statement keeps in a collection: ``board.append((score, model))``."""
    found: set[str] = set()
    for item in ast.walk(node):
        if isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute):
            if item.func.attr in _KEEPING and root_name(item.func) in family:
                found |= {name for argument in item.args for name in _elements(argument)}
        elif isinstance(item, ast.Assign) and any(
            isinstance(t, ast.Subscript) and root_name(t) in family for t in item.targets
        ):
            found |= set(_elements(item.value))
    return found


def _elements(node: ast.AST) -> Iterator[str]:
    """Yield the names that a value holds as they are: in tuples, lists and dictionaries."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Tuple | ast.List | ast.Dict):
        for part in node.values if isinstance(node, ast.Dict) else node.elts:
            yield from _elements(part)


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def never_fitted(program: Program, target: str) -> ExportFailed:
    """Return the error that no `fit` leads to `target`, and what can be done."""
    judged = cross_validated(program, target)
    if judged is None:
        return ExportFailed(
            f"No `fit` that trains '{target}' was found in the executed cells.",
            "Call `.fit(...)` on the model in a cell of the notebook, then export again.",
        )
    index, call = judged
    x, y = (ast.unparse(a) for a in call.args[1:3])
    return ExportFailed(
        f"'{target}' was only cross-validated, in {program.body[index].place}, and never fitted.",
        f"Export it with `--refit`, which fits it on all of {x} and {y}; or run "
        f"`{target}.fit({x}, {y})` in a cell.",
    )


def cross_validated(program: Program, target: str) -> tuple[int, ast.Call] | None:
    """Return the last call that cross-validated `target`, and its statement."""
    for index in range(len(program.body) - 1, -1, -1):
        for node in ast.walk(program.body[index].node):
            if (
                isinstance(node, ast.Call)
                and (program.imports.dotted(node.func) or "").startswith(
                    "sklearn.model_selection.cross_val"
                )
                and len(node.args) >= 3
                and isinstance(node.args[0], ast.Name)
                and node.args[0].id == target
            ):
                return index, node
    return None


def _through_constructor(program: Program, found: tuple[int, ast.Call]) -> tuple[int, ast.Call]:
    """Return X and y of ``OLS(y, X).fit()``, where the model was given them before."""
    index, call = found
    if fit_arguments(call) or not isinstance(call.func, ast.Attribute):
        return found
    made: ast.expr | None = call.func.value
    if isinstance(made, ast.Name):
        name = made.id
        while index and name not in program.effects[index].binds:
            index -= 1
        made = getattr(program.body[index].node, "value", None)
    path = program.imports.dotted(made.func) if isinstance(made, ast.Call) else None
    if path is None or not isinstance(made, ast.Call) or not path.startswith("statsmodels."):
        return found
    named = {k.arg: k.value for k in made.keywords}
    names = ("formula", "data") if "formula" in path else ("endog", "exog")
    given = [named.get(name) for name in names]
    for position, argument in enumerate(made.args[:2]):
        given[position] = argument
    y, x = given
    if x is None or y is None:
        return found
    # Not a call that runs: it only holds the arguments in the order of `fit`.
    if "formula" not in path:
        return index, ast.Call(call.func, [x, y], [])
    left = _left_side(literal(program, y, index))
    wanted = ast.List([ast.Constant(name) for name in left], ast.Load())
    return index, ast.Call(call.func, [x, ast.Subscript(x, wanted, ast.Load())], [])


def _left_side(formula: str | None) -> list[str]:
    """Return the names on the left of a formula: its target is made of them."""
    try:
        tree = ast.parse((formula or "").partition("~")[0].strip(), mode="eval")
    except SyntaxError:
        return []
    return [n.id for n in ast.walk(tree) if isinstance(n, ast.Name)]


def _through_function(
    program: Program, model: list[int], target: str, found: tuple[int, ast.Call]
) -> tuple[int, ast.Call]:
    """Return the call of the function whose body holds the ``fit``, with its X and y first."""
    definition = program.body[found[0]].node
    if not isinstance(definition, ast.FunctionDef):
        return found
    parameters = [a.arg for a in definition.args.args]
    inner = [a.id if isinstance(a, ast.Name) else "" for a in fit_arguments(found[1])]
    for index in reversed(model):
        for call in ast.walk(program.body[index].node):
            if not (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Name)
                and call.func.id == definition.name
            ):
                continue
            given: dict[str | None, ast.expr] = dict(zip(parameters, call.args, strict=False))
            given |= {k.arg: k.value for k in call.keywords}
            if inner and all(name in given for name in inner):
                # Not a call that runs: it only holds the arguments in the order of `fit`.
                return index, ast.Call(call.func, [given[name] for name in inner], [])
    raise ExportFailed(
        f"What '{definition.name}' is given could not be told from the code.",
        "Call it as `model = train(X_train, y_train)`, or call `fit` in a cell.",
    )


def _metrics(program: Program, target: str, after: int, function: bool) -> Iterator[Metric]:
    rebound = [
        i
        for i in range(after + 1, len(program.body))
        if target in program.effects[i].binds | program.effects[i].changes
        and i not in program.needed_for([target])
    ]
    end = min(rebound, default=len(program.body))
    for index in range(after, end):
        statement = program.body[index].node
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.For | ast.While):
            continue
        for node in _once(statement):
            if not isinstance(node, ast.Call):
                continue
            path = program.imports.dotted(node.func) or ""
            name = path.split(".")[-1]
            score = (
                isinstance(node.func, ast.Attribute)
                and node.func.attr == "score"
                and root_name(node.func) == target
            )
            if not score and (
                not path.startswith("sklearn.metrics") or any(w in path for w in _NOT_NUMBERS)
            ):
                continue
            if score or _about(program, node, index, target, function):
                name = "score" if score else name
                if _on_training_rows(node):
                    name += "_train"
                yield Metric(index, node, name)


def _once(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a statement evaluates once, as it is reached, and so not in comprehensions."""
    pending = [node]
    while pending:
        each = pending.pop(0)
        yield each
        if not isinstance(each, _MANY_TIMES):
            pending += ast.iter_child_nodes(each)


def _on_training_rows(node: ast.Call) -> bool:
    names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
    return any("train" in n.lower() for n in names)


def _about(program: Program, call: ast.Call, index: int, target: str, function: bool) -> bool:
    names = free_names(call)
    if target in names:
        return True
    needed = program.needed_for(names, index)
    if function:
        return any(target in program.effects[i].reads for i in needed)
    calls = {
        root_name(n.func)
        for i in needed
        if i > 0
        for n in ast.walk(program.body[i].node)
        if isinstance(n, ast.Call)
        and isinstance(n.func, ast.Attribute)
        and n.func.attr.startswith(("predict", "decision_function"))
    }
    return target in calls


def _scored(program: Program, target: str, fit: int) -> Iterator[tuple[int, ast.expr]]:
    for index in range(fit, len(program.body)):
        for node in ast.walk(program.body[index].node):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("predict", "predict_proba", "decision_function", "score")
                and root_name(node.func) == target
                and node.args
            ):
                yield index, node.args[0]
