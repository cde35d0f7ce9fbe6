"""What expressions read, change and may be."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from notewright.packaging.dependence.given import Given
from notewright.packaging.dependence.iterating import Iterating
from notewright.packaging.dependence.operators import COMPARING, binary, unary
from notewright.packaging.dependence.regions import (
    NOTHING,
    PRINTING,
    SETTINGS,
    Code,
    Frame,
    Ref,
    Region,
    Value,
    union,
)
from notewright.packaging.known import VIEW_ATTRIBUTES

_CONTAINERS = ("list", "tuple", "dict", "set")


class Expressions(Iterating):
    """Follows expressions."""

    def evaluate(self, node: ast.expr | None) -> Value:
        """Return what `node` may be, having followed what it does."""
        if node is None:
            return NOTHING
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            return self._operation([self.used(n) for n in ast.iter_child_nodes(node)])
        before, self.place = self.place, node
        value: Value = method(node)
        self.place = before
        return value

    def used(self, node: ast.AST | None) -> Value:
        """Evaluate `node` where its contents matter."""
        value = self.evaluate(node if isinstance(node, ast.expr) else None)
        self.look(value)
        return value

    # -- names and literals ---------------------------------------------------------

    def _constant(self, node: ast.Constant) -> Value:
        return Value(literal=node.value)

    def _name(self, node: ast.Name) -> Value:
        return self.read(node.id)

    def _joinedstr(self, node: ast.JoinedStr) -> Value:
        literal: str | None = ""
        for part in node.values:
            value = self.used(part.value if isinstance(part, ast.FormattedValue) else part)
            if isinstance(part, ast.FormattedValue):
                self.evaluate(part.format_spec)
                self.run_special(value, "__str__", "__repr__", "__format__")
                self.look_shared(PRINTING)
            plain = isinstance(value.literal, str | int)
            literal = literal + str(value.literal) if plain and literal is not None else None
        return Value(literal=literal)

    def _tuple(self, node: ast.Tuple) -> Value:
        return self._sequence("tuple", node.elts)

    def _list(self, node: ast.List) -> Value:
        return self._sequence("list", node.elts)

    def _set(self, node: ast.Set) -> Value:
        return self._sequence("set", node.elts)

    def _sequence(self, kind: str, elements: Sequence[ast.expr]) -> Value:
        made = self.fresh(kind)
        (region,) = made.regions
        starred = any(isinstance(e, ast.Starred) for e in elements)
        for at, element in enumerate(elements):
            value = self.evaluate(element)
            self.hold(region, value, str(at) if kind != "set" and not starred else None)
        if kind == "tuple" and not region.parts:
            return NOTHING
        return made

    def _dict(self, node: ast.Dict) -> Value:
        made = self.fresh("dict")
        (region,) = made.regions
        entries: dict[str, tuple[ast.expr, Value]] = {}
        unknown = self.within_library
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.evaluate(item)
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                entries[key.value] = item, value
            if key is None:
                self.look(value)
                self.hold(region, self.parts(value))
                entries |= self.entries_of(value) or {}
                unknown = unknown or self.entries_of(value) is None
                continue
            unknown = unknown or not (isinstance(key, ast.Constant) and type(key.value) is str)
            name = self.evaluate(key)
            self.hold(region, name)
            self.hold(region, value, name.literal if isinstance(name.literal, str) else None)
        region.entries = None if unknown else entries
        return made

    def _starred(self, node: ast.Starred) -> Value:
        return self.iterate(self.evaluate(node.value))

    def _slice(self, node: ast.Slice) -> Value:
        for part in (node.lower, node.upper, node.step):
            self.used(part)
        return NOTHING

    def _lambda(self, node: ast.Lambda) -> Value:
        return self.function(node)

    def _namedexpr(self, node: ast.NamedExpr) -> Value:
        value = self.evaluate(node.value)
        frame = self.frame
        # Inside a comprehension it binds in what is around it.
        while self.frame is not None and self.frame.region.path == "comprehension":
            self.frame = self.frame.outer
        self.bind(node.target.id, value)
        self.frame = frame
        return value

    # -- operators ------------------------------------------------------------------

    def _operation(self, values: Sequence[Value], methods: Sequence[str] = ()) -> Value:
        """Return what an operator makes of values that were looked at.

        Parameters
        ----------
        values : sequence of Value
            The operands.
        methods : sequence of str
            The special methods that it calls.
        """
        if not any(v.refs for v in values):
            return NOTHING
        self.look_shared(SETTINGS)
        made = self.operated(values, methods)
        parts = [self.parts(v) for v in values]
        if not self._are_own(values):
            # A library's operand may ask the other for anything: its length, its elements; and
            # containers compare what they hold.
            parts += [self.run_special(v | self.parts(v), others=values) for v in values]
        return self.fresh(parts=union([*parts, made])) | made

    def operated(self, values: Sequence[Value], methods: Sequence[str]) -> Value:
        """Follow an operator's methods of the operands' own classes."""
        if not methods:
            return NOTHING
        return union([self.run_special(v, *methods, others=values) for v in values])

    def _are_own(self, values: Sequence[Value]) -> bool:
        """Tell whether all operands that can change are objects of the notebook's classes."""
        return all(
            r.region.kind == "instance"
            and r.region.cls is not None
            and not self.has_foreign_base(r.region.cls)
            for v in values
            for r in v.refs
        )

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        return self._operation([self.used(node.operand)], unary(node.op))

    def _binop(self, node: ast.BinOp) -> Value:
        left, right = self.used(node.left), self.used(node.right)
        a, b = left.literal, right.literal
        if isinstance(a, str) and isinstance(b, str):
            if isinstance(node.op, ast.Add):
                return Value(literal=a + b)
            if isinstance(node.op, ast.Div):
                return Value(literal=f"{a}/{b}")
        if isinstance(node.op, ast.Mod) and isinstance(a, str):
            self.look_shared(PRINTING)
            self.run_special(right, "__str__", "__repr__")
            return NOTHING
        return self._operation([left, right], binary(node.op))

    def _compare(self, node: ast.Compare) -> Value:
        if all(isinstance(o, ast.Is | ast.IsNot) for o in node.ops):
            for each in (node.left, *node.comparators):
                self.evaluate(each)
            return NOTHING
        if all(isinstance(o, ast.In | ast.NotIn) for o in node.ops):
            self.used(node.left)
            for each in node.comparators:
                self.iterate(self.evaluate(each))
            return NOTHING
        operands = [self.used(n) for n in (node.left, *node.comparators)]
        return self._operation(operands, COMPARING)

    def _boolop(self, node: ast.BoolOp) -> Value:
        values = []
        states = []
        for at, each in enumerate(node.values):
            value = self.used(each) if at < len(node.values) - 1 else self.evaluate(each)
            self.run_special(value, "__bool__", "__len__")
            values.append(value)
            states.append(self.fork())
        self.join(states)
        return union(values)

    def _ifexp(self, node: ast.IfExp) -> Value:
        self.used(node.test)
        before = self.fork()
        body = self.evaluate(node.body)
        after = self.fork()
        self.resume(before)
        value = body | self.evaluate(node.orelse)
        self.join([after, self.fork()])
        return value

    def _await(self, node: ast.Await) -> Value:
        value = self.evaluate(node.value)
        self.look(value)
        return value | self.iterate(value)

    def _yield(self, node: ast.Yield) -> Value:
        value = self.evaluate(node.value)
        if self.frame is not None:
            self.frame.yielded.append(value)
        return self.fresh()

    def _yieldfrom(self, node: ast.YieldFrom) -> Value:
        value = self.iterate(self.evaluate(node.value))
        if self.frame is not None:
            self.frame.yielded.append(value)
        return self.fresh()

    # -- attributes and items -------------------------------------------------------

    def _attribute(self, node: ast.Attribute) -> Value:
        return self.attribute(self.evaluate(node.value), node.attr)

    def attribute(self, value: Value, name: str) -> Value:
        """Return what ``value.name`` may be."""
        found: set[Ref] = set()
        for ref in value.refs:
            found |= self._attribute_of(ref, name, value).refs
        return Value(frozenset(found), None, value.name)

    def _attribute_of(self, ref: Ref, name: str, value: Value) -> Value:
        region = ref.region
        one = Value(frozenset({ref}), None, value.name)
        if region.kind == "library":
            return self.from_library(f"{region.path}.{name}")
        if region is self.namespace and name in self.globals:
            return self.read_global(name)
        if name == "__dict__" or region.kind in ("namespace", "shared", "handle"):
            return one
        if region.kind == "super":
            found = self.bound_member(region.bases, name, region.bound)
            return NOTHING if found is None else found
        if region.kind in ("instance", "class"):
            self.look(Value(frozenset({Ref(region, name)}), None, value.name))
            self.run_special(one, "__getattribute__", "__getattr__")
            made = self.parts(one, name)
            cls = region.cls if region.kind == "instance" else region
            if cls is not None:
                owner = one if region.kind == "instance" else None
                member = self.bound_member((cls,), name, owner)
                if member is not None:
                    return made | member
                if region.kind == "instance":
                    made |= self.parts(Value(frozenset({Ref(cls)})), name)
                if self.has_foreign_base(cls):
                    made |= Value(frozenset({Ref(region, name)}))
            return made
        if name == "best_estimator_" and {"estimator", "clones"} <= region.traits:
            return self._best_of(one, region)
        if "refits" in region.traits:
            self.look(one)  # what is taken out now stays when it is fitted again
        if region.kind in _CONTAINERS or name in VIEW_ATTRIBUTES:
            return one
        return one | self.parts(one, name)

    def _best_of(self, search: Value, region: Region) -> Value:
        """Return what a search has fitted: a clone of the estimator it was given, and its own."""
        self.look(search)
        key = "best_estimator_"
        known = {ref for by, at, ref in region.parts if at == key and by <= self.limit}
        if not known:
            made = self.fresh()
            made.regions[0].traits |= region.traits & {"draws", "estimator", "keeps", "seeded"}
            self.hold(region, made, key)
            return made
        return Value(frozenset(known))

    def _subscript(self, node: ast.Subscript) -> Value:
        value = self.evaluate(node.value)
        index = self.used(node.slice)
        return self.item(value, index, node.slice)

    def item(self, value: Value, index: Value, node: ast.expr | None = None) -> Value:
        """Return what ``value[index]`` may be."""
        key = index.literal if isinstance(index.literal, str) else None
        found: set[Ref] = set()
        for ref in value.refs:
            found |= self._item_of(ref, key, index, node, value).refs
        return Value(frozenset(found), None, value.name)

    def _item_of(
        self, ref: Ref, key: str | None, index: Value, node: ast.expr | None, value: Value
    ) -> Value:
        region = ref.region
        one = Value(frozenset({ref}), None, value.name)
        if region.kind == "namespace":
            if key is not None:
                return self.read_global(key)
            self.look(one)
            return self.fresh(parts=union(b.value for b in self.globals.values()))
        if "makes" in region.traits:  # a defaultdict: looking may add
            self.look(one)
            self.run_functions(one, [])
            self.change(one, key)
        if region.kind == "tuple" and isinstance(index.literal, int) and index.literal >= 0:
            self.look_at_top(one)
            return self.parts(one, str(index.literal))
        if region.kind in _CONTAINERS:
            self.look_at_top(one, key)
            if isinstance(node, ast.Slice):
                return self.fresh(region.kind, self.parts(one))
            if region.kind == "list" and isinstance(index.literal, int) and index.literal >= 0:
                # Once it was changed, anything may stand anywhere.
                return self.parts(one, None if region.changes else str(index.literal))
            return self.parts(one, key)
        if region.kind == "instance":
            self.look(one)
            made = self.run_special(one, "__getitem__", others=[index])
            return made | one | self.parts(one)
        if region.kind == "library":
            self.look_shared(SETTINGS)
            if region.path == "sys.modules" and key is not None:
                return self.from_library(key)
            return self.fresh()
        if _is_choice(node):
            self.look(one)
            return self.fresh(parts=self.parts(one))
        if "estimator" in region.traits:
            self.look(one)  # as for attributes; a pipeline gives its steps
            return Value(frozenset(self.reach(one)), None, value.name)
        here = Ref(region, ref.key if ref.key is not None else key)
        return Value(frozenset({here}), None, value.name) | self.parts(one, key)

    # -- comprehensions -------------------------------------------------------------

    def _listcomp(self, node: ast.ListComp) -> Value:
        return self.fresh("list", self._comprehended(node, [node.elt]))

    def _setcomp(self, node: ast.SetComp) -> Value:
        return self.fresh("set", self._comprehended(node, [node.elt]))

    def _dictcomp(self, node: ast.DictComp) -> Value:
        return self.fresh("dict", self._comprehended(node, [node.key, node.value]))

    def _comprehended(
        self,
        node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
        results: Sequence[ast.expr],
        first: Value | None = None,
    ) -> Value:
        if first is None:
            first = self.iterate(self.evaluate(node.generators[0].iter))
        names = frozenset(
            n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)
        )
        frame = Frame(self.frame, names, region=Region("frame", "comprehension"))
        if self.frame is not None:
            frame.owner, frame.self_value = self.frame.owner, self.frame.self_value
        outer, self.frame = self.frame, frame
        value = NOTHING
        try:
            for at, generator in enumerate(node.generators):
                element = first if at == 0 else self.iterate(self.evaluate(generator.iter))
                self.bind_target(generator.target, element)
                for condition in generator.ifs:
                    self.used(condition)
            value = union([self.evaluate(result) for result in results])
        finally:
            self.frame = outer
        return value

    def _generatorexp(self, node: ast.GeneratorExp) -> Value:
        # Its first iterable is evaluated now, all the rest when it is consumed.
        first = self.evaluate(node.generators[0].iter)
        made = self.fresh("iterator", first)
        (region,) = made.regions
        region.code = Code(node, self.frame, {"": first})
        return made

    def consumed_expression(self, node: ast.GeneratorExp, code: Code) -> Value:
        """Return the elements of a generator expression, whose code runs now."""
        outer, self.frame = self.frame, code.frame
        try:
            first = self.iterate(code.defaults[""])
            return self._comprehended(node, [node.elt], first)
        finally:
            self.frame = outer

    # -- calls ----------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Value:
        given = self._given(node)
        if isinstance(node.func, ast.Name) and self.is_builtin(node.func.id):
            self.read(node.func.id)
            return self.call_builtin(node.func.id, given)
        if isinstance(node.func, ast.Attribute):
            receiver = self.evaluate(node.func.value)
            return self.call_method(receiver, node.func.attr, given)
        return self.call_value(self.evaluate(node.func), given)

    def _given(self, node: ast.Call) -> Given:
        """Return a call's arguments; its function is evaluated after them, to the same effect."""
        plain: list[Value] = []
        spread: list[Value] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                spread.append(self.iterate(self.evaluate(argument.value)))
            else:
                plain.append(self.evaluate(argument))
        named: dict[str, Value] = {}
        also: dict[str, ast.expr] = {}
        for keyword in node.keywords:
            value = self.evaluate(keyword.value)
            if keyword.arg is not None:
                named[keyword.arg] = value
                continue
            self.look(value)
            entries = self.entries_of(value)
            if entries is None:
                spread.append(self.parts(value))
            else:
                also |= {name: written for name, (written, _) in entries.items()}
                named |= {name: held for name, (_, held) in entries.items()}
        return Given(plain, named, union(spread) if spread else None, node, also)


def _is_choice(node: ast.expr | None) -> bool:
    """Tell whether an index chooses by a list or a condition, which copies."""
    if isinstance(node, ast.List | ast.Compare | ast.ListComp):
        return True
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        return True
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr)
