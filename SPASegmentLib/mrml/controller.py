"""What a front end drives: from a click in a slice view to voxels in a segment, and on to the next slice.

Work with the network is handed out as a `Job`, which touches neither VTK nor MRML, so that a front end can run it
in a worker; everything else belongs to the thread that owns the scene::

    job = controller.start_at(ras, "axial")
    job.run()                                   # any thread
    proposal = controller.show(job)             # the scene's thread
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from SPASegmentLib.errors import InputError, StateError
from SPASegmentLib.interaction.profile import DEFAULT, Profile
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.types import RECOMMENDED, Proposal, Result
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.mrml.added import Added
from SPASegmentLib.mrml.controller_state import ControllerState
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import volume_grid
from SPASegmentLib.mrml.job import Job
from SPASegmentLib.mrml.parts import count_parts, part_at
from SPASegmentLib.mrml.plane import Plane, Point
from SPASegmentLib.mrml.writer import Written, write, write_slices
from SPASegmentLib.translation import texts

_ = texts(__name__)


class Controller(ControllerState):
    """Sessions on the slices of one volume, written into one segment; `ControllerState` has its arguments."""

    def start_at(self, ras: Point, plane: Union[Plane, str], anywhere: bool = False) -> Job:
        """Start with a click.

        Args:
            ras: the point in mm.
            plane: see `Plane`; a text is parsed.
            anywhere: also on what looks like empty background.

        Raises:
            InputError: the click or the slice cannot be used, see `Frame.at` and `Frame.click`.
        """
        frame = self._slice_at(ras, _plane(plane))
        click = frame.click(ras, anywhere=anywhere)
        return self._new(frame, lambda session: session.start(click), self.network)

    def start_box(self, corner: Point, opposite: Point, plane: Union[Plane, str]) -> Job:
        """Start with a box, given by two opposite corners in mm on one slice.

        Raises:
            InputError: the box or the slice cannot be used, see `Frame.at` and `Frame.box`.
        """
        plane = _plane(plane)
        frame = self._slice_at(_innermost(self.volume, plane, corner, opposite), plane)
        box = frame.box(corner, opposite)
        return self._new(frame, lambda session: session.start(box=box), self.network)

    def start_from_segment(self, ras: Point, plane: Union[Plane, str], only_part: bool = False) -> Job:
        """Start with what the segment holds on the slice through a point, e.g. a threshold or another tool's result.

        A network draws one structure; several parts are varied without it.

        Args:
            ras: a point in mm on the slice's plane, also one beside the volume.
            plane: see `start_at`.
            only_part: with the part of the segment that the point lies in, not with all of it.

        Raises:
            InputError: the slice cannot be used, or the segment is empty there.
        """
        frame, mask = self._held(ras, plane)
        if only_part:
            mask = part_at(mask, *frame.ras_to_xy(ras))
            if not mask.any():
                raise InputError(_("There is nothing of the segment here; click on one of its parts."))
        network = self.network if count_parts(mask) == 1 else None
        return self._new(frame, lambda session: session.start(mask=mask), network)

    def parts_of_segment(self, ras: Point, plane: Union[Plane, str]) -> int:
        """Of how many parts the segment consists on the slice through a point; specks do not count.

        Raises:
            InputError: see `start_from_segment`.
        """
        return count_parts(self._held(ras, plane)[1])

    def next_slice(self, step: int = 1, origin: Optional[Tuple[Frame, np.ndarray]] = None) -> Job:
        """Start on a neighbouring slice with the mask accepted last and the preference learned so far.

        Args:
            step: 1 for the next slice along the plane's normal, -1 for the one before.
            origin: another slice and mask to start from, what `accepted` was at some time: after one side of a
                structure is done, the other side starts from where both began.

        Raises:
            StateError: no mask has been accepted, or masks are on screen.
            InputError: the volume ends there, or the slice cannot be used.
        """
        if self._shown is not None:
            raise StateError(_("Accept or cancel the masks on screen first, then go to the next slice."))
        origin = origin or self._accepted
        if origin is None:
            raise StateError(_("Accept a mask first; the next slice starts from it."))
        frame, mask = origin
        return self._new(frame.neighbour(step), lambda session: session.start(mask=mask), self.network)

    def start_on(self, frame: Frame, start: Callable[[Session], Proposal]) -> Job:
        """Start on a slice in another way, such as from what was found there going through the volume.

        Args:
            frame: the slice.
            start: gets the session, which is not started yet, in the thread of the job.
        """
        return self._new(frame, start, self.network)

    def choose(self, mask: int) -> Job:
        """Go on from a mask on screen (0 for the recommended one, 1, 2, ... for a candidate).

        Raises:
            StateError: no masks are on screen, or a job is running.
        """
        return self._step(lambda session: session.choose(mask))

    def larger(self) -> Job:
        """The larger thing than the recommended mask is meant.

        Raises:
            StateError: no masks are on screen, or a job is running.
        """
        return self._step(lambda session: session.larger())

    def smaller(self) -> Job:
        """The smaller thing than the recommended mask is meant.

        Raises:
            StateError: no masks are on screen, or a job is running.
        """
        return self._step(lambda session: session.smaller())

    def add_click(self, ras: Point, positive: bool) -> Job:
        """Correct: this point (mm) belongs to the structure, or does not.

        Raises:
            StateError: no masks are on screen, or a job is running.
            InputError: the point lies outside the volume, on another slice, or on background.
        """
        click = self._current().frame.click(ras, positive)
        return self._step(lambda session: session.add_click(click))

    def back(self) -> Job:
        """Take the last answer back.

        Raises:
            StateError: no masks are on screen, or a job is running.
        """
        return self._step(lambda session: session.back())

    def show(self, job: Job) -> Optional[Proposal]:
        """Put the masks of a finished job on screen.

        Returns:
            What is on screen, or None where the job has been overtaken (another one was begun, or the session
            was cancelled) and nothing was done.
        """
        if job is not self._job or job.proposal is None:
            return None
        self.preview.show(job.frame, job.proposal.masks)
        self._job, self._shown = None, job
        return job.proposal

    def run(self, job: Job) -> Proposal:
        """`Job.run` and `show` in one, for front ends without a worker."""
        proposal = job.run()
        self.show(job)
        return proposal

    def mask(self, number: int) -> np.ndarray:
        """(height, width) bool: a mask on screen, by its number.

        Raises:
            StateError: no masks are on screen, or a job is running.
            InputError: there is no such mask.
        """
        masks = self._current().session.proposal.masks
        if not 0 <= number < len(masks):
            raise InputError(_("There is no mask {mask}; accept 0 to {last}.").format(mask=number, last=len(masks) - 1))
        return masks[number]

    def accept(self, mask: int = RECOMMENDED) -> Result:
        """Write a mask on screen (0 for the recommended one, 1, 2, ... for a candidate) into the segment.

        Raises:
            StateError: no masks are on screen, or a job is running.
            InputError: there is no such mask, or it is empty; the masks stay on screen.
            OutputError: it could not be written, see `writer.write`; the masks stay on screen.
        """
        shown, wanted = self._current(), self.mask(mask)
        shown.frame.check()
        self._written = write(self._editor, shown.frame, wanted, self.segmentation, self.segment_id, self.mode)
        result = shown.session.accept(mask)
        self.profile = shown.session.profile()
        self._accepted = (shown.frame, result.mask)
        self.cancel()
        return result

    def take(self, mask: int = RECOMMENDED) -> Result:
        """Accept a mask on screen without writing it, for `apply`; it may be empty.

        Raises:
            StateError: no masks are on screen, or a job is running.
            InputError: there is no such mask, or the volume has changed; the masks stay on screen.
        """
        shown = self._current()
        shown.frame.check()
        result = shown.session.accept(mask)
        self.cancel()
        return result

    def apply(
        self,
        frame: Frame,
        masks: Mapping[int, np.ndarray],
        outdated: Mapping[int, np.ndarray],
        last: Tuple[Frame, np.ndarray],
        added: Optional[Sequence[Added]] = None,
    ) -> Written:
        """Write masks on parallel slices into the segment, as one undo state.

        Args:
            frame: one of the slices.
            masks: by their number of slices from it, see `write_slices`.
            outdated: what is to be taken out of the segment, see there.
            last: the slice and mask that were accepted last.
            added: what in the segment is SPA's own, see there.

        Raises:
            InputError: see `write_slices`, or the volume has changed; nothing was written.
            OutputError: they could not be written; the segmentation is as it was.
        """
        frame.check()
        self._written = write_slices(
            self._editor, frame, masks, self.segmentation, self.segment_id, self.mode, outdated, added
        )
        self._accepted = last
        return self._written

    def cancel(self) -> None:
        """Drop the masks on screen and any job under way; the segmentation is not touched."""
        self._job = None
        self.clear()

    def clear(self) -> None:
        """Drop the masks on screen; a job that was begun goes on."""
        self._shown = None
        self.preview.remove()

    def close(self) -> None:
        """End for good; may be called twice, also after the scene was closed."""
        self.cancel()
        self._accepted = None

    def _held(self, ras: Point, plane: Union[Plane, str]) -> Tuple[Frame, np.ndarray]:
        """The slice through a point, and what the segment holds there."""
        plane = _plane(plane)
        frame = self._slice_at(_innermost(self.volume, plane, ras), plane)
        mask = frame.segment_mask(self.segmentation, self.segment_id)
        if not mask.any():
            raise InputError(_("The segment is empty on this slice; paint or threshold something first, or click."))
        return frame, mask

    def _slice_at(self, ras: Point, plane: Plane) -> Frame:
        """The slice through a point, one of the stack's where there is a stack."""
        if self.stack is not None:
            return self.stack.frame(self.stack.at(ras, plane))
        return Frame.at(self.volume, ras, plane)

    def _current(self) -> Job:
        if self.busy:
            raise StateError(_("SPA is still computing; wait for the masks or cancel."))
        if self._shown is None:
            raise StateError(_("There are no masks on screen; click on the structure first."))
        return self._shown

    def _new(self, frame: Frame, start: Callable[[Session], Proposal], network: Optional[Network]) -> Job:
        profile = self.profile
        for offset_mm in self.lessons:
            profile = (profile or Profile.new(DEFAULT)).updated(offset_mm)
        session = Session(network, frame.image, self._settings, profile)
        self._job = Job(frame, session, lambda: start(session))
        return self._job

    def _step(self, answer: Callable[[Session], Proposal]) -> Job:
        shown = self._current()
        self._job = Job(shown.frame, shown.session, lambda: answer(shown.session))
        return self._job


def _innermost(volume: Any, plane: Plane, ras: Point, opposite: Optional[Point] = None) -> Point:
    """The point closest to the volume's middle, of a slice through `ras` or of a box from there to `opposite`.

    A box may begin beside the image, and the middle of a view may lie there. Where the slice only cuts a corner of the
    volume, `ras` itself is kept if it lies inside.
    """
    grid = volume_grid(volume)
    middle = (grid.to_world @ grid.corners().mean(axis=1))[:3]
    point = np.array(ras, dtype=np.float64)
    for direction in (plane.right, plane.down):
        wanted, start = float(direction @ middle), float(direction @ np.array(ras))
        if opposite is not None:
            low, high = sorted((start, float(direction @ np.array(opposite))))
            wanted = min(max(wanted, low), high)
        point += (wanted - start) * direction
    r, a, s = (float(v) for v in point)
    return (r, a, s) if grid.contains(grid.index_of((r, a, s))) else ras


def _plane(plane: Union[Plane, str]) -> Plane:
    return Plane.parse(plane) if isinstance(plane, str) else plane
