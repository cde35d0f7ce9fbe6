"""What definitions and imports bind."""

from __future__ import annotations

import ast

from notewright.packaging import known
from notewright.packaging.dependence.given import Given
from notewright.packaging.dependence.regions import SETTINGS, Frame, Ref, Region, Value
from notewright.packaging.dependence.storing import Storing
from notewright.packaging.effects import bound_in


class Defining(Storing):
    """Follows definitions of functions and classes, and imports."""

    #: Every name that the code reads anywhere.
    mentioned: frozenset[str]

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
        paths = (r.path for base in bases for r in base.regions if r.kind == "library")
        if any(path.startswith("sklearn.") for path in paths):
            region.traits.add("estimator class")
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
