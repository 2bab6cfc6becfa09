"""What the page knows and may ask for: values go out, actions come in, and whatever goes wrong becomes a message.

A value has one writer. The page writes which mask is highlighted, what its checkboxes say, which view is large and how
fine the screen is; all others are written here. Values travel over a socket and files over HTTP, and these overtake
each other: with two writers the older value would win now and then.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
from contextlib import contextmanager
from typing import Any, Awaitable, Callable, Dict, Iterator, Optional

from SPASegmentLib.errors import SPAError, StateError
from SPASegmentLib.translation import texts

_ = texts(__name__)
_log = logging.getLogger(__name__)

#: The page before anything is open.
BLANK: Dict[str, Any] = {
    "masks": [], "message": "", "problem": "", "round": 1, "standing": "", "agreement": "", "highlighted": 0,
    "negative": False, "uncertainty": False, "main_view": "Red", "answered": 0, "grey_limits": [0.0, 1.0],
    "slices": None, "geometry": None, "pixels_per_point": 1.0, "marks": None,
}  # fmt: skip


def no_closed_pages(loop: asyncio.AbstractEventLoop, context: Dict[str, Any]) -> None:
    """Handler of a loop's exceptions: what was on its way to a page that has been closed is no error."""
    if not isinstance(context.get("exception"), ConnectionResetError):
        loop.default_exception_handler(context)


class PageState:
    """The values and the actions of the page.

    Args:
        server: trame server.
        facts: what always holds, asked for whenever something is shown.
    """

    def __init__(self, server: Any, facts: Callable[[], Dict[str, Any]]) -> None:
        self._server, self._facts = server, facts
        self._task = ""
        self._stop: Optional[Callable[[], Any]] = None
        self._answered = 0
        self._running: set[asyncio.Task[None]] = set()

    @property
    def task(self) -> str:
        """What is under way for the user beside the network, for the user; empty if nothing is."""
        return self._task

    @property
    def stoppable(self) -> bool:
        """Whether what is under way can be stopped."""
        return self._stop is not None

    def show(self, **values: Any) -> None:
        """Put values and all facts on the page."""
        with self._server.state as state:
            state.update({**values, **self._facts()})

    def settle(self) -> int:
        """Count up the value `answered`, and return it: the page is up to date once it shows this number."""
        self._answered += 1
        self.show(answered=self._answered)
        return self._answered

    def explain(self, error: BaseException) -> str:
        """Put a message about an error on the page, and return it; its details go to the terminal."""
        problem = user_message(error)
        if not isinstance(error, SPAError):
            _log.error("An action of the page failed", exc_info=error)
        self.show(problem=problem)
        return problem

    def action(self, name: str, act: Callable[..., Any]) -> None:
        """Let the page call `act` as `trigger(name)`; a coroutine goes on by itself, so that the page can go on too."""

        @functools.wraps(act)
        def run(*arguments: Any) -> None:
            try:
                result = act(*arguments)
            except Exception as error:
                self.explain(error)
                return
            if inspect.isawaitable(result):
                self.spawn(result)
            self.show()

        self._server.trigger(name)(run)

    def spawn(self, work: Awaitable[Any]) -> None:
        """Run a coroutine on the loop; what it raises becomes a message."""

        async def run() -> None:
            try:
                await work
            except Exception as error:
                self.explain(error)

        # The loop keeps weak references only.
        task = asyncio.get_running_loop().create_task(run())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def check_free(self) -> None:
        """Refuse what would be lost to the task that is under way, or get in its way.

        Raises:
            StateError: one is.
        """
        if self._task:
            raise StateError(_("The viewer is still at work on something else; wait until it is done."))

    def when_free(self, act: Callable[..., Any]) -> Callable[..., Any]:
        """An action that waits while a file is read, which takes the place of all that is open.

        What was refused before is not what it is about, and goes.
        """

        def run(*arguments: Any) -> Any:
            self.check_free()
            self._server.state.problem = ""
            return act(*arguments)

        return run

    @contextmanager
    def working(self, task: str) -> Iterator[None]:
        """Say on the page that something takes time.

        Raises:
            StateError: something else is under way.
        """
        self.check_free()
        self.at_work_on(task, problem="")
        try:
            yield
        finally:
            self.at_work_on("")

    def at_work_on(self, task: str, **values: Any) -> None:
        """Say in other words what is under way, and put values on the page."""
        self._task = task
        self.show(**values)

    async def until_stopped(self, task: str, work: Callable[[], Awaitable[None]]) -> bool:
        """Do something that takes time and that the user may stop; returns whether it came to its end.

        Args:
            task: what it is, for the user.
            work: is cancelled where it waits.

        Raises:
            StateError: something else is under way.
        """
        with self.working(task):
            running = asyncio.ensure_future(work())
            stopped = []

            def stop() -> None:
                stopped.append(running.cancel())

            self._stop = stop
            self.show()
            try:
                await running
            except asyncio.CancelledError:
                # The viewer's own end looks the same.
                if not stopped:
                    raise
                return False
            finally:
                self._stop = None
        return True

    def stop(self) -> bool:
        """Stop what `until_stopped` does; returns whether there was anything."""
        if self._stop is None:
            return False
        self._stop()
        return True

    def stop_or(self, act: Callable[[], None]) -> Callable[[], None]:
        """An action that stops what is under way, and does something else where nothing is."""

        def run() -> None:
            if not self.stop():
                act()

        return run


def user_message(error: BaseException) -> str:
    """What to tell the user about an error: its own words if they were written for users, no internals otherwise."""
    if isinstance(error, SPAError):
        return str(error)
    return _(
        "Something went wrong in the viewer; the terminal where it was started says more. Your segmentation is kept."
    )
