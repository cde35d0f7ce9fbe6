"""Bringing back into a live namespace, and taking out of it, what may be a module's attribute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from notewright.errors import CannotImport, CannotLoad, StaysInModule
from notewright.state.modules import OwnModules, bound_by_source, edited_since
from notewright.state.namespace import Namespace
from notewright.state.records import Snapshot


def import_modules(
    own: OwnModules, snapshot: Snapshot, chosen: dict[str, None]
) -> Iterator[CannotImport | None]:
    """Import the modules that attributes among `chosen` belong to; yield for each how it went.

    Where that fails, the attributes are taken out of `chosen`.
    """
    needed: dict[str, list[str]] = {}
    for name in chosen:
        if (module := snapshot.module_of(name)) is not None:
            needed.setdefault(module, []).append(name)
    for module, names in needed.items():
        if module in own.found():
            continue
        try:
            own.add(module)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's code may raise anything
            for name in names:
                del chosen[name]
            yield CannotImport(module, names, error)
        else:
            yield None


def bind(namespace: Namespace, back: Mapping[str, Any], refused: list[str]) -> Iterator[str]:
    """Bind what came back; yield the names, or say why not."""
    for name, value in back.items():
        try:
            namespace.bind(name, value)
        except Exception as error:  # noqa: BLE001 - a metaclass's property may raise anything
            refused.append(str(CannotLoad([name], error)))
        else:
            yield name


def remove(
    namespace: Namespace, snapshot: Snapshot, names: Iterable[str], refused: list[str]
) -> Iterator[str]:
    """Remove what came after the snapshot; yield the names.

    Of modules that were imported since, everything stays, and of the others what
    their text binds: the functions there may need it.
    """
    own = namespace.modules.found()
    text: dict[str, frozenset[str] | None] = {}
    for name in names:
        if not namespace.is_attribute(name):
            namespace.unbind(name)
            yield name
            continue
        module = namespace.modules.module_of(name)
        if module is None or module not in snapshot.modules:
            continue
        if module not in text:
            text[module] = bound_by_source(own[module])
        bound = text[module]
        if bound is None or name[len(module) + 1 :] in bound:
            if not edited_since(own[module], snapshot.created):  # else it is new there
                refused.append(str(StaysInModule(name, module)))
            continue
        try:
            namespace.unbind(name)
        except Exception as error:  # noqa: BLE001 - as above
            refused.append(str(CannotLoad([name], error)))
        else:
            yield name
