"""The way of a session's jobs: one at a time, results that were overtaken, corrections that wait, answers counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, List, Optional, Tuple

from SPASegmentLib.errors import SPAError
from SPASegmentLib.mrml.front_end import Target, View, Worker
from SPASegmentLib.mrml.texts import agreement_text, difference_text, no_view_text
from SPASegmentLib.translation import texts

if TYPE_CHECKING:
    from SPASegmentLib.interaction.types import Proposal
    from SPASegmentLib.mrml.controller import Controller
    from SPASegmentLib.mrml.frame import Frame
    from SPASegmentLib.mrml.job import Job
    from SPASegmentLib.mrml.plane import Point

_ = texts(__name__)

#: Makes the first job of a session, or None where something has to be asked first.
Begin = Callable[["Controller"], Optional["Job"]]
#: Makes the job of an answer.
Step = Callable[["Controller"], "Job"]


class Course:
    """Where the session on screen is.

    Args:
        worker: runs the network.
        view: shows what comes out.
        target: what is segmented.

    Attributes:
        pointing: whether the next click says which part of the segment to start from.
    """

    def __init__(self, worker: Worker, view: View, target: Target) -> None:
        self._worker, self._view, self._target = worker, view, target
        self.pointing = False
        #: Answers given to the masks on screen, which can be taken back.
        self._answers = 0
        #: Corrections clicked while the network is at work: point in mm, and whether it belongs to the structure.
        self._waiting: List[Tuple[Point, bool]] = []
        self._shown: Optional[Job] = None
        self._first: Optional[Callable[[], None]] = None
        self._then: Optional[Callable[[], None]] = None

    @property
    def busy(self) -> bool:
        """Whether a result is still to come."""
        return self._worker.busy

    @property
    def choosing(self) -> bool:
        """Whether masks are on screen."""
        controller = self._target.controller
        return controller is not None and controller.session is not None

    @property
    def answers(self) -> int:
        """How many answers can be taken back."""
        return self._answers if self.choosing else 0

    @property
    def proposal(self) -> Optional[Proposal]:
        """What is on screen; the session itself is ahead of it while a job runs."""
        return self._shown.proposal if self.choosing and self._shown is not None else None

    def start(self, begin: Begin, from_mask: bool = False) -> None:
        """Begin a session: first whatever has to be loaded, then the job that `begin` makes."""
        if self.busy:
            self.say_busy()
            return
        problem = self._target.problem(from_mask)
        if problem:
            self._view.say(problem, True)
            self._view.refresh()
            return
        load = self._target.loading(from_mask)
        if load is None:
            self.checked(lambda: self._begin(begin, from_mask))
            return
        self._view.say(_("Loading the network; the first time takes some seconds..."))
        self._worker.submit(load, lambda _: self.checked(lambda: self._begin(begin, from_mask)), self._failed)
        self._view.refresh()

    def _begin(self, begin: Begin, from_mask: bool) -> None:
        job = None
        try:
            job = begin(self._target.prepare(from_mask))
        finally:
            if job is None:
                # No masks come that a click could correct.
                self._waiting.clear()
        if job is None:
            self._view.refresh()
            return
        self._first = lambda: self.start(begin, from_mask)
        if self._view.shows(job.frame):
            self._submit(job, None)
        else:
            self._scrolled(job.frame)

    def start_again(self) -> None:
        """Forget the answers, and begin the session as it began."""
        if self.choosing and self._first is not None:
            self.drop()
            self._first()

    def correct(self, ras: Point, positive: bool) -> bool:
        """A point (mm) belongs to the structure, or does not; it waits for masks that are still to come.

        Returns:
            Whether it is taken up.
        """
        if self._then is not None:
            # One of the masks on screen is taken as it is.
            self.say_busy()
        elif self.busy:
            self._waiting.append((ras, positive))
        else:
            self.answer(lambda controller: controller.add_click(ras, positive), 1)
        return self.busy and self._then is None

    def answer(self, step: Step, count: int) -> None:
        """Take one step of the session; `count` is 1 for a new answer, -1 for one that is taken back."""
        if self.busy:
            self.say_busy()
        else:
            self.checked(lambda: self._take(step, count))

    def _take(self, step: Step, count: int) -> None:
        controller = self._target.controller
        if controller is not None and not self.stale():
            self._submit(step(controller), count)

    def take_back_at_once(self) -> Optional[Job]:
        """The last answer is taken back without the worker: nothing has to be computed for it."""
        controller = self._target.controller
        if controller is None:
            return None
        job = controller.back()
        controller.run(job)
        self._shown, self._answers = job, self._answers - 1
        return job

    def show(self, job: Job) -> None:
        """Show masks once more that were on screen before."""
        if job.proposal is not None:
            self._view.propose(job, self._view.painter(job.frame)(job.proposal))

    def after_this(self, act: Callable[[], None]) -> None:
        """Do this in place of showing the masks that are being computed, or correcting them."""
        self._waiting.clear()
        self._then = act

    def _submit(self, job: Job, count: Optional[int]) -> None:
        """Run a job; `count` is None for the first one of a session."""
        self._view.say(_("Computing..."))
        paint = self._view.painter(job.frame)
        self._worker.submit(
            lambda: paint(job.run()),
            lambda painted: self.checked(lambda: self._finished(job, painted, count)),
            self._failed,
        )
        self._view.refresh()

    def _finished(self, job: Job, painted: Any, count: Optional[int]) -> None:
        controller, then, self._then = self._target.controller, self._then, None
        if self._outdated(job.frame):
            return
        if count is None and not self._view.shows(job.frame):
            self._scrolled(job.frame)
        elif controller is not None and controller.show(job) is not None:
            self._shown = job
            self._answers = 0 if count is None else self._answers + count
            if then is not None:
                self.checked(then)
            elif job.proposal is not None:
                self._view.propose(job, painted)
                self._view.say(f"{difference_text(job.proposal, 0)} {agreement_text(job.proposal)}")
                self._go_on()
        self._view.refresh()

    def _go_on(self) -> None:
        """Take up the corrections that wait, each on the masks that the one before has led to."""
        while self._waiting and self.choosing and not self.busy:
            self.correct(*self._waiting.pop(0))

    def _failed(self, error: BaseException) -> None:
        self._then = None
        self._waiting.clear()
        self._view.explain(error)
        self._view.refresh()

    def stale(self) -> bool:
        """Whether the masks on screen are about voxels that are not there any more; then they go, with a word."""
        controller = self._target.controller
        shown = None if controller is None or controller.session is None else controller.frame
        return shown is not None and self._outdated(shown)

    def _outdated(self, frame: Frame) -> bool:
        try:
            frame.check()
        except SPAError as error:
            self.drop()
            self._view.say(_("{problem} The masks on screen were dropped.").format(problem=error), True)
            self._view.refresh()
            return True
        return False

    def drop(self) -> None:
        """Silently drop the masks on screen and the work under way; may be called twice."""
        self._worker.cancel()
        self._then = None
        if self._target.controller is not None:
            self._target.controller.cancel()
        self.clear()

    def clear(self) -> None:
        """No masks are on screen any more."""
        self._view.clear()
        self._waiting.clear()
        self._answers, self._shown = 0, None

    def forget(self) -> None:
        """Forget how the session began."""
        self._first = None

    def checked(self, act: Callable[[], None]) -> None:
        """What goes wrong is said."""
        try:
            act()
        except Exception as error:
            self._view.explain(error)
            self._view.refresh()

    def say_busy(self) -> None:
        """What is refused while a result is still to come."""
        self._view.say(_("SPA is still computing; wait for the masks or cancel."), True)

    def _scrolled(self, frame: Frame) -> None:
        self.drop()
        scrolled = _("The view shows another slice now; the masks were dropped. Click again.")
        self._view.say(no_view_text() if self._view.looks_at(frame) is None else scrolled, True)
        self._view.refresh()
