"""What functions of libraries, and code that is not known, read, change and give."""

from __future__ import annotations

import re

from notewright.packaging import known
from notewright.packaging.dependence.builtin_calls import BuiltinCalls
from notewright.packaging.dependence.calling import methods_of
from notewright.packaging.dependence.given import Given
from notewright.packaging.dependence.regions import (
    FIGURES,
    FILES,
    NOTHING,
    NUMPY_RANDOM,
    PRINTING,
    PYTHON_RANDOM,
    SETTINGS,
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
#: What draws random numbers from a state of its own.
_GENERATORS = (
    "numpy.random.Generator",
    "numpy.random.RandomState",
    "numpy.random.default_rng",
    "random.Random",
)
#: Lists inside lists of arrays are looked into so far.
_DEEP = 6


class Libraries(BuiltinCalls):
    """Knows libraries by the tables in :mod:`notewright.packaging.known`."""

    def __init__(self, careful: bool = False) -> None:
        super().__init__()
        self.careful = careful
        self.imported = []

    def call_library(self, path: str, given: Given) -> Value:
        """Return what a library's function may give."""
        last = path.rpartition(".")[2]
        top = path.partition(".")[0]
        if not known.only_holds(path):
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
        if top in known.SHOWS or known.is_display(path):
            return self._shown(path, given)
        if path in known.CONFIGURING or path.startswith(known.CONFIGURING_MODULES):
            return self._configured(path, given)
        if path == "importlib.import_module" or path == "importlib.reload":
            return self._imported_by_call(path, given)
        if path in ("io.open", "gzip.open", "bz2.open", "codecs.open"):
            return self.opened(given.get(0), given.get(1, "mode"))
        if path == "functools.reduce":
            return self._reduced(given)
        if not known.leaves_arguments(path):
            return self.call_unknown(self.from_library(top), given)
        self._touch_files(path, given)
        if path.startswith(known.READS_BY_NAME):
            for value in given.plain[:1]:
                self._look_by_name(value, r"[^\W\d]\w*")
        return self._called_known(path, top, last, given)

    def _called_known(self, path: str, top: str, last: str, given: Given) -> Value:
        functions = self._run_by(path, top, given)
        for value in given.all:
            if not self._is_lazy(path):
                self._use_up(value)
                if top == "pandas":  # it takes rows that are iterators apart, too
                    self._use_up(self.parts(value))
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

    def _run_by(self, path: str, top: str, given: Given) -> Value:
        """Follow the notebook's functions that a known function of a library may call."""
        if self._is_lazy(path) or known.only_holds(path):
            return NOTHING
        if path in known.PICKLERS:
            for region in self._held(union(given.all)):
                self.run_special(Value(frozenset({Ref(region)})), *known.PICKLING)
            return NOTHING
        elements = [self.parts(v) | v for v in given.all]
        data = self._data(given.all) if top == "sklearn" else None
        whole = union(given.all)
        if path in known.CLONING:
            first = given.get(0, "estimator") or NOTHING
            whole = self._cloned(first) | union(v for v in given.all if v is not first)
        return self.run_functions(whole, elements, data=data)

    def _predicts(self, value: Value) -> bool:
        """Tell whether the notebook itself says what an estimator predicts: it may be anything."""
        return any(
            any(name.startswith("predict") for name in methods_of(region.cls))
            for region in self._held(value)
            if region.kind == "instance" and region.cls is not None
        )

    def _cloned(self, value: Value) -> Value:
        """Return clones of estimators; their classes make them."""
        made = self._copied(value, {}, deep=True)
        for ref in list(self.reach(made)):
            if ref.region.kind == "instance" and ref.region.cls is not None:
                one = Value(frozenset({ref}), None, value.name)
                member = self.bound_member((ref.region.cls,), "__init__", one)
                if member is not None:
                    self.call_value(member, Given(spread=self.parts(one)))
        return made

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
            made = self.fresh()
            if top in ("numpy", "pandas"):
                self.hold(made.regions[0], self._elements_of_objects(whole, path))
            return self._memory_of(whole) | functions | made
        held = union([whole, self.parts(whole), functions])
        held = Value(frozenset(r for r in held.refs if r.region.kind != "library"))
        numbers = top in ("numpy", "pandas", "math", "statistics", "scipy")
        judges = path.startswith(("sklearn.model_selection", "sklearn.metrics"))
        judges = judges and last not in known.SCORERS
        if numbers or (judges and not known.only_holds(path)):
            # What these give holds nothing of what they were given, besides functions, and objects
            # that are no numbers in arrays and tables.
            held = functions
            if path == f"sklearn.metrics.{last}" and last.islower():
                held = NOTHING  # numbers
            elif path in known.CLONING and last != "cross_validate":  # which may give the clones
                held = self._answers(functions) if self._predicts(whole) else NOTHING
            if top in ("numpy", "pandas"):
                held |= self._elements_of_objects(whole, path)
        made = self.fresh(parts=held)
        (region,) = made.regions
        if last == "defaultdict":
            region.traits.add("makes")
        if last in known.ITERATORS or given.is_set("chunksize", "iterator"):
            made = self.fresh("iterator", whole)
        self._describe(region, path, last, given)
        if known.only_holds(path):
            self.note_estimator(region, path, given)
        if path.startswith("pathlib."):
            return Value(made.refs, self._path_of(given))
        if path == "os.path.join":
            return Value(literal=self._path_of(given))
        return made

    def _reduced(self, given: Given) -> Value:
        function = given.get(0) or NOTHING
        elements = self.iterate(given.get(1, "iterable") or NOTHING)
        result = elements | (given.get(2, "initial") or NOTHING)
        if not function.refs:  # one of Python's own
            return result | self.fresh(parts=result)
        for _ in range(2):  # what it gives, it is given again
            before = self.fork()
            result |= self.call_value(function, Given([result, elements]))
            self.join([before, self.fork()])
        return result

    def _copied(self, value: Value, made: dict[Region, Region], *, deep: bool) -> Value:
        """Return copies of objects, of the same kind and class as they are."""
        refs = set()
        for ref in value.refs:
            region = ref.region
            shared = region.kind in ("function", "class", "library", "namespace", "shared")
            # A shallow copy of an iterator goes through what the other goes through.
            if shared or (region.kind == "iterator" and not deep):
                refs.add(ref)
                continue
            if region not in made:
                new = made[region] = Region(region.kind, cls=region.cls, traits=set(region.traits))
                for by, key, part in list(region.parts):
                    if by <= self.limit:
                        held = Value(frozenset({part}))
                        if deep and region.kind == "value" and "estimator" not in region.traits:
                            # pandas copies a table, but not the objects in its cells.
                            held |= self._copied(held, made, deep=True)
                        elif deep:
                            held = self._copied(held, made, deep=True)
                        self.hold(new, held, key)
            refs.add(Ref(made[region]))
            if region.traits & {"estimator", "generates"} and not deep:
                refs.add(ref)  # what was learned, and the bits, are shared and written into
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

    def _elements_of_objects(self, value: Value, path: str) -> Value:
        """Return the objects that an array made of `value` refers to, and does not copy.

        Parameters
        ----------
        value : Value
            What the array, or the table, is made of.
        path : str
            What makes it. In pandas a dictionary that is given itself names columns and is no
            element, and lists inside lists may be.
        """
        table = path.startswith("pandas.")
        cells = 1 if table else _DEEP
        found: set[Ref] = set()
        pending = [(ref, 0) for ref in value.refs]
        seen: set[tuple[Ref, int]] = set()
        while pending:
            ref, depth = pending.pop()
            if (ref, depth) in seen:
                continue
            seen.add((ref, depth))
            kind, generates = ref.region.kind, "generates" in ref.region.traits
            whole = kind in ("instance", "iterator", "partial", "set") or generates
            is_element = kind == "dict" and not (table and ref in value.refs)
            if whole or is_element or (kind == "list" and depth >= cells):
                found.add(ref)
            elif kind in ("list", "tuple", "dict", "value") and depth < _DEEP:
                parts = self.parts(Value(frozenset({ref}))).refs
                inside = kind != "value" and not (table and kind == "dict")
                pending += [(part, depth + inside) for part in parts]
        return Value(frozenset(found))

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
        if path in _GENERATORS:
            region.traits.add("generates")
        alone = given.spread is None and not given.named.keys() & {"kw_args", "inv_kw_args"}
        if path == "sklearn.preprocessing.FunctionTransformer" and alone:
            for each in union(given.all).regions:
                each.traits.add("transforms")
        if path.startswith("statsmodels."):
            region.traits.add("results")
        if path in ("io.BytesIO", "io.StringIO"):
            region.traits.add("buffer")
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
        if path.startswith("torch.") and (
            last.startswith(known.TORCH_DRAWS) or path.startswith(known.TORCH_DRAWING_MODULES)
        ):
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
                ref.region.changes.setdefault((self.now, None))
            else:
                self.change(Value(frozenset({ref}), None, value.name))
        self.change(whole, deep=True)
        made = self.fresh(parts=whole | results | value)
        made.regions[0].traits.add("unknown")
        libraries = frozenset(r for r in value.refs if r.region.kind != "library")
        return made | whole | Value(libraries)
