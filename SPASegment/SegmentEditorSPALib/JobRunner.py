"""Runs work beside the interface: one worker thread for the whole process, polled by a timer."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable, List, NamedTuple, Optional

import qt

#: How often a pending job is looked at, and for how long the interpreter is left to the worker each time. Slicer's
#: main thread keeps the interpreter's lock while it idles: without the pause the worker gets a quarter of its time.
POLL_MS, YIELD_S = 10, 0.005
#: How often it is looked whether the worker is through with what nobody waits for.
LOOK_MS = 50

_executor: Optional[ThreadPoolExecutor] = None


def executor() -> ThreadPoolExecutor:
    """The process's worker; it ends with the process, after the job that it is at."""
    global _executor
    if _executor is None:
        # One thread: a network is not to be run twice at once, and PyTorch keeps caches for each thread.
        _executor = ThreadPoolExecutor(1, "SPA")
    return _executor


def in_background(work: Callable[[], Any]) -> Future:
    """Start something that waits rather than computes, beside the worker, in a thread that keeps no process alive."""
    future: Future = Future()

    def run() -> None:
        future.set_running_or_notify_cancel()
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="SPA background", daemon=True).start()
    return future


class _Pending(NamedTuple):
    future: Future
    #: What is run: here for as long as it runs, and in a list that the worker empties first.
    work: Callable[[], Any]
    unbegun: List[Callable[[], Any]]
    cancelled: threading.Event
    done: Callable[[Any], None]
    failed: Callable[[BaseException], None]
    tick: Callable[[], None]


#: Cancelled work that the worker is still at, with the nodes that it knows. A node that is removed from the scene goes
#: with the last who knows it; that must be this thread, for Slicer's widgets hear of it.
_left: List[_Pending] = []


def _leave(pending: _Pending) -> None:
    _left.append(pending)
    if len(_left) == 1:
        qt.QTimer.singleShot(LOOK_MS, _look)


def _look() -> None:
    time.sleep(YIELD_S)
    _left[:] = [pending for pending in _left if not pending.future.done()]
    if _left:
        qt.QTimer.singleShot(LOOK_MS, _look)


class JobRunner:
    """One job at a time; a cancelled job is skipped if it has not begun, and its result is dropped if it has."""

    def __init__(self, begin: Optional[Callable[[Callable[[], Any]], Future]] = None) -> None:
        """Nothing runs yet.

        Args:
            begin: starts work; by default in the process's worker.
        """
        self._begin = begin
        self._pending: Optional[_Pending] = None
        self._timer = qt.QTimer()
        self._timer.setInterval(POLL_MS)
        # One and the same object, so that it can be disconnected: a timer that stays connected holds all this for good.
        self._on_timeout = self._poll

    @property
    def busy(self) -> bool:
        """Whether a result is still to come."""
        return self._pending is not None

    def submit(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Run `work` in the worker, then `done` with its result or `failed` with its error in this thread.

        A job before it is cancelled. Until the end `tick` is called now and then, in this thread.
        """
        self.cancel()
        cancelled = threading.Event()
        unbegun = [work]

        def run() -> Any:
            mine = unbegun.pop()
            return None if cancelled.is_set() else mine()

        begin = self._begin or executor().submit
        self._pending = _Pending(begin(run), work, unbegun, cancelled, done, failed, tick)
        self._timer.connect("timeout()", self._on_timeout)
        self._timer.start()

    def cancel(self) -> None:
        """Forget the job; neither of its functions is called."""
        if self._pending is not None:
            self._pending.cancelled.set()
            if self._pending.future.cancel():
                self._pending.unbegun.clear()
            elif not self._pending.future.done():
                _leave(self._pending)
            self._end()

    def _end(self) -> None:
        self._pending = None
        self._timer.stop()
        self._timer.disconnect("timeout()", self._on_timeout)

    def _poll(self) -> None:
        pending = self._pending
        if pending is None:
            return
        time.sleep(YIELD_S)
        if not pending.future.done():
            pending.tick()
            return
        self._end()
        error = pending.future.exception()
        if error is None:
            pending.done(pending.future.result())
        else:
            pending.failed(error)
