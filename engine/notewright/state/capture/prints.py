"""Large values that nobody has to look at again: no word of what they are made of has changed.

Their pages are write-protected; at each view those that were written are compared, word by
word, with what they were (`memory.footprint`). A value that differs once is let go of, and
is looked at like any other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from notewright.state.capture.known import Known
from notewright.state.capture.looking import Memory, Print, no_collection, seen_as
from notewright.state.memory.footprint import Part, footprint
from notewright.state.memory.protection import Protection, Span
from notewright.state.memory.words import (
    PAGE,
    Numbers,
    distinct,
    joined,
    places_in,
    runs_of,
    words_of,
)
from notewright.state.namespace import Namespace
from notewright.state.pickling import live
from notewright.state.pickling.pickler import dump

#: A value whose pickle is shorter is as soon pickled.
_WORTH = 1 << 16
#: A value that has changed before so many views is left alone for some, twice as many each time.
_FEW_USES, _MOST_SKIPPED = 4, 64
#: Pages as close as that are asked for at once; as close as that where there is other memory
#: in between, which cannot be protected; and so many pieces of memory are at most.
_GAP, _SMALL_GAP, _MOST_PIECES = 1 << 11, 64, 128
_NEAR = 4
#: So many pages of a value are compared at a view.
_MOST_COMPARED = 1024
#: After so many views all pages are protected again, those too that are written all the time.
_ANEW = 32


@dataclass
class _Held:
    """A footprint whose pages are protected."""

    print: Print
    windows: list[Span]
    #: Whether nothing had been written before they were.
    proved: bool = False
    differs: bool = False
    #: For how many views it has been of use.
    uses: int = 0
    #: The pages of it that were written before the latest view.
    written: list[Part] | None = None

    def take_parts(self, written: Numbers) -> None:
        """Take in which pages were written; what was gone through is taken to differ."""
        which = places_in(written, self.print.footprint.pages)
        # The user waits for it to be compared.
        self.differs = self.differs or len(which) > _MOST_COMPARED
        self.written = [] if self.differs else list(self.print.footprint.parts(which))


@dataclass
class Prints:
    """The large values of a namespace that are known to be as they were.

    Parameters
    ----------
    protection : Protection
        Tells which pages were written.
    """

    protection: Protection
    _held: list[_Held] = field(default_factory=list)
    #: The values that have no footprint: name and digest.
    _unfit: dict[str, str] = field(default_factory=dict)
    #: Those whose footprints are being made.
    _awaited: dict[str, str] = field(default_factory=dict)
    #: Of values that changed soon: from which view on to try again, and how many that skips.
    _waits: dict[str, tuple[int, int]] = field(default_factory=dict)
    _views: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    #: All pages of what is held, and the memory they lie in.
    _pages: Numbers = field(default_factory=lambda: np.empty(0, np.int64))
    _windows: list[Span] = field(default_factory=list)
    #: What the system told of those at the latest view.
    _spans: list[Span] | None = None
    #: Pages that were written before the latest view, and those of them that are left unprotected.
    _wrote: Numbers = field(default_factory=lambda: np.empty(0, np.int64))
    _unprotected: Numbers = field(default_factory=lambda: np.empty(0, np.int64))
    #: All memory that was made ready to be protected.
    _registered: set[Span] = field(default_factory=set)
    _kept_off: Mapping[Span, object] | None = None
    #: The ids of the process's own containers, which are saved by name.
    _named: tuple[int, ...] = ()

    def wanted(self, known: Known, namespace: Namespace) -> tuple[str, ...]:
        """Return the variables whose footprints would be of use.

        Parameters
        ----------
        known : Known
            What the variables were when they were last looked at.
        namespace : Namespace
            The variables.
        """
        if not self.protection.works:
            return ()
        with self._lock:
            met = {each.print.root for each in self._held}
        wanted = []
        for name, seen in known.seen.items():
            if seen.size < _WORTH or seen.buffers or self._unfit.get(name) == seen.digest:
                continue
            value = id(namespace.get(name))
            if value not in met and self._waits.get(name, (0, 0))[0] <= self._views:
                met.add(value)
                wanted.append(name)
        return tuple(wanted)

    def begin(self, names: Iterable[str], known: Known) -> None:
        """Say that the footprints of these variables are being made."""
        self._awaited = {name: known.seen[name].digest for name in names}
        named = _named()
        if named != self._named:
            with self._lock:
                for each in self._held:
                    each.differs = True
                self._named = named

    def end(self) -> None:
        """Say that no more footprints come of those; what has none yet has none."""
        self._unfit.update(self._awaited)
        self._awaited = {}

    def unchanged(self, large: Mapping[Span, object]) -> dict[int, Print]:
        """Return the values, by their ids, that are as they were when they were last looked at.

        Parameters
        ----------
        large : mapping
            The memory that is watched for its own sake: no footprint may lie there.
        """
        self._views += 1
        if not self._held:
            return {}
        with self._lock:
            named = _named()
            for each in self._held:
                saved_otherwise = each.print.footprint.is_saved_otherwise()
                each.differs = each.differs or named != self._named or saved_otherwise
            self._named = named
            if large is not self._kept_off:
                self._kept_off = large
                for each in self._held:
                    each.differs = each.differs or _lies_in(each.print.footprint.pages, large)
            self._compare()
            for each in self._held:
                each.uses += 1
            return {e.print.root: e.print for e in self._held if e.proved}

    def adopt(self, name: str, found: Print | str) -> None:
        """Take in a footprint that a copy has made; called on another thread.

        Parameters
        ----------
        name : str
            The variable.
        found : Print or str
            Of a value that has none, its digest.
        """
        self._awaited.pop(name, None)
        if isinstance(found, str):
            self._unfit[name] = found
            return
        common = _in_common(found, self._held)
        with self._lock:
            held = self._protected(found, common)
        if held is None:
            self._unfit[name] = found.seen.digest
            return
        # What is written from here on is told; what was, since the copy was made, is not.
        every = np.arange(len(found.footprint.pages))
        differs = found.footprint.differs(every)
        with self._lock:
            self._kept_off = None
            held.proved, held.differs = True, held.differs or differs
            self._let_go()

    def close(self) -> None:
        """Protect nothing any more."""
        with self._lock:
            for each in self._held:
                each.differs = True
            self._let_go()

    def _protected(self, each: Print, common: Mapping[int, Numbers]) -> _Held | None:
        pages = each.footprint.pages
        windows = self._ready(pages)
        if not windows or not all(map(self._protect, runs_of(pages).tolist())):
            return None
        for other in self._held:
            shared = common[id(other)]
            each, other.print = _with(each, shared), _with(other.print, shared)
        held = _Held(each, windows)
        self._held.append(held)
        self._note_what_is_held()
        return held

    def _ready(self, pages: Numbers) -> list[Span]:
        """Return pieces of memory with all the pages, ready to be protected; none if that fails."""
        windows: list[Span] = []
        for start, size in runs_of(pages, _GAP).tolist():
            if self.protection.register((start, size)):
                windows.append((start, size))
                self._registered.add((start, size))
                continue
            first, last = np.searchsorted(pages, (start // PAGE, (start + size) // PAGE))
            for begin, length in runs_of(pages[first:last], _SMALL_GAP).tolist():
                if not self.protection.register((begin, length)):
                    return []
                windows.append((begin, length))
                self._registered.add((begin, length))
        return windows if len(windows) <= _MOST_PIECES else []

    def _compare(self) -> None:
        """Find out which are not as they were, of all pages that were written since the last time.

        They are protected again before they are read: what is written later is told next time.
        But not those that are written all the time: what is not protected is told, too.
        """
        written = self._written()
        # Mostly it is the same few pages that are written, view after view.
        if not np.array_equal(written, self._wrote):
            for each in self._held:
                each.written = None
        if not (self._views % _ANEW and np.array_equal(written, self._unprotected)):
            self._protect_again(written)
        self._wrote = written
        for each in self._held:
            if each.written is None:
                each.take_parts(written)
            each.differs = each.differs or any(part.differs() for part in each.written or ())
        self._let_go()

    def _protect_again(self, written: Numbers) -> None:
        always = self._unprotected if self._views % _ANEW else written[:0]
        self._unprotected = written[places_in(self._wrote, written)]
        others = np.delete(written, places_in(always, written))
        for run in runs_of(others, _NEAR).tolist():
            if not self._protect(run):
                for each in self._held:
                    each.differs = each.differs or _lies_in(each.print.footprint.pages, [run])

    def _protect(self, run: Sequence[int]) -> bool:
        return self.protection.protect((run[0], run[1]))

    def _written(self) -> Numbers:
        """Return the pages that were written, of all that anything held is made of."""
        pages = self._pages
        spans: list[Span] = []
        for window in self._windows:
            found = self.protection.written(window, anew=False)
            spans += [window] if found is None else found
        if spans == self._spans:
            return self._wrote
        self._spans = spans
        bounds = np.array(spans, np.int64).reshape(-1, 2)
        bounds[:, 1] += bounds[:, 0]
        first, last = np.searchsorted(pages, bounds // PAGE).T
        return pages[distinct(words_of((first, last - first)))]

    def _note_what_is_held(self) -> None:
        self._spans = None
        pages = [each.print.footprint.pages for each in self._held]
        windows = [window for each in self._held for window in each.windows]
        self._pages = distinct(np.concatenate(pages)) if pages else np.empty(0, np.int64)
        starts, sizes = joined(*np.array(windows).T) if windows else ((), ())
        self._windows = [(int(a), int(b)) for a, b in zip(starts, sizes, strict=True)]

    def _let_go(self) -> None:
        gone = [each for each in self._held if each.differs]
        for each in gone:
            name = each.print.seen.name
            skips = self._waits.pop(name, (0, 1))[1]
            if each.uses < _FEW_USES:
                self._waits[name] = (self._views + skips, min(2 * skips, _MOST_SKIPPED))
        if gone:
            self._held = [each for each in self._held if not each.differs]
            self._note_what_is_held()
        if not self._held:  # pieces of one's memory may lie in another's
            for window in self._registered:
                self.protection.unregister(window)
            self._registered.clear()


def prints(
    namespace: Namespace, names: Iterable[str], known: Known
) -> Iterator[tuple[str, Print | str]]:
    """Yield the names of variables with their footprints, in a copy of the process.

    Parameters
    ----------
    namespace : Namespace
        The variables.
    names : iterable of str
        Which of them.
    known : Known
        What they were when they were last looked at.

    Yields
    ------
    tuple of str and Print or str
        The name, and its digest if it has no footprint. The smallest come first.
    """
    ordered = sorted(names, key=lambda name: known.seen[name].size)
    with no_collection():
        # Before any is pickled, which makes room in values and classes that the process has not.
        all_own = {name: footprint(namespace.get(name)) for name in ordered}
    for name in ordered:
        value, own = namespace.get(name), all_own.pop(name)
        if own is None:
            yield name, known.seen[name].digest
            continue
        with no_collection():
            pickled = dump(value, namespace.dict)
            seen = seen_as(name, value, pickled, Memory())
        if not seen.buffers:
            regions = np.array(pickled.regions, np.int64).reshape(-1, 2)
            yield name, Print(seen, id(value), own, regions)


def _named() -> tuple[int, ...]:
    return tuple(map(id, live.containers({})[1:]))


def _in_common(own: Print, others: Iterable[_Held]) -> dict[int, Numbers]:
    """Return the objects that a value has in common with each of others, by the others' ids.

    Apart from where the user would wait for it: it takes milliseconds.
    """
    found = {}
    for each in others:
        fewer, more = sorted((own.footprint.objects, each.print.footprint.objects), key=len)
        found[id(each)] = more[places_in(fewer, more)]
    return found


def _with(one: Print, common: Numbers) -> Print:
    if not len(common):
        return one
    return replace(one, elsewhere=distinct(np.concatenate([one.elsewhere, common])))


def _lies_in(pages: Numbers, spans: Iterable[Sequence[int]]) -> bool:
    """Tell whether any of the pages lies in any of the spans as a whole."""
    bounds = np.array([(-(-start // PAGE), (start + size) // PAGE) for start, size in spans])
    return bool(len(bounds)) and bool((np.diff(np.searchsorted(pages, bounds)) > 0).any())
