"""What a name can stand for, as far as the code alone tells it.

A *region* is an object, or several that share memory: a table and its views are one
region. A value is a set of references to regions, each to all of it or to what stands
under one key; numbers, texts and the like cannot change and have no region.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

#: Names of what every cell shares and no variable holds.
SETTINGS = "<settings>"
PRINTING = "<printing>"
FILES = "<files>"
FIGURES = "<figures>"
NUMPY_RANDOM = "<numpy random>"
PYTHON_RANDOM = "<python random>"
TORCH_RANDOM = "<torch random>"
TENSORFLOW_RANDOM = "<tensorflow random>"
SHARED = {
    SETTINGS: "library settings",
    PRINTING: "settings of how values are printed",
    FILES: "files",
    FIGURES: "figures",
    NUMPY_RANDOM: "the global random state of NumPy",
    PYTHON_RANDOM: "the global random state of `random`",
    TORCH_RANDOM: "the global random state of PyTorch",
    TENSORFLOW_RANDOM: "the global random state of TensorFlow",
}
#: The binding of names that only a star import or `exec` could have bound.
ANY = "*"


_numbers = count()


class Parts(list[tuple[int, "str | None", "Ref"]]):
    """What a region may hold: since which statement, under which key, and the reference."""

    def __init__(self) -> None:
        super().__init__()
        #: The statement that added one last.
        self.latest = -1
        self._refs: set[Ref] = set()
        self._under: dict[str | None, set[Ref]] = {}

    def add(self, by: int, key: str | None, ref: Ref) -> None:
        """Add one, unless it is there under that key."""
        under = self._under.setdefault(key, set())
        if ref not in under:
            under.add(ref)
            self._refs.add(ref)
            self.latest = max(self.latest, by)
            self.append((by, key, ref))

    def clear(self) -> None:
        """Forget all of them."""
        super().clear()
        self._refs.clear()
        self._under.clear()

    def under(self, key: str | None, limit: int) -> set[Ref]:
        """Return what may be held under a key (None: under any) after statement `limit`."""
        if limit < self.latest:
            return {ref for by, at, ref in self if by <= limit and overlap(at, key)}
        if key is None:
            return self._refs
        anywhere, there = (self._under.get(k, _NONE) for k in (None, key))
        return anywhere | there if there else anywhere


_NONE: set[Ref] = set()


def overlap(a: str | None, b: str | None) -> bool:
    """Tell whether two keys can name the same."""
    return a is None or b is None or a == b


@dataclass(eq=False)
class Region:
    """An object, or several that share memory.

    Parameters
    ----------
    kind : str
        ``value`` where nothing more is known; ``list``, ``tuple``, ``dict``, ``set``,
        ``iterator``, ``function``, ``class``, ``instance``, ``library``, ``namespace``,
        ``handle`` (an open file) or ``shared``.
    path : str
        Of a library's object, its dotted path.
    """

    kind: str = "value"
    path: str = ""
    #: (statement, key): who changed it, wholly or under one key; in order, each once.
    changes: dict[tuple[int, str | None], None] = field(default_factory=dict)
    parts: Parts = field(default_factory=Parts)
    #: The references to it, by their key.
    refs: dict[str | None, Ref] = field(default_factory=dict)
    #: The statements in which it was fitted.
    fits: list[int] = field(default_factory=list)
    #: Statement -> the later one that overwrites all that it changed.
    overwritten: dict[int, int] = field(default_factory=dict)
    code: Code | None = None
    cls: Region | None = None
    members: Mapping[str, Binding] = field(default_factory=dict)
    #: Of a dictionary that is written out, by the texts that are its keys: expressions and values.
    entries: Mapping[str, tuple[ast.expr, Value]] | None = None
    bases: tuple[Region, ...] = ()
    #: What is said of it that decides how it is treated: ``cached``, ``draws``, ``results``, …
    traits: set[str] = field(default_factory=set)
    #: Of a class: what runs where an attribute is set.
    setters: dict[str, Value] = field(default_factory=dict)
    #: Of ``super()``: the object that its methods are bound to.
    bound: Value | None = None
    #: Of ``functools.partial``: the function and the arguments it has already.
    partial: tuple[Value, Any] | None = None

    def shows(self, by: int, limit: int) -> bool:
        """Tell whether a change is there for who looks as far as a statement."""
        return by <= limit < self.overwritten.get(by, limit + 1)

    def ancestry(self) -> Iterator[Region]:
        """Yield a class and those it inherits from."""
        seen: set[int] = set()
        pending = [self]
        while pending:
            found = pending.pop(0)
            if id(found) not in seen:
                seen.add(id(found))
                yield found
                pending.extend(found.bases)

    def member(self, name: str) -> Binding | None:
        """Return what a class or its bases define under `name`."""
        return next((c.members[name] for c in self.ancestry() if name in c.members), None)


class Ref(int):
    """A region, or what stands in it under one key.

    One object for each, numbered as they came: sets of them, of which there are very many,
    are fast, and in the same order whenever the same code is followed.
    """

    region: Region
    key: str | None

    def __new__(cls, region: Region, key: str | None = None) -> Ref:
        """Return the one reference to this."""
        known = region.refs.get(key)
        if known is None:
            known = region.refs[key] = int.__new__(cls, next(_numbers))
            known.region = region
            known.key = key
        return known


@dataclass(frozen=True)
class Value:
    """What an expression may be.

    Parameters
    ----------
    refs : frozenset of Ref
        Empty for what cannot change.
    literal : object, optional
        The text, number or the like, where the code says it.
    name : str
        The name it was read from.
    """

    refs: frozenset[Ref] = frozenset()
    literal: object = None
    name: str = ""

    def __or__(self, other: Value) -> Value:
        literal = self.literal if self.literal == other.literal else None
        return Value(self.refs | other.refs, literal, self.name or other.name)

    @property
    def regions(self) -> tuple[Region, ...]:
        """The regions that it refers to."""
        return tuple({id(r.region): r.region for r in self.refs}.values())


NOTHING = Value()


def union(values: Iterable[Value]) -> Value:
    """Return what one of the values may be."""
    refs: frozenset[Ref] = frozenset()
    name = ""
    for value in values:
        refs |= value.refs
        name = name or value.name
    return Value(refs, None, name)


@dataclass(frozen=True)
class Binding:
    """Who may have bound a name last, and to what.

    `gone` has the statement that deleted the name, and those that had bound it.
    """

    binders: frozenset[int] = frozenset()
    value: Value = NOTHING
    maybe: bool = False
    gone: tuple[int, frozenset[int]] | None = None

    def __or__(self, other: Binding) -> Binding:
        return Binding(
            self.binders | other.binders,
            self.value | other.value,
            self.maybe or other.maybe,
            self.gone or other.gone,
        )


@dataclass(eq=False)
class Frame:
    """The local variables of one call, class body or comprehension."""

    outer: Frame | None
    local: frozenset[str]
    globals: frozenset[str] = frozenset()
    nonlocals: frozenset[str] = frozenset()
    vars: dict[str, Binding] = field(default_factory=dict)
    #: Stands for what later calls of inner functions change in it.
    region: Region = field(default_factory=lambda: Region("frame"))
    owner: Region | None = None
    self_value: Value = NOTHING
    returned: list[Value] = field(default_factory=list)
    yielded: list[Value] = field(default_factory=list)
    is_class: bool = False


@dataclass(eq=False)
class Code:
    """The code of a function, lambda or generator, with what it was defined in."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.GeneratorExp
    frame: Frame | None
    defaults: Mapping[str, Value] = field(default_factory=dict)
    #: The class that a method belongs to, and the object it is bound to.
    owner: Region | None = None
    bound: Value | None = None
    #: ``static``, ``class`` or ``property``, for methods.
    role: str = ""
    #: Of a generator that was started: its arguments are bound already.
    started: Frame | None = None
