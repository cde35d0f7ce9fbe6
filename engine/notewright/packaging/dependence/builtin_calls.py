"""What Python's own functions read, change and give."""

from __future__ import annotations

import ast

from notewright.packaging import known
from notewright.packaging.dependence.expressions import Expressions
from notewright.packaging.dependence.given import Given
from notewright.packaging.dependence.regions import (
    NOTHING,
    PRINTING,
    SHARED,
    Ref,
    Value,
    union,
)

_CODE = ("function", "class", "library")


class BuiltinCalls(Expressions):
    """Knows Python's own functions."""

    def call_builtin(self, name: str, given: Given) -> Value:
        """Return what a built-in function may give."""
        method = getattr(self, f"_builtin_{name}", None)
        if method is not None:
            value: Value = method(given)
            return value
        first = given.get(0)
        for value in given.all:
            self.look(value)
        if name in known.WITHOUT_LOOKING_INSIDE:
            for value in given.all:
                self.run_special(value, "__str__", "__repr__", "__len__", "__format__", "__hash__")
            if name in ("str", "repr", "format", "ascii"):
                self.look_shared(PRINTING)
            return NOTHING
        if first is not None and name in known.LAZY_BUILTINS:
            made = self.fresh("iterator", union(given.all))
            if name in ("zip", "enumerate"):
                made.regions[0].traits.add("tuples")
            iterators = [r for r in first.refs if r.region.kind == "iterator"]
            return made | Value(frozenset(iterators if name == "iter" else ()))
        spread = [given.spread] if given.spread is not None else []
        elements = union([self.iterate(value) for value in (*given.plain, *spread)])
        for value in given.all:
            self.run_special(value)
        keys = union([given.named[k] for k in ("key", "default") if k in given.named])
        results = self.run_functions(keys, [elements])
        kind = known.CONTAINERS.get(name)
        if kind is not None:
            if kind == "dict":
                return self._made_dict(given, elements)
            made = self.fresh(kind, elements)
            return made if made.regions[0].parts or kind != "tuple" else NOTHING
        if not any(v.refs for v in given.all):
            return NOTHING if name in known.PURE_BUILTINS else self.fresh()
        if name in ("max", "min", "next", "sum", "abs", "round", "pow", "divmod"):
            return self.fresh(parts=elements) | elements | results
        return self.fresh(parts=union([*given.all, results]))

    def _made_dict(self, given: Given, elements: Value) -> Value:
        made = self.fresh("dict")
        (region,) = made.regions
        for name, value in given.named.items():
            self.hold(region, value, name)
        first = self.entries_of(given.plain[0]) if len(given.plain) == 1 else {}
        if len(given.plain) < 2 and given.spread is None and not self.within_library:
            keywords = given.node.keywords if given.node else []
            written = {k.arg: k.value for k in keywords if k.arg is not None} | given.also
            if first is not None and given.named.keys() <= written.keys():
                own = {n: (written[n], value) for n, value in given.named.items()}
                region.entries = {**first, **own}
        for value in [*given.plain, *([given.spread] if given.spread else [])]:
            for ref in value.refs:
                for _, key, part in ref.region.parts:
                    self.hold(region, Value(frozenset({part})), key)
        self.hold(region, elements)
        self.hold(region, self.parts(elements))
        return made

    def _builtin_next(self, given: Given) -> Value:
        iterator = given.get(0) or NOTHING
        self.look(iterator)
        found = self.iterate(iterator)
        for ref in iterator.refs:
            if ref.region.kind == "value":
                self.change(Value(frozenset({ref}), None, iterator.name))
        return found | (given.get(1) or NOTHING)

    def _builtin_map(self, given: Given) -> Value:
        return self.fresh("iterator", union(given.all))

    _builtin_filter = _builtin_map

    def _builtin_print(self, given: Given) -> Value:
        for value in given.all:
            self.look(value)
            self.run_special(value, "__str__", "__repr__", "__format__")
        if "file" in given.named:
            self.change(given.named["file"])
        return NOTHING

    _builtin_display = _builtin_print

    def _builtin_getattr(self, given: Given) -> Value:
        value, name = given.get(0) or NOTHING, given.get(1) or NOTHING
        default = given.get(2) or NOTHING
        if isinstance(name.literal, str):
            return self.attribute(value, name.literal) | default
        self.look(value)
        self.run_special(value)
        return value | self.parts(value) | default

    def _builtin_hasattr(self, given: Given) -> Value:
        self._builtin_getattr(given)
        self.look(given.get(0) or NOTHING)
        return NOTHING

    def _builtin_setattr(self, given: Given) -> Value:
        value, name = given.get(0) or NOTHING, given.get(1) or NOTHING
        literal = name.literal if isinstance(name.literal, str) else None
        self.store_attribute(value, literal, given.get(2) or NOTHING)
        return NOTHING

    def _builtin_delattr(self, given: Given) -> Value:
        value = given.get(0) or NOTHING
        self.look(value)
        self.run_special(value, "__delattr__")
        self.change(value)
        return NOTHING

    def _builtin_type(self, given: Given) -> Value:
        if len(given.plain) != 1:
            return self.fresh(parts=union(given.all))
        return union(
            Value(frozenset({Ref(r.region.cls)})) if r.region.cls is not None else NOTHING
            for r in given.plain[0].refs
        )

    def _builtin_super(self, given: Given) -> Value:
        frame = self.frame
        while frame is not None and frame.owner is None:
            frame = frame.outer
        if frame is None or frame.owner is None:
            return self.fresh()
        made = self.fresh("super")
        (region,) = made.regions
        region.bases, region.bound = frame.owner.bases, frame.self_value
        if "foreign" in frame.owner.traits:
            region.traits.add("foreign")
        return made

    def _builtin_globals(self, given: Given) -> Value:
        return Value(frozenset({Ref(self.namespace)}))

    def _builtin_locals(self, given: Given) -> Value:
        if self.frame is None:
            return self._builtin_globals(given)
        return self.fresh("dict", union(b.value for b in self.frame.vars.values()))

    def _builtin_vars(self, given: Given) -> Value:
        return given.plain[0] if given.plain else self._builtin_locals(given)

    def _builtin_dir(self, given: Given) -> Value:
        if given.plain:
            self.look(given.plain[0])
        else:
            self.look(Value(frozenset({Ref(self.namespace)})))
        return self.fresh("list")

    def _builtin_open(self, given: Given) -> Value:
        return self.opened(given.get(0, "file"), given.get(1, "mode"))

    def opened(self, path: Value | None, mode: Value | None) -> Value:
        """Return an open file: what is written into it is a change of the file."""
        if path is not None:
            self.look(path)
        handle = self.fresh("handle")
        file = self.file(path)
        text = "r" if mode is None else mode.literal
        if not isinstance(text, str) or set(text) & set("wax+"):
            self.change(file)
            if not isinstance(text, str) or set(text) & set("a+"):
                self.look(file)
            return handle | file
        self.look(file)
        return handle

    def _builtin_exec(self, given: Given) -> Value:
        code = given.get(0) or NOTHING
        if isinstance(code.literal, str) and len(given.all) == 1:
            try:
                body = ast.parse(code.literal).body
            except SyntaxError:
                return NOTHING
            self.block(body)
            return NOTHING
        return self.anything(given)

    def _builtin_eval(self, given: Given) -> Value:
        code = given.get(0) or NOTHING
        if isinstance(code.literal, str) and len(given.all) == 1:
            try:
                return self.evaluate(ast.parse(code.literal.strip(), mode="eval").body)
            except SyntaxError:
                return NOTHING
        return self.anything(given)

    def anything(self, given: Given) -> Value:
        """Code that is made while running: it may read, bind and change everything."""
        for value in given.all:
            self.look(value)
        self.look(Value(frozenset({Ref(self.namespace)})))
        for name in SHARED:
            self.look_shared(name)
            self.change_shared(name)
        everything = union(b.value for b in self.globals.values())
        self.run_functions(everything, [])
        self.bind_anything()
        # Data alone: with functions in it, whoever is given it later would call them all.
        data = frozenset(r for r in everything.refs if r.region.kind not in _CODE)
        made = self.fresh(parts=Value(data))
        made.regions[0].traits.add("unknown")  # it may be an iterator
        return made

    def _builtin___import__(self, given: Given) -> Value:
        name = given.get(0) or NOTHING
        if isinstance(name.literal, str):
            return self.from_library(name.literal.split(".")[0])
        return self.fresh()
