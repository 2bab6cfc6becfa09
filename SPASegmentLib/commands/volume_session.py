"""A reader works through the slices of a volume: click, answers, acceptance, next slice."""

from __future__ import annotations

from time import perf_counter
from typing import Any, Iterator, List, Optional, Tuple

import numpy as np

from SPASegmentLib.commands.interruption import interruption_at_the_end
from SPASegmentLib.commands.readers import Reader
from SPASegmentLib.commands.record import Answer, Slice, Step
from SPASegmentLib.commands.reference import ReferenceMask
from SPASegmentLib.errors import InputError, SPAError, StateError
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.through import Progress
from SPASegmentLib.interaction.types import Click, Proposal
from SPASegmentLib.interaction.volume_result import VolumeResult
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.mrml.colours import seen
from SPASegmentLib.mrml.controller import Controller
from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.job import Job
from SPASegmentLib.mrml.plane import Plane, Point
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation
from SPASegmentLib.mrml.volume_work import VolumeWork
from SPASegmentLib.mrml.volumes import is_in_mm


class VolumeSession:
    """Runs one reader on one volume.

    Args:
        volume: volume node; the segmentation goes into its scene.
        network: whatever runs it.
        settings: of each slice's session.
        reader: who answers.
        reference: what a simulated reader has in mind; None where nobody knows.
        profile: preference to begin with.

    Attributes:
        in_mm: whether the size of the volume's voxels is known.
        segmentation: vtkMRMLSegmentationNode with one segment.
        segment_id: of the segment that accepted masks go into.
        done: the slices worked on so far, in this order, also where the work is broken off.
        offsets_mm: what the accepted masks teach a profile, see `Profile.updated`.
        found: what was written by going through the volume; None before it.
        visits, ends: doubtful slices that were answered, and how many of them by "the structure is not here".
        actions: what the reader has done in all.
    """

    def __init__(
        self,
        volume: Any,
        network: Network,
        settings: SessionSettings,
        reader: Reader,
        reference: Optional[ReferenceMask] = None,
        profile: Optional[Profile] = None,
    ) -> None:
        self.in_mm = is_in_mm(volume)
        self.segmentation = create_segmentation(volume, volume.GetName())
        self.segment_id = add_segment(self.segmentation, "SPA")
        editor = LogicEditor(self.segmentation, volume)
        self._controller = Controller(
            volume, self.segmentation, self.segment_id, editor, network, settings, profile
        )
        self._reader, self._reference = reader, reference
        self.done: List[Slice] = []
        self.offsets_mm: List[float] = []
        self.found: Optional[VolumeResult] = None
        self.visits = self.ends = self.actions = 0

    @property
    def accepted(self) -> bool:
        """Whether any mask has been accepted."""
        return any(done.mask is not None for done in self.done)

    def start(self, ras: Point, plane: Plane, anywhere: bool = False) -> Slice:
        """Click on a slice and answer until a mask is accepted or the reader stops.

        Args:
            ras: the click in mm.
            plane: of the slice.
            anywhere: also on what looks like empty background.

        Raises:
            SPAError: as the controller's `start_at` and the reader say.
        """
        job = self._controller.start_at(ras, plane, anywhere)
        return self._answer(job, job.frame.click(ras, anywhere=True))

    def go_on(self, count: int) -> Iterator[Slice]:
        """Go on from the accepted slice to `count` slices on either side, each from the one before.

        A side ends early where the volume ends, its slice shows nothing, or the reader stops.

        Yields:
            Each slice when it is done.
        """
        origin = self._controller.accepted
        for step in (1, -1):
            before = origin
            for _ in range(count):
                try:
                    job = self._controller.next_slice(step, before)
                except InputError:
                    break
                done = self._answer(job, None)
                yield done
                if done.mask is None:
                    break
                before = self._controller.accepted

    def go_through(self, visits: int, progress: Optional[Progress] = None) -> None:
        """Go from the accepted slice on to all others, and write them, also where the work is broken off.

        Args:
            visits: so many doubtful slices are answered by the reader, each followed by the slices that it touches.
            progress: see `ThroughVolume.run`.

        Raises:
            SPAError: no slice has been accepted, or the masks cannot be written.
        """
        accepted = self._controller.accepted
        if accepted is None:
            raise StateError("Accept a mask on a slice first; going through the volume starts from it.")
        work = VolumeWork(self._controller, [accepted])
        try:
            work.through.run(progress)
            for _ in range(visits):
                index = work.through.next_doubtful()
                if index is None or not self._visit(work, index):
                    break
                self.visits += 1
                work.through.run(progress)
        finally:
            with interruption_at_the_end():
                if work.result.masks:
                    self._controller.apply(work.stack.origin, work.masks, work.outdated, work.accepted[-1])
                    self.found = work.result
                work.close()

    def _visit(self, work: VolumeWork, index: int) -> bool:
        """Answer a doubtful slice, perhaps with "the structure is not on it"; False where the reader stops.

        Where SPA has found nothing, masks are shown from the closest slice with a mask, as nobody can click there.
        """
        frame, slices = work.stack.frame(index), work.result.slices
        if self._reference is not None and not self._reference.on_frame(frame).any():
            work.end(index)
            self.ends += 1
            self.actions += 1
            return True
        if index in slices and slices[index].mask.any():
            job = self._controller.start_on(frame, lambda session: work.through.start(index, session))
        else:
            mask = slices[min(work.result.masks, key=lambda k: abs(k - index))].mask
            job = self._controller.start_on(frame, lambda session: session.start(mask=mask))
        return self._answer(job, None, work).steps[-1].answer.kind != "stop"

    def _answer(self, job: Job, click: Optional[Click], work: Optional[VolumeWork] = None) -> Slice:
        """Answer the proposals of one slice, which may be one of a way through the volume."""
        frame = job.frame
        reference = None if self._reference is None else self._reference.on_frame(frame)
        pixels = seen(frame)
        steps: List[Step] = []
        proposal, seconds = self._run(job)
        while True:
            answer = self._reader.answer(proposal, frame.image, reference, work is not None, pixels)
            step = Step(proposal, answer, seconds, reference)
            try:
                if answer.kind in ("accept", "ends", "stop"):
                    with interruption_at_the_end():  # what is accepted is written and known as a whole
                        mask = self._end(answer)
                        done = Slice(pixels, frame.image.spacing, click, (*steps, step), mask, reference)
                        self.done.append(done)
                        self.actions += done.actions
                        if work is not None:
                            self._keep(work, job, answer, mask)
                    return done
                if answer.kind == "back":
                    following = self._run(self._controller.back())
                elif answer.kind == "choose":
                    following = self._run(self._controller.choose(answer.mask))
                else:
                    larger = answer.kind == "larger"
                    following = self._run(self._controller.larger() if larger else self._controller.smaller())
            except SPAError as error:
                self._reader.refused(error)
                continue
            steps.append(step)
            proposal, seconds = following

    def _keep(self, work: VolumeWork, job: Job, answer: Answer, mask: Optional[np.ndarray]) -> None:
        """What was said of a slice holds on the way through the volume."""
        if mask is not None:
            work.answer(job.frame, mask, job.session.offset_mm)
        elif answer.kind == "ends":
            work.end(work.index_of(job.frame))
            self.ends += 1

    def _end(self, answer: Answer) -> Optional[np.ndarray]:
        """Accept a mask, or leave the slice without one."""
        if answer.kind != "accept":
            self._controller.cancel()
            return None
        session = self._controller.session
        through = self._controller.stack is not None
        mask = (self._controller.take if through else self._controller.accept)(answer.mask).mask
        if session is not None and session.offset_mm is not None:
            self.offsets_mm.append(session.offset_mm)
        return mask

    def _run(self, job: Job) -> Tuple[Proposal, float]:
        """What comes back, and how many seconds it took."""
        began = perf_counter()
        proposal = self._controller.run(job)
        return proposal, perf_counter() - began
