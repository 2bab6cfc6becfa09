"""NIfTI files: place, units and scale as the header says, the sform first; sheared and damaged ones are refused."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest
import slicer
from scipy.spatial.transform import Rotation

from SPASegmentLib.errors import InputError
from SPASegmentLib.lattice import Lattice, differences
from SPASegmentLib.mrml.grid import volume_grid
from SPASegmentLib.mrml.io.nifti import read_nifti
from SPASegmentLib.mrml.io.volumes import read_image, read_mask
from SPASegmentLib.mrml.io.voxels import UnreadableError
from SPASegmentLib.mrml.volumes import is_in_mm, load_volume

nibabel = pytest.importorskip("nibabel")

VOXELS = np.random.default_rng(0).integers(0, 500, (7, 6, 5)).astype("i2")  # (i, j, k)


def affine(*spacing: float, turn: float = 0.0, shear: float = 0.0) -> np.ndarray:
    """Turned about k, sheared by an angle in degrees between i and j."""
    angle = np.radians(turn)
    matrix = np.eye(4)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    sheared = np.eye(4)
    sheared[0, 1] = np.tan(np.radians(shear))
    matrix = matrix @ sheared @ np.diag([*spacing, 1.0])
    matrix[:3, 3] = (-20, 11, 5)
    return matrix


def save(
    path: Path, sform: Optional[np.ndarray], qform: Optional[np.ndarray], voxels: np.ndarray = VOXELS,
    kind: Any = nibabel.Nifti1Image,
) -> None:  # fmt: skip
    image = kind(voxels, None, dtype=voxels.dtype)
    image.set_sform(sform, 0 if sform is None else 2)
    image.set_qform(qform, 0 if qform is None else 1, strip_shears=True)
    image.header.set_xyzt_units("mm")
    nibabel.save(image, path)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".img", ".NII.GZ"])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("spacing", [(0.7, 0.8, 2.5), (-0.7, 0.8, 2.5), (0.7, -0.8, -2.5)])
@pytest.mark.parametrize("form", ["sform", "qform", "both"])
def test_the_lattice_of_the_file(tmp_path: Path, ending: str, kind: Any, spacing: tuple, form: str) -> None:
    if ending == ".img":
        kind = {nibabel.Nifti1Image: nibabel.Nifti1Pair, nibabel.Nifti2Image: nibabel.Nifti2Pair}[kind]
    place = affine(*spacing, turn=20)
    path = tmp_path / f"a{ending.lower()}"
    save(path, None if form == "qform" else place, None if form == "sform" else place, kind=kind)
    path = path.rename(tmp_path / f"a{ending}")
    image = read_nifti(path)
    assert np.array_equal(image.values, VOXELS.T)
    assert image.to_ras == pytest.approx(place, abs=1e-5) and image.in_mm and image.notes == ()


@pytest.mark.parametrize("angles", [(20, -35, 50), (-80, 10, 170), (180, 0, 0), (0, 180, 0), (10, 100, -120)])
def test_a_rotation_about_any_axis(tmp_path: Path, angles: tuple) -> None:
    place = np.eye(4)
    place[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() @ np.diag([0.7, 0.8, 2.5])
    save(tmp_path / "a.nii", None, place)
    assert read_nifti(tmp_path / "a.nii").to_ras == pytest.approx(place, abs=1e-5)


@pytest.mark.parametrize("spacing", [(0.7, 0.8, 2.5), (-0.7, 0.8, 2.5)])
def test_slicers_reader_says_the_same(scene: Any, tmp_path: Path, spacing: tuple) -> None:
    """It turns left-handed volumes around; then voxels are compared at their places."""
    path = tmp_path / "a.nii.gz"
    save(path, affine(*spacing, turn=20), affine(*spacing, turn=20))
    storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
    scene.AddNode(storage)
    storage.SetFileName(str(path))
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    assert storage.ReadData(node)
    own = volume_grid(load_volume(scene, str(path)))
    other, voxels = volume_grid(node), slicer.util.arrayFromVolume(node)
    for index in np.ndindex(*VOXELS.shape):
        i, j, k = np.rint(other.index_of(tuple((own.to_world @ [*index, 1])[:3]))).astype(int)
        assert voxels[k, j, i] == VOXELS[index]


def test_the_sform_comes_first_as_in_training(tmp_path: Path) -> None:
    qform = affine(1, 1, 2)
    qform[0, 3] += 26
    save(tmp_path / "a.nii", affine(1, 1, 2), qform)
    image = read_image(str(tmp_path / "a.nii"))
    assert image.to_ras == pytest.approx(nibabel.load(tmp_path / "a.nii").affine)
    assert len(image.notes) == 1 and "26.0 mm" in image.notes[0] and "sform" in image.notes[0]


@pytest.mark.parametrize(("angle", "refused"), [(15.0, True), (5.0, True), (0.1, False), (0.02, False)])
@pytest.mark.parametrize("qform", [True, False])
def test_shear(tmp_path: Path, angle: float, refused: bool, qform: bool) -> None:
    place = affine(1, 1, 2, shear=angle)
    save(tmp_path / "a.nii", place, place if qform else None)
    if refused:
        with pytest.raises(InputError, match="sheared"):
            read_image(str(tmp_path / "a.nii"))
    else:
        assert read_image(str(tmp_path / "a.nii")).to_ras == pytest.approx(place, abs=1e-5)
    # A mask is compared with its image, wherever that lies.
    save(tmp_path / "mask.nii", place, place if qform else None, (np.median(VOXELS) < VOXELS).astype("<i2"))
    assert not differences(read_mask(str(tmp_path / "mask.nii")).lattice, Lattice(VOXELS.shape, place))


@pytest.mark.parametrize(("unit", "mm"), [("meter", 1e3), ("mm", 1.0), ("micron", 1e-3), ("unknown", 1.0)])
@pytest.mark.parametrize("form", ["sform", "qform", "none"])
def test_units(tmp_path: Path, unit: str, mm: float, form: str) -> None:
    place = affine(0.5, 0.6, 2)
    image = nibabel.Nifti1Image(VOXELS, None)
    image.header.set_zooms((0.5, 0.6, 2))
    image.set_sform(place, 2 if form == "sform" else 0)
    image.set_qform(place, 1 if form == "qform" else 0)
    image.header.set_zooms((0.5, 0.6, 2))
    image.header.set_xyzt_units(unit)
    nibabel.save(image, tmp_path / "a.nii")
    found = read_nifti(tmp_path / "a.nii")
    assert np.linalg.norm(found.to_ras[:3, :3], axis=0) == pytest.approx(mm * np.array([0.5, 0.6, 2]))
    assert found.in_mm


@pytest.mark.parametrize("sizes", [(0, 0, 0), (1, 1, 1), (1, 0, 1), (float("nan"), 1, 1)])
def test_a_size_that_nobody_gave_is_not_made_up(scene: Any, tmp_path: Path, sizes: tuple) -> None:
    save(tmp_path / "a.nii", None, None)
    content = bytearray((tmp_path / "a.nii").read_bytes())
    struct.pack_into("<3f", content, 80, *sizes)
    content[123] = 0
    (tmp_path / "a.nii").write_bytes(content)
    volume = load_volume(scene, str(tmp_path / "a.nii"))
    assert not is_in_mm(volume)
    assert np.diag(volume_grid(volume).to_world).tolist() == [-1, -1, 1, 1]


@pytest.mark.parametrize("slope", [(2.0, -100.0), (1.0, -1024.0), (0.0, 5.0), (float("nan"), 1.0), (0.001, 0.0)])
@pytest.mark.parametrize("kind", ["u1", "i2", ">i2", "i4", "f4", "u8"])
def test_scales(tmp_path: Path, slope: tuple, kind: str) -> None:
    voxels = (VOXELS % 200).astype(kind)
    save(tmp_path / "a.nii", affine(1, 1, 1), None, voxels.astype(voxels.dtype.newbyteorder("=")))
    content = bytearray((tmp_path / "a.nii").read_bytes())
    struct.pack_into("<2f", content, 112, *slope)
    (tmp_path / "a.nii").write_bytes(content)
    factor, offset = (np.float32(n) for n in slope)
    right = voxels.T * (factor if factor > 0 else 1) + (offset if factor > 0 else 0)
    assert read_nifti(tmp_path / "a.nii").values == pytest.approx(right, rel=1e-6)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_several_volumes_are_chosen_from(scene: Any, tmp_path: Path, ending: str) -> None:
    volumes = np.stack([VOXELS, VOXELS + 7, VOXELS * 2], -1)
    path = str(tmp_path / f"a{ending}")
    save(Path(path), affine(1, 1, 2), None, volumes)
    with pytest.raises(InputError, match="3 values per voxel.*--component 1 to 3"):
        load_volume(scene, path)
    assert np.array_equal(slicer.util.arrayFromVolume(load_volume(scene, path, component=2)), volumes[..., 1].T)
    with pytest.raises(InputError, match="no volume 4"):
        load_volume(scene, path, component=4)
    save(Path(path), affine(1, 1, 2), None, VOXELS[..., None])
    assert np.array_equal(slicer.util.arrayFromVolume(load_volume(scene, path)), VOXELS.T)


def test_colours(tmp_path: Path) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (7, 6, 5, 3)).astype("u1")
    kind = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    nibabel.save(nibabel.Nifti1Image(rgb.view(kind)[..., 0], affine(1, 1, 2)), tmp_path / "a.nii")
    for image in (read_image(str(tmp_path / "a.nii")), read_nifti(tmp_path / "a.nii")):
        assert image.colour and np.array_equal(image.values, rgb.transpose(2, 1, 0, 3))


def test_a_single_slice(tmp_path: Path) -> None:
    save(tmp_path / "a.nii", affine(1, 1, 2), None, VOXELS[:, :, 0])
    assert np.array_equal(read_image(str(tmp_path / "a.nii")).values, VOXELS[:, :, :1].T)


def test_what_follows_the_gzip_stream(tmp_path: Path) -> None:
    save(tmp_path / "a.nii", affine(1, 1, 2), None)
    plain = (tmp_path / "a.nii").read_bytes()
    packed, path = gzip.compress(plain), tmp_path / "a.nii.gz"
    in_two = gzip.compress(plain[:400]) + gzip.compress(plain[400:])
    whole = [packed + b"left by a program", packed + bytes(512), in_two]
    for content in (*whole, gzip.compress(plain + b"more"), packed + packed[:20]):
        path.write_bytes(content)
        assert np.array_equal(read_nifti(path).values, VOXELS.T)
    flipped = bytearray(packed)
    flipped[-6] ^= 1  # the checksum
    for content in (packed[: len(packed) // 2], packed[:-1], bytes(flipped)):
        path.write_bytes(content)
        with pytest.raises(UnreadableError, match="too early|damaged"):
            read_nifti(path)


@pytest.mark.parametrize(
    ("place", "kind", "value", "reason"),
    [
        (344, "4s", b"\0\0\0\0", "Analyze"),
        (40, "h", 9, "header is damaged"),
        (42, "h", 0, "header is damaged"),
        (42, "h", -7, "header is damaged"),
        (42, "h", 32767, "too early"),
        (70, "h", 32, "code 32"),
        (108, "f", float("nan"), "header is damaged"),
        (108, "f", 1e12, "too early"),
        (280, "f", float("inf"), "do not span"),
        (280, "f", 0.0, "do not span"),
    ],
)
def test_headers_that_are_refused(tmp_path: Path, place: int, kind: str, value: Any, reason: str) -> None:
    save(tmp_path / "a.nii", affine(1, 1, 2), None)
    content = bytearray((tmp_path / "a.nii").read_bytes())
    struct.pack_into("<" + kind, content, place, value)
    for name, written in (("a.nii", bytes(content)), ("a.nii.gz", gzip.compress(bytes(content)))):
        (tmp_path / name).write_bytes(written)
        with pytest.raises(UnreadableError, match=reason):
            read_nifti(tmp_path / name)
