"""One structure that SPA goes through a volume for: what was answered, what is found and what is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, FrozenSet, List, Optional, Sequence, Set, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.through import ThroughVolume
from SPASegmentLib.interaction.volume_result import VolumeResult
from SPASegmentLib.mrml.controller import Controller
from SPASegmentLib.mrml.entries import Masks, Pass
from SPASegmentLib.mrml.filled import Filled
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.front_end import SliceMark
from SPASegmentLib.mrml.grid import Grid
from SPASegmentLib.mrml.parts import left_of
from SPASegmentLib.mrml.plane import Plane, SliceKey
from SPASegmentLib.mrml.stack import Stack
from SPASegmentLib.mrml.volume_preview import VolumePreview
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: A slice this close to the face of a voxel, in slices, does not show it.
_EDGE = 1e-3


@dataclass(frozen=True)
class _Answer:
    """What the user has said of a slice: its mask, or (None) that the structure is not on it."""

    accepted: Optional[Tuple[Frame, np.ndarray]] = None
    offset_mm: Optional[float] = None


class VolumeWork:
    """What is known between "Through the volume" and its end; the scene's thread, but for `through.run`.

    Args:
        controller: whose sessions are on these slices meanwhile.
        known: slices and masks that are in the segment, the one accepted last last.
        passes: that have written into it before, the latest last.

    Attributes:
        controller: as given.
        stack: the slices.
        through: what computes them.
        complete: whether what is shown follows all answers.
        elsewhere: planes of accepted masks that are in the segment and on none of these slices.
    """

    def __init__(
        self, controller: Controller, known: Sequence[Tuple[Frame, np.ndarray]], passes: Sequence[Pass] = ()
    ) -> None:
        self.controller = controller
        self.stack = Stack(known[-1][0])
        self.through = ThroughVolume(controller.network, self.stack.image, self.stack.spacing_mm, controller.settings)
        self.complete = False
        self.elsewhere: Tuple[Plane, ...] = ()
        self._preview = VolumePreview(controller.segmentation.GetScene())
        self._written: Dict[int, Tuple[Frame, np.ndarray]] = {}
        #: What the pass before has written, and where it ended.
        self._filled: Dict[int, np.ndarray] = {}
        self._ends: FrozenSet[int] = frozenset()
        self._answers: Dict[int, _Answer] = {}
        self._history: List[Tuple[int, Optional[_Answer]]] = []
        self.follow_segment(known, passes)
        controller.stack = self.stack

    @property
    def result(self) -> VolumeResult:
        """What was found."""
        return self.through.result

    def follow_segment(self, known: Sequence[Tuple[Frame, np.ndarray]], passes: Sequence[Pass] = ()) -> None:
        """Take up what is in the segment now: another tool, undo or redo may have changed it.

        A slice of the pass before that another tool has changed since holds as it is now, as an accepted one does.
        """
        before, self._written = self._written, {}
        ends_before = self._ends
        self._follow_passes(passes)
        self._follow_masks(known)
        for index in {*before, *self._written}:
            one, other = before.get(index), self._written.get(index)
            if one is None or other is None or not np.array_equal(one[1], other[1]):
                self._tell(index)
        for index in ends_before ^ self._ends:
            self._tell(index)

    def _follow_masks(self, known: Sequence[Tuple[Frame, np.ndarray]]) -> None:
        found: Dict[int, Tuple[Frame, np.ndarray]] = {}
        elsewhere: List[Plane] = []
        for frame, mask in known:
            turn = self.stack.turn_of(frame)
            if turn is None:
                elsewhere.append(frame.plane)
                continue
            index = self.stack.index(turn.step)
            if frame.key != self.stack.key(index):
                frame, mask = self.stack.frame(index), turn.mask(mask)
            # Two of one slice were accepted in views that were turned otherwise.
            found[index] = (frame, mask | found[index][1] if index in found else mask)
        self._written.update(found)
        self.elsewhere = tuple(elsewhere)

    def _follow_passes(self, passes: Sequence[Pass]) -> None:
        self._filled, self._ends = {}, frozenset()
        # Each pass has taken out what the one before has left.
        turns = ((each, self.stack.turn_of(each.filled.origin)) for each in reversed(passes))
        latest, turn = next((found for found in turns if found[1] is not None), (None, None))
        if latest is None or turn is None:
            return

        def index_at(step: int) -> int:
            return self.stack.index(turn.step + turn.direction * step)

        self._filled = {index_at(step): turn.mask(mask) for step, mask in latest.filled.masks.items()}
        ends = {index_at(step) for step in latest.filled.ends}
        for index in self._slices_of(latest.changed_by_others(), latest.written.grid) & set(self._filled):
            frame = self.stack.frame(index)
            controller = self.controller
            left = left_of(self._filled[index], frame.segment_mask(controller.segmentation, controller.segment_id))
            if left.any():
                self._written[index] = (frame, left)
            else:
                ends.add(index)
        self._ends = frozenset(ends)

    def _slices_of(self, voxels: np.ndarray, grid: Grid) -> Set[int]:
        """The slices on which some of these voxels (n, 3) of a grid are seen, by their indices."""
        to_slices = np.linalg.solve(self.stack.origin.to_world, grid.to_world)[2]
        middles = voxels @ to_slices[:3] + to_slices[3]
        # So far along the normal a voxel reaches to either side.
        reach = np.abs(to_slices[:3]).sum() / 2 - _EDGE
        low, high = np.ceil(middles - reach).astype(int), np.floor(middles + reach).astype(int)
        steps = {step for first, last in {*zip(low.tolist(), high.tolist())} for step in range(first, last + 1)}
        return {self.stack.index(step) for step in steps}

    def answer(self, frame: Frame, mask: np.ndarray, offset_mm: Optional[float] = None) -> None:
        """A mask was accepted on a slice; an empty one says that the structure is not on it.

        Raises:
            InputError: see `check_that_one_is_left`.
        """
        index = self.index_of(frame)
        if not mask.any():
            self.end(index)
        else:
            self._hear(index, _Answer((frame, mask), offset_mm))

    def end(self, index: int) -> None:
        """The structure is not on a slice, on which nothing may be to be seen at all.

        Raises:
            InputError: see `check_that_one_is_left`.
        """
        self.check_that_one_is_left(index)
        self._hear(index, _Answer())

    def _hear(self, index: int, answer: _Answer) -> None:
        self._history.append((index, self._answers.get(index)))
        self._answers[index] = answer
        self._tell(index)

    def check_answer(self, frame: Frame, mask: np.ndarray) -> None:
        """Make sure that a mask can be accepted on a slice, before it is.

        Raises:
            InputError: see `check_that_one_is_left`, where it is empty.
        """
        if not mask.any():
            self.check_that_one_is_left(self.index_of(frame))

    def check_that_one_is_left(self, index: int) -> None:
        """Make sure that some slice has an accepted mask even where this one has none.

        Raises:
            InputError: none has.
        """
        if not set(self.through.anchors) - {index}:
            raise InputError(_("This is the only slice with an accepted mask; accept one on another slice first."))

    def undo(self) -> bool:
        """Take the last answer back; whether there was one."""
        if not self._history:
            return False
        index, before = self._history.pop()
        self._answers.pop(index)
        if before is not None:
            self._answers[index] = before
        self._tell(index)
        return True

    def index_of(self, frame: Frame) -> int:
        """The index of one of its slices."""
        index = self.stack.index_of(frame)
        assert index is not None, "sessions are on slices of the stack"
        return index

    def _tell(self, index: int) -> None:
        """What holds of a slice now: the answer given here, else what is in the segment, else an end, or nothing."""
        answer, written = self._answers.get(index), self._written.get(index)
        if answer is not None and answer.accepted is None:
            self.through.set_end(index)
        elif answer is not None and answer.accepted is not None:
            self.through.set_anchor(index, answer.accepted[1])
        elif written is not None:
            self.through.set_anchor(index, written[1])
        elif index in self._ends:
            self.through.set_end(index)
        elif index in self.through.anchors or index in self.through.ends:
            self.through.remove(index)
        self.complete = False
        answers = (self._answers[k] for k in dict.fromkeys(k for k, _before in self._history))
        self.controller.lessons = tuple(each.offset_mm for each in answers if each.offset_mm is not None)

    # What is to be written.

    @property
    def masks(self) -> Dict[int, np.ndarray]:
        """What was found, by the number of slices from the stack's origin; on answered slices the answer.

        It may be given after the last run, which was broken off.
        """
        found = {index: mask for index, mask in self.result.masks.items() if index not in self.through.ends}
        found.update({self.index_of(frame): mask for frame, mask in self.accepted})
        return {self.stack.step(index): mask for index, mask in found.items()}

    @property
    def outdated(self) -> Dict[int, np.ndarray]:
        """What is in the segment of slices that were answered otherwise since, and what the pass before has filled."""
        found = dict(self._filled)
        for index, (_frame, mask) in self._written.items():
            if index in self._answers:
                found[index] = mask | found[index] if index in found else mask
        return {self.stack.step(index): mask for index, mask in found.items()}

    @property
    def filled(self) -> Filled:
        """What a later pass has to know of this one."""
        return Filled.of(self.stack.origin, self.masks, (self.stack.step(index) for index in self.through.ends))

    @property
    def accepted(self) -> Masks:
        """Slices on which masks were accepted, the last one last."""
        found = {k: each for k, each in self._written.items() if k not in self._answers}
        for index in dict.fromkeys(k for k, _before in self._history):
            accepted = self._answers[index].accepted
            if accepted is not None:
                found[index] = accepted
        return tuple(found.values())

    @property
    def keys(self) -> FrozenSet[SliceKey]:
        """Of the slices with a mask, see `Frame.key`."""
        return frozenset(self.stack.key(index) for index in self.result.masks)

    # What is shown.

    def show(self) -> None:
        """Show what was found as a temporary segment."""
        self._preview.show(self.stack, self.result)

    def follow(self) -> None:
        """The volume lies under another transform."""
        self._preview.follow(self.controller.volume)

    @property
    def marks(self) -> Tuple[SliceMark, ...]:
        """What is known of all slices, in their order along the plane's normal."""
        found = [SliceMark(k, one.state, self.stack.middle(k)) for k, one in self.result.slices.items()]
        return tuple(sorted(found, key=lambda mark: self.stack.step(mark.index)))

    def check(self) -> None:
        """Make sure that the volume is still the one that was gone through.

        Raises:
            InputError: it has other voxels now, another size, place or spacing, or a non-linear transform.
        """
        self.stack.check()
        for frame, _mask in self.accepted:
            frame.check()

    def close(self) -> None:
        """Leave nothing; may be called twice, also after the scene was closed."""
        self._preview.remove()
        self.controller.stack, self.controller.lessons = None, ()
