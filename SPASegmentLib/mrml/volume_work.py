"""One structure that SPA goes through a volume for: what was answered, what is found and what is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, FrozenSet, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.through import ThroughVolume
from SPASegmentLib.interaction.volume_result import VolumeResult
from SPASegmentLib.mrml.accepted import Masks
from SPASegmentLib.mrml.controller import Controller
from SPASegmentLib.mrml.filled import Filled
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.front_end import SliceMark
from SPASegmentLib.mrml.plane import SliceKey
from SPASegmentLib.mrml.stack import Stack
from SPASegmentLib.mrml.volume_preview import VolumePreview
from SPASegmentLib.translation import texts

_ = texts(__name__)


@dataclass(frozen=True)
class _Answer:
    """What the user has said of a slice: its mask, or (None) that the structure is not on it."""

    frame: Frame
    mask: Optional[np.ndarray] = None
    offset_mm: Optional[float] = None


class VolumeWork:
    """What is known between "Through the volume" and its end; the scene's thread, but for `through.run`.

    Args:
        controller: whose sessions are on these slices meanwhile.
        known: slices and masks that are in the segment, the one accepted last last.
        filled: what passes before have written into it, the latest last.

    Attributes:
        controller: as given.
        stack: the slices.
        through: what computes them.
        complete: whether what is shown follows all answers.
    """

    def __init__(
        self, controller: Controller, known: Sequence[Tuple[Frame, np.ndarray]], filled: Sequence[Filled] = ()
    ) -> None:
        self.controller = controller
        self.stack = Stack(known[-1][0])
        self.through = ThroughVolume(controller.network, self.stack.image, self.stack.spacing_mm, controller.settings)
        self.complete = False
        self._preview = VolumePreview(controller.segmentation.GetScene())
        self._written: Dict[int, Tuple[Frame, np.ndarray]] = {}
        #: What the pass before has written, and where it ended.
        self._filled: Dict[int, np.ndarray] = {}
        self._ends: FrozenSet[int] = frozenset()
        self._answers: Dict[int, _Answer] = {}
        self._history: List[Tuple[int, Optional[_Answer]]] = []
        self.follow_segment(known, filled)
        controller.stack = self.stack

    @property
    def result(self) -> VolumeResult:
        """What was found."""
        return self.through.result

    def follow_segment(self, known: Sequence[Tuple[Frame, np.ndarray]], filled: Sequence[Filled] = ()) -> None:
        """Take up what is in the segment now: another tool, undo or redo may have changed it."""
        before, self._written = self._written, {}
        ends_before = self._ends
        self._follow_passes(filled)
        for frame, mask in known:
            index = self.stack.index_of(frame)
            if index is not None:
                self._written[index] = (frame, mask)
        for index in {*before, *self._written}:
            one, other = before.get(index), self._written.get(index)
            if one is None or other is None or not np.array_equal(one[1], other[1]):
                self._tell(index)
        for index in ends_before ^ self._ends:
            self._tell(index)

    def _follow_passes(self, filled: Sequence[Filled]) -> None:
        self._filled, self._ends = {}, frozenset()
        for each in filled:
            first = self.stack.index_of(each.origin)
            if first is not None:
                # Each pass has taken out what the one before has left.
                start = self.stack.step(first)
                self._filled = {self.stack.index(start + step): mask for step, mask in each.masks.items()}
                self._ends = frozenset(self.stack.index(start + step) for step in each.ends)

    def answer(self, frame: Frame, mask: np.ndarray, offset_mm: Optional[float] = None) -> None:
        """A mask was accepted on a slice; an empty one says that the structure is not on it.

        Raises:
            InputError: see `check_that_one_is_left`.
        """
        self.check_that_one_is_left(frame, mask)
        index = self._index_of(frame)
        self._history.append((index, self._answers.get(index)))
        self._answers[index] = _Answer(frame, mask, offset_mm) if mask.any() else _Answer(frame)
        self._tell(index)

    def check_that_one_is_left(self, frame: Frame, mask: np.ndarray) -> None:
        """Make sure that some slice has an accepted mask after this answer.

        Raises:
            InputError: none has.
        """
        if not mask.any() and not set(self.through.anchors) - {self._index_of(frame)}:
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

    def _index_of(self, frame: Frame) -> int:
        index = self.stack.index_of(frame)
        assert index is not None, "sessions are on slices of the stack"
        return index

    def _tell(self, index: int) -> None:
        """What holds of a slice now: the answer given here, else what is in the segment, else an end, or nothing."""
        answer, written = self._answers.get(index), self._written.get(index)
        if answer is not None and answer.mask is None:
            self.through.set_end(index)
        elif answer is not None and answer.mask is not None:
            self.through.set_anchor(index, answer.mask)
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
        """What was found, by the number of slices from the stack's origin."""
        return {self.stack.step(index): mask for index, mask in self.result.masks.items()}

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
            answer = self._answers[index]
            if answer.mask is not None:
                found[index] = (answer.frame, answer.mask)
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
