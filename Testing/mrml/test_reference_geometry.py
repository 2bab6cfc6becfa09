"""A segmentation whose lattice is not the volume's: smaller, finer, moved, or none; nothing is cut off."""

from __future__ import annotations

from typing import Any, Callable, Tuple

import numpy as np
import pytest
import slicer
from two_segments import WRITTEN, block

from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import (
    BINARY_LABELMAP,
    Grid,
    labelmap_image,
    matrix_from_array,
    segmentation_grid,
    volume_grid,
)
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


@pytest.mark.parametrize("normal", [(0, 0, 1), (0, 1, 0), (1, 2, 3)])
def test_a_fine_region_grows_only_as_far_as_the_mask_needs(scene: Any, normal: Tuple[float, float, float]) -> None:
    """Slicer holds images of the geometry's size: a fine one over a whole CT does not fit into memory."""
    volume = add_volume(scene, VOXELS, np.diag([1.4, 1.4, 4.0, 1.0]))
    segmentation = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    fine = np.diag([0.25, 0.25, 0.25, 1.0])
    fine[:3, 3] = (34.8, 34.8, 6.0)
    region = Grid(fine, np.eye(4), (0, 79, 0, 79, 0, 79))
    geometry = slicer.vtkOrientedImageData()
    geometry.SetExtent(region.extent)
    geometry.SetGeometryFromImageToWorldMatrix(matrix_from_array(fine))
    name = slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
    before = slicer.vtkSegmentationConverter.SerializeImageGeometry(geometry)
    core = segmentation.GetSegmentation()
    core.SetConversionParameter(name, before)
    segment, editor = add_segment(segmentation, "a"), LogicEditor(segmentation, volume)
    middle = (44.8, 44.8, 16.0)
    frame = Frame.at(volume, middle, Plane.from_normal(normal))
    mask = np.zeros(frame.image.shape, dtype=bool)
    x, y = (round(v) for v in frame.ras_to_xy(middle))
    mask[y - 1 : y + 2, x - 1 : x + 2] = True
    write_mask(editor, frame, mask, segmentation, segment)
    assert core.GetConversionParameter(name) == before
    assert np.array_equal(frame.segment_mask(segmentation, segment), mask)
    # Across the region's border it grows, over the mask, and by no more than a few of the volume's voxels.
    mask[y, x : x + 12] = True
    write_mask(editor, frame, mask, segmentation, segment)
    assert np.array_equal(frame.segment_mask(segmentation, segment), mask)
    grown = segmentation_grid(segmentation, volume, np.zeros((4, 0)))
    assert 80**3 < np.prod(grown.shape) < 4 * 80**3


@pytest.mark.parametrize("shared", [True, False])
def test_transforms(volume: Any, ras_of: Callable, scene: Any, shared: bool) -> None:
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    turn = np.array([[0, -1, 0, 5], [1, 0, 0, -8], [0, 0, 1, 3], [0, 0, 0, 1.0]])
    transform.SetMatrixTransformToParent(matrix_from_array(turn))
    volume.SetAndObserveTransformNodeID(transform.GetID())
    segmentation = create_segmentation(volume)
    if not shared:
        # The segmentation lies where the volume is seen, without a transform of its own.
        segmentation.SetAndObserveTransformNodeID(None)
        geometry = slicer.vtkOrientedImageData()
        geometry.SetExtent(0, 39, 0, 29, 0, 11)
        geometry.SetGeometryFromImageToWorldMatrix(matrix_from_array(volume_grid(volume).to_world))
        segmentation.GetSegmentation().SetConversionParameter(
            slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName(),
            slicer.vtkSegmentationConverter.SerializeImageGeometry(geometry),
        )
    segment = add_segment(segmentation, "a")
    frame = Frame.at(volume, ras_of(20, 15, 6), Plane.of_slices(volume_grid(volume)))
    editor = LogicEditor(segmentation, volume)
    mask = frame.labels(WRITTEN, volume_grid(volume))
    assert write_mask(editor, frame, mask, segmentation, segment) == WRITTEN.sum()
    assert np.array_equal(segment_array(segmentation, segment, volume_grid(volume)), WRITTEN)
    assert np.array_equal(frame.segment_mask(segmentation, segment), mask)


def test_a_reference_geometry_that_does_not_start_at_zero(scene: Any, noise: np.ndarray) -> None:
    volume = add_volume(scene, noise, np.diag([0.8, 0.8, 2.0, 1.0]))
    grid = volume_grid(volume)
    segmentation = create_segmentation(volume)
    outside = slicer.vtkSegment()
    outside.AddRepresentation(BINARY_LABELMAP, labelmap_image(np.ones((2, 3, 4)), (-6, -3, -2), grid.to_local))
    segmentation.GetSegmentation().AddSegment(outside, "outside")
    segment = add_segment(segmentation, "a")
    frame = Frame.at(volume, (16.0, 12.0, 12.0), Plane.named("axial"))
    assert frame.segmentation_grid(segmentation).extent[:1] == (-6,)
    editor = LogicEditor(segmentation, volume)
    assert write_mask(editor, frame, frame.labels(WRITTEN, grid), segmentation, segment) == WRITTEN.sum()
    assert np.array_equal(segment_array(segmentation, segment, grid), WRITTEN)
    everything = Grid(grid.to_local, np.eye(4), (-6, 39, -3, 29, -2, 11))
    assert segment_array(segmentation, "outside", everything).sum() == 24


def test_a_finer_reference_geometry(scene: Any, noise: np.ndarray) -> None:
    volume = add_volume(scene, noise, np.diag([0.8, 0.8, 2.0, 1.0]))
    segmentation = create_segmentation(volume)
    fine = np.diag([0.4, 0.4, 1.0, 1.0])
    fine[:3, 3] = (-0.2, -0.2, -0.5)
    geometry = slicer.vtkOrientedImageData()
    geometry.SetExtent(0, 79, 0, 59, 0, 23)
    geometry.SetGeometryFromImageToWorldMatrix(matrix_from_array(fine))
    segmentation.GetSegmentation().SetConversionParameter(
        slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName(),
        slicer.vtkSegmentationConverter.SerializeImageGeometry(geometry),
    )
    segment = add_segment(segmentation, "a")
    frame = Frame.at(volume, (16.0, 12.0, 12.0), Plane.named("axial"))
    mask = frame.labels(WRITTEN, volume_grid(volume))
    editor = LogicEditor(segmentation, volume)
    assert write_mask(editor, frame, mask, segmentation, segment) == 8 * WRITTEN.sum()
    assert np.array_equal(frame.segment_mask(segmentation, segment), mask)
    smaller = mask.copy()
    smaller[:, 25:] = False
    write_mask(editor, frame, smaller, segmentation, segment, "replace")
    assert np.array_equal(frame.segment_mask(segmentation, segment), smaller)


def test_voxels_that_came_without_a_reference_geometry(scene: Any, noise: np.ndarray) -> None:
    volume = add_volume(scene, noise)
    segmentation = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    imported = slicer.vtkSegment()
    imported.AddRepresentation(BINARY_LABELMAP, labelmap_image(np.ones((2, 3, 4)), (2, 3, 4), np.eye(4)))
    segmentation.GetSegmentation().AddSegment(imported, "imported")
    frame = Frame.at(volume, (20.0, 15.0, 6.0), Plane.named("axial"))
    editor = LogicEditor(segmentation, volume)
    grid = volume_grid(volume)
    assert write_mask(editor, frame, frame.labels(WRITTEN, grid), segmentation, "imported") == WRITTEN.sum()
    assert np.array_equal(segment_array(segmentation, "imported", grid), WRITTEN | block((4, 6), (3, 6), (2, 6)))
