"""What is done with the process's own memory behind the user's back leaves it as it was."""

from __future__ import annotations

import mmap
import os
import queue
import resource
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notewright.state.grouping import groups_of
from notewright.state.memory.huge import HUGE, Gathering
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
@pytest.mark.parametrize("first", [0, 16, 4095])
@pytest.mark.parametrize("last", [0, 1, 4000])
def test_every_byte_written_is_told_and_nothing_else(first: int, last: int) -> None:
    watch = PageWatch()
    if not watch.works:
        pytest.skip("this system does not tell which pages were written")
    size = 1 << 17
    room = np.frombuffer(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE), np.uint8)
    room[:] = 1
    memory = room[first : size - last]
    span = (memory.__array_interface__["data"][0], memory.nbytes)
    try:
        watch.watch([span])
        assert watch.written()[span] is None  # not known yet
        assert watch.written()[span] == []
        for at in (0, 1, 4095, 70_000, memory.nbytes - 4097, memory.nbytes - 1):
            memory[at] += 1
            written = watch.written()[span] or []
            assert any(start <= span[0] + at < start + size for start, size in written)
            assert sum(size for _, size in written) <= 3 * mmap.PAGESIZE
            assert watch.written()[span] == []
        watch.expect_writes([span])
        memory[0] += 1
        assert watch.written()[span] is None
        assert watch.written()[span] == []
        ends = watch._regions[span].ends
        # Somebody may have written to them, and back, around the time at which they were looked at.
        assert watch.written(alone=False)[span] == ends
        assert watch.written()[span] == ends
        assert watch.written()[span] == []
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


class Small:
    """Whole memory in small pages, and what the kernel says of it."""

    def __init__(self, filled: int = 4 * HUGE // 8) -> None:
        # With what else lies beside it, it may be part of a larger mapping.
        self.memory = np.frombuffer(mmap.mmap(-1, 4 * HUGE, flags=mmap.MAP_PRIVATE), np.int64)
        self.memory[:filled] = np.arange(filled)
        self.start = self.memory.__array_interface__["data"][0]
        self.place = -(-self.start // HUGE) * HUGE

    def part(self) -> np.ndarray:
        """Return what lies at the first place for a huge page."""
        first = (self.place - self.start) // 8
        return self.memory[first : first + HUGE // 8]

    def gathered(self) -> int:
        """Return the kilobytes of it, or of its mapping, that are in huge pages."""
        kilobytes, here = 0, False
        for line in Path("/proc/self/smaps").read_text().splitlines():
            word = line.split(maxsplit=1)[0]
            if not word.endswith(":"):
                start, _, end = word.partition("-")
                here = int(start, 16) < self.start + self.memory.nbytes and (
                    self.start < int(end, 16)
                )
            elif here and word == "AnonHugePages:":
                kilobytes += int(line.split()[1])
        return kilobytes


@pytest.fixture
def small() -> Small:
    """Return memory that this system can gather."""
    Gathering().gather(lambda: True)  # what there is besides
    tried = Small()
    before = tried.gathered()
    Gathering().gather(lambda: True)
    if tried.gathered() == before:
        pytest.skip("this system gathers no pages when asked")
    return Small()


@linux
def test_small_pages_are_gathered_and_hold_what_they_held(small) -> None:
    before = small.gathered()
    assert Gathering().gather(lambda: True) >= 3 * HUGE
    assert small.gathered() >= before + 3 * HUGE // 1024
    assert np.array_equal(small.memory, np.arange(len(small.memory)))


def with_holes(missing: int) -> Small:
    """Return memory in which so many pages of the first place were never touched."""
    small = Small(0)
    pages = HUGE // mmap.PAGESIZE
    small.part()[: (pages - missing) * mmap.PAGESIZE // 8] = 7
    return small


@linux
@pytest.mark.parametrize(("missing", "gathered"), [(8, True), (40, False)])
def test_where_little_is_missing_it_is_added_and_else_nothing_is_gathered(
    small, missing, gathered
) -> None:
    Gathering().gather(lambda: True)
    holes = with_holes(missing)
    before = holes.gathered()
    Gathering().gather(lambda: True)
    assert (holes.gathered() > before) == gathered
    assert np.count_nonzero(holes.part()) == HUGE // 8 - missing * mmap.PAGESIZE // 8


@linux
def test_gathering_copies_nothing_that_another_process_has(small) -> None:
    small.part()[:] = 7
    copy = Copied()
    try:
        Gathering().gather(lambda: True)
        before, shared = resident(), shared_kilobytes()
        Gathering().gather(lambda: True)
        assert resident() - before < 200
        assert shared_kilobytes() > 0.9 * shared
    finally:
        copy.end()
    assert (small.part() == 7).all()


@linux
def test_gathering_ends_when_the_user_goes_on(small) -> None:
    asked = []

    def goes_on() -> bool:
        asked.append(True)
        return len(asked) < 2

    assert Gathering().gather(goes_on) <= HUGE
    assert len(asked) == 2


@linux
def test_what_falls_apart_again_is_gathered_less_and_less_often(small) -> None:
    gathering, tried = Gathering(), []
    for time in range(1, 90):
        before = gathering._due.get(small.place)
        gathering.gather(lambda: True)
        if gathering._due[small.place] != before:
            tried.append(time)
    assert tried == [1, 5, 21, 85]


@linux
def test_pages_are_gathered_once_nothing_has_come_for_a_while_and_never_while_a_cell_runs(
    notebook, monkeypatch
) -> None:
    asked = queue.SimpleQueue()
    monkeypatch.setattr(Gathering, "gather", lambda self, goes_on: asked.put(goes_on))
    notebook.run("x = bytes(10 ** 6)")  # more than is looked at in the process itself
    goes_on = asked.get(timeout=60)
    assert goes_on()
    notebook.recorder.begins("y = 2")
    assert not goes_on()


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
