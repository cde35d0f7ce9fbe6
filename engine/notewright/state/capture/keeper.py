"""Look at one namespace again and again, in order, and store what is new, behind the user's back.

`view` takes hold of the namespace as it is and returns at once; what follows
(pickling, hashing, writing) happens in a copy of the process. A thread takes
the results in, in the order of the views. Where the process cannot be copied,
the view is pickled and what changed is copied before `view` returns, and only
the writing follows.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from typing import Any

from notewright.errors import NotewrightError
from notewright.state.capture.bundling import Bundle, bundles, hold
from notewright.state.capture.chunks import untouched
from notewright.state.capture.forked import Child, ChildDied, fork
from notewright.state.capture.keeping import keep
from notewright.state.capture.known import Group, Known, Outcome
from notewright.state.capture.looking import Look, Memory, look
from notewright.state.memory.pages import PageWatch, Span
from notewright.state.namespace import Namespace
from notewright.state.randomness import random_state, set_random_state
from notewright.store.objects import ObjectStore
from notewright.store.packs import PackWriter

#: How many copies work at the same time; the others wait for their turn.
_AT_ONCE = 2
#: Seconds after which a copy that sleeps is taken to wait for what cannot happen there.
_PATIENCE = 2.0


@dataclass
class View:
    """One moment of the namespace, and what becomes of it.

    Parameters
    ----------
    save : bool
        Whether to store it, or only to look.
    observe : callable
        Called where the namespace is as it was, with the digests; its result
        (plain values) is in the outcome.
    finish : callable
        Called on the keeper's thread when the outcome is there, in order, with
        the outcome and a writer to append more to the
        pack; what it returns is the view's result.
    failed : callable
        Called on the keeper's thread with the error, if there is one.
    """

    save: bool
    observe: Callable[[], Any]
    finish: Callable[[Outcome, PackWriter], Any]
    failed: Callable[[BaseException], None]
    number: int = 0
    random: bytes = b""
    child: Child | None = None
    here: Outcome | None = None
    bundles: list[Bundle | Group] = field(default_factory=list)
    result: Any = None
    error: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)


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
    """

    def __init__(
        self, namespace: Namespace, objects: ObjectStore, *, forks: bool | None = None
    ) -> None:
        self._namespace = namespace
        self._writer = objects.pack_writer()
        self._forks = forks
        self._known = Known()
        self._watch = PageWatch()
        #: What was written between the views since the one that is known.
        self._written: dict[int, dict[Span, list[Span] | None]] = {}
        self._number = 0
        self._settled = 0
        self._views: deque[View] = deque()
        #: Outcomes since each copy that is still waiting was made.
        self._news: dict[int, list[Outcome]] = {}
        self._ready = threading.Condition()
        self._thread: threading.Thread | None = None
        self._leaves_out = True

    # -- for the thread that owns the namespace --------------------------------------

    def view(
        self,
        *,
        save: bool,
        finish: Callable[[Outcome, PackWriter], Any],
        observe: Callable[[], Any] = lambda: None,
        failed: Callable[[BaseException], None] = lambda error: None,
    ) -> View:
        """Take hold of the namespace as it is now; everything else follows behind.

        Parameters
        ----------
        save, finish, observe, failed
            See :class:`View`.
        """
        view = View(save, observe, finish, failed)
        self._number = view.number = self._number + 1
        self._watch.watch(self._known.large)
        self._written[view.number] = self._watch.written()
        view.random = pickle.dumps(random_state(), protocol=4)
        if self._can_fork():
            with self._ready:  # what is known must not be half changed in the copy
                self._news[view.number] = []
                self._fork(view, self._since())
                self._views.append(view)
                self._ready.notify_all()
        else:
            self.settle()  # what is not written yet takes memory
            self._look_here(view)
            with self._ready:
                self._news[view.number] = []
                self._views.append(view)
                self._ready.notify_all()
        self._start()
        return view

    def expect_writes(self, names: set[str]) -> None:
        """Say that the next cell is likely to write to these variables' large parts."""
        seen = self._known.seen
        spans = (b.span for n in names if n in seen for b in seen[n].buffers)
        self._watch.expect_writes(spans)

    def settle(self) -> None:
        """Wait until every view so far is finished or has failed."""
        with self._ready:
            last = self._views[-1] if self._views else None
        if last is not None:
            last.done.wait()

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
        self._watch.close()
        self._writer.close()

    # -- taking hold -------------------------------------------------------------------

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
        torch = sys.modules.get("torch")
        on_gpu = torch is not None and torch.cuda.is_initialized()
        wanted = os.environ.get("NOTEWRIGHT_FORK", "1") != "0"
        return wanted and sys.platform == "linux" and not on_gpu

    def _fork(self, view: View, written: dict[Span, list[Span]]) -> None:
        in_flight = len(self._views)
        known, writer, namespace = self._known, self._writer, self._namespace

        def work(inbox: Connection, outbox: Connection) -> None:
            set_random_state(pickle.loads(view.random))  # Python seeds a copy's anew
            if in_flight >= _AT_ONCE:
                inbox.recv()
            found = look(namespace, Memory(known.buffers(), written), known)
            observed = view.observe()
            outbox.send(_outcome(found, observed))
            if not view.save:
                return
            for news in inbox.recv():
                known.apply(news)
                writer.learn(news.kept.placed if news.kept else ())
            try:
                new = bundles(found, known, namespace.dict)
                outbox.send(keep(new, known, writer, view.random))
            except NotewrightError as error:
                outbox.send(error)

        unchanged = self._unchanged(written, view.save) if self._leaves_out else []
        view.child = fork(work, unchanged)

    def _look_here(self, view: View) -> None:
        memory = Memory(self._known.buffers(), self._since())
        found = look(self._namespace, memory, self._known)
        observed = view.observe()
        view.here = _outcome(found, observed)
        if view.save:
            view.bundles = bundles(found, self._known, self._namespace.dict)
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

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="notewright", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: bool(self._views))
                view = self._views[0]
            try:
                self._finish(view)
            except BaseException as error:  # noqa: BLE001 - told to the owner, by `failed`
                view.error = error
                view.failed(error)
            finally:
                if view.child is not None:
                    view.child.kill()
                    view.child.reap()
                with self._ready:
                    self._news.pop(view.number, None)
                    self._views.popleft()
                    waiting = self._views[_AT_ONCE - 1] if len(self._views) >= _AT_ONCE else None
                view.bundles = []
                view.done.set()
            if waiting is not None and waiting.child is not None:
                waiting.child.send("start")

    def _finish(self, view: View) -> None:
        outcome = self._outcome_of_child(view) if view.child else self._outcome_here(view)
        if outcome.kept is not None:
            self._writer.go_on(outcome.kept.position)
        view.result = view.finish(outcome, self._writer)
        if outcome.kept is not None:
            kept = replace(outcome.kept, position=self._writer.position())
            outcome = replace(outcome, kept=kept)
        with self._ready:
            self._known.apply(outcome)
            self._settled = view.number
            for number in [n for n in self._written if n <= view.number]:
                del self._written[number]
            for news in self._news.values():
                news.append(outcome)

    def _outcome_here(self, view: View) -> Outcome:
        found = view.here
        assert found is not None
        if not view.save:
            return found
        kept = keep(view.bundles, self._known, self._writer, view.random)
        return replace(found, kept=kept)

    def _outcome_of_child(self, view: View) -> Outcome:
        child = view.child
        assert child is not None
        outcome: Outcome = self._looked(child)
        if not view.save:
            return outcome
        with self._ready:
            news = list(self._news[view.number])
        child.send(news)
        kept = child.receive()
        if isinstance(kept, BaseException):
            raise kept
        return replace(outcome, kept=kept)

    def _looked(self, child: Child) -> Outcome:
        """Return the copy's look; a copy that waits for another thread is helped on, or ended."""
        asked = 0
        ticks, since = child.ticks(), time.monotonic()
        while True:
            if not child.inbox.poll(0.5):
                now = child.ticks()
                if now != ticks or not child.waits():
                    ticks, since = now, time.monotonic()
                elif time.monotonic() - since > _PATIENCE:
                    if asked >= 3:
                        child.kill()
                        raise ChildDied("a variable could not be pickled in time")
                    child.give_up()
                    asked, since = asked + 1, time.monotonic()
                continue
            try:
                message = child.receive()
            except ChildDied:
                self._leaves_out = False  # perhaps it looked at what was left out
                raise
            if isinstance(message, Outcome):
                return message


def _outcome(found: Look, observed: Any) -> Outcome:
    return Outcome(found.seen, found.unsaveable, found.digests(), found.groups, observed)
