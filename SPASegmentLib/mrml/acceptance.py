"""An accepted mask becomes voxels: only where the user sees it, told in words, learned, and unlearned after an undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, FrozenSet, List, Optional, Tuple

import numpy as np

from SPASegmentLib.errors import InputError, SPAError
from SPASegmentLib.mrml.accepted import Accepted, Profiles
from SPASegmentLib.mrml.course import Course
from SPASegmentLib.mrml.entries import Masks, Pass, Segmented
from SPASegmentLib.mrml.front_end import Target, View
from SPASegmentLib.mrml.texts import accepted_text, taken_text
from SPASegmentLib.translation import texts

if TYPE_CHECKING:
    from SPASegmentLib.mrml.added import Added
    from SPASegmentLib.mrml.controller import Controller
    from SPASegmentLib.mrml.filled import Filled
    from SPASegmentLib.mrml.frame import Frame
    from SPASegmentLib.mrml.plane import SliceKey
    from SPASegmentLib.mrml.writer import Written

_ = texts(__name__)


class Acceptance:
    """Writes the masks on screen.

    Args:
        course: the session that they belong to.
        view: where they are shown.
        target: what is segmented.
        profiles: what learns from them.

    Attributes:
        instead: takes the masks that are accepted while they are not to be written yet, by their numbers.
    """

    def __init__(self, course: Course, view: View, target: Target, profiles: Profiles) -> None:
        self._course, self._view, self._target = course, view, target
        self._accepted = Accepted(profiles)
        self.instead: Optional[Callable[[int], None]] = None

    @property
    def slices(self) -> int:
        """On how many slices masks were accepted, and not undone, since `count_anew`."""
        return self._accepted.slices

    def count_anew(self) -> None:
        """Count slices from here."""
        self._accepted.count_anew()

    def forget_what_is_gone(self) -> None:
        """What was accepted into nodes that have left the scene cannot come back."""
        self._accepted.forget_what_is_gone()

    def standing(self, segmented: Segmented) -> List[Tuple[Frame, np.ndarray]]:
        """See `Accepted.standing`: what was accepted into the segment, as it is there now."""
        return self._accepted.standing(segmented)

    def known(self, segmented: Segmented) -> Tuple[List[Tuple[Frame, np.ndarray]], Tuple[Pass, ...]]:
        """See `Accepted.known`: the same, and what passes through the volume have written into the segment."""
        return self._accepted.known(segmented)

    def added(self, segmented: Segmented) -> Tuple[Added, ...]:
        """See `Accepted.added`: what in the segment is SPA's own."""
        return self._accepted.added(segmented)

    def latest(self, segmented: Segmented) -> Optional[Tuple[Frame, np.ndarray]]:
        """See `Accepted.latest`: what the next slice starts from; None also where nothing can be looked up now."""
        try:
            return self._accepted.latest(segmented)
        except InputError:
            # A session says why, before it begins.
            return None

    def look_again(self, controller: Controller) -> None:
        """What a controller goes on from, as another tool may have changed it since.

        Raises:
            InputError: it was accepted where the volume is no more, or on another image.
        """
        latest = self._accepted.latest(controller)
        if latest is None and controller.accepted is not None:
            controller.accepted[0].check()
        controller.accepted = latest

    def write(self, index: int) -> None:
        """Write a mask on screen into the segment.

        Raises:
            SPAError: see `Controller.accept`; the masks stay on screen.
        """
        controller = self._target.controller
        if controller is None or controller.frame is None or controller.session is None or self._course.stale():
            return
        frame, session = controller.frame, controller.session
        if self._unseen(frame):
            return
        if self.instead is not None:
            self.instead(index)
            return
        if self.refused():
            return
        before, masked = frame.segment_mask(controller.segmentation, controller.segment_id), controller.masked
        result = controller.accept(index)
        held = frame.segment_mask(controller.segmentation, controller.segment_id) if masked else None
        said = [accepted_text(result.mask, frame, held, before)]
        if controller.written is not None:
            said.append(taken_text(controller.written, frame, result.mask))
        self._view.say(" ".join(filter(None, said)))
        if controller.accepted is not None and controller.written is not None:
            offsets_mm = () if session.offset_mm is None else (session.offset_mm,)
            self.learn((controller.accepted,), controller.written, offsets_mm, frozenset([frame.key]))
        self._course.clear()
        self._view.refresh()

    def write_before(self, index: int) -> None:
        """Write a mask of the round before the one that is on screen, or was about to be."""
        if self._course.stale():
            return
        job = self._course.take_back_at_once()
        try:
            self.write(index)
        finally:
            if self._course.choosing and job is not None:
                # What was not written stays on screen.
                self._course.show(job)

    def look(self, quietly: bool) -> None:
        """See what undo and redo have done to accepted masks; `quietly` while other words matter more."""
        back, gone = self._accepted.look()
        if not back and not gone:
            return
        controller = self._target.controller
        if controller is not None:
            controller.accepted = self.latest(controller)
        if not quietly:
            taken_back = _("The accepted mask was taken back, and what SPA had learned from it.")
            self._view.say(taken_back if gone else _("The accepted mask is in the segment again."))
        self._view.refresh()

    def learn(
        self,
        masks: Masks,
        written: Written,
        offsets_mm: Tuple[float, ...],
        keys: FrozenSet[SliceKey],
        filled: Optional[Filled] = None,
    ) -> None:
        """Keep what was written in mind, and teach it; see `Accepted.add_slices`."""
        try:
            self._accepted.add_slices(masks, written, offsets_mm, keys, filled)
        except SPAError as error:
            # The mask is written, so this is no failure of its acceptance.
            said = _("The mask was accepted, but the profile was not kept: {problem}").format(problem=error)
            self._view.say(said, True)

    def _unseen(self, frame: Frame) -> bool:
        """Whether the slice is not in view: nothing is written where nobody looks, but the view goes back there."""
        if self._view.shows(frame):
            return False
        self._view.go_to(frame)
        back = _("The view has gone back to the slice of the masks; press again to accept.")
        self._view.say(back if self._view.shows(frame) else _("Show the slice of the masks, then accept."), True)
        return True

    def refused(self) -> bool:
        """Whether nothing may be written into the segment now, with a word."""
        problem = self._target.may_write()
        if problem:
            self._view.say(problem, True)
        return bool(problem)
