"""The columns of the raw table that raw rows can do without.

A column is unused where the statements for raw rows name it only to drop it, and where no table
that holds it is used as a whole. What is not understood counts as used: the proof then shows
that the features are the same without the others.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from notewright.packaging.calls import columnwise, keyword, method
from notewright.packaging.effects import free_names
from notewright.packaging.kinds import Kind
from notewright.packaging.replay import key
from notewright.packaging.slicing import Program

#: Methods that give a table with the columns of the one they are called on, each by itself.
_COLUMN_BY_COLUMN = frozenset(
    [
        "assign",
        "astype",
        "bfill",
        "clip",
        "convert_dtypes",
        "copy",
        "drop",
        "ffill",
        "fillna",
        "infer_objects",
        "isin",
        "rename",
        "replace",
        "reset_index",
        "round",
        "set_index",
    ]
)
_PLACES = ("loc", "at")

Serve = Sequence[tuple[int, ast.stmt]]


def unused_columns(
    program: Program,
    kinds: Mapping[str, Kind],
    serve: Serve,
    given: Kind | None,
    columns: Collection[str],
) -> tuple[str, ...]:
    """Return the columns that the feature function does not read, in their order.

    Parameters
    ----------
    program, kinds
        The slice, and what expressions were when it ran.
    serve : sequence of (index, statement)
        The statements for raw rows.
    given : Kind or None
        What the model was given.
    columns : collection of str
        Those of the raw table that are not the target's.
    """
    if given is None or given.name not in ("frame", "array", "sparse", "series"):
        return ()
    used = set(given.columns) if given.name == "frame" else set[str]()
    tables = {
        node.id
        for index, statement in serve
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and _is_table(_kind(kinds, index, node))
    }
    for position, (index, statement) in enumerate(serve):
        later = {n for _, node in serve[position + 1 :] for n in free_names(node)}
        if any(free_names(node) & tables for node in _unwatched(statement)):
            return ()
        used |= _Uses(program, kinds, index, set(columns), later).of(statement)
    left = tuple(name for name in columns if name not in used)
    return left if len(left) < len(columns) else ()


def _kind(kinds: Mapping[str, Kind], index: int, node: ast.AST) -> Kind | None:
    return kinds.get(key(index, node)) if hasattr(node, "lineno") else None


def _is_table(kind: Kind | None) -> bool:
    return kind is not None and kind.name == "frame"


def _unwatched(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the parts in which the replay does not look at the values."""
    parts = ast.Lambda | ast.FunctionDef | ast.ListComp | ast.SetComp | ast.DictComp
    for node in ast.walk(statement):
        if isinstance(node, parts | ast.GeneratorExp | ast.JoinedStr):
            yield node


def named(program: Program, serve: Serve, columns: Iterable[str]) -> bool:
    """Tell whether the statements for raw rows name one of the columns."""
    wanted = set(columns)
    return any(_names(program, node) & wanted for _, node in serve)


def _names(program: Program, node: ast.AST) -> set[str]:
    """Return every text and attribute in `node` that may be the name of a column."""
    found: set[str] = set()
    for item in ast.walk(node):
        found |= _own_names(program, item)
    return found


def _own_names(program: Program, item: ast.AST) -> set[str]:
    if isinstance(item, ast.keyword):
        return {item.arg or ""}
    text = program.text(item)
    found = set() if text is None else {text}
    return found | {item.attr} if isinstance(item, ast.Attribute) else found


class _Uses:
    """Which columns one statement uses."""

    def __init__(
        self,
        program: Program,
        kinds: Mapping[str, Kind],
        index: int,
        columns: set[str],
        later: set[str],
    ) -> None:
        self._program = program
        self._kinds = kinds
        self._index = index
        self._columns = columns
        self._later = later
        self._loops: Mapping[str, tuple[str, ...]] = {}

    def of(self, statement: ast.stmt) -> set[str]:
        """Return the columns that the statement uses, as far as it is understood; else all."""
        dropped = {id(n) for part in self._dropping(statement) for n in ast.walk(part)}
        self._loops = dict(self._loops_of(statement))
        used = {name for names in self._loops.values() for name in names} & self._columns
        parents: dict[int, ast.AST] = {}
        for node in ast.walk(statement):
            if id(node) not in dropped:
                used |= _own_names(self._program, node) & self._columns
            for child in ast.iter_child_nodes(node):
                parents[id(child)] = node
        for node in ast.walk(statement):
            if isinstance(node, ast.expr) and not self._goes_on(node, parents):
                used |= self._held(node)
        return used

    def _held(self, node: ast.expr) -> set[str]:
        """Return the raw columns that the value of `node` holds."""
        kind = self._kind(node)
        return self._columns & set(kind.columns) if kind and _is_table(kind) else set()

    def _kind(self, node: ast.AST) -> Kind | None:
        return _kind(self._kinds, self._index, node)

    def _goes_on(self, node: ast.expr, parents: Mapping[int, ast.AST]) -> bool:
        """Tell whether what is done with a table leaves each column to itself, or names it."""
        parent = parents.get(id(node))
        if isinstance(parent, ast.Assign):
            return parent.value is node
        if isinstance(parent, ast.Expr | ast.Delete):
            return True
        if isinstance(parent, ast.Subscript) and parent.value is node:
            return self._chooses(parent)
        if not isinstance(parent, ast.Attribute):
            return False
        above = parents.get(id(parent))
        if isinstance(above, ast.Subscript) and above.value is parent:
            places = parent.attr in _PLACES and self._chooses(above)
            return places or self._is_column(parent)
        if isinstance(above, ast.Call) and above.func is parent:
            return self._is_column_by_column(above, parents)
        return parent.attr == "index" or self._is_column(parent)

    def _is_column(self, node: ast.Attribute) -> bool:
        """Tell whether ``df.name`` is a column, of the raw table or one that was made."""
        kind, table = self._kind(node), self._kind(node.value)
        if kind is None or table is None or kind.name != "series":
            return node.attr in self._columns
        return node.attr in self._columns or node.attr in table.columns

    def _chooses(self, node: ast.Subscript) -> bool:
        """Tell whether it is seen which columns ``df[...]`` or ``df.loc[...]`` are."""
        if not isinstance(node.ctx, ast.Load) or _is_table(self._kind(node)):
            return True  # nothing is read, or what becomes of those is looked at there
        part = node.slice
        if isinstance(part, ast.Tuple) and part.elts:
            part = part.elts[-1]
        if isinstance(part, ast.Name) and part.id in self._loops:
            return True
        return self._program.text(part) is not None

    def _loops_of(self, statement: ast.stmt) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the variables of loops over names that are written out, with these."""
        for node in ast.walk(statement):
            if not isinstance(node, ast.For) or not isinstance(node.target, ast.Name):
                continue
            items = node.iter.elts if isinstance(node.iter, ast.List | ast.Tuple) else [node.iter]
            texts = [text for item in items for text in self._program.texts(item)]
            if texts and len(texts) >= len(items):
                yield node.target.id, tuple(texts)

    def _is_column_by_column(self, call: ast.Call, parents: Mapping[int, ast.AST]) -> bool:
        if any(call is part for part in self._pops(parents.get(id(call)))):
            return True
        if method(call) not in _COLUMN_BY_COLUMN and not self._joins_by_name(call):
            return False
        return isinstance(parents.get(id(call)), ast.Expr) or _is_table(self._kind(call))

    def _joins_by_name(self, call: ast.Call) -> bool:
        """Tell whether a table gets columns of another one, by columns that are named."""
        by = [k.value for k in call.keywords if k.arg in ("on", "left_on")]
        return method(call) in ("merge", "join") and bool(by) and all(map(self._is_plain, by))

    # -- what is only dropped --------------------------------------------------------

    def _dropping(self, statement: ast.stmt) -> Iterator[ast.AST]:
        """Yield the expressions that name columns in order to drop them."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Assign) and all(
                map(self._is_text, (node.value, *node.targets))
            ):
                yield node  # a name for a text: what is done with it is looked at elsewhere
            if isinstance(node, ast.Call) and method(node) == "drop" and columnwise(node):
                given = keyword(node, "columns") or (node.args[0] if node.args else None)
                if given is not None and self._is_plain(given):
                    yield given
            elif isinstance(node, ast.Delete):
                yield from (t.slice for t in node.targets if isinstance(t, ast.Subscript))
            yield from (pop.args[0] for pop in self._pops(node) if pop.args)

    def _is_plain(self, given: ast.expr) -> bool:
        items = given.elts if isinstance(given, ast.List | ast.Tuple) else [given]
        return all(map(self._is_text, items))

    def _is_text(self, item: ast.expr) -> bool:
        return self._program.text(item) is not None

    def _pops(self, node: ast.AST | None) -> Iterator[ast.Call]:
        """Yield ``df.pop("a")`` where nothing is done with the column."""
        if not isinstance(node, ast.Expr | ast.Assign):
            return
        call = node.value
        if not (isinstance(call, ast.Call) and method(call) == "pop"):
            return
        targets = node.targets if isinstance(node, ast.Assign) else []
        if all(isinstance(t, ast.Name) and t.id not in self._later for t in targets):
            yield call
