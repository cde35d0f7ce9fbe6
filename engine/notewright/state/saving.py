"""A namespace to stored groups, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from notewright.state.describe import summary, type_name
from notewright.state.grouping import groups
from notewright.state.pickling import Pickled, dump, load
from notewright.state.records import Unsaved, Variable
from notewright.state.tracker import digest_pickled
from notewright.store.objects import ObjectStore

#: Buffers are stored in pieces of this size, so equal pieces are stored once.
_CHUNK = 4 * 1024 * 1024


@dataclass(frozen=True)
class Saved:
    """What became of a namespace."""

    variables: tuple[Variable, ...]
    unsaved: tuple[Unsaved, ...]


def save(
    variables: Mapping[str, Any],
    namespace: dict[str, Any],
    objects: ObjectStore,
    origin: Callable[[str], tuple[str | None, str]],
) -> Saved:
    """Store `variables` durably and return what was and was not saved.

    Parameters
    ----------
    variables : mapping
        The user's names and values.
    namespace : dict
        The live globals that functions are bound to.
    objects : ObjectStore
        Where the bytes go.
    origin : callable
        Gives for a name the execution that made it (id, words for its cell).
    """
    pickles: dict[str, Pickled] = {}
    unsaved = []
    for name, value in variables.items():
        try:
            pickles[name] = dump(value, namespace)
        except Exception as error:  # noqa: BLE001 - a user's object may raise anything here
            execution, cell = origin(name)
            unsaved.append(Unsaved(name, type_name(value), _reason(error), execution, cell))
    records: dict[str, Variable] = {}
    for names in groups({name: pickled.memo for name, pickled in pickles.items()}):
        group = pickles[names[0]]
        if len(names) > 1:
            group = dump(tuple(variables[name] for name in names), namespace)
        address = _put(names, group, objects)
        for name in names:
            value, pickled = variables[name], pickles[name]
            records[name] = Variable(
                name,
                type_name(value),
                summary(value),
                digest_pickled(pickled),
                address,
                pickled.size,
            )
    return Saved(tuple(records[name] for name in pickles), tuple(unsaved))


def load_groups(
    addresses: Iterable[str], namespace: dict[str, Any], objects: ObjectStore
) -> dict[str, Any]:
    """Return the variables of the groups at `addresses`, as new objects."""
    values: dict[str, Any] = {}
    for address in dict.fromkeys(addresses):
        manifest = objects.get_json(address)
        buffers = [b"".join(objects.get(c) for c in chunks) for chunks in manifest["buffers"]]
        value = load(objects.get(manifest["stream"]), buffers, namespace)
        names = manifest["names"]
        values.update(zip(names, value if len(names) > 1 else (value,), strict=True))
    return values


def parts(address: str, objects: ObjectStore) -> list[str]:
    """Return the addresses of every object the group at `address` needs, itself included."""
    manifest = objects.get_json(address)
    return [address, manifest["stream"], *(c for chunks in manifest["buffers"] for c in chunks)]


def _put(names: tuple[str, ...], pickled: Pickled, objects: ObjectStore) -> str:
    buffers = []
    for buffer in pickled.buffers:
        raw = buffer.raw()
        starts = range(0, raw.nbytes, _CHUNK)
        buffers.append([objects.put(raw[at : at + _CHUNK], sync=True) for at in starts])
    manifest = {
        "names": names,
        "stream": objects.put(pickled.stream, sync=True),
        "buffers": buffers,
    }
    return objects.put_json(manifest, sync=True)


def _reason(error: Exception) -> str:
    words = str(error).strip().splitlines()
    return words[0] if words else type(error).__name__
