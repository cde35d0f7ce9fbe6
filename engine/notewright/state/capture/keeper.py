"""Look at one namespace again and again, in order, and store what is new, behind the user's back.

`view` takes hold of the namespace as it is and returns at once; what follows
(pickling, hashing, writing) happens in a copy of the process. A thread takes
the results in, in the order of the views. Where the process cannot be copied,
the view is pickled and what changed is copied before `view` returns, and only
the writing follows. That is done, too, where it takes no longer than copying
the process would (`in_place`).

A copy may die of a variable, or wait for ever. What the keeper does then:

- a variable that waits is given up on, and named (`patience`); at the next view
  it is tried in the process itself, where the other threads go on;
- a copy that crashed, or that hears no signal, is made again if no cell has
  begun since: with all memory, then without the variable it was at;
- if one has begun, the view has failed, and the next one includes everything.

An observation may need to know what came of the views before. A copy looks at the
variables first, and waits for that only then.

From before it is decided what is stored already until that is committed, a
view has a writer's turn, so that nothing of it is removed (`store/turns.py`).
What was removed before is forgotten, here and in the copies that wait.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Set
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from notewright.errors import CopyLost, NotewrightError
from notewright.state.capture.aside import Aside
from notewright.state.capture.bundling import Bundle, hold
from notewright.state.capture.chunks import Buffer, untouched
from notewright.state.capture.constants import Constants
from notewright.state.capture.forked import AT_NONE, Child, Limits, Line, fork, is_ours
from notewright.state.capture.in_place import InPlace, look_here
from notewright.state.capture.keeping import keep
from notewright.state.capture.known import Group, Known, Outcome, Removed
from notewright.state.capture.leaving_out import LeavingOut
from notewright.state.capture.looking import Look, Memory, Print, Seen
from notewright.state.capture.patience import BEAT, Done, patience, uninterrupted
from notewright.state.capture.prints import Prints, prints
from notewright.state.capture.salvage import salvaged, without
from notewright.state.memory.huge import Gathering
from notewright.state.memory.own import take_back
from notewright.state.memory.pages import PageWatch
from notewright.state.memory.protection import Protection, Span
from notewright.state.namespace import Namespace
from notewright.state.randomness import random_state, set_random_state
from notewright.store.objects import ObjectStore
from notewright.store.packs import PackWriter
from notewright.store.turns import Turn

#: The variable that says whether the process is copied: 0 for never, 1 for each view.
_FORK = "NOTEWRIGHT_FORK"
#: How many copies work at the same time; the others wait for their turn.
_AT_ONCE = 2
#: Seconds after which a copy that sleeps is taken to wait for what cannot happen there,
_PATIENCE = 2.0
#: after which one that sleeps while it writes is taken to have lost its disk,
_PATIENCE_WRITING = 60.0
#: and which it may spend on one variable.
_LONGEST = 120.0
#: Seconds without anything new after which there is time for what makes later copies cheaper.
_QUIET = 0.2
#: Seconds for which a variable may keep the user.
_PATIENCE_HERE = 0.8
#: Bytes that are looked at in the process itself for the sake of one variable that waited.
_SMALL = 1 << 29

#: What a copy says that is to be told something.
_ASKS = "tell"

#: Looks at what else there is to be seen of a moment.
Observe = Callable[[Mapping[str, str], Any], Any]
#: Gives what to enter around something.
Around = Callable[[], AbstractContextManager[object]]

_keepers: weakref.WeakSet[Keeper] = weakref.WeakSet()


def _begin_anew_in_a_users_copy() -> None:
    if not is_ours():
        for keeper in list(_keepers):
            keeper._begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew_in_a_users_copy)


def _nothing(digests: Mapping[str, str], told: Any) -> None:
    pass


@dataclass
class View:
    """One moment of the namespace, and what becomes of it.

    Parameters
    ----------
    save : bool
        Whether to store it, or only to look.
    observe : callable
        Called where the namespace is as it was, with the digests and what `tell`
        returned; its result (plain values) is in the outcome.
    finish : callable
        Called on the keeper's thread when the outcome is there, in order, with
        the outcome and a writer to append more to the
        pack; what it returns is the view's result.
    failed : callable
        Called on the keeper's thread with the error, if there is one, and the
        outcome where only storing it failed.
    waited : bool
        Whether somebody waits until it is finished.
    tell : callable, optional
        Called when every view before is finished; returns plain values.
    at_once : bool
        Whether `observe` takes so little time that it may be called in the process itself.
    """

    save: bool
    observe: Observe
    finish: Callable[[Outcome, PackWriter], Any]
    failed: Callable[[BaseException, Outcome | None], None]
    waited: bool = False
    tell: Callable[[], Any] | None = None
    at_once: bool = False
    number: int = 0
    random: bytes = b""
    child: Child | None = None
    turn: Turn | None = None
    #: Large values that are as they were when they were last looked at.
    unchanged: Mapping[int, Print] = field(default_factory=dict)
    #: The buffers that the copy has only in part, since the rest is stored.
    left_out: tuple[Buffer, ...] = ()
    #: The variables, in the order in which the copy comes to them.
    names: tuple[str, ...] = ()
    found: Outcome | None = None
    #: Whether the process was copied for it more than once.
    repeated: bool = False
    bundles: list[Bundle | Group] = field(default_factory=list)
    result: Any = None
    error: BaseException | None = None
    done: Done = field(default_factory=Done)


class Keeper:
    """Looks at one namespace and stores what is new.

    Parameters
    ----------
    namespace : Namespace
        The live variables.
    objects : ObjectStore
        Where their bytes go.
    forks : bool, optional
        Whether to copy the process; by default where that is safe.
    around : callable, optional
        Gives what to enter around each copying of the process.
    behind : callable, optional
        Gives what the keeper's thread enters for as long as it is there.
    """

    def __init__(
        self,
        namespace: Namespace,
        objects: ObjectStore,
        *,
        forks: bool | None = None,
        around: Around = nullcontext,
        behind: Around = nullcontext,
    ) -> None:
        self._namespace = namespace
        self._writer = objects.pack_writer()
        self._turns = objects.turns
        self._forks = forks
        self._around = around
        self._behind = behind
        self._known = Known()
        protection = Protection()
        self._watch = PageWatch(protection)
        self._prints = Prints(protection)
        #: A copy that makes footprints.
        self._printing: Child | None = None
        self._printing_until = 0.0
        self._aside = Aside()
        self._constants: Constants[Seen] = Constants()
        #: What was written between the views since the one that is known.
        self._written: dict[int, dict[Span, list[Span] | None]] = {}
        self._number = 0
        self._settled = 0
        self._views: deque[View] = deque()
        #: Outcomes since each copy that is still waiting was made.
        self._news: dict[int, list[Outcome | Removed]] = {}
        self._ready = threading.Condition()
        self._thread: threading.Thread | None = None
        self._gathering = Gathering()
        self._leaving_out = LeavingOut()
        self._in_place = InPlace()
        #: Whether a cell has begun since the last view.
        self._begun = False
        self._closed = False
        _keepers.add(self)

    # -- for the thread that owns the namespace --------------------------------------

    def view(
        self,
        *,
        save: bool,
        finish: Callable[[Outcome, PackWriter], Any],
        observe: Observe = _nothing,
        failed: Callable[[BaseException, Outcome | None], None] = lambda error, found: None,
        waited: bool = False,
        tell: Callable[[], Any] | None = None,
        at_once: bool = False,
    ) -> View:
        """Take hold of the namespace as it is now; everything else follows behind.

        Parameters
        ----------
        save, finish, observe, failed, waited, tell, at_once
            See :class:`View`.
        """
        view = View(save, observe, finish, failed, waited, tell, at_once)
        if save:
            self._writer.prepare()
        with uninterrupted():
            self._begin(view)
            if (
                self._can_fork()
                and not self._tries_here()
                and (self._look_in_place(view) or self._fork_now(view))
            ):
                return view
        self.settle()  # what is not written yet takes memory
        try:
            if save:
                self._take_turn(view)
            self._look_here(view)
            with uninterrupted(), self._ready:
                self._append(view)
        except BaseException:
            self._end_turn(view)
            raise
        return view

    def begin(self) -> Set[str]:
        """Say that a cell begins; return the variables with large parts."""
        with uninterrupted(), self._ready:  # a view that is taken again is of the time before
            self._begun = True
        return self._known.large_names

    def expect_writes(self, names: Iterable[str]) -> None:
        """Say that the cell is likely to write to these variables' large parts."""
        seen = self._known.seen
        spans = (b.span for n in names if n in seen for b in seen[n].buffers)
        self._watch.expect_writes(spans)

    def settle(self) -> None:
        """Wait until every view so far is finished or has failed."""
        for view in list(self._views):
            if view.child is not None:
                view.child.stand_back(0)
        with suppress(IndexError):  # without the lock, which an interrupt could leave taken
            self._views[-1].done.wait()

    @property
    def busy(self) -> bool:
        """Whether something is still going on behind."""
        return bool(self._views)

    def known(self) -> Known:
        """Return what the latest finished look found."""
        return self._known

    def close(self) -> None:
        """Finish what was begun, and stop."""
        self.settle()
        with uninterrupted(), self._ready:
            self._closed = True
            self._ready.notify_all()
        if self._thread is not None:
            self._thread.join()
        self._prints.close()
        self._watch.close()
        self._writer.close()

    # -- taking hold -------------------------------------------------------------------

    def _begin(self, view: View) -> None:
        with self._ready:
            self._begun = False
            self._number = view.number = self._number + 1
        self._watch.watch(self._known.large)
        own = None if self._thread is None else self._thread.ident
        alone = self._in_place.is_alone(own)
        if alone:  # else it may have changed before the copy is made
            view.unchanged = self._prints.unchanged(self._known.large)
            here = os.environ.get(_FORK) != "1" and view.tell is None and not self._aside
            view.at_once = view.at_once and here
        else:
            view.at_once = False
        self._written[view.number] = self._watch.written(alone=alone)

    def _append(self, view: View) -> None:
        self._news[view.number] = []
        self._views.append(view)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="notewright", daemon=True)
            self._thread.start()
        self._ready.notify_all()

    def _since(self) -> dict[Span, list[Span]]:
        """Return what was written to large buffers since they were last hashed, where known."""
        since = [self._written[n] for n in sorted(self._written) if n > self._settled]
        written: dict[Span, list[Span]] = {}
        for span in self._known.large:
            parts = [each.get(span) for each in since]
            if parts and all(part is not None for part in parts):
                written[span] = [piece for part in parts if part for piece in part]
        return written

    def _can_fork(self) -> bool:
        if self._forks is not None:
            return self._forks
        wanted = os.environ.get(_FORK) != "0"
        return wanted and sys.platform == "linux" and not _holds_gpu()

    def _tries_here(self) -> bool:
        """Tell whether a variable that waited in a copy is to be tried in the process itself."""
        small = sum(seen.size for seen in self._known.seen.values()) <= _SMALL
        main = threading.current_thread() is threading.main_thread()
        return small and main and not self.busy and self._aside.due(self._namespace, self._number)

    def _look_in_place(self, view: View) -> bool:
        """Look at once, if that takes no longer than copying the process; tell whether it did."""
        if not view.at_once:
            return False

        def look() -> tuple[Outcome, list[Bundle | Group]]:
            memory = self._memory(self._since(), view)
            found, new = look_here(self._namespace, self._known, memory, save=view.save)
            return _outcome(found, view.observe(found.digests(), None)), new

        with self._ready:  # what is known must not change meanwhile
            here = self._in_place.tried(look, view.number, self._settled)
            if here is None:
                return False
            view.found, view.bundles = here
            view.random = _random() if view.save else b""
            self._append(view)
        return True

    def _fork_now(self, view: View) -> bool:
        """Copy the process for a view; tell whether the system gave one."""
        with self._ready:  # what is known must not be half changed in the copy
            try:
                self._fork(view, self._since(), waits=len(self._views) >= _AT_ONCE)
            except OSError:
                return False
            self._append(view)
            if not view.waited:
                self._fork_for_prints()
        return True

    def _fork_for_prints(self) -> bool:
        """Copy the process once more, for what makes later views cheaper; tell whether it was.

        Not while a cell runs, which may be in the middle of what cannot be copied: a library of
        linear algebra waits for its threads at a fork.
        """
        known, namespace = self._known, self._namespace
        with self._ready:  # no cell begins meanwhile
            if self._begun or self._printing is not None or not self._can_fork():
                return False
            wanted = self._prints.wanted(known, namespace)
            if not wanted:
                return False

            def work(line: Line) -> None:
                for found in prints(namespace, wanted, known):
                    line.outbox.send(found)

            with suppress(OSError), self._around():
                self._printing = fork(work, (), waited=True)  # the sooner, the less others do
                self._printing_until = time.monotonic() + _LONGEST
                self._prints.begin(wanted, known)
            return self._printing is not None

    def _fork(self, view: View, written: dict[Span, list[Span]], *, waits: bool) -> None:
        known, writer, namespace = self._known, self._writer, self._namespace

        def work(line: Line) -> None:
            set_random_state(pickle.loads(view.random))  # Python seeds a copy's anew
            if waits:
                line.inbox.recv()
            try:
                found = self._found(self._memory(written, view), line)
                told = None
                if view.tell is not None:
                    line.outbox.send(_ASKS)
                    told = line.inbox.recv()
                line.outbox.send(_outcome(found, view.observe(found.digests(), told)))
                if not view.save:
                    return
                for news in line.inbox.recv():
                    _learn(news, known, writer)
                line.pulse.at = 0
                new = salvaged(found, known, namespace.dict)
                line.pulse.at = AT_NONE
                kept = keep(new.bundles, known, writer, view.random)
                line.outbox.send((kept, new.refused))
            except NotewrightError as error:
                writer.go_back(known.position)
                line.outbox.send(error)
            except Exception as error:  # noqa: BLE001 - told where it can be told
                line.outbox.send(CopyLost(f"{type(error).__name__}: {error}"))

        view.random = view.random or _random()
        view.names = tuple(namespace.state())
        leaves_out = self._leaving_out.at(view.number)
        unchanged = self._unchanged(written, view.save) if leaves_out else []
        view.left_out = tuple(known.large[s][0] for s in written if known.large[s][1])
        with self._around():
            view.child = fork(work, unchanged, waited=view.waited)

    def _memory(self, written: dict[Span, list[Span]], view: View) -> Memory:
        return Memory(self._known.buffers(), written, view.unchanged, self._constants)

    def _found(self, memory: Memory, line: Line) -> Look:
        places = {name: at for at, name in enumerate(self._namespace.state(), 1)}

        def comes_to(name: str) -> None:
            line.pulse.at = places[name]

        found = self._aside.look(
            self._namespace, memory, self._known, number=self._number, comes_to=comes_to
        )
        line.pulse.at = AT_NONE
        return found

    def _look_here(self, view: View) -> None:
        view.random = _random()
        memory = self._memory(self._since(), view)
        with patience(_PATIENCE_HERE):
            found = self._aside.look(
                self._namespace, memory, self._known, number=self._number, tries=True
            )
        told = None if view.tell is None else view.tell()
        view.found = _outcome(found, view.observe(found.digests(), told))
        if view.save:
            with patience(_PATIENCE_HERE):
                new = salvaged(found, self._known, self._namespace.dict)
            view.bundles, view.found = new.bundles, without(view.found, new.refused)
            hold(view.bundles, self._known)

    def _unchanged(self, written: dict[Span, list[Span]], save: bool) -> list[Span]:
        """Return the parts of large buffers that nobody has to look at again."""
        large = self._known.large
        return [
            part
            for span, parts in written.items()
            for buffer, stored in (large[span],)
            if stored or not save
            for part in untouched(buffer, parts)
        ]

    # -- the thread that takes the results in -------------------------------------------

    def _run(self) -> None:
        with self._behind():
            with suppress(Exception):  # whoever is the first to save is told
                self._writer.prepare()
            while (view := self._next()) is not None:
                try:
                    self._finish(view)
                except BaseException as error:  # noqa: BLE001 - told to the owner, by `failed`
                    self._fail(view, error)
                finally:
                    self._leave(view)
                if self._fork_for_prints() or view.child is not None:
                    take_back(self._is_idle)
                    if not self._waits_for_next(_QUIET):
                        self._gathering.gather(self._is_idle)
            self._end_printing()

    def _is_idle(self) -> bool:
        """Tell whether the user's cell does not run, and nothing waits behind."""
        return not (self._begun or self._views or self._closed)

    def _waits_for_next(self, seconds: float | None) -> bool:
        """Wait until there is something to do, or the end; tell whether it came in time."""
        with self._ready:
            return self._ready.wait_for(lambda: bool(self._views) or self._closed, seconds)

    def _next(self) -> View | None:
        while (printing := self._printing) is not None:
            if printing.has_spoken():
                self._take_print(printing)
            elif time.monotonic() > self._printing_until:
                self._end_printing()
            elif self._waits_for_next(BEAT):
                break
        self._waits_for_next(None)
        with self._ready:
            return self._views[0] if self._views else None

    def _take_print(self, printing: Child) -> None:
        """Take in a footprint that a copy has made, or that there are no more."""
        try:
            self._prints.adopt(*printing.receive(_limits()))
            self._in_place.try_again()
        except CopyLost:
            self._end_printing()

    def _end_printing(self) -> None:
        with self._ready:
            if self._printing is not None:
                self._printing.end()
                self._printing = None
                self._prints.end()
                self._ready.notify_all()

    def _finish(self, view: View) -> None:
        outcome = self._outcome_of(view)
        if outcome.kept is not None:
            self._writer.go_on(outcome.kept.position)
        view.result = view.finish(outcome, self._writer)
        if outcome.kept is not None:
            kept = replace(outcome.kept, position=self._writer.position())
            outcome = replace(outcome, kept=kept)
        self._take_in(view, outcome)

    def _fail(self, view: View, error: BaseException) -> None:
        view.error = error
        if view.child is not None:
            view.child.end()
        if view.save:
            self._writer.go_back(self._known.position)
        with suppress(Exception):  # the first error has been told, and says why
            view.failed(error, view.found)
        if view.found is not None:
            self._take_in(view, view.found)

    def _take_in(self, view: View, outcome: Outcome) -> None:
        with self._ready:
            self._known.apply(outcome)
            self._settled = view.number
            for number in [n for n in self._written if n <= view.number]:
                del self._written[number]
            for news in self._news.values():
                news.append(outcome)
            self._aside.note(outcome, self._namespace, view.number)

    def _leave(self, view: View) -> None:
        self._end_turn(view)
        with self._ready:
            self._news.pop(view.number, None)
            self._views.popleft()
            waiting = self._views[_AT_ONCE - 1] if len(self._views) >= _AT_ONCE else None
        if waiting is not None and waiting.child is not None:
            waiting.child.send("start")  # it need not wait until this one's memory is freed
        if view.child is not None:
            view.child.end()
        view.bundles = []
        view.done.set()

    def _outcome_of(self, view: View) -> Outcome:
        if view.child is None:
            try:
                return self._outcome_here(view)
            except CopyLost:
                if not self._fork_again(view):
                    raise
        return self._outcome_of_child(view)

    def _outcome_here(self, view: View) -> Outcome:
        assert view.found is not None
        if not view.save:
            return view.found
        if view.turn is None:
            self._take_turn(view)
            with self._ready:
                removed = [r.addresses for r in self._news[view.number] if isinstance(r, Removed)]
            stored = (group for group in view.bundles if isinstance(group, Group))
            if removed and not all(set(g.needs()).isdisjoint(*removed) for g in stored):
                raise CopyLost("what was stored already was removed meanwhile")
        kept = keep(view.bundles, self._known, self._writer, view.random)
        return replace(view.found, kept=kept)

    def _outcome_of_child(self, view: View) -> Outcome:
        """Return what the copy made of a view, or another copy if it died and nothing happened."""
        while True:
            try:
                return self._heard(view)
            except CopyLost as error:
                if not self._again(view, error):
                    raise

    def _heard(self, view: View) -> Outcome:
        assert view.child is not None
        if view.tell is not None:
            # What a copy does not read keeps whoever sends it: it is told once it asks.
            _or_raise(view.child.receive(_limits()))
            view.child.send(view.tell())
        found: Outcome = _or_raise(view.child.receive(_limits()))
        view.found = found
        if not view.save:
            return found
        if view.turn is None:
            self._take_turn(view)
        with self._ready:
            news = list(self._news[view.number])
        if any(isinstance(each, Removed) for each in news) and self._lacks(view):
            raise CopyLost("what it left out because it was stored was removed meanwhile")
        view.child.send(news)
        kept, refused = _or_raise(view.child.receive(_limits()))
        return replace(without(found, refused), kept=kept)

    def _take_turn(self, view: View) -> None:
        """Let nothing be removed until the view is left, and forget what was removed before."""
        view.turn = self._turns.begin()
        gone = self._writer.catch_up()
        if gone is None:
            return
        removed = Removed(gone, self._writer.position())
        with self._ready:
            self._known.forget(removed)
            for news in self._news.values():
                news.append(removed)

    def _end_turn(self, view: View) -> None:
        turn, view.turn = view.turn, None
        if turn is not None:
            turn.over()

    def _lacks(self, view: View) -> bool:
        """Tell whether the copy would have to store what it does not have."""
        with self._ready:
            return not all(self._known.holds(buffer) for buffer in view.left_out)

    def _again(self, view: View, error: CopyLost) -> bool:
        """Copy the process once more for a view, if nothing has happened since."""
        child = view.child
        assert child is not None
        child.end()
        with self._ready:
            at = child.line.pulse.at
            if child.crashed() and self._leaving_out.at(view.number):
                self._leaving_out.crashed(view.number)  # it may have looked at what was left out
            elif 0 < at <= len(view.names):
                self._aside.put(view.names[at - 1], self._namespace, error.problem, view.number)
            elif view.repeated:
                return False
            view.repeated = True
            looks_only = not view.save and view.observe is _nothing
            return not looks_only and self._fork_again(view)

    def _fork_again(self, view: View) -> bool:
        """Copy the process for a view of a moment that lasts; tell whether it was possible."""
        with self._ready:
            if self._begun or view.number != self._number:
                return False
            try:
                self._fork(view, {}, waits=False)
            except OSError:
                return False
            self._news[view.number] = []
        return True

    # -- elsewhere ----------------------------------------------------------------------

    def _begin_anew(self) -> None:
        """Be of use in a copy of the process that the user's code made.

        The thread is not there, what was in flight is the original's, and so is the pack.
        """
        self._ready = threading.Condition()
        self._thread = None
        for view in self._views:
            if view.turn is not None:
                view.turn.forget()
        self._views.clear()
        self._news.clear()
        self._written.clear()
        protection = Protection()
        self._watch, self._prints = PageWatch(protection), Prints(protection)
        self._printing = None
        self._writer = self._writer.anew()
        self._known.position = ("", 0)


def _holds_gpu() -> bool:
    """Tell whether the process uses a GPU, which no copy of it can."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    asked = getattr(cuda, "is_initialized", None)  # a thread may be in the middle of the import
    return asked is not None and bool(asked())


def _random() -> bytes:
    return pickle.dumps(random_state(), protocol=4)


def _limits() -> Limits:
    return Limits(_PATIENCE, _PATIENCE_WRITING, _LONGEST)


def _learn(news: Outcome | Removed, known: Known, writer: PackWriter) -> None:
    """Take in, in a copy, what happened since it was made."""
    if isinstance(news, Removed):
        known.forget(news)
        writer.unlearn(news.addresses)
    else:
        known.apply(news)
        writer.learn(news.kept.placed if news.kept else ())


def _or_raise(message: Any) -> Any:
    if isinstance(message, BaseException):
        raise message
    return message


def _outcome(found: Look, observed: Any) -> Outcome:
    return Outcome(
        found.seen, found.unsaveable, found.digests(), found.groups, observed, found.modules
    )
