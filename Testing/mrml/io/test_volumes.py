"""Loading: what can be read is read exactly, and everything else ends in one sentence."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest
import slicer

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import image_array, volume_grid
from SPASegmentLib.mrml.io.volumes import read_image
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.volumes import add_volume, load_mask, load_volume, notes_of

NRRD_TYPES = {"u1": "uint8", "i2": "int16", "u2": "uint16", "i4": "int32", "i8": "int64", "f4": "float", "f8": "double"}
#: RAS positions of the files below, which say LPS.
TO_RAS = np.array([[-0.7, 0, 0, -1], [0, -0.8, 0, -2], [0, 0, 3, 3], [0, 0, 0, 1.0]])


def write_nrrd(path: Path, array: np.ndarray, cut: int = 0, fields: str = "") -> None:
    """A NRRD file by hand, so that reading is not tested against our own writer."""
    vector = array.ndim == 4
    header = [
        "NRRD0004",
        f"type: {NRRD_TYPES[array.dtype.str[1:]]}",
        f"dimension: {array.ndim}",
        "space: left-posterior-superior",
        f"sizes: {' '.join(str(n) for n in array.shape[::-1])}",
        f"space directions: {'none ' if vector else ''}(0.7,0,0) (0,0.8,0) (0,0,3)",
        f"kinds: {'vector ' if vector else ''}domain domain domain",
        "endian: little",
        "encoding: raw",
        "space origin: (1,2,3)",
    ]
    data = np.ascontiguousarray(array).tobytes()
    path.write_bytes(("\n".join(header) + "\n" + fields + "\n").encode() + data[: len(data) - cut])


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 200, (5, 12, 14))


@pytest.mark.parametrize("kind", NRRD_TYPES)
def test_nrrd_of_all_types(scene: Any, tmp_path: Path, image: np.ndarray, kind: str) -> None:
    write_nrrd(tmp_path / "a.nrrd", image.astype(kind))
    volume = load_volume(scene, str(tmp_path / "a.nrrd"))
    assert np.array_equal(image_array(volume.GetImageData()), image)
    assert volume_grid(volume).to_world == pytest.approx(TO_RAS)


def test_volumes_can_be_displayed(scene: Any, tmp_path: Path, image: np.ndarray) -> None:
    write_nrrd(tmp_path / "a.nrrd", image.astype("i2"))
    for volume in (load_volume(scene, str(tmp_path / "a.nrrd")), add_volume(scene, image)):
        assert volume.GetDisplayNode().GetColorNode().GetName() == "Grey"
        assert volume.GetDisplayNode().GetAutoWindowLevel()
    colour = add_volume(scene, np.random.default_rng(0).integers(0, 256, (3, 8, 9, 3)).astype(np.uint8))
    assert colour.GetDisplayNode().IsA("vtkMRMLVectorVolumeDisplayNode")


@pytest.mark.parametrize("ending", [".nrrd", ".nii", ".nii.gz", ".mha"])
def test_formats(scene: Any, tmp_path: Path, image: np.ndarray, ending: str) -> None:
    written = add_volume(scene, image.astype(np.int16), TO_RAS)
    storage = scene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    storage.SetFileName(str(tmp_path / f"a{ending}"))
    assert storage.WriteData(written)
    volume = load_volume(scene, str(tmp_path / f"a{ending}"))
    assert np.array_equal(image_array(volume.GetImageData()), image)
    assert volume_grid(volume).to_world == pytest.approx(TO_RAS, abs=1e-5)


def test_a_file_of_one_slice_is_not_joined_with_its_neighbours(scene: Any, tmp_path: Path, image: np.ndarray) -> None:
    for number in range(1, 4):
        write_nrrd(tmp_path / f"slice{number}.nrrd", image[number : number + 1].astype("i2"))
    volume = load_volume(scene, str(tmp_path / "slice2.nrrd"))
    assert np.array_equal(image_array(volume.GetImageData()), image[2:3])


def test_colour_file(scene: Any, tmp_path: Path) -> None:
    colour = np.random.default_rng(0).integers(0, 256, (3, 8, 9, 3)).astype(np.uint8)
    write_nrrd(tmp_path / "rgb.nrrd", colour)
    volume = load_volume(scene, str(tmp_path / "rgb.nrrd"))
    centre = tuple((volume_grid(volume).to_world @ [4, 4, 1, 1])[:3])
    pixels = Frame.at(volume, centre, Plane.named("axial")).image.pixels
    assert pixels == pytest.approx(colour[1] @ np.array([0.299, 0.587, 0.114]), abs=1e-3)


@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_colours_of_16_bits_become_bytes(scene: Any, tmp_path: Path, kind: str) -> None:
    colour = np.random.default_rng(0).integers(0, 256, (3, 8, 9, 3))
    write_nrrd(tmp_path / "rgb.nrrd", (colour * (257 if kind == "u2" else 1)).astype(kind))
    content = (tmp_path / "rgb.nrrd").read_bytes().replace(b"kinds: vector", b"kinds: RGB-color")
    (tmp_path / "rgb.nrrd").write_bytes(content)
    volume = load_volume(scene, str(tmp_path / "rgb.nrrd"))
    assert np.array_equal(image_array(volume.GetImageData()), colour) and notes_of(volume) == ()


def test_colours_of_a_camera_with_12_bits_keep_their_levels(scene: Any, tmp_path: Path) -> None:
    colour = np.random.default_rng(0).integers(0, 256, (3, 8, 9, 3))
    colour[0, 0, 0] = 255
    write_nrrd(tmp_path / "rgb.nrrd", (colour * 16).astype("u2"))
    content = (tmp_path / "rgb.nrrd").read_bytes().replace(b"kinds: vector", b"kinds: RGB-color")
    (tmp_path / "rgb.nrrd").write_bytes(content)
    assert np.array_equal(image_array(load_volume(scene, str(tmp_path / "rgb.nrrd")).GetImageData()), colour)


@pytest.mark.parametrize(("low", "high", "kind"), [
    (-(2**31), 2**31 - 1, np.int32), (-(2**31) - 1, 0, np.float64), (0, 2**31, np.float64),
])  # fmt: skip
def test_integers_of_64_bits_get_the_smallest_type_that_holds_them(
    tmp_path: Path, low: int, high: int, kind: type
) -> None:
    voxels = np.linspace(low, high, 3 * 8 * 9).astype("i8").reshape(3, 8, 9)
    voxels.flat[0], voxels.flat[-1] = low, high
    write_nrrd(tmp_path / "a.nrrd", voxels)
    values = read_image(str(tmp_path / "a.nrrd")).values
    assert values.dtype == kind and np.array_equal(values, voxels)


def write_text(path: Path) -> None:
    path.write_text("this is no image")


def write_nothing(path: Path) -> None:
    path.write_bytes(b"")


def write_broken_gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(b"x" * 5000)[:40])


def write_cut(path: Path) -> None:
    write_nrrd(path, np.random.default_rng(0).normal(size=(4, 5, 6)), cut=100)


@pytest.mark.parametrize(
    "name, write",
    [
        ("a.nrrd", write_text),
        ("a.nii", write_text),
        ("a.mha", write_text),
        ("a.png", write_text),
        ("a", write_text),
        ("a.nrrd", write_nothing),
        ("a.nii.gz", write_broken_gzip),
        ("a.nrrd", write_cut),
    ],
)
def test_unreadable_files(scene: Any, tmp_path: Path, capfd: Any, name: str, write: Callable[[Path], None]) -> None:
    write(tmp_path / name)
    nodes = scene.GetNumberOfNodes()
    with pytest.raises(InputError, match="not a readable volume"):
        load_volume(scene, str(tmp_path / name))
    assert scene.GetNumberOfNodes() == nodes
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("load", [load_volume, load_mask])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.NII"])
def test_an_incomplete_nifti_file(scene: Any, tmp_path: Path, image: np.ndarray, load: Callable, name: str) -> None:
    """Slicer's reader takes it, and fills what is missing with whatever lies in memory."""
    whole = tmp_path / name.lower()
    storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
    scene.AddNode(storage)
    storage.SetFileName(str(whole))
    voxels = image if load is load_volume else (image > np.median(image)).astype(np.uint8)
    assert storage.WriteData(add_volume(scene, voxels))
    content = whole.read_bytes()
    path = tmp_path / name
    for kept in (len(content) // 2, len(content) - 1):
        path.write_bytes(content[:kept])
        with pytest.raises(InputError, match="not a readable volume.*too early"):
            load(scene, str(path))
    # What lies behind the voxels does no harm.
    path.write_bytes(content + (b"" if name.endswith("gz") else b"more"))
    load(scene, str(path))


@pytest.mark.parametrize("load", [load_volume, load_mask])
@pytest.mark.parametrize("name", ["missing.nrrd", "missing.seg.nrrd", "missing/a.nii"])
def test_missing_files(scene: Any, tmp_path: Path, load: Callable, name: str) -> None:
    with pytest.raises(InputError, match="does not exist|is a segmentation"):
        load(scene, str(tmp_path / name))


@pytest.mark.parametrize("ending", [".nrrd", ".nii.gz", ".mha"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_voxels_without_a_value_are_background_of_their_slice(
    scene: Any, tmp_path: Path, image: np.ndarray, bad: float, ending: str
) -> None:
    values = image.astype("f4") - 700
    values[1, 2, 3] = values[1, 0, :5] = values[3] = bad
    path = tmp_path / f"a{ending}"
    if ending == ".nrrd":
        write_nrrd(path, values)
    else:
        nibabel = pytest.importorskip("nibabel")
        write = {".nii.gz": lambda: nibabel.save(nibabel.Nifti1Image(values.T, TO_RAS), path)}
        write.get(ending, lambda: write_mha(path, values))()
    volume = load_volume(scene, str(path))
    found = image_array(volume.GetImageData())
    finite = np.isfinite(values)
    assert np.array_equal(found[finite], values[finite])
    assert (found[1][~finite[1]] == values[1][finite[1]].min()).all()
    # A slice without any value has the smallest of the volume.
    assert (found[3] == values[finite].min()).all()
    assert len(notes_of(volume)) == 1 and f"{np.count_nonzero(~finite)} voxels are NaN" in notes_of(volume)[0]


def test_an_array_follows_the_same_rule(scene: Any, image: np.ndarray) -> None:
    values = image.astype("f8")
    values[2, 3, 4] = np.nan
    found = image_array(add_volume(scene, values).GetImageData())
    assert found[2, 3, 4] == np.nanmin(values[2])
    with pytest.raises(InputError, match="none of its voxels has a value"):
        add_volume(scene, np.full((2, 3, 4), np.nan))


def write_mha(path: Path, array: np.ndarray) -> None:
    size = " ".join(str(n) for n in array.shape[::-1])
    kind = {"f4": "MET_FLOAT", "i2": "MET_SHORT"}[array.dtype.str[1:]]
    head = f"NDims = 3\nDimSize = {size}\nElementSpacing = 1 1 1\nElementType = {kind}\nElementDataFile = LOCAL\n"
    path.write_bytes(head.encode() + np.ascontiguousarray(array).tobytes())


def test_unusable_images(scene: Any, tmp_path: Path, image: np.ndarray) -> None:
    cases = {
        "same value in all voxels": np.full((3, 4, 5), 7, "i2"),
        "5 values per voxel": np.zeros((2, 3, 4, 5), "f4") + np.arange(5, dtype="f4"),
    }
    for number, (message, array) in enumerate(cases.items()):
        path = tmp_path / f"{number}.nrrd"
        write_nrrd(path, array)
        nodes = scene.GetNumberOfNodes()
        with pytest.raises(InputError, match=message):
            load_volume(scene, str(path))
        assert scene.GetNumberOfNodes() == nodes


@pytest.mark.parametrize("values, is_image", [(16, False), (17, True)])
def test_what_may_be_a_label_map_is_said(scene: Any, tmp_path: Path, values: int, is_image: bool) -> None:
    write_nrrd(tmp_path / "a.nrrd", (np.arange(400 * 300).reshape(1, 400, 300) % values).astype("f4"))
    notes = notes_of(load_volume(scene, str(tmp_path / "a.nrrd")))
    assert ("may be a label map" in " ".join(notes)) is not is_image


@pytest.mark.parametrize("change", [lambda a: a - 1, lambda a: a + 0.5])
def test_few_values_that_are_no_labels_are_an_image(scene: Any, tmp_path: Path, change: Callable) -> None:
    write_nrrd(tmp_path / "a.nrrd", change((np.arange(60).reshape(3, 4, 5) % 3).astype("f4")))
    assert notes_of(load_volume(scene, str(tmp_path / "a.nrrd"))) == ()


def test_a_segmentation_is_no_volume(scene: Any, tmp_path: Path) -> None:
    (tmp_path / "a.seg.nrrd").write_text("")
    with pytest.raises(InputError, match="is a segmentation"):
        load_volume(scene, str(tmp_path / "a.seg.nrrd"))
    with pytest.raises(InputError, match="not a segmentation with voxels"):
        load_mask(scene, str(tmp_path / "a.seg.nrrd"))


def test_mask_file(scene: Any, tmp_path: Path, image: np.ndarray) -> None:
    write_nrrd(tmp_path / "mask.nrrd", (image > 100).astype("u1") * 3)
    nodes = scene.GetNumberOfNodes()
    mask, grid = load_mask(scene, str(tmp_path / "mask.nrrd"))
    assert scene.GetNumberOfNodes() == nodes
    assert mask.dtype == bool and np.array_equal(mask, image > 100)
    assert grid.to_world == pytest.approx(TO_RAS)
    write_nrrd(tmp_path / "vector.nrrd", np.ones((2, 3, 4, 3), "u1"))
    with pytest.raises(InputError, match="not a readable volume"):
        load_mask(scene, str(tmp_path / "vector.nrrd"))


def test_what_is_no_array_of_voxels(scene: Any) -> None:
    for array in (np.zeros((3, 4)), np.zeros((0, 3, 4)), np.zeros((2, 3, 4), dtype=complex), np.full((2, 2, 2), "a")):
        with pytest.raises(InputError, match="A volume is an array"):
            add_volume(scene, array)
    with pytest.raises(InputError, match="same value"):
        add_volume(scene, np.zeros((2, 3, 4)))


def test_the_running_slicer_keeps_its_scene(scene: Any) -> None:
    from SPASegmentLib.mrml.scene import HeadlessScene, open_scene

    modules = slicer.modules
    with open_scene() as opened:
        assert opened is scene
    with HeadlessScene() as other:
        assert other.scene is not scene
        assert slicer.mrmlScene is scene and slicer.modules is modules
    assert slicer.mrmlScene is scene and slicer.modules is modules


def test_a_headless_scene_leaves_nothing_behind() -> None:
    from SPASegmentLib.mrml.scene import open_scene

    assert not hasattr(slicer, "mrmlScene")
    with open_scene() as opened:
        assert slicer.mrmlScene is opened
        opened.AddNewNodeByClass("vtkMRMLSegmentationNode")
    assert not hasattr(slicer, "mrmlScene") and not hasattr(slicer, "modules")
    assert opened.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may read everything")
def test_a_file_without_permission(scene: Any, tmp_path: Path, image: np.ndarray) -> None:
    write_nrrd(tmp_path / "a.nrrd", image.astype("i2"))
    (tmp_path / "a.nrrd").chmod(0)
    with pytest.raises(InputError, match="cannot be read"):
        load_volume(scene, str(tmp_path / "a.nrrd"))
