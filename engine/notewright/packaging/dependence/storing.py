"""What assignments bind and change: names, attributes, items, and their removal."""

from __future__ import annotations

import ast

from notewright.packaging import known
from notewright.packaging.dependence.given import Given
from notewright.packaging.dependence.methods import Methods
from notewright.packaging.dependence.operators import binary
from notewright.packaging.dependence.regions import NOTHING, Region, Value


class Storing(Methods):
    """Follows what is stored and deleted."""

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
        if region.path == "os.environ" and name in known.INERT_VARIABLES:
            return
        path = f"{region.path}.{name}"
        if path.startswith("pandas.options.display"):
            self._configured("pandas.set_option", Given([Value(literal="display")]))
            return
        if path.split(".")[0] in known.SHOWS:
            self._shown(path, Given())
            return
        self.change_library(path, new)
        (replaced,) = self.from_library(path).regions
        replaced.changes.setdefault((self.now, None))
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
            # What stands in an attribute stands there, whatever it is stored under inside.
            self.hold(region, self._stored(region, new), key if ref.key is None else ref.key)

    def _stored(self, region: Region, new: Value) -> Value:
        """Return what an object holds where `new` is put into it.

        Of a table or the like that nobody else has hold of, what is in it: it is as good as the
        owner's own from then on.
        """
        passing = {r for r in new.refs if "passing" in r.region.traits}
        if region.kind != "value" or not passing:
            return new
        inside = self.parts(Value(frozenset(passing)))
        return Value((new.refs - passing) | inside.refs, None, new.name)

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
