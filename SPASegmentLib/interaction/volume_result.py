"""What goes through a volume finds: slice by slice, and of the whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Dict, Optional, Tuple

import numpy as np

from SPASegmentLib.interaction.patch import Patch


class SliceState(Enum):
    """What is known of a slice."""

    ANCHOR = "anchor"  #: its mask was accepted
    SURE = "sure"  #: computed, and expected to be right
    DOUBTFUL = "doubtful"  #: computed; an answer would help
    ABSENT = "absent"  #: the structure is not on it, as the user has said or as it seems


@dataclass(frozen=True)
class SliceResult:
    """One slice.

    Attributes:
        shape: (height, width) of the frame in pixels.
        area: of the mask in mm2.
        state: see `SliceState`.
        expected_dice: 0..1, of the mask; 1 where it was accepted, or said to be absent.
        presence: 0..1, probability that the structure is on the slice.
        patch: probabilities; float16 on a part of the frame.
        seen: whether the slice shows anything; if not, its mask is that of the slices around it.
    """

    shape: Tuple[int, int]
    area: float
    state: SliceState
    expected_dice: float
    presence: float
    patch: Patch
    seen: bool = True

    @property
    def probability(self) -> np.ndarray:
        """(height, width) float32 in 0..1, a new array; all zero where the structure is absent."""
        return self.patch.whole(self.shape).astype(np.float32)

    @property
    def mask(self) -> np.ndarray:
        """(height, width) bool, a new array."""
        return np.asarray(self.patch.whole(self.shape) > 0.5)


@dataclass(frozen=True)
class SliceRange:
    """First and last slice with the structure, and how far they reach together in mm (slices times their distance)."""

    first: int
    last: int
    mm: float

    @property
    def slices(self) -> int:
        """How many there are, both ends included."""
        return self.last - self.first + 1


@dataclass(frozen=True)
class VolumeResult:
    """All slices; immutable.

    Attributes:
        slices: by index, in order: those that were computed, accepted or said to be absent. There is nothing on others.
        expected_dice: 0..1, of all masks together.
        extent: from the first slice with a mask to the last; None where no slice has one.
        complete: whether all slices follow the present anchors; False where the work was cancelled.
        remarks: sentences for the user, such as on accepted masks that contradict each other.
    """

    slices: Dict[int, SliceResult] = field(default_factory=dict)
    expected_dice: float = 0.0
    extent: Optional[SliceRange] = None
    complete: bool = False
    remarks: Tuple[str, ...] = ()

    @property
    def masks(self) -> Dict[int, np.ndarray]:
        """Index -> (height, width) bool mask of each slice that has one, new arrays."""
        found = {index: one.mask for index, one in self.slices.items() if one.state is not SliceState.ABSENT}
        return {index: mask for index, mask in found.items() if mask.any()}
