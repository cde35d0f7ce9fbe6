"""What statements bind, change and depend on."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from notewright.packaging import known
from notewright.packaging.dependence.defining import Defining
from notewright.packaging.dependence.memory import State
from notewright.packaging.dependence.regions import (
    Region,
    Value,
)

#: A loop's body is followed so often: what one turn leaves, the next may find.
_TURNS = 3
_MORE_TURNS = 6


class Statements(Defining):
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
            number = self.numbers.get(node)
            if number is None:
                self.statement(node)
            else:
                with self.inside(number):
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
        self.straight = self.is_straight(node.value)
        self.evaluate(node.value)
        self.straight = False

    def _do_assign(self, node: ast.Assign) -> None:
        self.straight = self.is_straight(node.value)
        value = self.evaluate(node.value)
        self.straight = False
        if isinstance(node.value, ast.Attribute | ast.Subscript):
            self._look_unless_alias(value)
        if len(node.targets) > 1:
            self.keep(value)
        for target in node.targets:
            self.bind_target(target, value, node.value)

    def _look_unless_alias(self, value: Value) -> None:
        """Need who changed what an item is taken from, where it is not followed as an alias."""
        if not value.refs:
            self.look(value)

    def _do_annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.bind_target(node.target, self.evaluate(node.value), node.value)

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
        with self.turning(node):
            self._turns(node, turn, forever=forever, at_least_once=at_least_once)

    def _turns(
        self,
        node: ast.For | ast.AsyncFor | ast.While,
        turn: Callable[[], None],
        *,
        forever: bool,
        at_least_once: bool,
    ) -> None:
        self._breaks.append([])
        self._continues.append([])
        testing = isinstance(node, ast.While)
        if testing:
            turn()
        ends = [] if at_least_once else [self.fork()]
        # Where its statements are told apart, what goes from one to the next has a way to go.
        for _ in range(_TURNS + min(len(node.body), _MORE_TURNS) * bool(self.numbers)):
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
