"""What methods of objects that the notebook does not define read, change and give."""

from __future__ import annotations

from dataclasses import replace

from notewright.packaging import known
from notewright.packaging.dependence.given import Given
from notewright.packaging.dependence.libraries import Libraries
from notewright.packaging.dependence.regions import (
    FIGURES,
    FILES,
    NOTHING,
    NUMPY_RANDOM,
    PRINTING,
    SETTINGS,
    Ref,
    Region,
    Value,
    union,
)

#: Of more objects than this one by one is no longer told what a method of theirs does.
_MANY = 40
#: Kinds of objects whose methods are Python's or a library's own.
_PLAIN = ("value", "list", "tuple", "dict", "set")


class Methods(Libraries):
    """Knows methods by the tables in :mod:`notewright.packaging.known`."""

    def call_method(self, receiver: Value, name: str, given: Given) -> Value:
        """Return what a method may give."""
        if not receiver.refs:
            return self._method_of_constant(receiver, name, given)
        if _is_of_text(name, given) and not any(_defines(r, name) for r in receiver.regions):
            self.look(union([receiver, *given.all]))
            return self.fresh()
        if len(receiver.refs) > _MANY:
            return self._method_of_many(receiver, name, given)
        if len(receiver.refs) == 1:
            self.forget_fits(receiver, name)
        results = []
        before = self.fork()
        states = []
        for ref in receiver.refs:
            self.resume(before)
            one = Value(frozenset({ref}), receiver.literal, receiver.name)
            results.append(self._method_of(one, ref.region, name, given))
            states.append(self.fork())
        self.join(states)
        return results[0] if len(results) == 1 else union(results)

    def _method_of_many(self, many: Value, name: str, given: Given) -> Value:
        """Return what a method may give of objects that are too many to look at one by one."""
        whole = union([many, *given.all])
        plain = all(region.kind in _PLAIN for region in many.regions)
        calls_nobody = plain and name != "query" and next(self._held(whole), None) is None
        pure = name in known.PURE_METHODS and name != "pipe" and not given.is_set("inplace")
        if not (pure and calls_nobody):
            return self.call_any(whole)
        self.look(whole)
        self.look_shared(SETTINGS)
        for value in given.all:
            self._use_up(value)
        return self._pure(many, Region(), name, given, NOTHING)

    def _method_of(self, one: Value, region: Region, name: str, given: Given) -> Value:
        if region.kind == "library":
            return self.call_value(self.from_library(f"{region.path}.{name}"), given)
        if region.kind == "namespace":
            return self._method_of_namespace(one, name, given)
        if region.kind in ("instance", "class", "super"):
            own = self.attribute(one, name)
            callable_ = Value(
                frozenset(
                    r
                    for r in own.refs
                    if r.region.kind in ("function", "class", "partial", "library")
                ),
                None,
                one.name,
            )
            if callable_.refs:
                return self.call_value(callable_, given)
            if region.kind == "super":
                if region.bound is not None and "foreign" in region.traits:
                    self.change(region.bound)
                    for value in given.all:
                        for target in region.bound.regions:
                            self.hold(target, value)
                return NOTHING
            if own.refs and any(r.region.kind == "instance" for r in own.refs):
                return self.call_value(own, given)
        held = self.parts(one, name)
        functions = Value(frozenset(r for r in held.refs if r.region.kind == "function"))
        if functions.refs and region.kind == "value":
            self.call_value(functions, given)
        return self.call_object_method(one, name, given)

    def _method_of_constant(self, receiver: Value, name: str, given: Given) -> Value:
        if isinstance(receiver.literal, str):
            made = self._method_of_path(receiver, name, given)
            if made is not None:
                return made
        elements = []
        for value in given.all:
            self.look(value)
            elements.append(self.iterate(value) if name == "join" else value)
            self.run_special(value, "__str__", "__repr__", "__format__")
        if name == "format":
            self.look_shared(PRINTING)
        if isinstance(receiver.literal, str) or not any(v.refs for v in given.all):
            if name in ("split", "splitlines", "rsplit", "partition"):
                return self.fresh("list")
            return NOTHING
        self.run_functions(union(given.all), elements)
        return self.fresh(parts=union(given.all))

    def _method_of_namespace(self, one: Value, name: str, given: Given) -> Value:
        first = given.get(0) or NOTHING
        if name in self.globals:
            return self.call_value(self.read_global(name), given)
        if name in ("get", "pop", "setdefault") and isinstance(first.literal, str):
            value = self.read_global(first.literal)
            if name == "pop":
                self.unbind(first.literal)
            elif name == "setdefault":
                value |= given.get(1) or NOTHING
                before = self.fork()
                self.bind(first.literal, value)
                self.join([before, self.fork()])
            return value | (given.get(1) or NOTHING)
        if name == "update" and not given.plain and given.spread is None:
            for each, value in given.named.items():
                self.bind(each, value)
            return NOTHING
        self.look(one)
        if name in ("items", "keys", "values", "copy"):
            return self.fresh("list", union(b.value for b in self.globals.values()))
        for value in given.all:
            self.look(value)
        self.bind_anything(changes=False)
        return self.fresh()

    def call_object_method(self, one: Value, name: str, given: Given) -> Value:
        """Return what a method of an object that the notebook does not define may give."""
        (ref,) = one.refs
        region = ref.region
        if region.kind == "partial":
            return self.call_unknown(one, given)
        if name not in known.EXTENDING or region.kind not in ("dict", "set"):
            self.look(one)
        for value in given.all:
            self.look(value)
        self.look_shared(SETTINGS)
        if region.kind == "shared":
            return self._method_of_shared(one, given)
        self._draw_from_given(given)
        if name == "pipe" and given.plain and region.kind == "value":
            return self._piped(one, given)
        if name in ("query", "eval") and given.plain:
            self._look_by_name(given.plain[0], r"@(\w+)")
        elements = [self.parts(v) | v for v in (*self._handed_on(region, name, given), one)]
        without: tuple[str, ...] = ("fit",) if name.startswith(known.PREDICTING) else ()
        estimator = "estimator" in region.traits
        sets = estimator and name == "set_params"
        if sets:
            without = ("fit", *known.PREDICTING)
        data = self._data(given.all) if estimator else None
        results = self.run_functions(union([one, *given.all]), elements, without=without, data=data)
        if sets:
            return self._set_parameters(one, union(given.all))
        if without and estimator:
            results = self._answers(results)
        for value in given.all:
            self._use_up(value)
        if region.kind == "handle":
            if name not in ("close", "name"):
                self.change(one)
            return self.fresh() if name not in ("write", "close") else NOTHING
        if region.kind == "iterator":
            self.iterate(one)
            return self.fresh(parts=self.parts(one)) | one
        if one.literal is not None and (made := self._method_of_path(one, name, given)) is not None:
            return made
        if given.is_set("inplace"):
            self.change(one)
            return NOTHING
        if (out := given.named.get("out")) is not None and out.refs:
            self.change(out)
            return out
        answers = name in known.RESULT_ANSWERS and "results" in region.traits
        if answers or (name in known.PURE_METHODS and (region.kind, name) != ("list", "query")):
            return self._pure(one, region, name, given, results)
        return self._changing(one, region, name, given, results)

    def _set_parameters(self, one: Value, new: Value) -> Value:
        """Let an estimator, or one of those in it, hold what it was given by ``set_params``."""
        self.change(one, deep=True)
        for ref in list(self.reach(one)):
            if self._is_estimator(ref.region):
                self.hold(ref.region, new)
        return one

    def _piped(self, one: Value, given: Given) -> Value:
        """Follow ``table.pipe(function, ...)``, which calls the function with the table."""
        function, *rest = given.plain
        if function.regions and function.regions[0].kind == "tuple":  # its keyword for the table
            whole = union([one, *given.all])
            return self.run_functions(function, [whole, self.parts(whole)]) | self.fresh()
        return self.call_value(function, replace(given, plain=[one, *rest], node=None))

    def _handed_on(self, region: Region, name: str, given: Given) -> list[Value]:
        """Return the arguments that the functions among them may be called with.

        Tables call them with rows and columns, and with what else they are given: never one
        function with the other, unless what follows the first argument goes on to it.
        """
        holding = [v for v in given.all if next(self._held(v), None) is not None]
        first = given.get(0, "func", "arg")
        apart = name == "assign" or first is None or all(v is first for v in holding)
        if region.kind != "value" or name not in known.CALLING_METHODS or not apart:
            return given.all
        return [v for v in given.all if v not in holding]

    def _pure(self, one: Value, region: Region, name: str, given: Given, results: Value) -> Value:
        if name == "sample" and not given.is_set("random_state"):
            self.draw(NUMPY_RANDOM)
        if name in known.DRAWING_METHODS and region.kind == "value":
            self.look_shared(FIGURES)
            self.change_shared(FIGURES)
            return Value(frozenset({Ref(self.shared[FIGURES])}), None, FIGURES)
        if name in known.WRITING_METHODS:
            target = given.get(0)
            if target is not None:
                if self._is_object(target):
                    self.change(target)
                if self._is_place(target):
                    self.change(self.file(target))
            if name in ("to_string", "to_html", "to_latex"):
                self.look_shared(PRINTING)
            return self.fresh()
        if name == "to_string":
            self.look_shared(PRINTING)
        held = self.parts(one)
        if "looks" in region.traits:
            held = self.parts(held)  # what it gives is made of its table, and not the table
        if name in known.LOOKING_LATER and region.kind == "value":
            made = self.fresh(parts=results | held | one)
            made.regions[0].traits.add("looks")
            return made
        if name in known.ITERATING_METHODS and region.kind == "value":
            made = self.fresh("iterator", one)
            made.regions[0].traits.add("tuples")
            return made
        if name in known.ELEMENT_METHODS:
            first = given.get(0)
            key = first.literal if first is not None and isinstance(first.literal, str) else None
            more = union(given.all[1:])
            if name == "get" and key is not None:
                return self.item(one, first or NOTHING) | more
            if region.kind == "value":
                return one | held | more
            if name == "items":
                made = self.fresh("tuple", held)
                return self._view_of(one, made)
            return self._view_of(one, held)
        if name in known.VIEW_METHODS or given.is_false("copy", "deep"):
            return one | self.fresh(parts=held)
        if region.kind in ("list", "dict", "set", "tuple"):
            return self.fresh(region.kind, held) if name == "copy" else NOTHING
        if name.startswith(known.PREDICTING) and self._overwrites(one):
            self.change(union(given.all))
            return one | union(given.all) | self.fresh(parts=results)
        if name in known.NUMBERS and not results.refs and not held.refs:
            return self.fresh()
        estimator = "estimator" in region.traits
        if name in known.NUMERIC_ANSWERS and estimator and not self._predicts(one):
            return self.fresh()
        if name.startswith(known.PREDICTING):  # what a method of the notebook gave may be given on
            return self.fresh(parts=results) | (results if estimator else NOTHING)
        made = self.fresh(parts=results | held | self._objects_in(given))
        made.regions[0].traits.add("passing")
        return made

    def _objects_in(self, given: Given) -> Value:
        """Return the objects that arguments hold: ``map`` and ``fillna`` may give them on."""
        inside = union(self.parts(value) for value in given.all)
        kinds = ("class", "function", "library")
        return Value(frozenset(r for r in inside.refs if r.region.kind not in kinds))

    def _overwrites(self, one: Value) -> bool:
        """Tell whether an estimator, or one in it, writes into the rows it is given."""
        return any("overwrites" in r.region.traits for r in self.reach(one))

    def _view_of(self, one: Value, elements: Value) -> Value:
        """Return a view of a dictionary: it follows what the dictionary becomes."""
        made = self.fresh("set", elements)
        region = made.regions[0]
        region.bases = tuple(dict.fromkeys((*region.bases, *one.regions)))
        return made

    def _is_object(self, value: Value) -> bool:
        return any(r.region.kind in ("handle", "value") for r in value.refs) and not isinstance(
            value.literal, str
        )

    def _is_place(self, value: Value) -> bool:
        """Tell whether a value may say where a file is, and is no open file or buffer."""
        kinds = {r.region.kind for r in value.refs if "buffer" not in r.region.traits}
        return not value.refs or isinstance(value.literal, str) or bool(kinds - {"handle"})

    def _changing(
        self, one: Value, region: Region, name: str, given: Given, results: Value
    ) -> Value:
        whole = union(given.all)
        fits = name in known.FITTING
        deep = fits and not region.traits & {"clones", "keeps"}
        self.change(one, deep=deep, fits=fits and name != "partial_fit")
        held = self.parts(one)
        if region.kind in ("list", "dict", "set") or name in known.EXTENDING:
            spread = name in ("extend", "update", "extendleft", "union")
            added = union([self.parts(whole), *([] if not spread else [self.iterate(whole)])])
            for target in one.regions:
                for key, value in given.named.items():
                    self.hold(target, value, key)
                first = given.get(0)
                if name == "setdefault" and first is not None and isinstance(first.literal, str):
                    self.hold(target, union(given.all[1:]), first.literal)
                else:
                    self.hold(target, added if spread else whole)
            if name == "setdefault":
                return held | whole
            if name in known.TAKING_METHODS:
                return self.fresh(parts=held) | held | union(given.all[1:])
            return NOTHING
        if name in known.FITTING:
            overwrites = self._overwrites(one)
            if overwrites:
                self.change(whole)
            if "keeps" in region.traits:
                for target in one.regions:
                    self.hold(target, whole)
            self._draw_by_fitting(one)
            if name in ("fit_transform", "fit_predict", "fit_resample"):
                return self.fresh() | (whole if overwrites else NOTHING)
            return one
        if name not in known.DRAWING_FROM_GENERATOR:
            self.change(whole, deep=True)
            for target in one.regions:
                self.hold(target, whole)
            return self.fresh(parts=whole | results) | one | whole
        return self.fresh()

    def _method_of_shared(self, one: Value, given: Given) -> Value:
        for value in given.all:
            self._use_up(value)
        self.change(one)
        return one

    def _method_of_path(self, one: Value, name: str, given: Given) -> Value | None:
        """Follow a method of a path in the file system."""
        file = self.file(one)
        if name in ("write_text", "write_bytes", "touch", "mkdir", "unlink", "rename", "rmdir"):
            self.change(file)
            return self.fresh()
        if name in ("read_text", "read_bytes", "exists", "stat", "is_file"):
            self.look(file)
            return NOTHING if name != "stat" else self.fresh()
        if name in ("iterdir", "glob", "rglob"):
            self.look_shared(FILES)
            return self.fresh("iterator")
        if name == "open":
            return self.opened(one, given.get(0, "mode"))
        if name == "joinpath":
            return Value(one.refs, self._path_of(Given([one, *given.plain])))
        return None


def _is_of_text(name: str, given: Given) -> bool:
    """Tell whether a method can only be one of texts: it calls none of the notebook's functions."""
    texts = bool(given.all) and all(isinstance(v.literal, str) for v in given.all)
    return name in known.TEXT_METHODS or (texts and name in known.TEXT_METHODS_TOO)


def _defines(region: Region, name: str) -> bool:
    """Tell whether an object may have a method of its own by that name."""
    if region.kind in ("instance", "class"):
        cls = region.cls or region
        return cls.member(name) is not None or cls.member("__getattr__") is not None
    return region.kind not in (*_PLAIN, "function")
