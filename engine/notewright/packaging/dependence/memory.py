"""Names, regions, and who bound and changed them up to the statement that is looked at."""

from __future__ import annotations

import ast
import builtins
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from notewright.packaging.dependence.regions import (
    ANY,
    FILES,
    SETTINGS,
    SHARED,
    Binding,
    Frame,
    Ref,
    Region,
    Value,
    overlap,
)
from notewright.packaging.effects import unbound_names

#: Kinds of objects that are told apart by where they were made.
_MERGED = frozenset(["dict", "list", "set", "tuple", "value"])

State = tuple[dict[str, Binding], dict[str, Binding] | None]


@dataclass(frozen=True)
class Edge:
    """One statement needs another.

    Parameters
    ----------
    on : int
        The statement that is needed.
    how : str
        ``binds``, ``changes``, ``deletes`` or ``imports``.
    name : str
        What it binds or changes.
    """

    on: int
    how: str
    name: str


class Memory:
    """What names stand for, and the dependences seen so far."""

    def __init__(self) -> None:
        self.now = 0
        #: Changes by later statements are not looked at.
        self.limit = 0
        self.globals: dict[str, Binding] = {}
        self.frame: Frame | None = None
        self.alive = True
        self.edges: dict[int, dict[tuple[int, str, str], Edge]] = defaultdict(dict)
        #: (statement, deletion, binders): it needs the deletion if one of the binders is kept.
        self.guards: list[tuple[int, int, frozenset[int]]] = []
        self.changed_regions: dict[int, set[Region]] = defaultdict(set)
        self.bound_names: dict[int, set[str]] = defaultdict(set)
        self.shared = {name: Region("shared", name) for name in SHARED}
        self.namespace = Region("namespace")
        self.library: dict[str, Region] = {}
        #: Shared states that were given a known value, by seeding.
        self.seeded: dict[str, int] = {}
        #: The statements that seed.
        self.seeds: set[int] = set()
        #: Where in the code we are, and whether a library has called it.
        self.place: ast.AST | None = None
        self.within_library = False
        self._made_at: dict[tuple[int, ast.AST | None, str], Region] = {}
        #: How many calls were followed for the present statement, and references reached.
        self.calls = self.work = 0
        #: Whether the present statement has looked at everything already, and changed it.
        self.exhausted = False
        #: How many conditions and loops we are in.
        self.depth = 0
        #: The numbers of statements inside others, by their nodes, where these are told apart;
        self.numbers: dict[ast.stmt, int] = {}
        #: and of each loop that of the last statement in it, which may be followed by the first.
        self.lasts: dict[ast.stmt, int] = {}
        self._unbound: dict[ast.AST, set[str]] = {}

    def begin(self, index: int) -> None:
        """Turn to a statement."""
        self.now = self.limit = index
        self.calls = self.work = 0
        self.exhausted = False

    @contextmanager
    def inside(self, index: int) -> Iterator[None]:
        """Turn to a statement inside the present one, and back."""
        outer = self.now, self.limit, self.calls, self.work, self.exhausted
        self.begin(index)
        self.limit = max(index, outer[1])
        yield
        self.now, self.limit, self.calls, self.work, self.exhausted = outer

    @contextmanager
    def turning(self, loop: ast.stmt) -> Iterator[None]:
        """Let each statement of a loop see what the others, and those after it, have changed."""
        outer, self.limit = self.limit, max(self.limit, self.lasts.get(loop, self.limit))
        yield
        self.limit = outer

    # -- states ---------------------------------------------------------------------

    def fork(self) -> State:
        """Return a copy of the variables."""
        return dict(self.globals), None if self.frame is None else dict(self.frame.vars)

    def resume(self, state: State) -> None:
        """Go on with the variables of `state`, which is not used otherwise."""
        self.globals = dict(state[0])
        if self.frame is not None:
            self.frame.vars = dict(state[1] or {})
        self.alive = True

    def join(self, states: Iterable[State]) -> None:
        """Go on with what any of the states may be; without any, nothing goes on."""
        states = list(states)
        if not states:
            self.alive = False
            return
        self.globals = _joined([s[0] for s in states])
        if self.frame is not None:
            self.frame.vars = _joined([s[1] or {} for s in states])
        self.alive = True

    # -- dependences ----------------------------------------------------------------

    def need(self, on: int, how: str, name: str) -> None:
        """Note that the present statement needs another."""
        if 0 <= on <= self.limit and on != self.now:
            self.edges[self.now].setdefault((on, how, name), Edge(on, how, name))

    def read(self, name: str) -> Value:
        """Return what `name` stands for, and need who bound it."""
        frame = self.frame
        while frame is not None:
            visible = frame is self.frame or not frame.is_class
            if name in frame.globals:
                break
            if visible and name in frame.vars:
                binding = frame.vars[name]
                self._need_binding(name, binding)
                for by, key in frame.region.changes:
                    if key == name and by <= self.limit:
                        self.need(by, "binds", name)
                return Value(binding.value.refs, binding.value.literal, name)
            frame = frame.outer
        found = self.globals.get(name)
        if found is None or found.gone or found.maybe:
            self._need_any(name)
        if found is None and not hasattr(builtins, name):
            # Bound by something that is not seen here; what changes it is followed all the same.
            found = self.globals[name] = Binding(value=Value(frozenset({Ref(Region())})))
        if found is None:
            return Value(name=name)
        self._need_binding(name, found)
        return Value(found.value.refs, found.value.literal, name)

    def read_global(self, name: str) -> Value:
        """Return what a global variable stands for, wherever we are."""
        frame, self.frame = self.frame, None
        try:
            return self.read(name)
        finally:
            self.frame = frame

    def _need_binding(self, name: str, binding: Binding) -> None:
        for by in binding.binders:
            self.need(by, "binds", name)
        if binding.gone is not None:
            self.guards.append((self.now, *binding.gone))

    def _need_any(self, name: str) -> None:
        if (wild := self.globals.get(ANY)) is not None and not name.startswith("<"):
            for by in wild.binders:
                self.need(by, "binds", name)

    def is_bound(self, name: str) -> bool:
        """Tell whether the notebook may have bound `name`, here or globally."""
        frame = self.frame
        while frame is not None:
            if name in frame.vars:
                return True
            frame = frame.outer
        return name in self.globals

    def is_builtin(self, name: str) -> bool:
        """Tell whether `name` stands for Python's own here."""
        frame = self.frame
        while frame is not None:
            if name in frame.vars and name not in frame.globals:
                return False
            frame = frame.outer
        binding = self.globals.get(name)
        bound = binding is not None and (bool(binding.binders) or binding.gone is None)
        return hasattr(builtins, name) and not bound

    # -- binding --------------------------------------------------------------------

    def bind(self, name: str, value: Value) -> None:
        """Bind `name` here and now."""
        self.keep(value)
        binding = Binding(frozenset({self.now}), Value(value.refs, value.literal, name))
        frame = self.frame
        if frame is None or name in frame.globals:
            self.globals[name] = binding
            self.bound_names[self.now].add(name)
            return
        if name not in frame.nonlocals:
            frame.vars[name] = binding
            return
        outer = frame.outer
        while outer is not None and (outer.is_class or name not in outer.local):
            outer = outer.outer
        if outer is not None:
            # Calls that come later see it; which of several came last is not followed.
            outer.vars[name] = outer.vars.get(name, binding) | binding
            outer.region.changes.setdefault((self.now, name))

    def unbind(self, name: str) -> None:
        """Delete `name`."""
        self.read(name)
        if self.frame is not None and name not in self.frame.globals:
            self.frame.vars.pop(name, None)
            return
        old = self.globals.get(name)
        binders = old.binders if old is not None else frozenset()
        self.globals[name] = Binding(gone=(self.now, binders))
        self.bound_names[self.now].add(name)

    def bind_anything(self, changes: bool = True) -> None:
        """Let any name be bound here; with `changes`, any value be changed too."""
        fresh = Region(traits={"unknown"})
        for name, binding in list(self.globals.items()):
            if name == ANY:
                continue
            if changes:
                self.change(binding.value, deep=True)
            maybe = Binding(frozenset({self.now}), Value(frozenset({Ref(fresh)})))
            self.globals[name] = binding | maybe
        wild = self.globals.get(ANY, Binding())
        self.globals[ANY] = Binding(wild.binders | {self.now}, maybe=True)

    # -- regions --------------------------------------------------------------------

    def fresh(self, kind: str = "value", parts: Value = Value()) -> Value:  # noqa: B008
        """Return a new object that may hold `parts`.

        Of what a library calls, once or many times and in whatever order, one object
        stands for all that one place in the code makes during a statement.
        """
        if self.within_library and kind in _MERGED:
            region = self._made_at.setdefault((self.now, self.place, kind), Region(kind))
        else:
            region = Region(kind)
        self.hold(region, parts)
        return Value(frozenset({Ref(region)}))

    def hold(self, region: Region, value: Value, key: str | None = None) -> None:
        """Note that `region` may hold `value` from now on."""
        self.keep(value)
        for ref in value.refs:
            region.parts.add(self.now, key, ref)

    def keep(self, value: Value) -> None:
        """Note that somebody has hold of a value from now on."""
        for ref in value.refs:
            ref.region.traits.discard("passing")

    def entries_of(self, value: Value) -> Mapping[str, tuple[ast.expr, Value]] | None:
        """Return what a dictionary holds that was written out, and that nobody has changed."""
        (ref,) = value.refs if len(value.refs) == 1 else (None,)
        if ref is None or ref.key is not None or ref.region.changes:
            return None
        return ref.region.entries

    def parts(self, value: Value, key: str | None = None) -> Value:
        """Return what the objects of `value` may hold, or hold under `key`."""
        refs: set[Ref] = set()
        for ref in value.refs:
            held = ref.region.parts
            if key is None or ref.key is None or key == ref.key:
                refs |= held.under(ref.key if key is None else key, self.limit)
            else:
                refs |= held.under(key, self.limit) & held.under(ref.key, self.limit)
        return Value(frozenset(refs), None, value.name)

    def reach(self, value: Value) -> Iterator[Ref]:
        """Yield what can be reached from a value, itself first."""
        seen = set(value.refs)
        pending = list(seen)
        while pending:
            ref = pending.pop()
            yield ref
            region = ref.region
            found = region.parts.under(ref.key, self.limit) - seen
            if region.code is not None or region.cls is not None or region.bases or region.members:
                found.update(r for r in self._behind(region) if r not in seen)
            seen |= found
            pending += found
        self.work += len(seen)

    def _behind(self, region: Region) -> Iterator[Ref]:
        """Yield what is reached from a region besides what it holds."""
        if region.cls is not None:
            yield Ref(region.cls)
        for base in region.bases:
            yield Ref(base)
        if region.kind == "class":
            for binding in region.members.values():
                yield from binding.value.refs
        if region.code is not None:
            for value in region.code.defaults.values():
                yield from value.refs
            if region.code.bound is not None:
                yield from region.code.bound.refs
            yield from self._captured(region)

    def _captured(self, region: Region) -> Iterator[Ref]:
        """Yield what a function sees of the variables around it."""
        code = region.code
        if code is None:
            return
        wanted = self.unbound(code.node)
        frame = code.started or code.frame
        while frame is not None:
            yield Ref(frame.region)
            for name, binding in frame.vars.items():
                if name in wanted or frame is code.started:
                    yield from binding.value.refs
            frame = frame.outer

    def unbound(self, node: ast.AST) -> set[str]:
        """Return the names that a function or lambda reads and does not bind itself."""
        if node not in self._unbound:
            self._unbound[node] = unbound_names(node)
        return self._unbound[node]

    def look(self, value: Value) -> None:
        """Need all who changed what can be reached from `value`."""
        if self.exhausted:
            return
        for ref in self.reach(value):
            if ref.region is self.namespace:
                self._look_at_everything()
            for by, key in ref.region.changes:
                if ref.region.shows(by, self.limit) and overlap(key, ref.key):
                    self.need(by, "changes", self._called(ref.region, value))

    def _look_at_everything(self) -> None:
        for name in list(self.globals):
            if not name.startswith("<") and name != ANY:
                self._need_binding(name, self.globals[name])
                for ref in self.reach(self.globals[name].value):
                    if ref.region is not self.namespace:
                        for by, _ in ref.region.changes:
                            self.need(by, "changes", name)

    def _called(self, region: Region, value: Value) -> str:
        return region.path if region.kind == "shared" else value.name

    def change(
        self,
        value: Value,
        key: str | None = None,
        *,
        deep: bool = False,
        fits: bool = False,
    ) -> None:
        """Note that the present statement may change what `value` stands for.

        Parameters
        ----------
        value : Value
            What changes.
        key : str, optional
            The part of it that does.
        deep : bool
            Whether what can be reached from it may change too.
        fits : bool
            Whether it is training that changes it.
        """
        # What is reached was changed when the statement was given up; a state that is seeded
        # after that, or a name first seen then, is new.
        refs = list(self.reach(value)) if deep and not self.exhausted else list(value.refs)
        for ref in refs:
            region = ref.region
            if region.kind in ("function", "class", "library", "namespace") and deep:
                continue  # who is given a function or a library calls it; nobody rewrites it
            if region.kind == "library":
                self.change_shared(SETTINGS)
                continue
            if fits:
                region.fits.append(self.now)
            else:
                region.traits.add("changed")
            region.changes.setdefault((self.now, ref.key if ref.key is not None else key))
            self.changed_regions[self.now].add(region)

    def look_at_top(self, value: Value, key: str | None = None) -> None:
        """Need all who changed the containers of `value` themselves, or one key of them."""
        for ref in value.refs:
            for by, changed in ref.region.changes:
                if by <= self.limit and (key is None or changed is None or key == changed):
                    self.need(by, "changes", value.name)

    def look_shared(self, name: str, key: str | None = None) -> None:
        """Need all who changed something shared."""
        self.look(Value(frozenset({Ref(self.shared[name], key)}), None, name))

    def change_shared(self, name: str, key: str | None = None) -> None:
        """Note a change of something shared."""
        self.change(Value(frozenset({Ref(self.shared[name], key)}), None, name))

    def seed(self, name: str) -> None:
        """Give a global random state a known value: what was before is of no matter."""
        if self.depth == 0:
            self.shared[name] = Region("shared", name)
        self.seeded[name] = self.now
        self.seeds.add(self.now)
        self.change_shared(name)

    def draw(self, name: str) -> None:
        """Draw from a global random state; without a seed nothing before would help."""
        if name in self.seeded:
            self.look_shared(name)
            self.change_shared(name)

    def file(self, value: Value | None) -> Value:
        """Return what stands for the file that a path names."""
        literal = value.literal if value is not None else None
        key = posixpath.normpath(literal) if isinstance(literal, str) else None
        return Value(frozenset({Ref(self.shared[FILES], key)}), None, FILES)


def _joined(variables: list[dict[str, Binding]]) -> dict[str, Binding]:
    names = {name for each in variables for name in each}
    found = {}
    for name in names:
        binding: Binding | None = None
        for each in variables:
            other = each.get(name, Binding(maybe=True))
            binding = other if binding is None or binding is other else binding | other
        assert binding is not None
        found[name] = binding
    return found
