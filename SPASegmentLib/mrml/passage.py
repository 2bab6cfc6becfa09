"""Through the volume, from accepted masks on to all slices: what is allowed when, in all front ends.

Masks that are accepted meanwhile are written with all others by `apply`, as one undo state; `leave` writes nothing.
"""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Optional, Set

from SPASegmentLib.errors import SPAError, StateError
from SPASegmentLib.mrml.acceptance import Acceptance
from SPASegmentLib.mrml.course import Course
from SPASegmentLib.mrml.front_end import Target, View, Worker
from SPASegmentLib.mrml.texts import no_view_text
from SPASegmentLib.mrml.volume_texts import applied_text, found_text, progress_text
from SPASegmentLib.translation import texts

if TYPE_CHECKING:
    from SPASegmentLib.interaction.volume_result import VolumeResult
    from SPASegmentLib.mrml.controller import Controller
    from SPASegmentLib.mrml.job import Job
    from SPASegmentLib.mrml.volume_work import VolumeWork

_ = texts(__name__)


class Passage:
    """Goes through a volume.

    Args:
        course: sessions on single slices.
        acceptance: what was written of them.
        worker: runs the network.
        view: shows what comes out.
        target: what is segmented.
    """

    def __init__(self, course: Course, acceptance: Acceptance, worker: Worker, view: View, target: Target) -> None:
        self._course, self._acceptance = course, acceptance
        self._worker, self._view, self._target = worker, view, target
        self._work: Optional[VolumeWork] = None
        #: Stops the run under way; None while there is none.
        self._stop: Optional[Event] = None
        self._counts = self._told = (0, 0)
        #: Slices that were proposed since the last answer.
        self._proposed: Set[int] = set()

    @property
    def active(self) -> bool:
        """Whether SPA goes through a volume, from `go` on until the result is applied or dropped."""
        return self._work is not None

    @property
    def running(self) -> bool:
        """Whether slices are being computed."""
        return self._stop is not None

    @property
    def ready(self) -> bool:
        """Whether a result is shown, and neither masks of a slice nor any work is under way."""
        return self.active and not self._course.busy and not self._course.choosing

    @property
    def result(self) -> Optional[VolumeResult]:
        """What was found; None while SPA goes through no volume."""
        return None if self._work is None else self._work.result

    @property
    def in_view(self) -> Optional[int]:
        """Index of the slice that the view shows, of those that are gone through; None where no view is parallel."""
        if self._work is None:
            return None
        point = self._view.looks_at(self._work.stack.origin)
        return None if point is None else self._work.stack.at(point)

    # What the user does.

    def go(self) -> None:
        """Go through the volume, or go on with it after it was stopped."""
        if self._course.choosing:
            self._view.say(_("Accept or cancel the masks on screen first, then go through the volume."), True)
        elif self._work is None:
            self._course.start(self._begin, from_mask=True)
        elif self._course.busy:
            self._course.say_busy()
        elif self._work.complete:
            self._say_found()
        elif not self.stale():
            self._course.checked(self._run)

    def _begin(self, controller: Controller) -> None:
        known, passes = self._acceptance.known(controller)
        if not known:
            raise StateError(_("Accept a mask on a slice first; going through the volume starts from it."))
        # Not before: it needs SciPy, and 3D Slicer installs with the first click what is missing.
        from SPASegmentLib.mrml.volume_work import VolumeWork

        self._work = VolumeWork(controller, known, passes)
        self._acceptance.instead = self._take
        self._proposed.clear()
        self._run()

    def next_doubtful(self) -> None:
        """Go to the slice where an answer helps most, and show masks there."""
        if self._refused() or self._work is None:
            return
        index = self._work.through.next_doubtful(tuple(self._proposed))
        if index is None and self._proposed:
            self._proposed.clear()
            index = self._work.through.next_doubtful()
        if index is None:
            self._view.say(_("There is no slice left to ask about; Enter applies."))
            return
        self._proposed.add(index)
        self._visit(index)

    def next_slice(self, step: int) -> None:
        """Show masks on the slice beside the one in view."""
        if self._refused() or self._work is None:
            return
        here = self._in_view()
        if here is not None:
            self._visit(self._work.stack.index(self._work.stack.step(here) + step), beside=here)

    def ends_here(self) -> None:
        """The structure is not on the slice of the masks on screen, or else not on the one in view."""
        if self._work is None or self._course.busy:
            self._refused()
        elif not self.stale():
            self._course.checked(self._end)

    def undo(self) -> None:
        """Take the last answer back; where there is none, drop the volume."""
        if self._work is None or self.running or not self._work.undo():
            self.cancel()
        else:
            self._proposed.clear()
            self._course.checked(self._run)

    def cancel(self) -> None:
        """Stop the work under way; where there is none, or nothing is shown yet, drop the volume."""
        work, stopped = self._work, self._halt()
        if stopped and work is not None and work.result.slices:
            self._view.say(_("Stopped; Through the volume goes on, Esc drops what was found."))
        else:
            self.leave()
            self._view.say(_("Cancelled; the segment is as it was."))
        self._view.refresh()

    def apply(self) -> None:
        """Write all slices into the segment, as one undo state; whatever keeps them from being written leaves them."""
        if not self._refused():
            self._course.checked(self._apply)

    # What happens around it.

    def leave(self) -> None:
        """Silently drop everything, the question which part is meant too; may be called twice, also without a scene."""
        self._halt()
        work, self._work = self._work, None
        self._acceptance.instead = None
        if work is not None:
            self._course.pointing = False
            work.close()
            self._view.show_slices(())

    def stale(self) -> bool:
        """Whether the volume is not the one any more that was gone through; then what was found goes, with a word."""
        try:
            if self._work is not None:
                self._work.check()
        except SPAError as error:
            self._course.drop()
            self.leave()
            self._view.say(_("{problem} What SPA has found in the volume was dropped.").format(problem=error), True)
            self._view.refresh()
            return True
        return False

    def follow(self) -> None:
        """Something has happened to the volume: it was moved by a transform, or is not the same any more."""
        if not self.stale() and self._work is not None:
            self._work.follow()
            self._view.show_slices(self._work.marks)

    # How it is done.

    def _refused(self) -> bool:
        """Whether an action has to wait for something, with a word."""
        if not self.active:
            self._view.say(_("Accept a mask on a slice and go through the volume first."), True)
        elif self._course.choosing:
            self._view.say(_("Accept or cancel the masks on screen first."), True)
        elif self._course.busy:
            self._course.say_busy()
        else:
            return self.stale()
        return True

    def _run(self) -> None:
        work = self._work
        assert work is not None
        self._course.pointing = False
        work.follow_segment(*self._acceptance.known(work.controller))
        if not work.through.anchors:
            self.leave()
            raise StateError(_("No accepted mask is left in the segment; what was found in the volume was dropped."))
        self._stop = stop = Event()
        self._counts = self._told = (0, 0)

        def count(done: int, to_do: int) -> None:
            self._counts = (done, to_do)

        self._view.say(_("SPA goes through the volume; Esc stops."))
        self._worker.submit(
            lambda: work.through.run(count, stop.is_set),
            lambda _result: self._course.checked(self._finished),
            self._failed,
            self._tell,
        )
        self._view.refresh()

    def _tell(self) -> None:
        if self._counts != self._told:
            self._told = self._counts
            self._view.say(progress_text(*self._counts))

    def _finished(self) -> None:
        self._stop = None
        if self.stale() or self._work is None:
            return
        self._work.complete = True
        self._work.show()
        self._view.show_slices(self._work.marks)
        self._say_found()
        self._view.refresh()

    def _failed(self, error: BaseException) -> None:
        self._stop = None
        if self._work is not None and not self._work.result.slices:
            self.leave()
        self._view.explain(error)
        self._view.refresh()

    def _halt(self) -> bool:
        """Stop the run under way, if there is one."""
        stop, self._stop = self._stop, None
        if stop is not None:
            stop.set()
            self._worker.cancel()
        return stop is not None

    def _say_found(self) -> None:
        if self._work is not None:
            self._view.say(found_text(self._work.result, self._work.stack.origin.image.in_mm, self._work.elsewhere))

    def _visit(self, index: int, beside: Optional[int] = None) -> None:
        """Show masks on a slice; where nothing was found there, from the mask of the slice beside it, if any."""
        self._course.pointing = False
        self._course.start(lambda controller: self._job_on(controller, index, beside), from_mask=True)

    def _job_on(self, controller: Controller, index: int, beside: Optional[int]) -> Optional[Job]:
        work = self._work
        assert work is not None
        frame, slices = work.stack.frame(index), work.result.slices
        self._view.go_to(frame)
        if index in slices and slices[index].mask.any():
            return controller.start_on(frame, lambda session: work.through.start(index, session))
        if beside in slices and slices[beside].mask.any():
            mask = slices[beside].mask
            return controller.start_on(frame, lambda session: session.start(mask=mask))
        text = _("Does the structure reach this slice? Click on it if it does; else press E, so that it ends here.")
        if work.through.asks_for_end(index):
            text = _("Where does the structure end? Press E on the first slice without it, or click where it goes on.")
        self._view.say(text)
        return None

    def _in_view(self) -> Optional[int]:
        """As `in_view`, with a word where there is none."""
        index = self.in_view
        if index is None:
            self._view.say(no_view_text(), True)
        return index

    def _end(self) -> None:
        work = self._work
        assert work is not None
        shown = work.controller.frame if self._course.choosing else None
        index = self._in_view() if shown is None else work.stack.index_of(shown)
        if index is None:
            return
        work.end(index)
        if shown is not None:
            self._course.drop()
        self._proposed.clear()
        self._run()

    def _take(self, index: int) -> None:
        """Accept a mask on screen, in place of writing it."""
        work = self._work
        assert work is not None
        frame, session, mask = work.controller.frame, work.controller.session, work.controller.mask(index)
        assert frame is not None and session is not None
        work.check_answer(frame, mask)
        work.controller.take(index)
        self._course.clear()
        work.answer(frame, mask, session.offset_mm)
        self._proposed.clear()
        self._run()

    def _apply(self) -> None:
        work = self._work
        assert work is not None
        if not work.complete:
            raise StateError(_("Going through the volume was stopped; press Through the volume once more, then apply."))
        if not work.result.masks:
            raise StateError(_("SPA found nothing in the volume; accept a mask on a slice first."))
        if self._acceptance.refused():
            return
        accepted, lessons, keys, filled = work.accepted, work.controller.lessons, work.keys, work.filled
        added = self._acceptance.added(work.controller)
        written = work.controller.apply(work.stack.origin, work.masks, work.outdated, accepted[-1], added)
        self.leave()
        self._view.say(applied_text(work.result, written.kept_out, work.stack.origin.image.in_mm, written.taken_from))
        self._acceptance.learn(accepted, written, lessons, keys, filled)
        self._view.refresh()
