"""Secrets among the values of variables, by the path to each, never their value."""

from __future__ import annotations

import re
from argparse import Namespace
from collections import defaultdict
from collections.abc import Iterator, Mapping
from configparser import RawConfigParser
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from notewright.errors import NotewrightError, UntrustedStore
from notewright.governance.checks.base import CannotRun
from notewright.governance.checks.identifiers.known import PERSONAL, SECRETS, find
from notewright.governance.checks.identifiers.pattern import words_of
from notewright.governance.checks.identifiers.secrets import entropy, is_placeholder

if TYPE_CHECKING:
    from notewright.governance.checks.evidence import Sources

#: Values of at most so many bytes are loaded; settings are small.
_LARGEST = 4 << 20
#: So much of one value is looked at.
_STEPS, _DEEP, _LONGEST = 20_000, 12, 100_000
#: Types whose values may be settings.
_PLAIN = {
    "builtins.str", "builtins.bytes", "builtins.dict", "builtins.list", "builtins.tuple",
    "builtins.set", "builtins.frozenset", "types.SimpleNamespace", "argparse.Namespace",
    "collections.OrderedDict", "collections.defaultdict", "collections.ChainMap", "os._Environ",
    "configparser.ConfigParser", "configparser.RawConfigParser", "builtins.mappingproxy",
}  # fmt: skip

_WORD = re.compile(
    r"\b(?:pass(?:word|wd|phrase|code)?|passwor[dt]|pwd|pgpassword|secrets?|api ?key|access ?key"
    r"|secret ?key|private ?key|account ?key|encryption ?key|signing ?key|(?:auth|access|api|bearer"
    r"|refresh|session|bot|github|gitlab|slack|hf|pypi|npm|id) ?token|token|credentials?"
    r"|connection ?string)(?: ?\d+)?$"
)
#: Names that end so say about a token that is no secret.
_TEXTS = re.compile(
    r"\b(?:pad|eos|bos|unk|sep|cls|mask|special|start|end|stop|next|first|last) token$"
)
_FEWEST = 6


@dataclass
class _Budget:
    steps: int = _STEPS
    seen: set[int] = field(default_factory=set)


def plain_variables(run: Any, sources: Sources) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the variables of a run's last snapshot that may be settings, and those left out.

    Left out are those too large, and those that cannot be loaded here.

    Raises
    ------
    CannotRun
        If the run kept no snapshot.
    UntrustedStore
        If the snapshot was signed by a key that is not trusted here.
    """
    if not run.snapshot_after:
        raise CannotRun(
            "The run kept no snapshot of the variables.", "Train the model in a `%%nw run` cell."
        )
    snapshot = sources.snapshots.get(run.snapshot_after)
    # What shares memory was saved together, and is loaded together.
    sizes: dict[str, int] = defaultdict(int)
    groups: dict[str, list[str]] = defaultdict(list)
    for variable in snapshot.variables:
        sizes[variable.group] += variable.size
        if variable.type in _PLAIN or variable.type.startswith("__main__."):
            groups[variable.group].append(variable.name)
    found: dict[str, Any] = {}
    left: list[str] = []
    for group, names in groups.items():
        try:
            if sizes[group] <= _LARGEST:
                found.update(sources.snapshots.load(snapshot, names))
            else:
                left += names
        except UntrustedStore:
            raise
        except NotewrightError:
            left += names  # they need what is not here, such as a library
    return found, tuple(left)


def secrets_in(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield ``(kind, path)`` for each secret in a value, by the path to it.

    Only plain types are walked: no method of a class of the user's is called.

    Parameters
    ----------
    name : str
        The variable's.
    value : Any
        Its value.

    Examples
    --------
    >>> list(secrets_in("config", {"db": {"host": "a", "password": "tea4two"}}))
    [('password or key', "config['db']['password']")]
    """
    yield from _walk(name, name, value, _Budget(), 0)


def _walk(
    path: str, name: str, value: Any, budget: _Budget, deep: int
) -> Iterator[tuple[str, str]]:
    budget.steps -= 1
    if budget.steps < 0 or deep > _DEEP:
        return
    if isinstance(value, str | bytes):
        kind = _secret(name, _decoded(value))
        if kind is not None:
            yield kind, path
        return
    if id(value) in budget.seen:
        return
    budget.seen.add(id(value))
    for step, inner, child in _children(value, name):
        yield from _walk(path + step, inner, child, budget, deep + 1)


def _children(value: Any, name: str) -> Iterator[tuple[str, str, Any]]:
    """Yield what a value holds: the step to it, what it is called, and it."""
    if isinstance(value, RawConfigParser):
        for section, options in value._sections.items():  # type: ignore[attr-defined]
            for key, inner in options.items():
                yield f"[{_shown(section)}][{_shown(key)}]", str(key), inner
    elif type(value).__name__ == "_Environ" and type(value).__module__ == "os":
        for key, inner in _dict(value).get("_data", {}).items():
            yield f"[{_shown(_decoded(key))}]", _decoded(key), inner
    elif isinstance(value, dict):
        for key, inner in dict.items(value):
            yield f"[{_shown(key)}]", key if isinstance(key, str) else name, inner
    elif isinstance(value, list | tuple):
        named = getattr(type(value), "_fields", None)
        for place, inner in enumerate(tuple(value[:_STEPS])):
            field_ = named[place] if named and place < len(named) else None
            yield (f".{field_}" if field_ else f"[{place}]"), field_ or name, inner
    elif isinstance(value, set | frozenset):
        for inner in value:
            yield "{…}", name, inner
    elif isinstance(value, SimpleNamespace | Namespace) or _is_users(value):
        for key, inner in _dict(value).items():
            yield f".{key}", str(key), inner


def _is_users(value: Any) -> bool:
    return type(value).__module__ == "__main__" and not isinstance(value, type)


def _dict(value: Any) -> Mapping[str, Any]:
    """Return the attributes that an object holds itself, without its class's code."""
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return held if type(held) is dict else {}


def _secret(name: str, text: str) -> str | None:
    """Return the kind of secret a text is, by its form or by what it is called."""
    found = next(find(text, SECRETS), None)
    if found is not None:
        return found[0]
    words = words_of(name)
    if not _WORD.search(words) or _TEXTS.search(words) or is_placeholder(text):
        return None
    bare = text.strip()
    if len(bare) < _FEWEST or len(bare) > _LONGEST or re.search(r"\s", bare):
        return None
    if re.search(r"\b(?:token|credentials?)$", words) and entropy(bare) < 3:
        return None
    # The place where it is kept is none.
    return None if re.match(r"(?:[\w.-]+)?[/\\]|[A-Za-z]:\\|https?://", bare) else "password or key"


def _decoded(value: Any) -> str:
    if isinstance(value, bytes):
        return value[:_LONGEST].decode("utf-8", "replace")
    return value[:_LONGEST] if isinstance(value, str) else ""


def _shown(key: Any) -> str:
    """Return a key as a path names it; one that says too much is left out."""
    if isinstance(key, int):
        return repr(key)
    if not isinstance(key, str) or len(key) > 60 or next(find(key, SECRETS + PERSONAL), None):
        return "…"
    return repr(key)
