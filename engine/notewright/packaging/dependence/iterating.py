"""What the elements of something may be: containers, iterators, generators."""

from __future__ import annotations

import ast

from notewright.packaging.dependence.calling import Calling
from notewright.packaging.dependence.regions import NOTHING, Code, Ref, Region, Value, union


class Iterating(Calling):
    """Follows iteration."""

    # Given by the classes that build on this one.
    def consumed_expression(self, node: ast.GeneratorExp, code: Code) -> Value:
        """Return the elements of a generator expression."""
        raise NotImplementedError

    def iterate(self, value: Value) -> Value:
        """Return what the elements of `value` may be; iterators are used up."""
        if not value.refs:
            return NOTHING
        found = union([self._iterate_one(ref, value.name) for ref in value.refs])
        return Value(found.refs, None, value.name)

    def _iterate_one(self, ref: Ref, name: str) -> Value:
        region = ref.region
        one = Value(frozenset({ref}), None, name)
        if region.kind == "iterator":
            return self._consume(one, region)
        if region.kind in ("list", "tuple", "set", "dict"):
            self.look_at_top(one)
            return self.parts(one)
        self.look(one)
        if region.kind == "instance":
            return self._iterate_instance(one, ref) | self.parts(one) | one
        if region.kind == "handle" or "unknown" in region.traits:
            self.change(one)
        return one | self.parts(one)

    def _iterate_instance(self, one: Value, ref: Ref) -> Value:
        elements = self.run_special(one, "__next__", "__getitem__", "__len__")
        if id(ref.region) in self._active:
            return elements
        self._active.append(id(ref.region))
        try:
            iterators = self.run_special(one, "__iter__").refs - {ref}
            return elements | self.iterate(Value(iterators))
        finally:
            self._active.pop()

    def _consume(self, one: Value, region: Region) -> Value:
        if id(region) in self._active:
            return NOTHING
        self.look(one)
        self.change(one)
        self._active.append(id(region))
        try:
            if region.code is not None:
                return self._consume_code(region.code)
            held = self.parts(one)
            functions = Value(frozenset(r for r in held.refs if r.region.kind == "function"))
            rest = Value(frozenset(r for r in held.refs if r not in functions.refs), None, one.name)
            elements = self.iterate(rest)
            results = self.run_functions(functions, [elements, rest]) | elements
            if "tuples" in region.traits:
                results = self.fresh("tuple", results)
            if "groups" in region.traits:
                results |= self.fresh("tuple", results)
            return results
        finally:
            self._active.pop()

    def _consume_code(self, code: Code) -> Value:
        self.calls += 1
        if self.are_too_many():
            return self.give_up()
        if isinstance(code.node, ast.GeneratorExp):
            return self.consumed_expression(code.node, code)
        frame = code.started
        if frame is None or id(code.node) in self._active:
            return NOTHING
        self.run_code(code, frame)
        return union(frame.yielded)
