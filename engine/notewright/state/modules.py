"""The user's own modules, and what of them is state: data attributes under dotted names.

``settings.rate`` is an attribute of a module, ``settings.Config.limit`` one of a class
defined there. Modules and classes are read and written past the user's hooks
(``__getattr__``, properties, a metaclass's ``__setattr__``), so that a look runs no code.
"""

from __future__ import annotations

import ast
import functools
import os
import sys
import sysconfig
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from enum import EnumMeta
from importlib import import_module, invalidate_caches
from importlib.util import _LazyModule, find_spec  # type: ignore[attr-defined]
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

_NOTEWRIGHT = ("notewright", "notewright_magics", "notewright_widgets", "notewright_lab")
_NOT_OWN = frozenset({"__main__", "__mp_main__"})
_INSTALLED = frozenset({"site-packages", "dist-packages", "node_modules"})

#: Types of what is saved by reference, or belongs to how a class works.
_CODE: tuple[type, ...] = (
    ModuleType,
    type,
    FunctionType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.GenericAlias,
    types.UnionType,
    functools._lru_cache_wrapper,
)
#: Types of most data, to be quick.
_PLAIN = frozenset({int, float, bool, str, bytes, type(None), list, dict, tuple, set, frozenset})
_CODE_MODULES = frozenset({"typing", "typing_extensions", "__future__"})
_CODE_NAMES = frozenset({"ufunc", "cython_function_or_method", "_ArrayFunctionDispatcher"})
#: What Python keeps in classes for itself.
_OF_CLASSES = frozenset(
    {"_abc_impl", "_fields", "_field_defaults", "_is_protocol", "_is_runtime_protocol"}
)

# Read past every hook of the user's: what a module and a class contain, and a class's ancestors.
module_contents: Callable[[Any], dict[str, Any]] = vars(ModuleType)["__dict__"].__get__
class_contents: Callable[[Any], Mapping[str, Any]] = type.__dict__["__dict__"].__get__
_class_module = type.__dict__["__module__"].__get__
_class_name = type.__dict__["__name__"].__get__
bases = type.__dict__["__mro__"].__get__

#: A module, or a class defined in one.
Owner = Any


class OwnModules:
    """The imported modules whose files are the user's: below some folders, and not installed.

    Parameters
    ----------
    folders : iterable of path
        The project's, and the kernel's.
    """

    def __init__(self, folders: Iterable[str | Path] = ()) -> None:
        self._roots = tuple({_folder(form(f)) for f in folders for form in _FORMS})
        self._mark: tuple[int, object] = (0, None)
        #: What each name in `sys.modules` stood for when it was judged.
        self._judged: dict[str, int] = {}
        self._own: dict[str, ModuleType] = {}

    def found(self) -> dict[str, ModuleType]:
        """Return them by name; looks through all modules only where one was imported since."""
        if not self._roots:
            return {}
        mark = (len(sys.modules), next(reversed(sys.modules), None))
        if mark != self._mark:
            self._mark = mark
            self._judge(list(sys.modules.items()))
        elif self._own:
            self._judge([(name, sys.modules.get(name)) for name in self._own])
        # Nothing of a module is there before it is really loaded.
        return {n: m for n, m in self._own.items() if type(m) is not _LazyModule}

    def attributes(self) -> Iterator[tuple[str, Any]]:
        """Yield the dotted name and the value of everything in them that counts as state."""
        modules = {id(module): (name, module) for name, module in reversed(self.found().items())}
        for name, module in reversed(modules.values()):  # each once, under its first name
            yield from _attributes(name, module)

    def module_of(self, name: str) -> str | None:
        """Return the module that a dotted name belongs to, or None; of those found last."""
        owner = self._owner(name)
        return None if owner is None else owner[0]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value under a dotted name, or `default`."""
        owner = self._owner(name)
        return default if owner is None else _contents(owner[1]).get(owner[2], default)

    def covers(self, name: str) -> bool:
        """Tell whether a dotted name begins with a module of the user's."""
        return any(name.startswith(f"{module}.") for module in list(self._own))

    def bind(self, name: str, value: Any) -> None:
        """Give an attribute another value; the module, and the class, stay what they are.

        Raises
        ------
        AttributeError, TypeError
            If there is no such class, or it takes no attributes.
        """
        owner, key = self._writable(name)
        if _contents(owner).get(key, _MISSING) is value:
            return
        if issubclass(type(owner), ModuleType):
            module_contents(owner)[key] = value
        else:
            type.__setattr__(owner, key, value)

    def unbind(self, name: str) -> None:
        """Remove an attribute."""
        owner, key = self._writable(name)
        if issubclass(type(owner), ModuleType):
            del module_contents(owner)[key]
        else:
            type.__delattr__(owner, key)

    def add(self, name: str) -> None:
        """Import a module of the user's that a snapshot knows and this process does not.

        Raises
        ------
        ModuleNotFoundError
            If none of that name can be found, or it is not the user's.
        Exception
            Whatever its code raises.
        """
        invalidate_caches()
        spec = find_spec(name)
        if spec is None or not self._is_file(spec.origin):  # looked at before its code runs
            raise ModuleNotFoundError(f"No module named {name!r} in the project", name=name)
        import_module(name)
        if name not in self.found():  # it put something else in its place
            raise ModuleNotFoundError(f"{name!r} is not a module", name=name)

    def _judge(self, modules: list[tuple[str, Any]]) -> None:
        judged = self._judged
        for name, module in modules:
            if judged.get(name) == id(module):
                continue
            judged[name] = id(module)
            if self._is_own(name, module):
                self._own[name] = module
            else:
                self._own.pop(name, None)
        if len(judged) > len(sys.modules):
            for name in [name for name in judged if name not in sys.modules]:
                del judged[name]
                self._own.pop(name, None)

    def _is_own(self, name: Any, module: Any) -> bool:
        if type(name) is not str or not issubclass(type(module), ModuleType):
            return False
        if name in _NOT_OWN or name.partition(".")[0] in _NOTEWRIGHT:
            return False
        return self._is_file(module_contents(module).get("__file__"))

    def _is_file(self, file: Any) -> bool:
        if type(file) is not str or not file.endswith(".py"):
            return False
        return any(_is_project_file(file, root) for root in self._roots if file.startswith(root))

    def _owner(self, name: str) -> tuple[str, Owner, str] | None:
        """Return the module's name, what the attribute is set on, and its name there."""
        own = self._own.copy()
        prefixes = [module for module in own if name.startswith(f"{module}.")]
        for module in sorted(prefixes, key=len, reverse=True):
            owner: Owner = own[module]
            *classes, key = name[len(module) + 1 :].split(".")
            for part in classes:
                owner = _contents(owner).get(part)
                if not issubclass(type(owner), type):
                    break
            else:
                return module, owner, key
        return None

    def _writable(self, name: str) -> tuple[Owner, str]:
        owner = self._owner(name)
        if owner is None:
            raise AttributeError(f"there is no class '{name.rpartition('.')[0]}' any more")
        return owner[1:]


def bound_by_source(module: ModuleType) -> frozenset[str] | None:
    """Return what a module's text itself binds, as dotted names below it; None if that is unknown.

    Functions there may need such an attribute, also where a snapshot from before
    the text was edited and reloaded does not have it.
    """
    try:
        file = module_contents(module)["__file__"]
        tree = ast.parse(Path(file).read_bytes())
    except (KeyError, OSError, SyntaxError, TypeError, ValueError):
        return None
    names = frozenset(_bound(tree, ""))
    return None if "*" in names else names


def edited_since(module: ModuleType, moment: str) -> bool:
    """Tell whether a module's file was written to after a moment (ISO 8601)."""
    try:
        written = os.stat(module_contents(module)["__file__"]).st_mtime
    except (KeyError, OSError, TypeError, ValueError):
        return True
    return written > datetime.fromisoformat(moment).timestamp()


def is_code(value: Any) -> bool:
    """Tell whether a value is code, and not the notebook's own: it is saved by reference."""
    kind = type(value)
    if kind is FunctionType:
        return _text(value.__module__) != "__main__"
    if issubclass(kind, type):
        return defined_in(value) != "__main__"
    if kind is types.MethodType:
        return _is_a_modules(value)
    return (
        issubclass(kind, _CODE)
        or defined_in(kind) in _CODE_MODULES
        or _class_name(kind) in _CODE_NAMES
    )


def behind(value: Any) -> Iterator[str]:
    """Yield the names of the modules whose code may run when `value` is used."""
    kind = type(value)
    if issubclass(kind, ModuleType):
        yield _text(module_contents(value).get("__name__"))
    elif kind is FunctionType:
        yield _text(value.__module__)
        yield _text(value.__globals__.get("__name__"))
    elif kind is types.MethodType:
        yield from behind(value.__func__)
        yield from behind(value.__self__)
    elif kind is functools._lru_cache_wrapper:
        yield from behind(value.__wrapped__)
    elif kind is functools.partial:
        yield from behind(value.func)
    else:
        for base in bases(value if issubclass(kind, type) else kind):
            yield defined_in(base)


def defined_in(cls: type) -> str:
    """Return the name of the module that a class says it is of."""
    try:
        return _text(_class_module(cls))
    except AttributeError:  # it was deleted
        return ""


# -- inside -------------------------------------------------------------------------------

_MISSING: Any = object()
_FORMS = (os.path.abspath, os.path.realpath)


def _is_a_modules(method: types.MethodType) -> bool:
    """Tell whether a method is a function of some module in all but kind: `random.randint`."""
    function = method.__func__
    if type(function) is not FunctionType:
        return False
    module = sys.modules.get(_text(function.__module__))
    return (
        issubclass(type(module), ModuleType)
        and module_contents(module).get(function.__name__) is method
    )


def _folder(path: str) -> str:
    return os.path.join(path, "")


@functools.cache
def _installation() -> tuple[str, ...]:
    """Return the folders of Python and of what is installed beside it."""
    paths = sysconfig.get_paths()
    keys = ("stdlib", "platstdlib", "purelib", "platlib")
    found = [paths[key] for key in keys if key in paths]
    return tuple({_folder(form(path)) for path in found for form in _FORMS})


def _is_project_file(file: str, root: str) -> bool:
    if file.startswith(_installation()):
        return False
    prefix = _folder(os.path.abspath(sys.prefix))
    if prefix != root and prefix.startswith(root) and file.startswith(prefix):
        return False  # an environment inside the project
    folders = file[len(root) :].split(os.sep)[:-1]
    if any(part.startswith(".") or part in _INSTALLED for part in folders):
        return False
    below = [root + os.sep.join(folders[: at + 1]) for at in range(len(folders))]
    return not any(os.path.exists(os.path.join(folder, "pyvenv.cfg")) for folder in below)


def _attributes(name: str, module: ModuleType) -> Iterator[tuple[str, Any]]:
    defined = {name, _text(module_contents(module).get("__name__"))}
    seen: set[int] = set()
    pending: list[tuple[str, Owner]] = [(name, module)]
    while pending:
        path, owner = pending.pop(0)
        in_class = owner is not module
        for key, value in list(_contents(owner).items()):
            if not _is_name(key) or (in_class and key in _OF_CLASSES):
                continue
            kind = type(value)
            if kind in _PLAIN or not is_code(value):
                if not (in_class and _is_descriptor(kind)):
                    yield f"{path}.{key}", value
            elif id(value) not in seen and _is_own_class(value, defined):
                seen.add(id(value))
                pending.append((f"{path}.{key}", value))


def _is_own_class(value: Any, modules: set[str]) -> bool:
    kind = type(value)
    is_plain_class = issubclass(kind, type) and not issubclass(kind, EnumMeta)
    return is_plain_class and defined_in(value) in modules


def _contents(owner: Owner) -> Mapping[str, Any]:
    if issubclass(type(owner), type):
        found: Mapping[str, Any] = class_contents(owner)
        return found
    contents: Mapping[str, Any] = module_contents(owner)
    return contents


def _is_name(key: Any) -> bool:
    if type(key) is not str or not key.isidentifier():
        return False
    return not (key.startswith("__") and key.endswith("__"))


def _is_descriptor(kind: type) -> bool:
    if kind in _PLAIN or kind is FunctionType:
        return False  # a function here is one of the notebook's, put into the class
    return any("__get__" in class_contents(base) for base in bases(kind))


def _text(value: Any) -> str:
    return value if type(value) is str else ""


def _bound(node: ast.AST, path: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield path + child.id
        elif isinstance(child, ast.Import | ast.ImportFrom):
            yield from (path + (a.asname or a.name).partition(".")[0] for a in child.names)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield path + child.name
        if isinstance(child, ast.ClassDef):
            yield from _bound(child, f"{path}{child.name}.")
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _bound(child, path)
