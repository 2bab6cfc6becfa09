"""The slices of a volume, each made once as long as it is needed: on an oblique plane it is resampled."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Callable, Optional, Sequence, Tuple, Union

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.types import FrameImage
from SPASegmentLib.translation import texts

_ = texts(__name__)

Frames = Union[Sequence[FrameImage], Callable[[int], FrameImage]]

#: Slices that are kept, those asked for last; as many encodings are, which hold their slices anyway.
KEPT = 48


class Slices:
    """Slices by their index; may be asked in any thread.

    Args:
        frames: all slices, or what makes one; see `through.ThroughVolume`.

    Attributes:
        shape: (height, width) in pixels that all slices must have; None as long as any will do.

    Raises:
        InputError: there are none.
    """

    def __init__(self, frames: Frames) -> None:
        if not callable(frames) and len(frames) == 0:
            raise InputError(_("There are no slices to go through; load a volume."))
        self._frames = frames
        self._made: OrderedDict[int, FrameImage] = OrderedDict()
        self._lock = Lock()
        self.shape: Optional[Tuple[int, int]] = None

    def __call__(self, index: int) -> FrameImage:
        """A slice.

        Raises:
            InputError: the volume ends before it, nothing is to be seen there, or it differs in size from others.
        """
        frame = self._frame(index)
        if self.shape is not None and frame.shape != self.shape:
            raise InputError(
                _("Slice {index} has the size {size}, others {others}; all slices must agree.").format(
                    index=index, size=frame.shape, others=self.shape
                )
            )
        return frame

    def _frame(self, index: int) -> FrameImage:
        with self._lock:
            kept = self._made.get(index)
            if kept is not None:
                self._made.move_to_end(index)
                return kept
        frame = self._new(index)
        with self._lock:
            self._made[index] = frame
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
        return frame

    def _new(self, index: int) -> FrameImage:
        try:
            if callable(self._frames):
                return self._frames(index)
            if index < 0:
                raise IndexError(index)
            return self._frames[index]
        except IndexError:
            raise InputError(_("The volume has no slice {index}.").format(index=index)) from None
