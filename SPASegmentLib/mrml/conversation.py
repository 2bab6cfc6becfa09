"""What a user does, from a click to an accepted mask, in all front ends: what is allowed when, and what comes of it.

A front end hands in a `Worker` that runs the network beside the scene's thread, a `View` that shows masks and words,
and a `Target` that says what is segmented; it calls the methods here for what the user does. Everything runs on the
scene's thread but `Job.run` and what `View.painter` returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Tuple

from SPASegmentLib.keyboard import CTRL
from SPASegmentLib.mrml.accepted import Profiles
from SPASegmentLib.mrml.course import Begin
from SPASegmentLib.mrml.front_end import Target, View, Worker
from SPASegmentLib.mrml.standing import Standing
from SPASegmentLib.mrml.texts import difference_text
from SPASegmentLib.translation import texts

if TYPE_CHECKING:
    from SPASegmentLib.interaction.types import Proposal
    from SPASegmentLib.mrml.controller import Controller
    from SPASegmentLib.mrml.job import Job
    from SPASegmentLib.mrml.plane import Plane, Point

_ = texts(__name__)


class Conversation(Standing):
    """Sessions of one user.

    Args:
        worker: runs the network.
        view: shows what comes out.
        target: what is segmented.
        profiles: what learns from accepted masks.

    Attributes:
        removes: whether clicks on masks say "does not belong", also without a key.
    """

    def __init__(self, worker: Worker, view: View, target: Target, profiles: Profiles) -> None:
        super().__init__(worker, view, target, profiles)
        self.removes = False
        #: The click before, which its second half must not repeat.
        self._clicked: Optional[Tuple[Point, bool]] = None
        #: What a picture was pressed among, and whether that press was no answer.
        self._pressed_on: Optional[Proposal] = None
        self._pressed_in_vain = False

    # What the user does.

    def click(self, ras: Point, plane: Plane, remove: bool = False, again: bool = False) -> bool:
        """A click in a slice view: the start of a session, or a correction of the masks on screen or to come.

        Args:
            ras: the point in mm.
            plane: of the view.
            remove: whether the key that says "does not belong" was held.
            again: whether it is the second half of a double click, which repeats what the first half has said.

        Returns:
            Whether it is taken up.
        """
        if self.pointing:
            self._begin(lambda controller: self._from_part(controller, ras, plane), from_mask=True)
        elif self.volume.running:
            self._course.say_busy()
            return False
        elif self.busy or self.choosing:
            return self._correct(ras, not (remove or self.removes), again)
        elif remove:
            text = _("Click on the structure first; {key}+click corrects the masks afterwards.")
            self._view.say(text.format(key=CTRL), True)
        else:
            self._clicked = (ras, True)
            self._begin(lambda controller: controller.start_at(ras, plane))
        return self.busy

    def _begin(self, begin: Begin, from_mask: bool = False) -> None:
        """Begin a session, on a volume that is still the one that is gone through."""
        if self.volume.running or not self.volume.stale():
            self._course.start(begin, from_mask)

    def _correct(self, ras: Point, positive: bool, again: bool) -> bool:
        # Twice the same place, while nobody can have seen what came of the first click, is a nervous hand.
        if again or (self.busy and self._clicked == (ras, positive)):
            return False
        self._clicked = (ras, positive)
        return self._course.correct(ras, positive)

    def box(self, corner: Point, opposite: Point, plane: Plane) -> None:
        """A box dragged in a slice view, from one corner (mm) to the opposite one.

        It takes the place of masks that nobody has answered yet: a box is what helps where a click was misunderstood.
        """
        if self.choosing and not self.unanswered:
            self._view.say(_("Accept or cancel the masks on screen first, then drag a box."), True)
        else:
            self._begin(lambda controller: self._boxed(controller, corner, opposite, plane))

    def _boxed(self, controller: Controller, corner: Point, opposite: Point, plane: Plane) -> Job:
        job = controller.start_box(corner, opposite, plane)
        # Only now: a box that cannot be leaves everything as it was.
        self._course.pointing = False
        self._clicked = self._pressed_on = None
        controller.clear()
        self._course.clear()
        return job

    def from_segment(self, ras: Point, plane: Plane) -> None:
        """Start from what the segment holds on the slice through a point (mm).

        Where it consists of several parts, the next click says which one; called once more, it takes them all.
        """
        if self.choosing:
            self._view.say(_("Accept or cancel the masks on screen first, then start from the segment."), True)
        else:
            self._clicked = None
            self._begin(lambda controller: self._from_segment(controller, ras, plane), from_mask=True)

    def _from_segment(self, controller: Controller, ras: Point, plane: Plane) -> Optional[Job]:
        count = 1 if self.pointing else controller.parts_of_segment(ras, plane)
        self._course.pointing = count > 1
        if not self.pointing:
            return controller.start_from_segment(ras, plane)
        text = _("The segment has {count} parts on this slice: click on one of them, or press again to take them all.")
        self._view.say(text.format(count=count))
        return None

    def _from_part(self, controller: Controller, ras: Point, plane: Plane) -> Job:
        job = controller.start_from_segment(ras, plane, only_part=True)
        self._course.pointing = False
        return job

    def next_slice(self, step: int) -> None:
        """Go on with the mask accepted last, or from the slice in view of a volume; the view follows."""
        if self.volume.active:
            self._course.pointing = False
            self.volume.next_slice(step)
        elif self.choosing:
            self._view.say(_("Accept or cancel the masks on screen first, then go to the next slice."), True)
        elif self._target.controller is None or self._target.controller.accepted is None:
            self._view.say(_("Accept a mask first; the next slice starts from it."), True)
        else:
            self._clicked, self._course.pointing = None, False
            self._course.start(lambda controller: self._beside(controller, step), from_mask=True)

    def _beside(self, controller: Controller, step: int) -> Job:
        self._acceptance.look_again(controller)
        job = controller.next_slice(step)
        self._view.go_to(job.frame)
        return job

    def press(self, index: int) -> None:
        """A picture was pressed: the recommended one is marked, any other one chosen; see also `accept_at_once`."""
        # What is pressed while SPA computes is no answer, nor is a second press, on masks that nobody has seen.
        self._pressed_in_vain = self.busy
        self._pressed_on = None if self.busy else self.proposal
        if index == 0:
            self.mark(0)
        else:
            self.choose(index)

    def mark(self, index: int) -> None:
        """Point at a mask."""
        if self.proposal is not None and index < len(self.proposal.masks):
            self._view.mark(index)
            if not self.busy:
                self._view.say(difference_text(self.proposal, index))

    def choose(self, index: int) -> None:
        """Go on from a mask: a candidate, or the recommended one (0)."""
        if self.choosing:
            self._course.answer(lambda controller: controller.choose(index), 1)

    def larger(self) -> None:
        """Say that the larger thing is meant, compared with the recommended mask."""
        if self.choosing:
            self._course.answer(lambda controller: controller.larger(), 1)

    def smaller(self) -> None:
        """Say that the smaller thing is meant, compared with the recommended mask."""
        if self.choosing:
            self._course.answer(lambda controller: controller.smaller(), 1)

    def back(self) -> None:
        """Take the last answer back."""
        if self.choosing:
            self._course.answer(lambda controller: controller.back(), -1)

    def undo(self) -> bool:
        """Undo is about the masks on screen or to come, where there are any: the last answer, or else the click.

        While a volume is gone through it is about the slices answered meanwhile, too.

        Returns:
            False where there are none, so that it is about the segmentation.
        """
        if not self.armed:
            return False
        if self.choosing and (self.busy or self._course.answers):
            self.back()
        elif self.volume.running or self.volume.ready and not self.pointing:
            self.volume.undo()
        else:
            self.cancel()
        return True

    def redo(self) -> bool:
        """Redo waits as long as masks are on screen or to come; see `undo`."""
        if self.armed:
            self._view.say(_("Accept or cancel the masks on screen first, then redo."), True)
        return self.armed

    def start_over(self) -> None:
        """Begin the session on this slice again."""
        self._course.start_again()

    def cancel(self) -> None:
        """Drop the masks on screen and any work under way; where there are none, what was found in the volume."""
        if self.volume.running or self.volume.ready and not self.pointing:
            self.volume.cancel()
        elif self.armed:
            self._drop_masks()
            self._view.say(_("Cancelled; the segment is as it was."))
            self._view.refresh()

    def accept(self, index: int) -> None:
        """Write a mask on screen into the segment; whatever keeps it from being written leaves it on screen.

        While a volume is gone through, its slices follow the mask; with no masks on screen, they are all written.
        """
        if self.busy:
            self._course.say_busy()
        elif self.choosing:
            self._course.checked(lambda: self._acceptance.write(index))
        elif self.volume.active:
            self.volume.apply()

    def accept_and_next(self, index: int) -> None:
        """Accept a mask, or apply the volume, and be ready for the next structure, in a segment of its own."""
        if self.choosing and self.volume.active:
            self._view.say(_("Accept or cancel the masks on this slice first; then all slices are applied."), True)
            return
        self._course.pointing = False
        self.accept(index)
        controller = self._target.controller
        if self.armed:
            return
        if controller is None or not self._acceptance.standing(controller):
            self._view.say(_("Accept a mask first; then the next structure gets a segment of its own."), True)
            self._view.refresh()
        else:
            self._course.checked(self._next_segment)

    def _next_segment(self) -> None:
        name = self._target.next_segment()
        if self._target.controller is not None:
            self._target.controller.accepted = None
        self._acceptance.count_anew()
        self._view.say(_("Click on the next structure; it goes into the new segment {name}.").format(name=name))
        self._view.refresh()

    def accept_at_once(self, index: int) -> None:
        """A picture was pressed twice: its first press has chosen it, so that choice is taken back first."""
        if not self.choosing:
            return
        before, now = self._acceptance.write_before, self._acceptance.write
        if self._pressed_in_vain or (self.busy and self._pressed_on is None):
            self._pressed_in_vain = False
            self.mark(index)
            if self.busy:
                self._course.say_busy()
        elif self.busy:
            self._course.after_this(lambda: before(index))
        else:
            write = now if self._pressed_on is None or self._pressed_on is self.proposal else before
            self._course.checked(lambda: write(index))

    # What happens around it.

    def drop(self, text: str) -> None:
        """Something has happened to what the masks on screen are about: they go, with a word."""
        if self.armed:
            self._drop()
            self._view.say(text, True)
        self._view.refresh()

    def target_changed(self, text: str) -> None:
        """Something else is segmented now."""
        self._acceptance.count_anew()
        self.drop(text)

    def segment_selected(self) -> None:
        """Another segment was selected, and no masks are on screen: what stands in it can be gone on with."""
        controller = self._target.controller
        if controller is not None:
            controller.accepted = self._acceptance.latest(controller)
        self._view.refresh()

    def segmentation_changed(self) -> None:
        """Voxels of the segmentation have changed, maybe by undo or redo."""
        self._course.checked(lambda: self._acceptance.look(quietly=self.armed))

    def begin(self) -> None:
        """The front end is there again: what was undone meanwhile is taken back, and slices are counted anew."""
        self._acceptance.count_anew()
        self._acceptance.forget_what_is_gone()
        self.segmentation_changed()

    def end(self) -> None:
        """Drop everything silently; may be called twice, also after the scene was closed."""
        self._drop()
        self._course.forget()
        self._acceptance.forget_what_is_gone()

    def _drop(self) -> None:
        self._drop_masks()
        self.volume.leave()

    def _drop_masks(self) -> None:
        self._course.pointing = False
        self._clicked = self._pressed_on = None
        self._course.drop()
