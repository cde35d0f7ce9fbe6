"""What is done with the process's own memory behind the user's back leaves it as it was."""

from __future__ import annotations

import mmap
import os
import resource
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notewright.state.grouping import groups_of
from notewright.state.memory.own import take_back
from notewright.state.memory.pages import PageWatch

linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc and madvise are Linux's")


def faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1])


def shared_kilobytes() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Shared_Dirty"))


class Copied:
    """A copy of this process that waits until it is let go."""

    def __init__(self) -> None:
        there, self.here = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.here)
            os.read(there, 1)
            os._exit(0)
        os.close(there)

    def end(self) -> None:
        os.close(self.here)
        os.waitpid(self.pid, 0)


@linux
def test_pages_that_an_ended_copy_shared_are_written_without_a_fault_once_they_are_taken_back() -> (
    None
):
    memory = np.ones(1 << 21)  # 16 MB
    memory[::512] = 2
    Copied().end()
    assert take_back(lambda: True) >= memory.nbytes
    before = faults()
    memory[::512] = 3
    assert faults() - before < len(memory[::512]) // 20


@linux
def test_taking_pages_back_adds_none_and_copies_none_that_another_process_has() -> None:
    touched, fresh = np.ones(1 << 21), np.empty(1 << 24)
    copy = Copied()
    try:
        take_back(lambda: True)  # what it takes itself it takes now
        before, shared = resident(), shared_kilobytes()
        take_back(lambda: True)
        assert resident() - before < 200
        # Most of what the copy shares is still shared: the interpreter alone wrote to some.
        assert shared_kilobytes() > 0.9 * shared
    finally:
        copy.end()
    assert touched[0] == 1
    assert len(fresh) == 1 << 24


@linux
def test_taking_pages_back_does_not_count_as_writing_to_a_watched_array() -> None:
    watch = PageWatch()
    if not watch.works:
        pytest.skip("this system does not tell which pages were written")
    # Memory that malloc gives may still be watched for an earlier test's keeper.
    memory = np.frombuffer(mmap.mmap(-1, 1 << 24, flags=mmap.MAP_PRIVATE), np.float64)
    memory[:] = 1
    span = (memory.__array_interface__["data"][0], memory.nbytes)
    try:
        watch.watch([span])
        watch.written()
        Copied().end()
        take_back(lambda: True)
        written = watch.written()[span]
        assert written is not None
        assert sum(size for _, size in written) < 1 << 14, written
        memory[1 << 20] = 2
        written = watch.written()[span] or ()
        assert any(at <= span[0] + (8 << 20) < at + size for at, size in written)
    finally:
        watch.close()


@linux
def test_taking_pages_back_ends_when_the_user_goes_on() -> None:
    memory, asked = np.ones(1 << 22), []

    def goes_on() -> bool:
        asked.append(True)
        return len(asked) < 3

    assert take_back(goes_on) < memory.nbytes
    assert len(asked) == 3


@given(
    st.lists(st.lists(st.integers(0, 40), max_size=12), min_size=2, max_size=8),
    st.integers(0, 3000),
)
def test_variables_are_grouped_just_when_they_share_an_object_that_can_change(uses, many) -> None:
    # Every third object is a string, which cannot change; many objects belong to one alone.
    objects = [f"text {i}" if i % 3 == 0 else [i] for i in range(41)]
    own = [[i] for i in range(many)]
    names = [f"v{i}" for i in range(len(uses))]
    members = {
        name: np.array([id(objects[i]) for i in sorted(set(used))], np.uint64)
        for name, used in zip(names, uses, strict=True)
    }
    members["v0"] = np.concatenate([members["v0"], np.array([id(o) for o in own], np.uint64)])
    expected = [{name} for name in names]
    for i in range(41):
        having = {name for name, used in zip(names, uses, strict=True) if i in used}
        if i % 3 and having:
            joined = [group for group in expected if group & having]
            expected = [g for g in expected if g not in joined] + [set().union(*joined)]
    found = groups_of(members, frozenset())
    assert sorted(map(sorted, found)) == sorted(map(sorted, expected))


def test_where_the_process_cannot_be_copied_no_more_of_an_array_is_than_what_changed(
    notebook, workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTEWRIGHT_FORK", "0")
    notebook.run("import numpy as np\nlarge = np.random.default_rng(0).random(8_000_000)")
    notebook.recorder.take()
    notebook.run("large[5] = 1")
    tracemalloc.start()
    try:
        taken = notebook.recorder.take()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20
    assert workspace.snapshots.load(taken)["large"][5] == 1
