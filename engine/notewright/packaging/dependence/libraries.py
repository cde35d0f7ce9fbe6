"""What Python's own functions and those of libraries read, change and give."""

from __future__ import annotations

import ast
import re

from notewright.packaging import known
from notewright.packaging.dependence.calling import Given
from notewright.packaging.dependence.expressions import Expressions
from notewright.packaging.dependence.regions import (
    FIGURES,
    FILES,
    NOTHING,
    NUMPY_RANDOM,
    PRINTING,
    PYTHON_RANDOM,
    SETTINGS,
    SHARED,
    TENSORFLOW_RANDOM,
    TORCH_RANDOM,
    Ref,
    Region,
    Value,
    union,
)

_SEEDS = {
    "numpy.random.seed": NUMPY_RANDOM,
    "numpy.random.set_state": NUMPY_RANDOM,
    "random.seed": PYTHON_RANDOM,
    "random.setstate": PYTHON_RANDOM,
    "torch.manual_seed": TORCH_RANDOM,
    "torch.random.manual_seed": TORCH_RANDOM,
    "torch.set_rng_state": TORCH_RANDOM,
    "tensorflow.random.set_seed": TENSORFLOW_RANDOM,
}
_STATES = {
    "numpy.random.get_state": NUMPY_RANDOM,
    "random.getstate": PYTHON_RANDOM,
    "torch.get_rng_state": TORCH_RANDOM,
}
#: Of these modules, what draws from the global state of which library.
_DRAWS = {"numpy.random.": NUMPY_RANDOM, "random.": PYTHON_RANDOM}


class Libraries(Expressions):
    """Knows libraries by the tables in :mod:`notewright.packaging.known`."""

    def __init__(self, careful: bool = False) -> None:
        super().__init__()
        self.careful = careful
        self.imported = []

    # -- Python's own ---------------------------------------------------------------

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
        self.run_functions(union(b.value for b in self.globals.values()), [])
        self.bind_anything()
        return self.fresh(parts=union(b.value for b in self.globals.values()))

    def _builtin___import__(self, given: Given) -> Value:
        name = given.get(0) or NOTHING
        if isinstance(name.literal, str):
            return self.from_library(name.literal.split(".")[0])
        return self.fresh()

    # -- libraries ------------------------------------------------------------------

    def call_library(self, path: str, given: Given) -> Value:
        """Return what a library's function may give."""
        last = path.rpartition(".")[2]
        top = path.partition(".")[0]
        for value in given.all:
            self.look(value)
        self.look_shared(SETTINGS)
        replaced = Value(frozenset(r for _, _, r in self.shared[SETTINGS].parts))
        if replaced.refs:
            self.run_functions(replaced, given.all)
        if top == "builtins":
            return self.call_builtin(last, given)
        if path in known.FRAMES:
            return Value(frozenset({Ref(self.namespace)}))
        if path in _SEEDS:
            self.seed(_SEEDS[path])
            return NOTHING
        if path in _STATES:
            self.look_shared(_STATES[path])
            return self.fresh()
        if top in known.SHOWS:
            return self._shown(path, given)
        if path in known.CONFIGURING or path.startswith(known.CONFIGURING_MODULES):
            return self._configured(path, given)
        if path == "importlib.import_module" or path == "importlib.reload":
            return self._imported_by_call(path, given)
        if path in ("io.open", "gzip.open", "bz2.open", "codecs.open"):
            return self.opened(given.get(0), given.get(1, "mode"))
        if not known.leaves_arguments(path):
            return self.call_unknown(self.from_library(top), given)
        self._touch_files(path, given)
        if path.startswith(known.READS_BY_NAME):
            for value in given.plain[:1]:
                self._look_by_name(value, r"[^\W\d]\w*")
        return self._called_known(path, top, last, given)

    def _called_known(self, path: str, top: str, last: str, given: Given) -> Value:
        functions = (
            self.run_functions(union(given.all), [self.parts(v) | v for v in given.all])
            if not self._is_lazy(path)
            else NOTHING
        )
        for value in given.all:
            if not self._is_lazy(path):
                self._use_up(value)
        self._draw(path, last, given)
        self._draw_from_given(given)
        first = given.get(0)
        changes = last in known.MUTATING_FUNCTIONS and not path.startswith("sklearn.")
        if first is not None and (changes or path.endswith(".at") or given.is_set("inplace")):
            for value in given.plain[:1] if last != "shuffle" else [first]:
                self.change(value)
                for other in given.plain[1:]:
                    for region in value.regions:
                        self.hold(region, other)
            if last in ("dump", "dumps"):
                return NOTHING
        if last == "dump" and len(given.all) > 1:
            self.change(given.all[1])
        out = given.named.get("out")
        if out is not None:
            self.change(out)
            self.change(self.parts(out))
            return out | self.parts(out)
        return self._result_of(path, top, last, given, functions)

    def _result_of(self, path: str, top: str, last: str, given: Given, functions: Value) -> Value:
        whole = union(given.all)
        if self._is_lazy(path):
            made = self.fresh("iterator" if top == "itertools" else "value", whole)
            if top == "itertools":
                made.regions[0].traits.add("groups")
            if last in ("lru_cache", "cache"):
                return self._cached(whole)
            if last in known.WRAPPERS:
                return whole
            if last == "partial":
                return self._partial(given)
            return made
        if path in known.OWN_STATE:
            return Value(frozenset({Ref(self.shared[SETTINGS])}), None, SETTINGS)
        if path in ("copy.deepcopy", "copy.copy"):
            first = given.get(0) or NOTHING
            self.run_special(first, "__copy__", "__deepcopy__", "__reduce__", "__getstate__")
            return self._copied(first, {}, deep=path == "copy.deepcopy")
        if last in known.SAME_MEMORY or (given.plain and given.is_false("copy", "deep")):
            return self._memory_of(whole) | functions | self.fresh()
        held = union([whole, self.parts(whole), functions])
        made = self.fresh(
            parts=Value(frozenset(r for r in held.refs if r.region.kind != "library"))
        )
        (region,) = made.regions
        if top in ("numpy", "pandas", "math", "statistics", "scipy") or path.startswith(
            ("sklearn.model_selection", "sklearn.metrics")
        ):
            # What these give holds nothing of what they were given, besides functions.
            region.parts.clear()
            self.hold(region, functions)
        if last == "defaultdict":
            region.traits.add("makes")
        if last in known.ITERATORS or given.is_set("chunksize", "iterator"):
            made = self.fresh("iterator", whole)
        self._describe(region, path, last, given)
        if path.startswith("pathlib."):
            return Value(made.refs, self._path_of(given))
        if path == "os.path.join":
            return Value(literal=self._path_of(given))
        if last == "reduce":
            held = self.parts(whole)
            plain = frozenset(r for r in held.refs if r.region.kind != "function")
            return self.fresh() | functions | Value(plain)
        return made

    def _copied(self, value: Value, made: dict[Region, Region], *, deep: bool) -> Value:
        """Return copies of objects, of the same kind and class as they are."""
        refs = set()
        for ref in value.refs:
            region = ref.region
            if region.kind in ("function", "class", "library", "namespace", "shared"):
                refs.add(ref)
                continue
            if region not in made:
                new = made[region] = Region(region.kind, cls=region.cls, traits=set(region.traits))
                for by, key, part in list(region.parts):
                    if by <= self.limit:
                        held = Value(frozenset({part}))
                        held = self._copied(held, made, deep=True) if deep else held
                        self.hold(new, held, key)
            refs.add(Ref(made[region]))
        return Value(frozenset(refs))

    def _memory_of(self, value: Value) -> Value:
        """Return the arrays and tables in containers, whose memory a new table may share."""
        found: set[Ref] = set()
        pending = list(value.refs)
        seen: set[Ref] = set()
        while pending:
            ref = pending.pop()
            if ref in seen:
                continue
            seen.add(ref)
            if ref.region.kind in ("list", "tuple", "dict", "set"):
                pending += self.parts(Value(frozenset({ref}))).refs
            else:
                found.add(ref)
        return Value(frozenset(found), None, value.name)

    def _path_of(self, given: Given) -> str | None:
        parts = [v.literal for v in given.plain]
        if parts and all(isinstance(p, str) for p in parts):
            return "/".join(str(p) for p in parts)
        return None

    def _describe(self, region: Region, path: str, last: str, given: Given) -> None:
        """Note what matters of a new estimator or generator of random numbers."""
        if given.is_false("copy", "copy_X", "copy_x"):
            region.traits.add("overwrites")
        if last.startswith(known.KEEPS_ITS_ROWS):
            region.traits.add("keeps")
        if given.is_set("random_state", "seed"):
            region.traits.add("seeded")
        elif last.startswith(known.DRAWING_ESTIMATORS):
            region.traits.add("draws")
        elif path.startswith(known.DETERMINISTIC):
            region.traits.add("seeded")

    def _is_lazy(self, path: str) -> bool:
        return path.startswith(("itertools.", "contextlib.", "dataclasses.")) or path in (
            "functools.partial",
            "functools.lru_cache",
            "functools.cache",
            "functools.wraps",
            "functools.total_ordering",
        )

    def _cached(self, whole: Value) -> Value:
        for region in whole.regions:
            region.traits.add("cached")
        if not whole.refs:  # lru_cache(maxsize=None), a decorator of its own
            return self.from_library("functools.lru_cache")
        return whole

    def _partial(self, given: Given) -> Value:
        function = given.plain[0] if given.plain else NOTHING
        made = self.fresh("partial", union(given.all))
        (region,) = made.regions
        region.partial = (function, Given(given.plain[1:], given.named, given.spread))
        return made

    def _use_up(self, value: Value) -> None:
        """Use up the iterators that a function is given."""
        iterators = frozenset(r for r in value.refs if r.region.kind in ("iterator", "handle"))
        if iterators:
            self.iterate(Value(iterators, None, value.name))

    def _draw(self, path: str, last: str, given: Given) -> None:
        for root, state in _DRAWS.items():
            if path.startswith(root) and last not in known.OWN_GENERATORS:
                self.draw(state)
        if path.startswith("torch.") and last.startswith(known.TORCH_DRAWS):
            self.draw(TORCH_RANDOM)
        if path.startswith("tensorflow.random."):
            self.draw(TENSORFLOW_RANDOM)
        seeded = given.is_set("random_state", "seed")
        if last in known.SEEDABLE and not seeded and self._is_drawing(last, given):
            self.draw(NUMPY_RANDOM)
        if last in known.FITTING and not seeded:
            self._draw_by_fitting(union(given.all))

    def _draw_from_given(self, given: Given) -> None:
        """Change the generators of random numbers that a function is given."""
        for name in known.GENERATORS & given.named.keys():
            self.change(given.named[name])

    def _look_by_name(self, text: Value, pattern: str) -> None:
        """Read the variables that a text names; any of them where it is not known."""
        if not isinstance(text.literal, str):
            self.look(Value(frozenset({Ref(self.namespace)})))
            return
        for name in re.findall(pattern, text.literal):
            if self.is_bound(name):
                self.look(self.read(name))

    def _is_drawing(self, last: str, given: Given) -> bool:
        if last in ("KFold", "StratifiedKFold"):
            return given.is_set("shuffle")
        return not given.is_false("shuffle")

    def _draw_by_fitting(self, value: Value) -> None:
        """Draw as training does unless the estimator, or each inside it, was given a seed."""
        traits = [r.region.traits for r in self.reach(value) if r.region.kind == "value"]
        if any("draws" in t for t in traits) or (
            self.careful and not any("seeded" in t for t in traits)
        ):
            self.draw(NUMPY_RANDOM)

    def _shown(self, path: str, given: Given) -> Value:
        """Follow a call that only shows something, in figures that are shared."""
        for value in given.all:
            self._use_up(value)
        if path.startswith(("warnings.", "IPython.")):
            return NOTHING
        self.look_shared(FIGURES)
        self.change_shared(FIGURES)
        region = self.shared[FIGURES]
        return Value(frozenset({Ref(region)}), None, FIGURES)

    def _configured(self, path: str, given: Given) -> Value:
        first = given.get(0)
        display = path.endswith("set_printoptions") or (
            first is not None
            and isinstance(first.literal, str)
            and first.literal.startswith(("display", "max_", "precision", "styler"))
        )
        if not given.all:
            return self.fresh()
        self.change_shared(PRINTING if display else SETTINGS)
        return self.fresh()

    def _imported_by_call(self, path: str, given: Given) -> Value:
        first = given.get(0) or NOTHING
        if isinstance(first.literal, str):
            self.imported.append((self.now, first.literal))
            return self.from_library(first.literal)
        self.change_shared(SETTINGS)
        return first

    # -- files ----------------------------------------------------------------------

    def _touch_files(self, path: str, given: Given) -> None:
        last = path.rpartition(".")[2]
        if path.startswith(("os.", "shutil.", "tempfile.")) and last in known.FILE_CHANGES:
            self.look_shared(FILES)
            for value in given.all[:2] or [NOTHING]:
                self.change(self.file(value))
        elif last in known.FILE_WRITERS and path.startswith(("numpy.", "joblib.", "torch.")):
            at = 1 if path.startswith(("joblib.", "torch.")) else 0
            self.change(self.file(given.get(at, "file", "filename", "f")))
        elif last in known.FILE_READERS or path.startswith(("os.listdir", "os.path.", "glob.")):
            if path.startswith("os.path.") and last in ("join", "basename", "dirname", "splitext"):
                return
            whole = path.startswith(("glob.", "os.listdir"))
            first = given.get(0, "filepath_or_buffer", "path", "io", "path_or_buf", "file")
            self.look(self.file(NOTHING if whole else first))

    # -- objects that the notebook does not define ------------------------------------

    def call_method(self, receiver: Value, name: str, given: Given) -> Value:
        """Return what a method may give."""
        if not receiver.refs:
            return self._method_of_constant(receiver, name, given)
        results = []
        before = self.fork()
        states = []
        for ref in receiver.refs:
            self.resume(before)
            one = Value(frozenset({ref}), receiver.literal, receiver.name)
            results.append(self._method_of(one, ref.region, name, given))
            states.append(self.fork())
        self.join(states)
        return union(results)

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
        if name in ("query", "eval") and given.plain:
            self._look_by_name(given.plain[0], r"@(\w+)")
        elements = [self.parts(v) | v for v in (*given.all, one)]
        without = "fit" if name.startswith(known.PREDICTING) else ""
        results = self.run_functions(union([one, *given.all]), elements, without=without)
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
        if name in known.PURE_METHODS and (region.kind, name) != ("list", "query"):
            return self._pure(one, region, name, given, results)
        return self._changing(one, region, name, given, results)

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
                self.change(target if self._is_object(target) else self.file(target))
            if name in ("to_string", "to_html", "to_latex"):
                self.look_shared(PRINTING)
            return self.fresh()
        if name == "to_string":
            self.look_shared(PRINTING)
        held = self.parts(one)
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
        if name in known.NUMBERS and not results.refs and not held.refs:
            return self.fresh()
        if name == "predict" or name.startswith(known.PREDICTING):
            return self.fresh(parts=results)
        return self.fresh(parts=results | held)

    def _view_of(self, one: Value, elements: Value) -> Value:
        """Return a view of a dictionary: it follows what the dictionary becomes."""
        made = self.fresh("set", elements)
        made.regions[0].bases = one.regions
        return made

    def _is_object(self, value: Value) -> bool:
        return any(r.region.kind in ("handle", "value") for r in value.refs) and not isinstance(
            value.literal, str
        )

    def _changing(
        self, one: Value, region: Region, name: str, given: Given, results: Value
    ) -> Value:
        whole = union(given.all)
        self.change(one, deep=name in known.FITTING and "keeps" not in region.traits)
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
            if "overwrites" in region.traits:
                self.change(whole)
            if "keeps" in region.traits:
                for target in one.regions:
                    self.hold(target, whole)
            self._draw_by_fitting(one)
            if name in ("fit_transform", "fit_predict", "fit_resample"):
                return self.fresh() | (whole if "overwrites" in region.traits else NOTHING)
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

    # -- what is not known ----------------------------------------------------------

    def call_unknown(self, value: Value, given: Given) -> Value:
        """Return what code that is not known may give: it may change all it is given."""
        whole = union(given.all)
        self.look(value)
        self.look(whole)
        self.look_shared(SETTINGS)
        for ref in value.refs:
            if ref.region.partial is not None:
                function, before = ref.region.partial
                return self.call_value(
                    function,
                    Given(
                        [*before.plain, *given.plain],
                        {**before.named, **given.named},
                        union([v for v in (before.spread, given.spread) if v is not None])
                        if before.spread or given.spread
                        else None,
                    ),
                )
        results = self.run_functions(whole | value, [whole, self.parts(whole)])
        for each in given.all:
            self._use_up(each)
        for ref in value.refs:
            if ref.region.kind == "library":
                # The state of a module that is not known may change with every call.
                if (self.now, None) not in ref.region.changes:
                    ref.region.changes.append((self.now, None))
            else:
                self.change(Value(frozenset({ref}), None, value.name))
        self.change(whole, deep=True)
        made = self.fresh(parts=whole | results | value)
        made.regions[0].traits.add("unknown")
        libraries = frozenset(r for r in value.refs if r.region.kind != "library")
        return made | whole | Value(libraries)
