"""DICOM files of many frames: each frame where its header says, and segmentations; the rest is refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional, Sequence

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.volumes import read_image, read_mask

pydicom = pytest.importorskip("pydicom")
from dicom_files import (  # noqa: E402
    AXIAL,
    CAPTURE,
    FRAMES,
    TURNED,
    along,
    enhanced,
    file,
    items,
    save,
    segmentation,
    value_at,
)


@pytest.mark.parametrize("orientation", [AXIAL, TURNED])
@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 0, 4, 1, 3)])
@pytest.mark.parametrize("measures_in_frames", [False, True])
def test_frames_of_an_enhanced_file(
    tmp_path: Path, orientation: Sequence[float], order: Sequence[int], measures_in_frames: bool
) -> None:
    positions = along(orientation, [2.0 * n for n in order])
    scales = [(1.0, -1024.0), (2.0, 0.5), (1.0, 0.0), (0.25, 7.0), (3.0, -1.0)]
    data = enhanced(FRAMES, positions, orientation, scales, measures_in_frames)
    image = read_image(str(save(data, tmp_path / "a.dcm")))
    assert image.in_mm and image.values.shape == (5, 8, 9)
    for n, (slope, intercept) in enumerate(scales):
        for row, column in ((0, 0), (7, 8), (2, 5)):
            right = FRAMES[n, row, column] * slope + intercept
            assert value_at(image, positions[n], orientation, row, column) == pytest.approx(right)


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        ([(5, 7, z) for z in (10, 12, 14, 20, 22)], "missing or unevenly spaced"),
        ([(5, 7, z) for z in (10, 12, 14, 16, 16)], "several images at one position"),
        ([(5, 7 + n, 10 + 2 * n) for n in range(5)], "tilted gantry"),
        ([(5, 7 + 3 * (n == 2), 10 + 2 * n) for n in range(5)], "tilted gantry"),
    ],
)
def test_frames_that_are_no_volume(tmp_path: Path, positions: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_image(str(save(enhanced(FRAMES, positions), tmp_path / "a.dcm")))


def test_frames_that_are_turned_against_each_other_or_have_other_pixels(tmp_path: Path) -> None:
    data = enhanced(FRAMES, along(AXIAL, range(5)))
    data.PerFrameFunctionalGroupsSequence[2].PlaneOrientationSequence = items(ImageOrientationPatient=list(TURNED))
    with pytest.raises(InputError, match="several directions"):
        read_image(str(save(data, tmp_path / "a.dcm")))
    data = enhanced(FRAMES, along(AXIAL, range(5)))
    data.PerFrameFunctionalGroupsSequence[2].PixelMeasuresSequence = items(PixelSpacing=[0.4, 0.4])
    with pytest.raises(InputError, match="pixels of several sizes"):
        read_image(str(save(data, tmp_path / "b.dcm")))
    data = enhanced(FRAMES, along(AXIAL, range(5)))
    del data.PerFrameFunctionalGroupsSequence[4]
    with pytest.raises(InputError, match="more or fewer frames"):
        read_image(str(save(data, tmp_path / "c.dcm")))


def test_a_film_of_frames_is_stacked_with_a_word(tmp_path: Path) -> None:
    image = read_image(str(save(file(FRAMES, CAPTURE), tmp_path / "a.dcm")))
    assert np.array_equal(image.values, FRAMES) and not image.in_mm
    assert "stacked" in image.notes[0]


def test_a_dose_lies_on_its_offsets(tmp_path: Path) -> None:
    data = file(
        FRAMES, "1.2.840.10008.5.1.4.1.1.481.2", Modality="RTDOSE", PixelSpacing=[0.8, 0.7], DoseGridScaling=0.5,
        ImagePositionPatient=[5, 7, 10], ImageOrientationPatient=list(AXIAL), GridFrameOffsetVector=[0, 3, 6, 9, 12],
    )  # fmt: skip
    image = read_image(str(save(data, tmp_path / "a.dcm")))
    assert image.values == pytest.approx(FRAMES * 0.5) and image.to_ras[2, 2] == pytest.approx(3)


@pytest.mark.parametrize("orientation", [AXIAL, TURNED])
@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL"])
@pytest.mark.parametrize("between", [2.0, None])
@pytest.mark.parametrize(
    ("frames", "segments"),
    [
        ((1, 2, 3, 4), (1, 1, 1, 1)),
        ((1, 2, 4), (1, 1, 1)),
        ((4, 1, 2), (1, 1, 1)),
        ((1, 2, 3, 2, 3, 4), (1, 1, 1, 2, 2, 2)),
    ],
)
def test_segmentations_as_masks(
    tmp_path: Path, orientation: Sequence[float], kind: str, between: Optional[float], frames: Any, segments: Any
) -> None:
    mask = np.random.default_rng(0).random((5, 8, 9)) > 0.5
    data = segmentation(mask, frames, segments, orientation, kind, between)
    image = read_mask(str(save(data, tmp_path / "a.dcm")))
    normal = np.cross(orientation[:3], orientation[3:])
    right = set()
    for k, row, column in np.argwhere(mask):
        if k in frames:
            lps = np.array([5.0, 7, 10]) + 2 * k * normal + 0.7 * column * np.array(orientation[:3])
            lps = lps + 0.8 * row * np.array(orientation[3:])
            right.add(tuple(np.round([-lps[0], -lps[1], lps[2]], 2) + 0.0))
    k, j, i = np.nonzero(image.values)
    seen = (image.to_ras @ np.stack([i, j, k, np.ones(len(i))]))[:3].T
    assert {tuple(np.round(point, 2) + 0.0) for point in seen} == right


@pytest.mark.parametrize("apart", [10.0, 2.0])
@pytest.mark.parametrize("thick", [1.0, 5.0])
def test_how_thick_slices_are_does_not_say_how_far_apart_they_are(tmp_path: Path, apart: float, thick: float) -> None:
    """As in high resolution CT of the lung: 1 mm every 10 mm."""
    data = segmentation(np.ones((5, 8, 9), bool), (0, 1, 2), (1, 1, 1))
    measures = data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SliceThickness = thick
    if "SpacingBetweenSlices" in measures:
        del measures.SpacingBetweenSlices
    for n, group in enumerate(data.PerFrameFunctionalGroupsSequence):
        group.PlanePositionSequence[0].ImagePositionPatient = [5, 7, apart * n]
    image = read_mask(str(save(data, tmp_path / "a.dcm")))
    assert image.values.shape == (3, 8, 9) and image.values.all()
    assert image.to_ras[2, 2] == pytest.approx(apart)


@pytest.mark.parametrize("between", [3.0, None])
def test_a_segmentation_of_one_slice_is_as_thick_as_it_says(tmp_path: Path, between: Optional[float]) -> None:
    data = segmentation(np.ones((5, 8, 9), bool), (2,), (1,), between=between)
    image = read_mask(str(save(data, tmp_path / "a.dcm")))
    assert np.linalg.norm(image.to_ras[:3, 2]) == pytest.approx(between or 2.0), "or as its thickness"


def test_a_segmentation_is_no_image(tmp_path: Path) -> None:
    mask = np.ones((5, 8, 9), bool)
    path = save(segmentation(mask, (0, 1, 2), (1, 1, 1)), tmp_path / "a.dcm")
    with pytest.raises(InputError, match="is a segmentation"):
        read_image(str(path))
    scattered = segmentation(mask, (0, 1, 2), (1, 1, 1))
    scattered.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0].ImagePositionPatient = [5, 7, 13.1]
    scattered.PerFrameFunctionalGroupsSequence[2].PlanePositionSequence[0].ImagePositionPatient = [9, 7, 14.0]
    with pytest.raises(InputError, match="one lattice"):
        read_mask(str(save(scattered, tmp_path / "b.dcm")))
