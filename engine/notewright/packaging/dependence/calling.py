"""What calls read, change and give: the notebook's own functions are followed into."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from notewright.packaging.dependence.given import Given
from notewright.packaging.dependence.imported import Imported
from notewright.packaging.dependence.memory import State
from notewright.packaging.dependence.regions import (
    NOTHING,
    SHARED,
    Binding,
    Code,
    Frame,
    Ref,
    Region,
    Value,
    union,
)
from notewright.packaging.effects import bound_in
from notewright.packaging.known import words

#: Calls inside calls are followed so far; beyond, everything in reach counts as changed.
_DEEPEST = 8
#: What a library calls is followed into so often, one inside the other.
_GIVEN_AWAY = 1
#: So many calls are followed for one statement; beyond, it may read, bind and change everything.
_MOST = 1_000
#: So many references are followed for one statement; beyond, the same. It takes about a second.
_MOST_WORK = 300_000
#: Methods that Python calls by itself only where an object begins or ends.
_LIFE = words(
    """
    __init__ __new__ __init_subclass__ __class_getitem__ __set_name__ __enter__ __exit__
    __aenter__ __aexit__ __getattribute__ __getattr__ __setattr__ __delattr__ __del__
    __call__ __setitem__ __delitem__ __get__ __set__ __reduce__ __post_init__
    """
)


class Calling(Imported):
    """Follows calls."""

    def __init__(self) -> None:
        super().__init__()
        self._active: list[int] = []
        #: The classes that objects are being made of.
        self._being_made: list[int] = []
        #: What a library or unknown code is being given, and may call.
        self._given_away: list[Region] = []
        #: Functions bound to what they are methods of.
        self._methods: dict[tuple[Region, frozenset[Ref]], Region] = {}
        #: What a library may have made in a statement of each class.
        self._made: dict[tuple[int, Region], Value] = {}
        #: What the last statement with too many calls may give, and which that was.
        self._given_up: tuple[int, Value] = (-1, NOTHING)

    # Given by the classes that build on this one.
    def block(self, body: Sequence[ast.stmt]) -> None:
        """Follow statements."""
        raise NotImplementedError

    def evaluate(self, node: ast.expr | None) -> Value:
        """Return what an expression may be."""
        raise NotImplementedError

    def bind_target(self, target: ast.expr, value: Value, source: ast.expr | None = None) -> None:
        """Bind or store `value` at a target."""
        raise NotImplementedError

    def store_attribute(self, value: Value, name: str | None, new: Value) -> None:
        """Follow ``value.name = new``."""
        raise NotImplementedError

    def call_method(self, receiver: Value, name: str, given: Given) -> Value:
        """Return what a method may give."""
        raise NotImplementedError

    def call_library(self, path: str, given: Given) -> Value:
        """Return what a library's function may give."""
        raise NotImplementedError

    def call_builtin(self, name: str, given: Given) -> Value:
        """Return what a built-in function may give."""
        raise NotImplementedError

    def call_object_method(self, one: Value, name: str, given: Given) -> Value:
        """Return what a method of an object that the notebook does not define may give."""
        raise NotImplementedError

    def call_unknown(self, value: Value, given: Given) -> Value:
        """Return what code that is not known may give."""
        raise NotImplementedError

    def anything(self, given: Given) -> Value:
        """Return what code may give that may read, bind and change everything."""
        raise NotImplementedError

    def attribute(self, value: Value, name: str) -> Value:
        """Return what an attribute may be."""
        raise NotImplementedError

    def iterate(self, value: Value) -> Value:
        """Return what the elements of `value` may be; iterators are used up."""
        raise NotImplementedError

    # -- functions and classes ------------------------------------------------------

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Value:
        """Return the function that a definition makes; its defaults are evaluated."""
        arguments = node.args
        places = [*arguments.posonlyargs, *arguments.args]
        defaults: dict[str, Value] = {}
        if arguments.defaults:
            late = places[-len(arguments.defaults) :]
            for place, default in zip(late, arguments.defaults, strict=True):
                defaults[place.arg] = self.evaluate(default)
        for place, wanted in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if wanted is not None:
                defaults[place.arg] = self.evaluate(wanted)
        region = Region("function", code=Code(node, self.frame, defaults))
        return Value(frozenset({Ref(region)}))

    def call_value(self, value: Value, given: Given) -> Value:
        """Return what calling `value` may give."""
        if not value.refs:
            return self.call_unknown(value, given)
        results = []
        before = self.fork()
        states: list[State] = []
        for ref in value.refs:
            self.resume(before)
            self.calls += 1
            if self.are_too_many():
                results.append(self.give_up())
                states.append(self.fork())
                break
            results.append(self._call_one(ref, value, given))
            states.append(self.fork())
        self.join(states)
        return results[0] if len(results) == 1 else union(results)

    def _call_one(self, ref: Ref, value: Value, given: Given) -> Value:
        region = ref.region
        one = Value(frozenset({ref}), None, value.name)
        if region.kind == "function":
            return self.inline(region, given)
        if region.kind == "class":
            if self._being_made.count(id(region)) >= _DEEPEST:
                return self.give_up()  # as where a class is its own ``__new__``
            self._being_made.append(id(region))
            try:
                return self.instantiate(region, given)
            finally:
                self._being_made.pop()
        if region.kind == "library":
            return self.call_library(region.path, given)
        if region.kind == "instance" and region.cls is not None:
            member = self.bound_member((region.cls,), "__call__", one)
            if member is not None:
                return self.call_value(member, given)
        return self.call_unknown(one, given)

    def inline(self, region: Region, given: Given) -> Value:
        """Follow a call of one of the notebook's functions; return what it may give."""
        code = region.code
        assert code is not None
        if isinstance(code.node, ast.GeneratorExp):
            return self.fresh()
        if "cached" in region.traits:
            # What was asked before is not computed again.
            self.look(Value(frozenset({Ref(region)}), None, getattr(code.node, "name", "")))
            region.changes.setdefault((self.now, None))
        self.calls += 1
        if self.are_too_many():
            return self.give_up()
        if id(code.node) in self._active or len(self._active) >= _DEEPEST:
            return self._at_worst([code], union(given.all))
        frame = self._entered(code, given)
        if not isinstance(code.node, ast.Lambda) and _is_generator(code.node):
            made = self.fresh("iterator")
            made.regions[0].code = replace(code, started=frame)
            return made
        return self.run_code(code, frame)

    def are_too_many(self) -> bool:
        """Tell whether the present statement's calls are not followed any more."""
        return self.calls > _MOST or self.work > _MOST_WORK

    def give_up(self) -> Value:
        """Return what the present statement's calls may give that are not followed any more."""
        if self._given_up[0] != self.now:
            self._given_up = (self.now, NOTHING)  # which is what calls inside see
            self._given_up = (self.now, self.anything(Given()))
            self.exhausted = True
        return self._given_up[1]

    def run_code(self, code: Code, frame: Frame) -> Value:
        """Follow the body of a function that was entered; return what it may give."""
        node = code.node
        assert not isinstance(node, ast.GeneratorExp)
        outer, self.frame = self.frame, frame
        exits, self.exits = self.exits, []
        trying, self.trying = self.trying, None if self.trying is None else []
        self._active.append(id(node))
        try:
            if isinstance(node, ast.Lambda):
                frame.returned.append(self.evaluate(node.body))
            else:
                self.block(node.body)
            states = [*self.exits, *([self.fork()] if self.alive else [])]
            if states:
                self.join(states)
            self.alive = True
        finally:
            self._active.pop()
            raised = self.trying or []
            self.frame, self.exits, self.trying = outer, exits, trying
        if trying is not None:
            # An error inside leaves what was bound there globally.
            local = None if outer is None else outer.vars
            trying += [(found, None if local is None else dict(local)) for found, _ in raised]
        return union(frame.returned)

    #: The variables at each `return` of the function that is followed.
    exits: list[State]
    #: The variables at places where the `try` that is followed may be left.
    trying: list[State] | None

    def _entered(self, code: Code, given: Given) -> Frame:
        """Return the frame of a call, its parameters bound."""
        node = code.node
        assert not isinstance(node, ast.GeneratorExp)
        local, globals_, nonlocals = _scopes(node)
        frame = Frame(code.frame, local, globals_, nonlocals, owner=code.owner)
        plain = list(given.plain)
        if code.bound is not None:
            plain.insert(0, code.bound)
        frame.self_value = plain[0] if plain else NOTHING
        arguments = node.args
        places = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
        here = frozenset({self.now})
        for at, name in enumerate(places):
            value = NOTHING
            if at < len(plain):
                value = plain[at]
            elif name in given.named:
                value = given.named[name]
            else:
                value = code.defaults.get(name, NOTHING)
                if given.spread is not None:
                    value |= given.spread
            self.keep(value)
            frame.vars[name] = Binding(here, value)
        for place in arguments.kwonlyargs:
            value = given.named.get(place.arg, code.defaults.get(place.arg, NOTHING))
            if given.spread is not None:
                value |= given.spread
            self.keep(value)
            frame.vars[place.arg] = Binding(here, value)
        more = [given.spread] if given.spread is not None else []
        if arguments.vararg is not None:
            rest = self.fresh("tuple", union([*plain[len(places) :], *more]))
            frame.vars[arguments.vararg.arg] = Binding(here, rest)
        if arguments.kwarg is not None:
            rest = self.fresh("dict")
            for name, value in given.named.items():
                if name not in places:
                    self.hold(rest.regions[0], value, name)
            for value in more:
                self.hold(rest.regions[0], value)
            frame.vars[arguments.kwarg.arg] = Binding(here, rest)
        return frame

    def _at_worst(self, codes: Iterable[Code], whole: Value) -> Value:
        """Return what calls that are not followed further may give, of all that is in `whole`."""
        for code in codes:
            if id(code.node) in self._active:
                continue
            for name in self.unbound(code.node):
                if name in self.globals:
                    value = self.read(name)
                    self.look(value)
                    self.change(value, deep=True)
            for name in _scopes(code.node)[1]:
                self.bind(name, self.fresh())
            for name in SHARED:
                self.look_shared(name)
                self.change_shared(name)
        self.look(whole)
        self.change(whole, deep=True)
        return self.fresh(parts=whole) | whole

    def instantiate(self, cls: Region, given: Given, made: Value | None = None) -> Value:
        """Return a new object of one of the notebook's classes, or `made` as one."""
        made = self.fresh("instance") if made is None else made
        (region,) = made.regions
        region.cls = cls
        for name in ("__new__", "__init__"):
            member = self.bound_member((cls,), name, made if name == "__init__" else None)
            if member is None:
                continue
            if name == "__new__":
                first = Value(frozenset({Ref(cls)}))
                result = self.call_value(member, replace(given, plain=[first, *given.plain]))
                made |= Value(frozenset(r for r in result.refs if r.region.kind == "instance"))
                for ref in made.refs:
                    ref.region.cls = ref.region.cls or cls
                continue
            for one in made.refs:
                bound = self.bound_member((cls,), name, Value(frozenset({one})))
                assert bound is not None
                self.call_value(bound, given)
        if cls.member("__init__") is None or self.has_foreign_base(cls):
            self.run_functions(union(given.all), [])
            for value in given.all:
                self.hold(region, value)
            post = self.bound_member((cls,), "__post_init__", made)
            if post is not None:
                self.call_value(post, Given())
        return made

    def bound_member(
        self, classes: Sequence[Region], name: str, owner: Value | None
    ) -> Value | None:
        """Return what classes define under `name`, methods bound to `owner`, or None."""
        for cls in classes:
            member = cls.member(name)
            value = member.value if member is not None else NOTHING
            for each in cls.ancestry():
                value |= self.parts(Value(frozenset({Ref(each)})), name)
            if member is None and not value.refs:
                continue
            if member is not None:
                for by in member.binders:
                    self.need(by, "binds", name)
            found = NOTHING
            for ref in value.refs:
                found |= self._bound(ref, cls, owner)
            return found
        return None

    def _bound(self, ref: Ref, cls: Region, owner: Value | None) -> Value:
        region = ref.region
        code = region.code
        if region.kind != "function" or code is None:
            return Value(frozenset({ref}))
        target = owner
        if code.role == "static":
            return Value(frozenset({ref}))
        if code.role == "class":
            target = Value(frozenset({Ref(cls)}))
        if target is None:
            return Value(frozenset({ref}))
        # One method of one object is one region, else a library would be given it many times.
        bound = self._methods.get((region, target.refs))
        if bound is None:
            bound = self._methods[region, target.refs] = Region(
                "function",
                changes=region.changes,
                parts=region.parts,
                code=replace(code, bound=target),
                traits=region.traits,
            )
        if code.role == "property":
            return self.inline(bound, Given())
        return Value(frozenset({Ref(bound)}))

    def _is_estimator(self, region: Region) -> bool:
        """Tell whether an object is one of scikit-learn's, or of a class that inherits from it."""
        own = region.cls.ancestry() if region.kind == "instance" and region.cls is not None else ()
        return "estimator" in region.traits or any("estimator class" in c.traits for c in own)

    def _data(self, values: Iterable[Value]) -> list[Value]:
        """Return what scikit-learn hands on to the methods of estimators: not others, nor parts."""
        return [self.parts(one) | one for one in map(self._without_estimators, values)]

    def _without_estimators(self, value: Value) -> Value:
        refs = (ref for ref in value.refs if not self._is_estimator(ref.region))
        return Value(frozenset(refs), None, value.name)

    def _answers(self, results: Value) -> Value:
        """Return what rows may be made of, of what methods of estimators give."""
        refs = self._without_estimators(results).refs
        return Value(frozenset(r for r in refs if r.region.kind not in ("class", "function")))

    def has_foreign_base(self, cls: Region) -> bool:
        """Tell whether a class inherits from one that the notebook does not define."""
        return any("foreign" in each.traits for each in cls.ancestry())

    # -- code that others call ------------------------------------------------------

    def run_special(self, value: Value, *names: str, others: Sequence[Value] = ()) -> Value:
        """Follow the special methods that Python may call on `value`: those named, or all."""
        if self.are_too_many():
            return self.give_up()
        results = []
        for ref in value.refs:
            cls = ref.region.cls
            if ref.region.kind != "instance" or cls is None:
                continue
            owner = Value(frozenset({ref}), None, value.name)
            for name in names or _specials(cls):
                member = self.bound_member((cls,), name, owner)
                if member is not None:
                    before = self.fork()
                    results.append(self.call_value(member, Given(spread=union(others))))
                    self.join([before, self.fork()])
        return union(results)

    def run_functions(
        self,
        value: Value,
        others: Sequence[Value],
        *,
        without: str | tuple[str, ...] = (),
        data: Sequence[Value] | None = None,
    ) -> Value:
        """Follow the notebook's functions in `value`, which a library may call.

        Parameters
        ----------
        value : Value
            What the library is given.
        others : sequence of Value
            What they may be called with.
        without : str or tuple of str
            Methods that begin like this are not called.
        data : sequence of Value, optional
            What methods of estimators may be called with, where that is less.
        """
        if self.are_too_many():
            return self.give_up()
        if data is None:
            return union(
                [self._given_to(each, value, others, without) for each in self._held(value)]
            )
        # One estimator may be handed what another has made of the rows.
        handed = list(data)
        results: list[Value] = []
        estimators = 0
        for region in list(self._held(value)):
            transforms = "transforms" in region.traits and region not in value.regions
            less = transforms or self._is_estimator(region)
            estimators += less and region.kind == "instance"
            results.append(self._given_to(region, value, handed if less else others, without))
            handed += [self._answers(results[-1])] if less else []
        if estimators > 1:
            for region in list(self._held(value)):
                if region.kind == "instance" and self._is_estimator(region):
                    results.append(self._given_to(region, value, handed, without))
        return union(results)

    def _given_to(
        self,
        region: Region,
        value: Value,
        others: Sequence[Value],
        without: str | tuple[str, ...],
    ) -> Value:
        """Follow what a library may call of one object in `value`."""
        if region in self._given_away:
            return NOTHING  # whoever was given it before does all that can be done with it
        given = Given(spread=union(others))
        results = []
        before = self.fork()
        self._given_away.append(region)
        self.within_library = True
        if len(self._given_away) > _GIVEN_AWAY:
            whole = union([Value(frozenset({Ref(region)})), *others])
            results.append(self._at_worst(self._codes(region), whole))
        elif region.kind == "function":
            results.append(self.inline(region, given))
        elif region.kind == "instance" and region.cls is not None:
            owner = Value(frozenset({Ref(region)}), None, value.name)
            for name in methods_of(region.cls):
                if without and name.startswith(without):
                    continue
                member = self.bound_member((region.cls,), name, owner)
                if member is not None:
                    results.append(self.call_value(member, given))
        elif region.kind == "class":
            results.append(self._made_by_library(region, given))
        self._given_away.pop()
        self.within_library = bool(self._given_away)
        self.join([before, self.fork()])
        return union(results)

    def call_any(self, whole: Value) -> Value:
        """Return what a call may give that may read and change all that is reached from `whole`."""
        self.calls += 1
        if self.are_too_many():
            return self.give_up()
        for name in SHARED:
            self.look_shared(name)
            self.change_shared(name)
        codes = (code for region in self._held(whole) for code in self._codes(region))
        return self._at_worst(codes, whole)

    def _codes(self, region: Region) -> Iterator[Code]:
        """Yield the code that a library may call of a function, an object or a class."""
        if region.code is not None:
            yield region.code
        for cls in region.ancestry() if region.kind == "class" else (region.cls,):
            if cls is None:
                continue
            for each in cls.ancestry():
                for binding in each.members.values():
                    for ref in binding.value.refs:
                        if ref.region.code is not None:
                            yield ref.region.code

    def _made_by_library(self, cls: Region, given: Given) -> Value:
        """Return what a library may make of a class: one object stands for all of a statement.

        Else each that is made would be given to the methods of all others.
        """
        made = self._made.setdefault((self.now, cls), self.fresh("instance"))
        return self.instantiate(cls, given, made)

    def _held(self, value: Value) -> Iterator[Region]:
        """Yield what a library may call of `value`; of an attribute, not whose attribute it is."""
        seen = set(value.refs)
        pending = sorted(seen)
        while pending:
            ref = pending.pop()
            region = ref.region
            found = region.parts.under(ref.key, self.limit) - seen
            seen |= found
            pending += sorted(found)
            if ref.key is None and region.kind in ("function", "instance", "class"):
                yield region


def _specials(cls: Region) -> list[str]:
    return [
        name
        for name in dict.fromkeys(n for c in cls.ancestry() for n in c.members)
        if name.startswith("__") and name.endswith("__") and name not in _LIFE
    ]


def methods_of(cls: Region) -> list[str]:
    """Return the methods that a class has from the notebook, apart from how it makes objects."""
    return [
        name
        for each in cls.ancestry()
        for name, binding in each.members.items()
        if name not in ("__init__", "__new__", "__init_subclass__")
        and any(r.region.kind == "function" for r in binding.value.refs)
    ]


def _is_generator(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    pending: list[ast.AST] = list(node.body)
    while pending:
        each = pending.pop()
        if isinstance(each, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending += ast.iter_child_nodes(each)
    return False


def _scopes(node: ast.AST) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return a function's local names, and those it declares global and nonlocal."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return frozenset(), frozenset(), frozenset()
    arguments = node.args
    names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    names |= {a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None}
    if isinstance(node, ast.Lambda):
        return frozenset(names), frozenset(), frozenset()
    bound, globals_, nonlocals = bound_in(node.body)
    return frozenset(names | bound), frozenset(globals_), frozenset(nonlocals)
