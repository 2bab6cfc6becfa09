"""What going through a volume has written, for a later pass that corrects it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, FrozenSet, Iterable, Mapping

import numpy as np

from SPASegmentLib.interaction.patch import Patch
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.plane import SliceKey


@dataclass(frozen=True)
class Filled:
    """All slices of one pass.

    Attributes:
        origin: one of the slices; the others are told by the number of slices from it, along its normal.
        patches: the bool masks that were written, no larger than they need to be.
        ends: slices that the user has said the structure is not on.
    """

    origin: Frame
    patches: Mapping[int, Patch]
    ends: FrozenSet[int]

    @classmethod
    def of(cls, origin: Frame, masks: Mapping[int, np.ndarray], ends: Iterable[int]) -> Filled:
        """From (height, width) bool masks."""
        return cls(origin, {step: Patch.of(mask) for step, mask in masks.items()}, frozenset(ends))

    def by_slice(self) -> Dict[SliceKey, Patch]:
        """The patches by their `Frame.key`."""
        return {self.origin.key_at(step): patch for step, patch in self.patches.items()}

    @property
    def masks(self) -> Dict[int, np.ndarray]:
        """(height, width) bool each, new arrays."""
        return {step: patch.whole(self.origin.shape) for step, patch in self.patches.items()}
