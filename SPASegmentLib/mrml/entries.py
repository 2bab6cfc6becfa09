"""What was written into segments: accepted masks, and passes through the volume; how to see what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, FrozenSet, Optional, Protocol, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.extents import shared

if TYPE_CHECKING:
    from SPASegmentLib.interaction.profile import Profile
    from SPASegmentLib.mrml.added import Added
    from SPASegmentLib.mrml.filled import Filled
    from SPASegmentLib.mrml.frame import Frame
    from SPASegmentLib.mrml.plane import SliceKey
    from SPASegmentLib.mrml.writer import Written


class Segmented(Protocol):
    """What is segmented, such as a controller has it: two of the same nodes and the same segment mean the same."""

    volume: Any
    segmentation: Any
    segment_id: str


#: Slices and their (height, width) masks.
Masks = Tuple[Tuple["Frame", np.ndarray], ...]


@dataclass(frozen=True)
class Pass:
    """What a pass through the volume has written, on all slices, and how to see what was changed since.

    Attributes:
        filled: by slices.
        written: the voxels.
        later: what SPA has written into the segment after it.
    """

    filled: Filled
    written: Written
    later: Tuple[Written, ...]

    def changed_by_others(self) -> np.ndarray:
        """(n, 3) voxels (i, j, k) of the lattice that another tool has changed since."""
        held = self.written.held()
        if held is None:
            return np.zeros((0, 3), dtype=np.int64)
        differ = held != self.written.after
        for each in self.later:
            differ &= ~each.changed_on(self.written.grid, self.written.extent)
        return np.asarray(np.argwhere(differ)[:, ::-1] + np.array(self.written.extent[::2]))


@dataclass
class Lesson:
    """What one profile has learned one after the other, since nobody else has changed it."""

    name: str
    start: Profile
    now: Profile


@dataclass
class Entry:
    """What was written at once: an accepted mask, or all those of a volume.

    Attributes:
        masks: the slices and their accepted (height, width) masks; the one accepted last is the last.
        written: how to recognise it in the segment.
        offsets_mm: what it teaches, see `Profile.updated`.
        keys: of the slices that were written.
        counted: whether it counts among the slices accepted.
        stands: whether it is in the segment, as far as undo and redo go.
        lesson: what was learned with it.
        filled: what it has written on all slices of a volume; None for a single mask.
        added: what it has put into the segment, and those that it has been put together with.
        without: the entries that had been undone when it was written, by `id`.
    """

    masks: Masks
    written: Written
    offsets_mm: Tuple[float, ...]
    keys: FrozenSet[SliceKey]
    counted: bool = True
    stands: bool = True
    lesson: Optional[Lesson] = None
    filled: Optional[Filled] = None
    added: Tuple[Added, ...] = ()
    without: FrozenSet[int] = frozenset()

    def taught(self, profile: Profile) -> Profile:
        """A profile after it was taught."""
        for offset_mm in self.offsets_mm:
            profile = profile.updated(offset_mm)
        return profile

    def is_in(self, segmented: Segmented) -> bool:
        """Whether it was written into this segment, on this volume, at the time point that is shown."""
        written, (frame, _mask) = self.written, self.masks[-1]
        return (
            frame.volume is segmented.volume
            and written.segmentation is segmented.segmentation
            and written.shown
            and written.segment_id == segmented.segment_id
        )

    @property
    def current(self) -> bool:
        """Whether the volume still shows what was segmented, where it was.

        Not once it was moved or replaced, or another time point of a sequence is on screen.
        """
        frame, _mask = self.masks[-1]
        return still_shows(frame)

    def is_about(self, key: SliceKey) -> bool:
        """Whether a mask was accepted on a slice, or perhaps filled."""
        return self.filled is not None or any(frame.key == key for frame, _mask in self.masks)

    def came_before(self, other: Entry) -> bool:
        """Whether a later one was written while this one stood, about the same voxels of any segment."""
        return id(self) not in other.without and self._touches(other)

    def shares_its_slice(self, other: Entry) -> bool:
        """Whether both are single masks in one segment, on one slice."""
        one, two = self.written, other.written
        if one.segments is not two.segments or one.segment_id != two.segment_id:
            return False
        if self.filled is not None or other.filled is not None or len(self.masks) != 1 or len(other.masks) != 1:
            return False
        return self.masks[0][0].key == other.masks[0][0].key

    def overlaps(self, other: Entry) -> bool:
        """Whether both are about the same voxels of one segment."""
        return self.written.segment_id == other.written.segment_id and self._touches(other)

    def _touches(self, other: Entry) -> bool:
        one, two = self.written, other.written
        return one.segments is two.segments and shared(one.extent, two.extent) is not None


def still_shows(frame: Frame) -> bool:
    """Whether the volume of a frame is what it was, where it was; see `Entry.current`."""
    try:
        frame.check()
    except InputError:
        return False
    return True


class Looked:
    """Which entries are current, at one moment: each slice is looked at once."""

    def __init__(self) -> None:
        self._current: Dict[int, bool] = {}

    def is_current(self, entry: Entry) -> bool:
        """See `Entry.current`."""
        frame, _mask = entry.masks[-1]
        if id(frame) not in self._current:
            self._current[id(frame)] = entry.current
        return self._current[id(frame)]
