"""Saved segmentations are complete or absent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Tuple

import numpy as np
import pytest
import slicer

from SPASegmentLib.errors import InputError, OutputError
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import image_array, matrix_from_array, volume_grid
from SPASegmentLib.mrml.io.files import check_lattice, check_output, save_segmentation
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation, segment_array
from SPASegmentLib.mrml.volumes import add_volume, load_mask, load_volume

ENDINGS = (".seg.nrrd", ".nrrd", ".nii", ".nii.gz", ".mha")


@pytest.fixture
def segments(scene: Any, noise: np.ndarray, geometry: np.ndarray) -> Tuple[Any, Any, np.ndarray, np.ndarray]:
    """Volume, segmentation and the voxels of its two segments, which overlap."""
    volume = add_volume(scene, noise, geometry)
    segmentation = create_segmentation(volume)
    first, second = np.zeros(noise.shape, dtype=bool), np.zeros(noise.shape, dtype=bool)
    first[3:6, 4:20, 6:20] = True
    second[5:9, 15:29, 3:12] = True
    for name, mask in (("first", first), ("second", second)):
        segment_id = add_segment(segmentation, name)
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask.astype(np.uint8), segmentation, segment_id, volume)
    return volume, segmentation, first, second


@pytest.mark.parametrize("ending", ENDINGS)
def test_voxels_are_on_disk(segments: Any, scene: Any, tmp_path: Path, ending: str) -> None:
    volume, segmentation, first, second = segments
    path = tmp_path / f"a{ending}"
    nodes = scene.GetNumberOfNodes()
    save_segmentation(segmentation, str(path), volume)
    assert scene.GetNumberOfNodes() == nodes
    assert os.listdir(tmp_path) == [path.name]
    mask, grid = load_mask(scene, str(path))
    own = volume_grid(volume)
    k, j, i = np.nonzero(mask)
    first_index = np.array(grid.extent[::2])[:, None]
    world = grid.to_world @ np.stack([*(np.stack([i, j, k]) + first_index), np.ones(len(i))])
    index = np.rint(np.linalg.solve(own.to_world, world)[:3]).astype(int)
    found = np.zeros_like(first)
    found[index[2], index[1], index[0]] = True
    assert np.array_equal(found, first | second)


def stored(path: Path) -> Tuple[np.ndarray, np.ndarray]:
    """(i, j, k) labels and index to RAS, by other packages than the project's own readers."""
    if path.name.endswith((".nii", ".nii.gz")):
        image = pytest.importorskip("nibabel").load(path)
        return np.asarray(image.dataobj), np.asarray(image.affine)
    if path.name.endswith(".mha"):
        storage, node = slicer.vtkMRMLVolumeArchetypeStorageNode(), slicer.vtkMRMLScalarVolumeNode()
        scene = slicer.vtkMRMLScene()
        for each in (storage, node):
            scene.AddNode(each)
        storage.SetFileName(str(path))
        assert storage.ReadData(node)
        return slicer.util.arrayFromVolume(node).T, volume_grid(node).to_local
    values, header = pytest.importorskip("nrrd").read(str(path))
    to_ras = np.eye(4)
    to_ras[:3, :3], to_ras[:3, 3] = np.array(header["space directions"])[-3:].T, header["space origin"]
    turn = {"left-posterior-superior": (-1, -1, 1, 1), "right-anterior-superior": (1, 1, 1, 1)}[header["space"]]
    return values, np.diag(turn).astype(float) @ to_ras


SHEARED = np.array([[0.7, 0, 0, -31], [0, 0.9, 0.8, 12], [0, 0, 3, 7], [0, 0, 0, 1.0]])


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("sheared", [False, True])
def test_results_lie_on_the_lattice_of_the_volume(
    scene: Any, tmp_path: Path, noise: np.ndarray, geometry: np.ndarray, ending: str, sheared: bool
) -> None:
    """Voxel by voxel, left-handed and sheared volumes too; a segmentation is cropped, but its voxels are the same."""
    to_ras = geometry @ SHEARED if sheared else geometry
    volume = add_volume(scene, noise, to_ras)
    segmentation = create_segmentation(volume)
    mask = np.zeros(noise.shape, dtype=bool)
    mask[3:6, 4:20, 6:21] = True
    segment_id = add_segment(segmentation, "a")
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask.astype(np.uint8), segmentation, segment_id, volume)
    path = tmp_path / f"a{ending}"
    save_segmentation(segmentation, str(path), volume)
    labels, found = stored(path)
    index = np.argwhere(labels)
    if ending == ".mha" and np.linalg.det(to_ras[:3, :3]) < 0:
        # Slicer's reader turns left-handed volumes around.
        assert labels.sum() == mask.sum()
    elif ending == ".seg.nrrd":
        shift = np.linalg.solve(to_ras, found @ [*index.min(axis=0), 1])[:3]
        assert shift == pytest.approx([6, 4, 3], abs=1e-3) and len(index) == mask.sum()
    else:
        assert np.array_equal(labels > 0, mask.T)
        assert found == pytest.approx(to_ras, abs=1e-4)
    # The project's reader finds each voxel where it was drawn.
    read, grid = load_mask(scene, str(path))
    k, j, i = np.nonzero(read)
    world = grid.to_world @ np.stack([i, j, k, np.ones(len(i))])
    back = np.linalg.solve(to_ras, world)[:3]
    assert np.abs(back - np.rint(back)).max() < 1e-2
    assert {tuple(v) for v in np.rint(back).astype(int).T} == {(i, j, k) for k, j, i in np.argwhere(mask)}


def test_slicers_format_keeps_names_and_overlap(segments: Any, scene: Any, tmp_path: Path) -> None:
    volume, segmentation, first, second = segments
    save_segmentation(segmentation, str(tmp_path / "a.seg.nrrd"), volume)
    storage = scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    storage.SetFileName(str(tmp_path / "a.seg.nrrd"))
    loaded = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    assert storage.ReadData(loaded)
    core = loaded.GetSegmentation()
    assert [core.GetNthSegment(n).GetName() for n in range(2)] == ["first", "second"]
    for n, mask in enumerate((first, second)):
        assert np.array_equal(segment_array(loaded, core.GetNthSegmentID(n), volume_grid(volume)), mask)


def test_a_label_map_numbers_the_segments(segments: Any, scene: Any, tmp_path: Path) -> None:
    volume, segmentation, first, second = segments
    save_segmentation(segmentation, str(tmp_path / "a.nii.gz"), volume)
    storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
    scene.AddNode(storage)
    storage.SetFileName(str(tmp_path / "a.nii.gz"))
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    assert storage.ReadData(node)
    counts = np.bincount(slicer.util.arrayFromVolume(node).ravel())
    assert counts[1:].tolist() == [(first & ~second).sum(), second.sum()]


def test_a_transform_of_both_nodes_is_not_written_into_the_voxels(scene: Any, tmp_path: Path, segments: Any) -> None:
    volume, segmentation, first, second = segments
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(
        matrix_from_array(np.array([[0, -1, 0, 9], [1, 0, 0, 3], [0, 0, 1, 2], [0, 0, 0, 1.0]]))
    )
    for node in (volume, segmentation):
        node.SetAndObserveTransformNodeID(transform.GetID())
    for ending in (".seg.nrrd", ".nrrd"):
        save_segmentation(segmentation, str(tmp_path / f"a{ending}"), volume)
        mask, grid = load_mask(scene, str(tmp_path / f"a{ending}"))
        assert mask.sum() == (first | second).sum()
        plain = volume_grid(volume).to_local
        # Voxel (0, 0, 0) of the file lies on a voxel of the volume without its transform.
        index = np.linalg.solve(plain, grid.to_world)
        assert index == pytest.approx(np.rint(index), abs=1e-4)


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_segmentation_can_be_saved(scene: Any, noise: np.ndarray, tmp_path: Path, ending: str) -> None:
    volume = add_volume(scene, noise)
    segmentation = create_segmentation(volume)
    add_segment(segmentation, "empty")
    save_segmentation(segmentation, str(tmp_path / f"a{ending}"), volume)
    if ending == ".seg.nrrd":
        with pytest.raises(InputError, match="with voxels"):
            load_mask(scene, str(tmp_path / f"a{ending}"))
    else:
        assert not load_mask(scene, str(tmp_path / f"a{ending}"))[0].any()


def test_places_that_cannot_be_written(volume: Any, tmp_path: Path) -> None:
    segmentation = create_segmentation(volume)
    add_segment(segmentation, "a")
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.nrrd").mkdir()
    for place in ("file/a.seg.nrrd", "folder.nrrd"):
        with pytest.raises(OutputError):
            check_output(str(tmp_path / place))
        with pytest.raises(OutputError):
            save_segmentation(segmentation, str(tmp_path / place), volume)
    for place in ("a.png", "a", "a.dcm"):
        with pytest.raises(InputError, match="must end in"):
            save_segmentation(segmentation, str(tmp_path / place), volume)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder.nrrd"]


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_names_that_are_no_text(scene: Any, tmp_path: Path) -> None:
    """As on an old disc or share; VTK would end the program."""
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/lat\xe9")
    try:
        os.mkdir(folder)
    except OSError:
        pytest.skip("the file system takes Unicode alone")
    for ending in ENDINGS:
        with pytest.raises(InputError, match="no Unicode text"):
            check_output(f"{folder}/a{ending}")
    nrrd_file = f"{folder}/v\udce9.nrrd"
    voxels = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    header = "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 3 2\nencoding: raw\nendian: little\n\n"
    Path(nrrd_file).write_bytes(header.encode() + voxels.astype("<i2").tobytes())
    loaded = load_volume(scene, nrrd_file)
    assert np.array_equal(image_array(loaded.GetImageData()), voxels) and loaded.GetName()


@pytest.mark.parametrize(("origin", "fits"), [((-80.0, 40.0, 12.0), True), ((-8012.3456, 4054.3218, 1234.5678), False)])
def test_nifti_is_refused_where_its_numbers_do_not_reach(scene: Any, origin: Tuple[float, ...], fits: bool) -> None:
    geometry = np.diag([1e-3, 1e-3, 1e-3, 1.0])
    geometry[:3, 3] = origin
    volume = add_volume(scene, np.arange(24, dtype=np.int16).reshape(2, 3, 4), geometry)
    for ending in ENDINGS:
        if ending.startswith(".nii") and not fits:
            with pytest.raises(InputError, match="NIfTI cannot say where"):
                check_lattice(f"a{ending}", volume)
        else:
            check_lattice(f"a{ending}", volume)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_without_permission(volume: Any, tmp_path: Path) -> None:
    segmentation = create_segmentation(volume)
    add_segment(segmentation, "a")
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError):
        save_segmentation(segmentation, str(tmp_path / "a.seg.nrrd"), volume)


FULL_DISK = """
import resource, sys
import numpy as np, slicer
from SPASegmentLib.errors import OutputError
from SPASegmentLib.mrml.scene import open_scene
with open_scene() as scene:
    from SPASegmentLib.mrml.io.files import save_segmentation
    from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation
    from SPASegmentLib.mrml.volumes import add_volume
    noise = np.random.default_rng(0).random((20, 40, 50))
    volume = add_volume(scene, noise)
    segmentation = create_segmentation(volume)
    segment = add_segment(segmentation, "a")
    slicer.util.updateSegmentBinaryLabelmapFromArray((noise > 0.5).astype(np.uint8), segmentation, segment, volume)
    # Both the first and the last bytes may be those that do not fit.
    for limit in (100, 4000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        for path in sys.argv[1:]:
            try:
                save_segmentation(segmentation, path, volume)
            except OutputError as error:
                print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes")
def test_a_full_disk_leaves_the_old_file_alone(tmp_path: Path) -> None:
    paths = [tmp_path / f"a{ending}" for ending in ENDINGS]
    for path in paths:
        path.write_text("old")
    command = [sys.executable, "-c", FULL_DISK, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stderr == ""
    sentences = done.stdout.splitlines()
    assert len(sentences) == 2 * len(paths)
    assert all("cannot be written" in sentence for sentence in sentences)
    assert all(path.read_text() == "old" for path in paths)
    assert sorted(os.listdir(tmp_path)) == sorted(path.name for path in paths)


def test_an_interruption_leaves_nothing(volume: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segmentation = create_segmentation(volume)
    segment_id = add_segment(segmentation, "a")
    centre = tuple((volume_grid(volume).to_world @ [20, 15, 6, 1])[:3])
    frame = Frame.at(volume, centre, Plane.of_slices(volume_grid(volume)))
    segmentation.GetSegmentation().GetSegment(segment_id).AddRepresentation(
        "Binary labelmap", frame.mask_to_labelmap(np.ones(frame.image.shape, dtype=bool))
    )

    def interrupt(*_: Any) -> None:
        assert len(os.listdir(tmp_path)) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr("SPASegmentLib.output.os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_segmentation(segmentation, str(tmp_path / "a.seg.nrrd"), volume)
    assert os.listdir(tmp_path) == []
