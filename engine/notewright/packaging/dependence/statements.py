"""What statements bind, change and depend on."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from notewright.packaging import known
from notewright.packaging.dependence.calling import Given
from notewright.packaging.dependence.memory import State
from notewright.packaging.dependence.methods import Methods
from notewright.packaging.dependence.operators import binary
from notewright.packaging.dependence.regions import (
    NOTHING,
    SETTINGS,
    Frame,
    Ref,
    Region,
    Value,
)
from notewright.packaging.effects import bound_in

#: A loop's body is followed so often: what one turn leaves, the next may find.
_TURNS = 3


class Statements(Methods):
    """Follows statements.

    Parameters
    ----------
    mentioned : frozenset of str
        Every name that the code reads anywhere.
    careful : bool
        Count every training as a draw from the global random state.
    """

    def __init__(self, mentioned: frozenset[str], careful: bool = False) -> None:
        super().__init__(careful)
        self.mentioned = mentioned
        self.exits = []
        self.trying = None
        self._breaks: list[list[State]] = []
        self._continues: list[list[State]] = []

    def block(self, body: Sequence[ast.stmt]) -> None:
        """Follow statements one after the other, as far as they are reached."""
        for node in body:
            if not self.alive:
                return
            self.statement(node)
            if self.trying is not None and self.alive:
                self.trying.append(self.fork())

    def statement(self, node: ast.stmt) -> None:
        """Follow one statement."""
        method = getattr(self, f"_do_{type(node).__name__.lower()}", None)
        if method is not None:
            method(node)
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.used(child)

    def stopping(self, node: ast.stmt) -> None:
        """Follow a statement that stopped with an error, somewhere in between."""
        self.trying = [self.fork()]
        if isinstance(node, ast.Assign) and [type(t) for t in node.targets] == [ast.Name]:
            self.evaluate(node.value)  # it would have bound the name last of all
        else:
            self.statement(node)
        self.join([*self.trying, self.fork()])
        self.trying = None

    # -- binding --------------------------------------------------------------------

    def _do_expr(self, node: ast.Expr) -> None:
        self.evaluate(node.value)

    def _do_assign(self, node: ast.Assign) -> None:
        value = self.evaluate(node.value)
        if isinstance(node.value, ast.Attribute | ast.Subscript):
            self._look_unless_alias(value)
        for target in node.targets:
            self.bind_target(target, value, node.value)

    def _look_unless_alias(self, value: Value) -> None:
        """Need who changed what an item is taken from, where it is not followed as an alias."""
        if not value.refs:
            self.look(value)

    def _do_annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.bind_target(node.target, self.evaluate(node.value), node.value)

    def bind_target(self, target: ast.expr, value: Value, source: ast.expr | None = None) -> None:
        """Bind or store `value` at a target."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
        elif isinstance(target, ast.Starred):
            self.bind_target(target.value, self.fresh("list", value))
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target, value, source)
        elif isinstance(target, ast.Attribute):
            self.store_attribute(self.evaluate(target.value), target.attr, value)
        elif isinstance(target, ast.Subscript):
            if isinstance(target.slice, ast.Slice):  # what is in `value` is put there, not it
                value |= self.iterate(value)
            self.store_item(self.evaluate(target.value), self.used(target.slice), value)

    def _unpack(self, target: ast.Tuple | ast.List, value: Value, source: ast.expr | None) -> None:
        keyed = len(value.regions) == 1 and value.regions[0].kind == "tuple"
        starred = any(isinstance(t, ast.Starred) for t in target.elts)
        if keyed and not starred:
            self.look_at_top(value)
            for at, each in enumerate(target.elts):
                part = self.parts(value, str(at))
                self.bind_target(each, Value(part.refs, None, value.name))
            return
        elements = self.iterate(value)
        # Of what a call has just made, each name gets one of its own.
        own = isinstance(source, ast.Call) and all(
            r.region.kind == "value" and not r.region.parts and "unknown" not in r.region.traits
            for r in elements.refs
        )
        for each in target.elts:
            if own and elements.refs:
                part = self.fresh()
                part.regions[0].traits |= set().union(*(r.traits for r in elements.regions))
                self.bind_target(each, part)
            else:
                self.bind_target(each, elements)

    def store_attribute(self, value: Value, name: str | None, new: Value) -> None:
        """Follow ``value.name = new``."""
        for ref in value.refs:
            region = ref.region
            one = Value(frozenset({ref}), None, value.name)
            if region is self.namespace and name is not None:
                self.bind(name, new)
                continue
            if region.kind == "library":
                self._patch(region, name, new)
                continue
            if region.kind in ("instance", "class"):
                self.run_special(one, "__setattr__", others=[new])
                if region.cls is not None and name is not None:
                    self._set_property(region.cls, name, one, new)
                self.change(one, name)
            else:
                self.look(one)
                self.change(one)
            self.hold(region, new, name if region.kind in ("instance", "class") else None)

    def _patch(self, region: Region, name: str | None, new: Value) -> None:
        path = f"{region.path}.{name}"
        if path.startswith("pandas.options.display"):
            self._configured("pandas.set_option", Given([Value(literal="display")]))
            return
        if path.split(".")[0] in known.SHOWS:
            self._shown(path, Given())
            return
        self.change_library(path, new)
        (replaced,) = self.from_library(path).regions
        replaced.changes.append((self.now, None))
        self.hold(replaced, new)

    def _set_property(self, cls: Region, name: str, one: Value, new: Value) -> None:
        setters = [c.setters[name] for c in cls.ancestry() if name in c.setters]
        for setter in setters[:1]:
            for ref in setter.refs:
                bound = self._bound(ref, cls, one)
                self.call_value(bound, Given([new]))

    def store_item(self, value: Value, index: Value, new: Value) -> None:
        """Follow ``value[index] = new``."""
        key = index.literal if isinstance(index.literal, str) else None
        for ref in value.refs:
            region = ref.region
            one = Value(frozenset({ref}), None, value.name)
            if region is self.namespace:
                if key is None:
                    self.look(one)
                    self.bind_anything(changes=False)
                else:
                    self.bind(key, new)
                continue
            if region.kind == "library":
                self._patch(region, key, new)
                continue
            if region.kind != "dict":
                self.look(one)
            self.run_special(one, "__setitem__", others=[new, index])
            self.change(one, key)
            self.hold(region, new, key)

    def _do_augassign(self, node: ast.AugAssign) -> None:
        target = node.target
        read: ast.expr
        if isinstance(target, ast.Name):
            old = self.read(target.id)
        elif isinstance(target, ast.Attribute):
            holder = self.evaluate(target.value)
            old = self.attribute(holder, target.attr)
        else:
            read = target.value
            holder = self.evaluate(read)
            index = self.used(target.slice)
            old = self.item(holder, index, target.slice)
        self.look(old)
        value = self.used(node.value)
        made = self.operated([old, value], binary(node.op, in_place=True))
        self.run_special(old, others=[value])
        self.run_special(value, others=[old])
        if isinstance(node.op, ast.Add | ast.BitOr):
            elements = (
                self.iterate(value)
                if any(r.region.kind in ("list", "set", "dict", "value") for r in old.refs)
                else NOTHING
            )
            for region in old.regions:
                self.hold(region, self.parts(value) | elements)
        self._use_up(value)
        self.change(old)
        new = old if old.refs else (self.fresh(parts=self.parts(value)) if value.refs else NOTHING)
        if value.refs and old.refs:
            new |= self.fresh(parts=self.parts(value))
        new |= made
        if isinstance(target, ast.Name):
            self.bind(target.id, new)
        elif isinstance(target, ast.Attribute):
            self.store_attribute(holder, target.attr, new)
        else:
            self.store_item(holder, index, new)

    def _do_delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.unbind(target.id)
            elif isinstance(target, ast.Tuple | ast.List):
                self._do_delete(ast.Delete(target.elts))
            elif isinstance(target, ast.Attribute):
                value = self.evaluate(target.value)
                self.look(value)
                self.run_special(value, "__delattr__")
                for region in value.regions:
                    if region.kind == "library":
                        self._patch(region, target.attr, NOTHING)
                self.change(value, target.attr)
            elif isinstance(target, ast.Subscript):
                value, index = self.evaluate(target.value), self.used(target.slice)
                if self.namespace in value.regions and isinstance(index.literal, str):
                    self.unbind(index.literal)
                    continue
                self.look(value)
                self.run_special(value, "__delitem__", others=[index])
                self.change(value, index.literal if isinstance(index.literal, str) else None)

    # -- definitions ----------------------------------------------------------------

    def _do_functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        value = self.function(node)
        (region,) = value.regions
        assert region.code is not None
        frame = self.frame
        if frame is not None and frame.is_class:
            region.code.owner = frame.owner
        for decorator in reversed(node.decorator_list):
            value = self._decorated(decorator, value, node.name)
        self.bind(node.name, value)

    _do_asyncfunctiondef = _do_functiondef

    def _decorated(self, decorator: ast.expr, value: Value, name: str) -> Value:
        role = {"staticmethod": "static", "classmethod": "class", "property": "property"}
        if isinstance(decorator, ast.Name) and decorator.id in role:
            self.read(decorator.id)
            return self._with_role(value, role[decorator.id])
        if isinstance(decorator, ast.Attribute) and decorator.attr in ("setter", "deleter"):
            before = self.evaluate(decorator.value)
            if self.frame is not None and self.frame.owner is not None:
                self.frame.owner.setters[name] = value
            return before
        function = self.evaluate(decorator)
        cached = any(r.region.path == "functools.cached_property" for r in function.refs)
        if cached:
            return self._with_role(value, "property")
        return self.call_value(function, Given([value]))

    def _with_role(self, value: Value, role: str) -> Value:
        for region in value.regions:
            if region.code is not None:
                region.code.role = role
        return value

    def _do_classdef(self, node: ast.ClassDef) -> None:
        bases = [self.evaluate(base) for base in node.bases]
        for keyword in node.keywords:
            self.used(keyword.value)
        region = Region("class")
        region.bases = tuple(r for base in bases for r in base.regions if r.kind == "class")
        own = {id(r) for r in region.bases}
        if node.keywords or any(
            not any(id(r) in own for r in base.regions)
            and not (isinstance(each, ast.Name) and each.id == "object")
            for each, base in zip(node.bases, bases, strict=True)
        ):
            region.traits.add("foreign")
        frame = Frame(self.frame, frozenset(bound_in(node.body)[0]), owner=region, is_class=True)
        outer, self.frame = self.frame, frame
        try:
            self.block(node.body)
        finally:
            self.frame = outer
        region.members = dict(frame.vars)
        value = Value(frozenset({Ref(region)}))
        for base in region.bases:
            hook = self.bound_member((base,), "__init_subclass__", value)
            if hook is not None:
                self.call_value(hook, Given())
        for decorator in reversed(node.decorator_list):
            function = self.evaluate(decorator)
            if any(r.region.kind == "library" for r in function.refs):
                self.look(function)  # `dataclass` and its kind give the class itself
                continue
            value = self.call_value(function, Given([value]))
        self.bind(node.name, value)

    # -- imports --------------------------------------------------------------------

    def _do_import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            self._note_import(alias.name, name)
            path = alias.name if alias.asname else name
            self._bind_import(name, path)

    def _do_importfrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self._note_import(module, "*")
                self.bind_anything(changes=False)
                continue
            name = alias.asname or alias.name
            self._note_import(module, name)
            self._bind_import(name, f"{module}.{alias.name}")

    def _bind_import(self, name: str, path: str) -> None:
        held = self.from_library(path)
        self.look_at_top(held)
        self.bind(name, held)

    def _note_import(self, module: str, name: str) -> None:
        self.look_shared(SETTINGS)
        self.imported.append((self.now, module))
        top = module.partition(".")[0]
        unused = name not in self.mentioned and name != "*"
        for_effect = module.startswith(known.IMPORTED_FOR_EFFECT)
        plain = known.leaves_arguments(top) or top == "notewright"
        if for_effect or (unused and not plain):
            # An import whose name nothing uses is there for what it does.
            self.change_shared(SETTINGS)

    # -- control --------------------------------------------------------------------

    def _do_if(self, node: ast.If) -> None:
        self._test(node.test)
        before = self.fork()
        states = []
        for body in (node.body, node.orelse):
            self.resume(before)
            self._inner(body)
            if self.alive:
                states.append(self.fork())
        self.join(states)

    def _test(self, node: ast.expr) -> None:
        value = self.used(node)
        self.run_special(value, "__bool__", "__len__")

    def _inner(self, body: Sequence[ast.stmt]) -> None:
        self.depth += 1
        try:
            self.block(body)
        finally:
            self.depth -= 1

    def _do_for(self, node: ast.For | ast.AsyncFor) -> None:
        iterable = self.evaluate(node.iter)

        def turn() -> None:
            self.bind_target(node.target, self.iterate(iterable))

        self.look(iterable)
        self._loop(node, turn, at_least_once=_surely_turns(node.iter, self.is_builtin("range")))

    _do_asyncfor = _do_for

    def _do_while(self, node: ast.While) -> None:
        forever = isinstance(node.test, ast.Constant) and bool(node.test.value)
        self._loop(node, lambda: self._test(node.test), forever=forever, at_least_once=forever)

    def _loop(
        self,
        node: ast.For | ast.AsyncFor | ast.While,
        turn: Callable[[], None],
        *,
        forever: bool = False,
        at_least_once: bool = False,
    ) -> None:
        self._breaks.append([])
        self._continues.append([])
        testing = isinstance(node, ast.While)
        if testing:
            turn()
        ends = [] if at_least_once else [self.fork()]
        for _ in range(_TURNS):
            if not testing:
                turn()
            self._inner(node.body)
            states = self._continues[-1] + ([self.fork()] if self.alive else [])
            self._continues[-1] = []
            if not states:
                break
            self.join(states)
            if testing:
                turn()
            ends.append(self.fork())
            self.join(ends)
        self._continues.pop()
        breaks = self._breaks.pop()
        if forever:
            self.join(breaks)
            return
        self.join(ends)
        self._inner(node.orelse)
        self.join([*breaks, *([self.fork()] if self.alive else [])])

    def _do_break(self, node: ast.Break) -> None:
        self._breaks[-1].append(self.fork())
        self.alive = False

    def _do_continue(self, node: ast.Continue) -> None:
        self._continues[-1].append(self.fork())
        self.alive = False

    def _do_return(self, node: ast.Return) -> None:
        value = self.evaluate(node.value)
        if self.frame is not None:
            self.frame.returned.append(value)
            self.exits.append(self.fork())
        self.alive = False

    def _do_raise(self, node: ast.Raise) -> None:
        for each in (node.exc, node.cause):
            self.used(each)
        if self.trying is not None:
            self.trying.append(self.fork())
        self.alive = False

    def _do_try(self, node: ast.Try | ast.TryStar) -> None:
        leaving = [self.exits, *self._breaks[-1:], *self._continues[-1:]]
        marks = [len(states) for states in leaving]
        outer, self.trying = self.trying, [self.fork()]
        self._inner(node.body)
        raised, self.trying = self.trying, outer
        ends = []
        if self.alive:
            self._inner(node.orelse)
            if self.alive:
                ends.append(self.fork())
        for handler in node.handlers:
            self.join(raised)
            self.used(handler.type)
            if handler.name:
                self.bind(handler.name, self.fresh())
            self._inner(handler.body)
            if self.alive:
                if handler.name:
                    self._forget(handler.name)
                ends.append(self.fork())
        for states, mark in zip(leaving, marks, strict=True):
            states[mark:] = self._after(node.finalbody, states[mark:])
        raised = self._after(node.finalbody, raised)
        if outer is not None:
            outer += raised  # no handler need have taken it
        self.join(self._after(node.finalbody, ends))

    def _after(self, body: Sequence[ast.stmt], states: Sequence[State]) -> list[State]:
        """Return what states become by a block that runs in any case."""
        if not states or not body:
            return list(states)
        self.join(states)
        self._inner(body)
        return [self.fork()] if self.alive else []

    _do_trystar = _do_try

    def _forget(self, name: str) -> None:
        if self.frame is not None:
            self.frame.vars.pop(name, None)
        else:
            self.globals.pop(name, None)

    def _do_with(self, node: ast.With | ast.AsyncWith) -> None:
        managers = []
        for item in node.items:
            value = self.evaluate(item.context_expr)
            managers.append(value)
            self.look(value)
            entered = self.run_special(value, "__enter__", "__aenter__")
            if any(r.region.kind == "iterator" for r in value.refs):
                entered |= self.iterate(value)
            if item.optional_vars is not None:
                self.bind_target(item.optional_vars, entered | value)
        swallows = any(
            self._may_swallow(item.context_expr, value)
            for item, value in zip(node.items, managers, strict=True)
        )
        outer = self.trying
        if swallows:
            self.trying = [self.fork()]
        self._inner(node.body)
        if swallows:
            left, self.trying = self.trying or [], outer
            if outer is not None:
                outer += left
            self.join([*left, *([self.fork()] if self.alive else [])])
        for value in managers:
            self.run_special(value, "__exit__", "__aexit__")

    _do_asyncwith = _do_with

    def _may_swallow(self, node: ast.expr, value: Value) -> bool:
        """Tell whether a context manager may end the block's error there."""
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else ""
            name = function.id if isinstance(function, ast.Name) else name
            if name in known.NEVER_SWALLOW:
                return False
        if value.regions and all(r.kind == "instance" for r in value.regions):
            return any(r.cls is not None and self._exit_gives(r.cls) for r in value.regions)
        return True

    def _exit_gives(self, cls: Region) -> bool:
        """Tell whether ``__exit__`` gives anything, which may mean that it swallows errors."""
        member = cls.member("__exit__")
        if member is None:
            return True
        return any(
            isinstance(n, ast.Return) and n.value is not None
            for region in member.value.regions
            if region.code is not None
            for n in ast.walk(region.code.node)
        )

    def _do_match(self, node: ast.Match) -> None:
        subject = self.used(node.subject)
        self.run_special(subject)
        before = self.fork()
        states: list[State] = []
        for case in node.cases:
            self.resume(before)
            self._pattern(case.pattern, subject)
            if case.guard is not None:
                self._test(case.guard)
                before = self.fork()
            self._inner(case.body)
            if self.alive:
                states.append(self.fork())
            if case.guard is None and _takes_all(case.pattern):
                break
        else:
            states.append(before)
        self.join(states)

    def _pattern(self, pattern: ast.pattern, subject: Value) -> None:
        inside = subject | self.parts(subject)
        for each in ast.walk(pattern):
            if isinstance(each, ast.MatchAs) and each.name:
                self.bind(each.name, inside)
            elif isinstance(each, ast.MatchStar) and each.name:
                self.bind(each.name, self.fresh("list", inside))
            elif isinstance(each, ast.MatchMapping) and each.rest:
                self.bind(each.rest, self.fresh("dict", inside))
            elif isinstance(each, ast.MatchValue):
                self.used(each.value)
            elif isinstance(each, ast.MatchClass):
                self.used(each.cls)

    def _do_global(self, node: ast.Global) -> None:
        return  # how names are looked up is settled when the function is entered

    _do_nonlocal = _do_global
    _do_pass = _do_global


def _surely_turns(node: ast.expr, has_range: bool) -> bool:
    """Tell whether the code itself says that there is a first turn."""
    if isinstance(node, ast.List | ast.Tuple):
        return any(not isinstance(e, ast.Starred) for e in node.elts)
    return (
        has_range
        and isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "range"
        and len(node.args) == 1
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, int)
        and node.args[0].value > 0
    )


def _takes_all(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None
