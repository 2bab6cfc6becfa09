"""Saving segmentations: a file is either complete or not there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import slicer

from SPASegmentLib.errors import InputError
from SPASegmentLib.lattice import Lattice, differences, shear
from SPASegmentLib.mrml.grid import Grid, image_array, image_grid, parent_to_world, segment_image, volume_grid
from SPASegmentLib.mrml.io.nifti import set_sform
from SPASegmentLib.mrml.io.nrrd import read_segments
from SPASegmentLib.mrml.io.volumes import read_voxels
from SPASegmentLib.mrml.io.voxels import UnreadableError
from SPASegmentLib.mrml.quiet import quiet
from SPASegmentLib.mrml.segmentation import segment_array
from SPASegmentLib.mrml.volumes import add_volume
from SPASegmentLib.output import check_writable, whole_file
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Endings of label map files; ".seg.nrrd" is Slicer's own format, with names and colours of the segments.
LABEL_MAP_ENDINGS = (".nrrd", ".nii.gz", ".nii", ".mha")


def check_output(path: str) -> None:
    """Refuse an output that cannot be written, before any work is done for it.

    Raises:
        InputError: the ending is none that can be written, or the name no text.
        OutputError: the place is not writable.
    """
    place = os.path.abspath(os.path.expanduser(path))
    try:
        place.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            _("'{path}' has letters that are no Unicode text (an old disc or share?); choose another place.").format(
                path=place.encode("utf-8", "replace").decode()
            )
        ) from error
    if not path.lower().endswith(LABEL_MAP_ENDINGS):
        raise InputError(
            _("'{path}' must end in .seg.nrrd, {endings}.").format(path=path, endings=", ".join(LABEL_MAP_ENDINGS))
        )
    check_writable(Path(path).expanduser())


def check_lattice(path: str, volume: Any) -> None:
    """Refuse a format that cannot say where a volume's voxels lie, before any work is done for it.

    Raises:
        InputError: NIfTI has numbers of 32 bits, and voxels far from the origin and small may need more.
    """
    grid = volume_grid(volume)
    exact = Lattice(grid.shape, grid.to_local)
    rounded = Lattice(grid.shape, grid.to_local.astype(np.float32).astype(np.float64))
    if path.lower().endswith((".nii", ".nii.gz")) and differences(rounded, exact):
        raise InputError(
            _("'{path}': NIfTI cannot say where so small voxels lie, so far from the origin; write {endings}.").format(
                path=path, endings=", ".join((".seg.nrrd", ".nrrd", ".mha"))
            )
        )


def save_segmentation(segmentation: Any, path: str, volume: Any) -> None:
    """Write a segmentation and make sure that it is complete on disk.

    The file is written beside the target, read back, compared and then moved over it in one step; whatever goes
    wrong, the target is as it was before and nothing else is left.

    Args:
        segmentation: vtkMRMLSegmentationNode.
        path: ".seg.nrrd" for Slicer's format; ".nrrd", ".nii", ".nii.gz" or ".mha" for a label map on the
            volume's voxels, in which the n-th segment has the value n and later segments cover earlier ones.
        volume: the volume that was segmented.

    Raises:
        InputError: the ending is none of these.
        OutputError: it could not be written completely.
    """
    check_output(path)
    # A link stays a link to the new file.
    target = Path(os.path.realpath(Path(path).expanduser()))
    with whole_file(target) as partial, quiet():
        if target.name.lower().endswith(".seg.nrrd"):
            complete = _write_segmentation(segmentation, partial)
        else:
            complete = _write_label_map(segmentation, partial, volume)
        if not complete:
            raise OSError("the file on disk is incomplete")


def _write_segmentation(segmentation: Any, path: Path) -> bool:
    """Write ".seg.nrrd" and tell whether it reads back the same."""
    storage = slicer.vtkMRMLSegmentationStorageNode()
    scene = _private_scene(storage)
    storage.SetFileName(str(path))
    if not storage.WriteData(segmentation):
        return False
    try:
        read_segments(path)  # Slicer's reader is brought down by a file that is not whole
    except UnreadableError:
        return False
    copy = slicer.vtkMRMLSegmentationNode()
    scene.AddNode(copy)
    if not storage.ReadData(copy):
        return False
    own, other = segmentation.GetSegmentation(), copy.GetSegmentation()
    if own.GetSegmentIDs() != other.GetSegmentIDs():
        return False
    return all(_same_voxels(segmentation, copy, segment_id) for segment_id in own.GetSegmentIDs())


def _same_voxels(segmentation: Any, copy: Any, segment_id: str) -> bool:
    image, _ = segment_image(segmentation, segment_id)
    if image is None:
        return segment_image(copy, segment_id)[0] is None
    # The copy is under no transform: compare in the segmentation's own coordinates.
    own = image_grid(image, parent_to_world(segmentation))
    grid = Grid(own.to_local, np.eye(4), own.extent)
    mask = segment_array(segmentation, segment_id, own)
    other, value = segment_image(copy, segment_id)
    count = 0 if other is None else int(np.count_nonzero(image_array(other) == value))
    return count == np.count_nonzero(mask) and np.array_equal(mask, segment_array(copy, segment_id, grid))


def _write_label_map(segmentation: Any, path: Path, volume: Any) -> bool:
    """Write all segments as one label map and tell whether it reads back the same."""
    grid = volume_grid(volume)
    segment_ids = segmentation.GetSegmentation().GetSegmentIDs()
    labels = np.zeros(grid.shape[::-1], dtype=np.uint8 if len(segment_ids) < 256 else np.uint16)
    for value, segment_id in enumerate(segment_ids, start=1):
        labels[segment_array(segmentation, segment_id, grid)] = value
    storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
    scene = _private_scene(storage)
    node = add_volume(scene, labels, grid.to_local, check=False)
    storage.SetFileName(str(path))
    storage.SetUseCompression(1)
    if not storage.WriteData(node):
        return False
    lattice = Lattice(grid.shape, grid.to_local)
    if path.name.lower().endswith((".nii", ".nii.gz")) and shear(lattice) > 0:
        set_sform(path, grid.to_local)
    try:
        copy = read_voxels(path)
    except UnreadableError:
        return False
    return np.array_equal(copy.values, labels) and not differences(copy.lattice, lattice)


def _private_scene(storage: Any) -> Any:
    """A scene that no view or panel looks at, with the storage node in it."""
    scene = slicer.vtkMRMLScene()
    scene.AddNode(storage)
    return scene
