"""Snapshots are never silently wrong: each kind of object comes back right, or is named."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from kinds import LIBRARIES
from kinds.kind import Kind

from notewright.lineage.recorder import Recorder
from notewright.state.capture.looking import digest, digest_pickled
from notewright.state.namespace import Namespace
from notewright.state.pickling.pickler import dump, load
from notewright.workspace import Workspace

FRESH = Path(__file__).parent / "kinds" / "fresh.py"
KINDS = [
    pytest.param(library, kind, id=f"{library}: {kind.name}")
    for library, kinds in LIBRARIES.items()
    for kind in kinds
]


def run(code: str, values: dict[str, Any]) -> None:
    """Run a cell; the future statements of this file are none of its."""
    exec(compile(code, "<cell>", "exec", dont_inherit=True), values)


@dataclass
class Tried:
    """One kind, made and snapshotted once for all tests."""

    kind: Kind
    values: dict[str, Any]
    recorder: Recorder
    snapshot: Any
    expected: str
    names: list[str] = field(default_factory=list)


class Tries:
    """Makes kinds when a test asks for them, and restores a library's kinds in one process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = Workspace(folder)
        self._tried: dict[str, Tried] = {}
        self._fresh: dict[str, dict[str, str]] = {}

    def try_(self, library: str, kind: Kind) -> Tried:
        key = f"{library}: {kind.name}"
        if key not in self._tried:
            if kind.missing:
                pytest.skip(kind.missing)
            values: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
            recorder = Recorder(
                self.workspace.history, self.workspace.snapshots, Namespace(values), self.folder
            )
            run(kind.make, values)
            expected = repr(eval(kind.expect, values)) if kind.expect else ""
            names = list(Namespace(values).variables())
            taken = recorder.take(kind.name)
            self._tried[key] = Tried(kind, values, recorder, taken, expected, names)
        return self._tried[key]

    def fresh(self, library: str) -> dict[str, str]:
        """Return what went wrong in a fresh process, by kind."""
        if library not in self._fresh:
            kinds = [k for k in LIBRARIES[library] if not k.missing and not k.named]
            tried = [self.try_(library, kind) for kind in kinds]
            jobs = {
                t.kind.name: [t.snapshot.id, t.kind.check, t.kind.expect, t.expected] for t in tried
            }
            file = self.folder / f"{library}.json"
            file.write_text(json.dumps(jobs))
            command = [sys.executable, str(FRESH), str(self.folder), str(file)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            self._fresh[library] = json.loads(done.stdout.splitlines()[-1])
        return self._fresh[library]


@pytest.fixture(autouse=True, scope="module")
def own_config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep one signing key for all tests here: snapshots are shared by them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(autouse=True, scope="module")
def only_new_garbage() -> Iterator[None]:
    """Let `gc.collect` look at what the tests here make, and at no library again."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="module")
def tries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tries]:
    folder = tmp_path_factory.mktemp("kinds")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield Tries(folder)


def test_there_are_many_kinds() -> None:
    names = [str(param.id) for param in KINDS]
    assert len(set(names)) == len(names) >= 150


@pytest.mark.parametrize(("library", "kind"), KINDS)
def test_a_kind_comes_back_right_or_is_named(tries: Tries, library: str, kind: Kind) -> None:
    tried = tries.try_(library, kind)
    unsaved = {u.name: u.reason for u in tried.snapshot.unsaved}
    if kind.named:
        assert kind.named in unsaved.get("x", "not named"), unsaved
        assert set(unsaved) == {"x"}, "one bad object never costs another its place"
        return
    assert unsaved == {}
    tried.values.update(dict.fromkeys(tried.names, "overwritten"))
    tries.workspace.snapshots.restore(Namespace(tried.values), tried.snapshot)
    if kind.expect:
        assert repr(eval(kind.expect, tried.values)) == tried.expected
    run(kind.check, tried.values)


@pytest.mark.parametrize(("library", "kind"), [p for p in KINDS if not p.values[1].named])
def test_a_kind_comes_back_right_in_a_fresh_process(tries: Tries, library: str, kind: Kind) -> None:
    tries.try_(library, kind)
    assert tries.fresh(library).get(kind.name, "") == ""


@pytest.mark.parametrize(("library", "kind"), [p for p in KINDS if not p.values[1].named])
def test_looking_twice_sees_the_same(
    library: str, kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind.missing:
        pytest.skip(kind.missing)
    values = made(kind, tmp_path, monkeypatch)
    variables = Namespace(values).variables()
    together = tuple(variables.values())
    before = {name: digest(value, values) for name, value in variables.items()}
    pickled = dump(together, values)
    first = digest_pickled(pickled)
    garbage = [object() for _ in range(1000)]
    gc.collect()
    assert {name: digest(value, values) for name, value in variables.items()} == before
    assert digest_pickled(dump(together, values)) == first
    del garbage
    if kind.stable:
        buffers = [bytes(buffer.raw()) for buffer in pickled.buffers]
        other = dict(values)
        loaded = load(pickled.stream, buffers, other)
        other.update(zip(variables, loaded, strict=True))
        assert digest_pickled(dump(loaded, other)) == first


@pytest.mark.parametrize(("library", "kind"), [p for p in KINDS if p.values[1].change])
def test_a_change_is_seen_everywhere_it_shows(
    library: str, kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind.missing:
        pytest.skip(kind.missing)
    values = made(kind, tmp_path, monkeypatch)
    names = kind.changes.split()
    before = {name: digest(values[name], values) for name in names}
    run(kind.change, values)
    assert [n for n in names if digest(values[n], values) == before[n]] == []


def made(kind: Kind, folder: Path, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the namespace that a kind's cell makes."""
    patch.chdir(folder)
    values: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    run(kind.make, values)
    return values
