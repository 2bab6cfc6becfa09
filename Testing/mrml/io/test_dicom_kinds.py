"""DICOM series and single files of all kinds: where and how large their pixels are, and what is refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.volumes import read_image

pydicom = pytest.importorskip("pydicom")
from dicom_files import FRAMES, Items, disc, file, items, save, series  # noqa: E402


@pytest.mark.parametrize(
    ("tags", "size"),
    [
        ({"PixelSpacing": [0.3, 0.2]}, (0.2, 0.3)),
        ({"ImagerPixelSpacing": [0.3, 0.2]}, (0.2, 0.3)),
        ({"NominalScannedPixelSpacing": [0.3, 0.2]}, (0.2, 0.3)),
        ({"PixelSpacing": [0.3, 0.2], "ImagerPixelSpacing": [0.5, 0.5]}, (0.2, 0.3)),
        ({"PixelSpacing": [0.0, 0.0], "ImagerPixelSpacing": [0.5, 0.5]}, (0.5, 0.5)),
        ({}, None),
    ],
)
def test_pixel_sizes_by_whatever_gives_them(tmp_path: Path, tags: Dict[str, Any], size: Optional[tuple]) -> None:
    image = read_image(str(save(file(FRAMES[0], **tags), tmp_path / "a.dcm")))
    assert image.in_mm is (size is not None)
    assert np.linalg.norm(image.to_ras[:3, :2], axis=0) == pytest.approx(size or (1, 1))


@pytest.mark.parametrize(("scales", "known"), [([0.02], True), ([0.02, 0.02], True), ([0.02, 0.05], False)])
def test_regions_of_ultrasound(tmp_path: Path, scales: List[float], known: bool) -> None:
    # Beside the pictures, in cm, there is a curve over seconds.
    regions = Items(
        items(PhysicalUnitsXDirection=x, PhysicalUnitsYDirection=y, PhysicalDeltaX=size, PhysicalDeltaY=size)[0]
        for x, y, size in [(3, 3, each) for each in scales] + [(4, 7, 9.0)]
    )
    image = read_image(str(save(file(FRAMES[0], SequenceOfUltrasoundRegions=regions), tmp_path / "a.dcm")))
    assert image.in_mm is known
    assert abs(image.to_ras[0, 0]) == pytest.approx(0.2 if known else 1)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({"PixelSpacing": tuple([[0.8, 0.7]] * 3 + [[0.4, 0.4]] * 2)}, r"pixels of several sizes \(0.4 to 0.8 mm\)"),
        ({"Rows": (8, 8, 4, 8, 8)}, r"slices of several sizes \(9 x 4, 9 x 8 pixels\)"),
        ({"ImagePositionPatient": tuple([5.0, 7.0, z] for z in (10, 12.0, 14.3, 16.6, 18.9))}, "unevenly spaced"),
        ({"ImageOrientationPatient": None}, "does not say where its slices lie"),
        ({"ImagePositionPatient": None}, "does not say where its slices lie"),
        ({"Rows": 80}, "too early"),
        ({"BitsAllocated": 12}, "12 bits"),
    ],
)
def test_series_that_are_refused(tmp_path: Path, tags: Dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_image(str(series(tmp_path / "a", **tags)))


@pytest.mark.parametrize("size", [0.01, 10.0])
def test_pixel_sizes_are_compared_by_their_share(tmp_path: Path, size: float) -> None:
    """A thousandth more is the same size, in microscopy and in coarse images; a tenth more is not."""
    some = tuple([[size, size]] * 4 + [[1.0005 * size, size]])
    assert np.array_equal(read_image(str(series(tmp_path / "a", PixelSpacing=some))).values, FRAMES)
    other = tuple([[size, size]] * 4 + [[1.1 * size, size]])
    with pytest.raises(InputError, match="pixels of several sizes"):
        read_image(str(series(tmp_path / "b", PixelSpacing=other)))


def test_slices_that_a_program_has_given_one_name_are_not_copies(tmp_path: Path) -> None:
    """Two of them are alike, as empty slices are."""
    frames = FRAMES.copy()
    frames[3] = frames[1]
    image = read_image(str(series(tmp_path / "a", frames, SOPInstanceUID="1.2.3")))
    assert np.array_equal(image.values, frames) and not image.notes


def test_a_picture_that_is_there_twice_is_one_picture(tmp_path: Path) -> None:
    for name in ("a", "copy of a"):
        save(file(FRAMES[0]), tmp_path / name)
    image = read_image(str(tmp_path))
    assert np.array_equal(image.values[0], FRAMES[0]) and "there twice" in image.notes[0]


def test_small_changes_of_distance_that_add_up_are_refused(tmp_path: Path) -> None:
    """Half of the slices lie 8 percent closer: at the end they are more than a slice away from where they would be."""
    steps = np.cumsum([0.0] + [2.0] * 15 + [1.84] * 16)
    frames = np.random.default_rng(0).integers(0, 900, (32, 4, 4)).astype("u2")
    with pytest.raises(InputError, match="unevenly spaced"):
        read_image(str(series(tmp_path / "a", frames, ImagePositionPatient=tuple([0.0, 0.0, z] for z in steps))))


def test_files_that_are_there_twice_count_once(tmp_path: Path) -> None:
    folder = series(tmp_path / "a")
    for path in list(folder.iterdir()):
        (folder / f"copy of {path.name}").write_bytes(path.read_bytes())
    image = read_image(str(folder))
    assert np.array_equal(image.values, FRAMES) and "5 images of the series are there twice" in image.notes[0]
    # The same position with other pixels is a time series, also where a program has given them one name.
    other = pydicom.dcmread(folder / "2.dcm")
    other.PixelData = (FRAMES[2] + 1).tobytes()
    other.save_as(folder / "later.dcm")
    with pytest.raises(InputError, match="several images at one position"):
        read_image(str(folder))


@pytest.mark.parametrize("kept", [0, 140, 200, 420, 700, -300, -1])
@pytest.mark.parametrize("which", [0, 2, 4])
@pytest.mark.parametrize("given", ["folder", "file"])
def test_a_slice_that_was_cut_off_is_never_left_out(tmp_path: Path, kept: int, which: int, given: str) -> None:
    """Wherever it ends, also before it says to which series it belongs; the last slice would not be missed."""
    folder = series(tmp_path / "a")
    path = folder / f"{which}.dcm"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match="too early"):
        read_image(str(folder if given == "folder" else folder / "1.dcm"))


@pytest.mark.parametrize("bare", [(0, 1), range(5)])
@pytest.mark.parametrize("implicit", [True, False])
def test_files_without_a_preamble(tmp_path: Path, bare: Sequence[int], implicit: bool) -> None:
    folder = series(tmp_path / "a")
    for n in bare:
        data = pydicom.dcmread(folder / f"{n}.dcm")
        del data.file_meta
        data.preamble = None
        data.save_as(folder / f"{n}.dcm", implicit_vr=implicit, little_endian=True, enforce_file_format=False)
    for path in (folder, folder / "0.dcm", folder / "4.dcm"):
        assert np.array_equal(read_image(str(path)).values, FRAMES)


def test_a_disc_with_one_series(tmp_path: Path) -> None:
    place = disc(tmp_path, ["1.2.3.1"])
    for path in (place, place / "DICOMDIR"):
        assert np.array_equal(read_image(str(path)).values, FRAMES)


def test_a_disc_with_several_series_names_files_to_give(tmp_path: Path) -> None:
    place = disc(tmp_path, ["1.2.3.1", "1.2.3.2"])
    for path in (place, place / "DICOMDIR"):
        with pytest.raises(InputError, match="2 DICOM series; give one file of the series that you mean") as told:
            read_image(str(path))
        named = str(told.value).split("such as ")[1].rstrip(".").split(", ")
        assert len(named) == 2
        for name in named:
            assert np.array_equal(read_image(name).values, FRAMES)


def test_dicom_files_without_an_image(tmp_path: Path) -> None:
    report = file(FRAMES[0], "1.2.840.10008.5.1.4.1.1.88.11", Modality="SR", Rows=None, Columns=None)
    del report.PixelData
    with pytest.raises(InputError, match=r"without an image \(SR\)"):
        read_image(str(save(report, tmp_path / "a.dcm")))
    folder = series(tmp_path / "b")
    save(report, folder / "report.dcm")
    assert np.array_equal(read_image(str(folder)).values, FRAMES)
