"""A frame: a 2D image cut from a volume on one plane, and the way back from its masks to voxels."""

from __future__ import annotations

import hashlib
from itertools import product
from typing import Any, Mapping, Optional, Tuple

import numpy as np

from SPASegmentLib.errors import BackgroundError, InputError
from SPASegmentLib.interaction.rectangle import rectangle_of
from SPASegmentLib.interaction.types import Box, Click, FrameImage
from SPASegmentLib.mrml.aligned import cut, labels_of, place
from SPASegmentLib.mrml.background import is_background
from SPASegmentLib.mrml.extents import first_of, merged
from SPASegmentLib.mrml.grid import (
    SAME,
    Grid,
    image_array,
    image_grid,
    labelmap_image,
    parent_to_world,
    same_lattice,
    segment_image,
    segmentation_grid,
    volume_grid,
)
from SPASegmentLib.mrml.mapping import (
    ALIGNMENT_TOLERANCE,
    aligned_axis,
    aligned_mapping,
    moved,
    oblique_mapping,
)
from SPASegmentLib.mrml.plane import Plane, Point, SliceKey
from SPASegmentLib.mrml.sampling import sample_labels, splat
from SPASegmentLib.mrml.slabs import fill
from SPASegmentLib.mrml.volumes import is_in_mm
from SPASegmentLib.translation import texts

_ = texts(__name__)


class Frame:
    """One slice of a scalar or RGB volume.

    On a plane along the volume's axes the pixels are its voxels, turned as on screen, without interpolation. Any
    other plane is resliced linearly at the finest voxel spacing, at the closest of the parallel slices through the
    volume, and its masks go back to voxels by majority. The mapping is kept in voxel indices, so that a frame moves
    with its volume when a transform changes.

    Attributes:
        volume: the volume node.
        plane: orientation of the frame.
        aligned: whether the pixels are voxels.
        to_index: (4, 4) float64 from pixel (x, y) and slice step to voxel index (i, j, k).
        shape: (height, width) in pixels.
    """

    def __init__(self, volume: Any, plane: Plane, to_index: np.ndarray, shape: Tuple[int, int], aligned: bool) -> None:
        self.volume = volume
        self.plane = plane
        self.to_index = to_index
        self.aligned = aligned
        self.shape = shape
        self._size = volume.GetImageData().GetDimensions()
        self._to_local = volume_grid(volume).to_local
        self._image: Optional[FrameImage] = self._cut_image()
        self._digest = b""

    @classmethod
    def at(cls, volume: Any, ras: Point, plane: Plane) -> Frame:
        """The frame through a point, or the closest one.

        Args:
            volume: vtkMRMLScalarVolumeNode or vtkMRMLVectorVolumeNode with red, green, blue.
            ras: the point in mm, inside the volume.
            plane: direction and orientation of the slice.

        Raises:
            InputError: the point lies outside the volume, the volume is a label map, empty or under a non-linear
                transform, or the slice cannot be used (constant, or a line of pixels).
        """
        _check_kind(volume)
        grid = volume_grid(volume)
        index = _inside(grid, ras)
        axis = aligned_axis(grid, plane)
        if axis is not None:
            position = min(max(int(np.floor(index[axis] + 0.5)), 0), grid.shape[axis] - 1)
            to_index, shape = aligned_mapping(grid, plane, axis, position)
        else:
            to_index, shape = oblique_mapping(grid, plane, ras)
        if min(shape) < 2:
            raise InputError(_("Seen from this side the image is a line of pixels; click where it is seen as a whole."))
        return cls(volume, plane, to_index, shape, axis is not None)

    @property
    def image(self) -> FrameImage:
        """The pixels (RGB by luminance) and their size in mm.

        Raises:
            InputError: they were put away, and the volume has none any more.
        """
        if self._image is None:
            self._image = self._cut_image()
        return self._image

    def put_pixels_away(self) -> None:
        """Keep no pixels in memory until somebody asks for them; `check` still knows what they were."""
        if self._image is not None:
            self._digest = self._digest or _digest(self._image.pixels)
            self._image = None

    @property
    def to_world(self) -> np.ndarray:
        """(4, 4) float64 from pixel (x, y) and slice step to RAS in mm.

        Raises:
            InputError: see `check`.
        """
        return np.asarray(self._grid().to_world @ self.to_index)

    def check(self) -> None:
        """Make sure that the frame still shows what the volume holds, and where.

        Raises:
            InputError: the volume has other voxels now, another size, place or spacing, no image, or a non-linear
                transform.
        """
        self._grid()
        now = self._cut_image().pixels
        before = None if self._digest or self._image is None else self._image.pixels
        if not (_digest(now) == self._digest if before is None else np.array_equal(now, before)):
            raise InputError(_("The image was replaced by another one."))

    def is_in(self, slice_to_ras: np.ndarray) -> bool:
        """Whether a slice view shows this slice.

        Args:
            slice_to_ras: (4, 4) of the view, as vtkMRMLSliceNode has it.

        Raises:
            InputError: see `check`.
        """
        to_world = self.to_world
        normal = slice_to_ras[:3, 2] / np.linalg.norm(slice_to_ras[:3, 2])
        across = np.cross(to_world[:3, 0], to_world[:3, 1])
        if np.linalg.norm(np.cross(across / np.linalg.norm(across), normal)) > ALIGNMENT_TOLERANCE:
            return False
        # In the middle, since a view may be tilted by as much as the tolerance.
        height, width = self.shape
        middle = to_world @ [(width - 1) / 2, (height - 1) / 2, 0.0, 1.0]
        away = float((middle[:3] - slice_to_ras[:3, 3]) @ normal)
        return bool(abs(away) <= (0.5 + SAME) * abs(float(to_world[:3, 2] @ normal)))

    @property
    def key(self) -> SliceKey:
        """Equal for frames of the same slice of the same volume, in the same orientation."""
        return self.key_at(0)

    def key_at(self, step: int) -> SliceKey:
        """The `key` of the frame so many slices further along the plane's normal."""
        return (self.volume.GetID(), self.shape, *np.round(moved(self.to_index, step), 4).ravel().tolist())

    def ras_to_xy(self, ras: Point) -> Tuple[float, float]:
        """Pixel (x, y) of a point on this slice.

        Raises:
            InputError: the point lies outside the volume or on another slice.
        """
        _inside(self._grid(), ras)
        x, y, step = np.linalg.solve(self.to_world, [*ras, 1.0])[:3]
        if abs(step) > 0.5 + SAME:
            raise InputError(
                _("The click is on another slice; go back to the slice of the candidates, or cancel them.")
            )
        return (float(x), float(y))

    def xy_to_ras(self, x: float, y: float) -> Point:
        """Point in mm of pixel (x, y)."""
        r, a, s = (self.to_world @ [x, y, 0.0, 1.0])[:3]
        return (float(r), float(a), float(s))

    def click(self, ras: Point, positive: bool = True, anywhere: bool = False) -> Click:
        """The click at a point of the world.

        Args:
            ras: the point in mm.
            positive: whether it belongs to the structure.
            anywhere: also on what looks like background.

        Raises:
            InputError: it lies outside the volume or on another slice.
            BackgroundError: it is positive and looks like one on empty background.
        """
        x, y = self.ras_to_xy(ras)
        if positive and not anywhere and is_background(self.image.pixels, x, y):
            raise BackgroundError(
                _("The click is on empty background; click on the structure, or drag a box around it if it is dark.")
            )
        return Click(x, y, positive)

    def box(self, corner: Point, opposite: Point) -> Box:
        """The rectangle between two points of this slice, clipped to the frame.

        Raises:
            InputError: the points are on another slice, equal, or outside the frame.
        """
        height, width = self.shape
        ends = [np.linalg.solve(self.to_world, [*ras, 1.0])[:3] for ras in (corner, opposite)]
        if max(abs(end[2]) for end in ends) > 0.5 + SAME:
            raise InputError(_("The box is on another slice; drag it on the slice of the candidates, or cancel them."))
        x0, x1 = np.clip(sorted(end[0] for end in ends), 0, width - 1)
        y0, y1 = np.clip(sorted(end[1] for end in ends), 0, height - 1)
        return Box(float(x0), float(y0), float(x1), float(y1))

    def neighbour(self, step: int) -> Frame:
        """The frame `step` slices further along the plane's normal (negative: backwards).

        Raises:
            InputError: the volume ends there.
        """
        to_index = moved(self.to_index, step)
        height, width = self.shape
        grid = self._grid()
        middle = to_index @ [(width - 1) / 2, (height - 1) / 2, 0.0, 1.0]
        depths = np.linalg.solve(to_index, grid.corners(0.5))[2]
        if (self.aligned and not grid.contains(middle[:3])) or not depths.min() <= 0.0 <= depths.max():
            raise InputError(_("The volume has no further slice in this direction."))
        return Frame(self.volume, self.plane, to_index, self.shape, self.aligned)

    def mask_to_labelmap(
        self, mask: np.ndarray, grid: Optional[Grid] = None, touched: bool = False, step: int = 0
    ) -> Optional[Any]:
        """Voxels of a mask, as an image that Slicer's segment editor takes.

        Args:
            mask: (height, width) bool.
            grid: lattice to write into (`segmentation_grid`); None for the volume's own.
            touched: on a lattice other than the pixels': all voxels that the mask meets, not the majority.
            step: the mask lies so many slices further along the plane's normal.

        Returns:
            vtkOrientedImageData (0 and 1) in the local coordinates of the grid's node, no larger than the mask
            needs and inside the grid; None where no voxel is on.
        """
        own = self._grid()
        grid = grid or own
        to_grid = np.linalg.solve(grid.to_world, own.to_world @ moved(self.to_index, step))
        exact = self._exact(to_grid)
        if exact is None:
            # On the volume's own lattice an oblique slice is a sheet that has each of its voxels once.
            thick = self.aligned or not self.shares_voxels(grid)
            found = splat(np.asarray(mask, dtype=bool), to_grid, grid.extent, thick, touched)
        else:
            found = place(np.asarray(mask, dtype=bool), exact, grid)
        return None if found is None else labelmap_image(found[0], found[1], grid.to_local)

    def masks_to_labelmap(self, masks: Mapping[int, np.ndarray], grid: Grid) -> Optional[Any]:
        """`mask_to_labelmap` for (height, width) bool masks on several slices, by their steps along the normal."""
        if len(masks) > 1 and not self.shares_voxels(grid):
            found = fill(masks, np.linalg.solve(grid.to_world, self.to_world), grid.extent)
            return None if found is None else labelmap_image(found[0], found[1], grid.to_local)
        images = [self.mask_to_labelmap(mask, grid, step=step) for step, mask in masks.items()]
        return merged([image for image in images if image is not None], grid.to_local)

    def shares_voxels(self, grid: Grid) -> bool:
        """Whether a grid has the volume's own voxels: a slice is written the same alone and with others there."""
        return same_lattice(self._grid(), grid)

    def segment_mask(self, segmentation: Any, segment_id: str) -> np.ndarray:
        """(height, width) bool: pixels of this slice that a segment holds."""
        image, value = segment_image(segmentation, segment_id)
        if image is None:
            return np.zeros(self.shape, dtype=bool)
        return self.labels(image_array(image), image_grid(image, parent_to_world(segmentation)), value)

    def labels(self, array: np.ndarray, grid: Grid, value: Optional[int] = None) -> np.ndarray:
        """(height, width) bool: pixels whose closest voxel of a (k, j, i) label array is `value` (None: not 0)."""
        to_grid = np.linalg.solve(grid.to_world, self.to_world)
        exact = self._exact(to_grid)
        if exact is not None:
            return labels_of(array, grid.extent, value, self.shape, exact)
        return sample_labels(array, first_of(grid.extent), value, self.shape, to_grid)

    def segmentation_grid(self, segmentation: Any, masks: Optional[Mapping[int, np.ndarray]] = None) -> Grid:
        """Lattice in which masks of this frame are written into a segmentation, see `grid.segmentation_grid`.

        Args:
            segmentation: vtkMRMLSegmentationNode.
            masks: (height, width) bool each, by the number of slices along the normal: it grows over these only; None
                for the whole volume.
        """
        if masks is None:
            return segmentation_grid(segmentation, self.volume)
        around = [self._around(mask, step) for step, mask in masks.items() if mask.any()]
        return segmentation_grid(segmentation, self.volume, np.hstack([np.zeros((4, 0)), *around]))

    def _around(self, mask: np.ndarray, step: int) -> np.ndarray:
        """(4, 8) corners in RAS of what a mask covers, half a slice to either side included, within the volume."""
        rows, columns = rectangle_of(mask)
        box = Grid(self.to_index, np.eye(4), (columns.start, columns.stop - 1, rows.start, rows.stop - 1, step, step))
        own = self._grid()
        first, last = np.array(own.extent[::2])[:, None], np.array(own.extent[1::2])[:, None]
        index = np.clip((box.to_local @ box.corners(0.5))[:3], first, last)
        bounds = zip(index.min(axis=1), index.max(axis=1))
        return np.asarray(own.to_world @ np.array([[*corner, 1.0] for corner in product(*bounds)]).T)

    def _cut_image(self) -> FrameImage:
        spacing = np.linalg.norm(self.to_world[:3, :2], axis=0)
        return FrameImage(self._cut(), (float(spacing[0]), float(spacing[1])), is_in_mm(self.volume))

    def _cut(self) -> np.ndarray:
        """(height, width) pixels of the slice as the volume is now."""
        voxels = image_array(self.volume.GetImageData())
        if voxels.ndim == 4 and not _are_colours(voxels, self.volume.GetImageData().GetPointData().GetScalars()):
            raise InputError(
                _(
                    "The volume has {count} values per voxel that are no colours; take one of them, in 3D Slicer with "
                    "the module Vector to Scalar Volume."
                ).format(count=voxels.shape[3])
            )
        return cut(voxels, self.to_index, self.shape, self.aligned)

    def _grid(self) -> Grid:
        """Grid of the volume, as long as its voxels are those that the frame's indices mean."""
        grid = volume_grid(self.volume)
        if self.volume.GetImageData().GetDimensions() != self._size:
            raise InputError(_("The image of the volume was replaced by one of another size; click again."))
        if not np.allclose(grid.to_local, self._to_local, rtol=0, atol=1e-6 * float(np.abs(self._to_local).max())):
            raise InputError(_("The volume was moved, or its spacing was changed; click again."))
        return grid

    def _exact(self, to_grid: np.ndarray) -> Optional[np.ndarray]:
        """`to_grid` in whole numbers if every pixel is one voxel of the lattice."""
        whole = np.rint(to_grid)
        height, width = self.shape
        corners = np.array([[0, 0, 0, 1], [width - 1, 0, 0, 1], [0, height - 1, 0, 1], [0, 0, 1, 1]]).T
        if np.abs((whole - to_grid) @ corners).max() > SAME:
            return None
        one_each = np.abs(whole[:3, :3]).sum(axis=0) == 1
        return whole.astype(np.int64) if one_each.all() else None


def _check_kind(volume: Any) -> None:
    if volume is None or not volume.IsA("vtkMRMLScalarVolumeNode"):
        raise InputError(_("There is no volume to segment; load and select a scalar volume."))
    if volume.IsA("vtkMRMLLabelMapVolumeNode"):
        raise InputError(_("The volume is a label map; select the image that it was drawn on."))


def _digest(pixels: np.ndarray) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16).digest()


def _are_colours(voxels: np.ndarray, scalars: Any) -> bool:
    """Whether the values of a voxel may be red, green, blue; time points and vectors go beyond a byte's range."""
    if voxels.shape[3] not in (3, 4) or voxels.dtype == np.uint8:
        return voxels.shape[3] in (3, 4)
    ranges = [scalars.GetRange(n) for n in range(3)]  # VTK keeps them
    return min(low for low, _high in ranges) >= 0 and max(high for _low, high in ranges) <= 255


def _inside(grid: Grid, ras: Point) -> np.ndarray:
    index = grid.index_of(ras)
    if not grid.contains(index):
        raise InputError(_("The click lies outside the volume; click inside the image."))
    return index
