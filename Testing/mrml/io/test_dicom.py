"""DICOM series: found, ordered by position, and refused where they are no volume."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Optional, Sequence

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.grid import image_array, volume_grid
from SPASegmentLib.mrml.io.volumes import read_image
from SPASegmentLib.mrml.io.voxels import unless
from SPASegmentLib.mrml.volumes import load_volume

pytest.importorskip("pydicom")
from dicom_files import AXIAL, file, save  # noqa: E402

#: Rows run to the back, columns down: the slices lie side by side.
SAGITTAL = (0.0, 1, 0, 0, 0, -1)


def write_series(
    folder: Path,
    voxels: np.ndarray,
    uid: str = "1.2.3",
    names: Optional[Sequence[str]] = None,
    positions: Optional[np.ndarray] = None,
    orientations: Optional[List[Sequence[float]]] = None,
    located: bool = True,
) -> None:
    """CT slices with rescaling; `voxels` are in HU, 0.7 x 0.8 mm, 3 mm apart."""
    folder.mkdir(exist_ok=True)
    if positions is None:
        positions = np.array([[-10.0, -20.0, 5.0 + 3 * n] for n in range(len(voxels))])
    for n, plane in enumerate(voxels):
        data = file(
            (plane + 1024).astype("i2"), series=uid, number=n + 1, RescaleIntercept=-1024, RescaleSlope=1,
            PixelSpacing=[0.8, 0.7], ImagePositionPatient=[float(v) for v in positions[n]] if located else None,
            ImageOrientationPatient=list(AXIAL if orientations is None else orientations[n]) if located else None,
        )  # fmt: skip
        save(data, folder / (names[n] if names else f"{n:03d}.dcm"))


@pytest.fixture
def ct() -> np.ndarray:
    return np.random.default_rng(0).integers(-1000, 1500, (7, 20, 24)).astype(np.int16)


def test_slices_are_ordered_by_position_not_by_name(scene: Any, tmp_path: Path, ct: np.ndarray) -> None:
    write_series(tmp_path, ct, names=[f"IM{n}" for n in (3, 11, 0, 2, 6, 5, 4)])
    (tmp_path / "readme.txt").write_text("not an image")
    (tmp_path / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    (tmp_path / "folder").mkdir()
    volume = load_volume(scene, str(tmp_path))
    assert np.array_equal(image_array(volume.GetImageData()), ct)
    expected = [[-0.7, 0, 0, 10], [0, -0.8, 0, 20], [0, 0, 3, 5], [0, 0, 0, 1]]
    assert volume_grid(volume).to_world == pytest.approx(np.array(expected))


def test_sagittal_slices(scene: Any, tmp_path: Path, ct: np.ndarray) -> None:
    positions = np.array([[40.0 - 2 * n, -20.0, 30.0] for n in range(7)])
    write_series(tmp_path, ct, positions=positions, orientations=[SAGITTAL] * 7)
    volume = load_volume(scene, str(tmp_path))
    grid = volume_grid(volume)
    voxels = image_array(volume.GetImageData())
    for n, row, column in ((0, 0, 0), (6, 19, 23), (2, 5, 7)):
        lps = positions[n] + 0.7 * column * np.array(SAGITTAL[:3]) + 0.8 * row * np.array(SAGITTAL[3:])
        i, j, k = np.rint(grid.index_of((-lps[0], -lps[1], lps[2]))).astype(int)
        assert voxels[k, j, i] == ct[n, row, column]


def test_one_file_stands_for_its_series(scene: Any, tmp_path: Path, ct: np.ndarray) -> None:
    write_series(tmp_path, ct, uid="1.2.3", names=[f"a{n}" for n in range(7)])
    write_series(tmp_path, ct[:4] + 1, uid="1.2.4", names=[f"b{n}" for n in range(4)])
    with pytest.raises(InputError, match="2 DICOM series"):
        load_volume(scene, str(tmp_path))
    assert np.array_equal(image_array(load_volume(scene, str(tmp_path / "b2")).GetImageData()), ct[:4] + 1)
    assert np.array_equal(image_array(load_volume(scene, str(tmp_path / "a5")).GetImageData()), ct)


def test_a_scout_beside_the_series_is_passed_over(scene: Any, tmp_path: Path, ct: np.ndarray) -> None:
    write_series(tmp_path, ct, uid="1.2.3")
    write_series(tmp_path, ct[:1] + 1, uid="1.2.4", names=["scout"])
    assert np.array_equal(image_array(load_volume(scene, str(tmp_path)).GetImageData()), ct)


def test_a_stray_image_above_the_series_is_passed_over(scene: Any, tmp_path: Path, ct: np.ndarray) -> None:
    """A scout or a dose page in the patient's folder, the series below it."""
    write_series(tmp_path / "series", ct)
    write_series(tmp_path, ct[:1] + 1, uid="1.2.4", names=["scout"])
    assert np.array_equal(image_array(load_volume(scene, str(tmp_path)).GetImageData()), ct)


def test_a_series_of_one_slice(scene: Any, tmp_path: Path, ct: np.ndarray) -> None:
    write_series(tmp_path, ct[:1])
    assert np.array_equal(image_array(load_volume(scene, str(tmp_path)).GetImageData()), ct[:1])


def test_series_that_are_no_volume(scene: Any, tmp_path: Path, ct: np.ndarray) -> None:
    regular = np.array([[-10.0, -20.0, 5.0 + 3 * n] for n in range(7)])
    gap = regular + np.array([0, 0, 3.0]) * (np.arange(7) > 3)[:, None]
    twice = np.concatenate([regular[:4], regular[:3]])
    tilted = regular + np.arange(7)[:, None] * np.array([0.0, 1.0, 0.0])
    mixed: List[Sequence[float]] = [AXIAL] * 6 + [SAGITTAL]
    cases = {
        "missing or unevenly spaced": {"positions": gap},
        "several images at one position": {"positions": twice},
        "tilted gantry": {"positions": tilted},
        "several directions": {"orientations": mixed},
        "does not say where": {"located": False},
    }
    for number, (message, arguments) in enumerate(cases.items()):
        folder = tmp_path / str(number)
        write_series(folder, ct, **arguments)  # type: ignore[arg-type]
        with pytest.raises(InputError, match=message):
            load_volume(scene, str(folder))


def test_folders_without_images(scene: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no DICOM images"):
        load_volume(scene, str(tmp_path))
    (tmp_path / "a.nrrd").write_text("NRRD0004")
    with pytest.raises(InputError, match="no DICOM images"):
        load_volume(scene, str(tmp_path))


def test_a_series_that_is_given_up_is_not_read_to_its_end(tmp_path: Path, ct: np.ndarray) -> None:
    write_series(tmp_path, ct)
    asked = []

    def after_five() -> bool:
        asked.append(1)
        return len(asked) > 5

    with unless(after_five), pytest.raises(InputError, match="given up"):
        read_image(str(tmp_path))
    assert len(asked) == 6
