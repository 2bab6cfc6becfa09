"""A segmentation that was made on a smaller volume grows with what is written; nothing is cut off."""

from __future__ import annotations

from typing import Any, Tuple

import numpy as np
import pytest

from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import segmentation_grid, volume_grid
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation, segment_array
from SPASegmentLib.mrml.volumes import add_volume
from SPASegmentLib.mrml.writer import write_mask

VOXELS = np.random.default_rng(0).normal(100, 20, (9, 64, 64)).astype(np.float32)
MIDDLE = (32.0, 32.0, 4.0)


def moved(to_ras: np.ndarray, first: Tuple[int, int, int]) -> np.ndarray:
    result = to_ras.copy()
    result[:3, 3] = (to_ras @ [*first, 1])[:3]
    return result


@pytest.mark.parametrize("plane", ["axial", "sagittal", "coronal"])
@pytest.mark.parametrize("part", [np.s_[:, :, :32], np.s_[:, 40:, :], np.s_[2:5, :30, :30], np.s_[:2]])
def test_masks_are_written_whole(scene: Any, plane: str, part: Any) -> None:
    to_ras = np.diag([-0.8, -0.8, 2.0, 1.0])
    volume = add_volume(scene, VOXELS, to_ras)
    first = [(one.start or 0) if isinstance(one, slice) else 0 for one in (*np.atleast_1d(part),)]
    first += [0] * (3 - len(first))
    cropped = add_volume(scene, VOXELS[part].copy(), moved(to_ras, (first[2], first[1], first[0])), "Cropped")
    segmentation = create_segmentation(cropped)
    segment = add_segment(segmentation, "SPA")
    centre = tuple((to_ras @ [*MIDDLE, 1])[:3])
    frame = Frame.at(volume, centre, Plane.named(plane))
    y, x = np.mgrid[: frame.image.shape[0], : frame.image.shape[1]]
    mask = (np.abs(x - frame.image.shape[1] / 2) < 12) & (np.abs(y - frame.image.shape[0] / 2) < 12)
    write_mask(LogicEditor(segmentation, volume), frame, mask, segmentation, segment)
    assert np.array_equal(frame.segment_mask(segmentation, segment), mask)
    assert segment_array(segmentation, segment, volume_grid(volume)).sum() == mask.sum()


def test_a_geometry_that_covers_the_volume_stays(scene: Any) -> None:
    """Also one with finer voxels, and one that is larger."""
    volume = add_volume(scene, VOXELS, np.eye(4))
    fine = np.diag([0.5, 0.5, 0.5, 1.0])
    fine[:3, 3] = -10
    for shape, matrix in ((VOXELS.shape, np.eye(4)), ((60, 180, 180), fine)):
        other = add_volume(scene, np.arange(np.prod(shape), dtype=np.float32).reshape(shape), matrix)
        segmentation = create_segmentation(other)
        add_segment(segmentation, "a")
        name = "Reference image geometry"
        before = segmentation.GetSegmentation().GetConversionParameter(name)
        grid = segmentation_grid(segmentation, volume)
        assert before and segmentation.GetSegmentation().GetConversionParameter(name) == before
        assert grid.shape == shape[::-1]
