"""All slices of a volume parallel to one frame: cut without VTK in any thread, and as frames in the scene's."""

from __future__ import annotations

from typing import Optional

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.types import FrameImage
from SPASegmentLib.mrml.aligned import cut
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import image_array
from SPASegmentLib.mrml.mapping import ALIGNMENT_TOLERANCE, moved
from SPASegmentLib.mrml.plane import Plane, Point, SliceKey
from SPASegmentLib.mrml.turn import Turn
from SPASegmentLib.translation import texts

_ = texts(__name__)


class Stack:
    """Slices by their index.

    On planes along the volume's axes the index is that of the voxels, counted from 0 as Slicer's Data Probe does; on
    others it counts from the frame. Voxels are looked at where they lie: no copy of the volume is made, and a slice
    costs no more than itself.

    Args:
        origin: one of the slices.

    Attributes:
        origin: the frame that the others are parallel to.
        spacing_mm: distance between slices.
    """

    def __init__(self, origin: Frame) -> None:
        self.origin = origin
        self._voxels = image_array(origin.volume.GetImageData())
        self._to_index, self._shape = origin.to_index.copy(), origin.shape
        # Here: a frame whose pixels were put away looks at the scene for them.
        self._pixel, self._in_mm = origin.image.spacing, origin.image.in_mm
        to_world = origin.to_world
        self.spacing_mm = float(abs(to_world[:3, 2] @ origin.plane.normal))
        self._first, self._direction, self._count = 0, 1, 0
        if origin.aligned:
            axis = int(np.flatnonzero(np.rint(self._to_index[:3, 2]))[0])
            self._direction = int(np.rint(self._to_index[axis, 2]))
            self._first = int(np.rint(self._to_index[axis, 3]))
            self._count = int(self._voxels.shape[2 - axis])

    def step(self, index: int) -> int:
        """So many slices beyond the origin, along the plane's normal, lies the slice of an index."""
        return (index - self._first) * self._direction

    def index(self, step: int) -> int:
        """The other way round."""
        return self._first + step * self._direction

    def image(self, index: int) -> FrameImage:
        """The pixels of a slice, in any thread.

        Raises:
            InputError: the volume ends before it, or it shows nothing.
        """
        if self.origin.aligned and not 0 <= index < self._count:
            raise InputError(_("The volume has no further slice in this direction."))
        pixels = cut(self._voxels, moved(self._to_index, self.step(index)), self._shape, self.origin.aligned)
        return FrameImage(pixels, self._pixel, self._in_mm)

    def frame(self, index: int) -> Frame:
        """A slice, in the scene's thread.

        Raises:
            InputError: the volume ends before it, it shows nothing, or the volume was moved.
        """
        step = self.step(index)
        return self.origin if step == 0 else self.origin.neighbour(step)

    def index_of(self, frame: Frame) -> Optional[int]:
        """The index of a frame, which may be turned or mirrored; None where it is none of these slices."""
        turn = self.turn_of(frame)
        return None if turn is None else self.index(turn.step)

    def turn_of(self, frame: Frame) -> Optional[Turn]:
        """How a frame lies on these slices, by the views that both were cut in; None where it is none of them."""
        if frame.volume is not self.origin.volume:
            return None
        return Turn.between(self._to_index, self._shape, frame.to_index, frame.shape)

    def at(self, ras: Point, plane: Optional[Plane] = None) -> int:
        """The index of the slice through a point in mm, or of the one closest to it.

        Args:
            ras: also beside the volume.
            plane: of the view that shows it, if any.

        Raises:
            InputError: the plane is not parallel to these slices.
        """
        if plane is not None and not self.is_parallel(plane):
            raise InputError(
                _(
                    "SPA goes through the volume in another direction; work in the view that shows its slices, or "
                    "apply or cancel first."
                )
            )
        step = np.linalg.solve(self.origin.to_world, [*ras, 1.0])[2]
        return self.index(int(np.floor(step + 0.5)))

    def is_parallel(self, plane: Plane) -> bool:
        """Whether a view of this plane shows these slices, perhaps turned or mirrored."""
        return bool(np.linalg.norm(np.cross(plane.normal, self.normal)) <= ALIGNMENT_TOLERANCE)

    @property
    def normal(self) -> np.ndarray:
        """(3,) unit vector across the slices, in RAS."""
        across = np.cross(*self.origin.to_world[:3, :2].T)
        return np.asarray(across / np.linalg.norm(across))

    def middle(self, index: int) -> Point:
        """The point in the middle of a slice, in mm."""
        height, width = self._shape
        place = self.origin.to_world @ [(width - 1) / 2, (height - 1) / 2, self.step(index), 1.0]
        return (float(place[0]), float(place[1]), float(place[2]))

    def key(self, index: int) -> SliceKey:
        """The `Frame.key` of a slice."""
        return self.origin.key_at(self.step(index))

    def check(self) -> None:
        """Make sure that the slices still show what the volume holds, and where.

        Raises:
            InputError: the volume has other voxels now, another size, place or spacing, or a non-linear transform.
        """
        self.origin.check()
