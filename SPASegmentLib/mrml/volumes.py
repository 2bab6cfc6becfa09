"""Loading volumes from files and arrays, with errors that say what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional, Tuple

import numpy as np
import slicer
import vtk
from vtk.util import numpy_support

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.grid import Grid, image_array, image_grid, matrix_from_array, segment_image, volume_grid
from SPASegmentLib.mrml.io.dicom import series_files
from SPASegmentLib.mrml.io.nifti import is_cut_off
from SPASegmentLib.mrml.io.nrrd import is_complete
from SPASegmentLib.mrml.quiet import quiet
from SPASegmentLib.mrml.segmentation import segment_array
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: At most this many different whole numbers make a label map, not an image.
LABEL_VALUES = 16


def load_volume(scene: Any, path: str) -> Any:
    """Load an image for segmentation.

    Args:
        scene: vtkMRMLScene to load into.
        path: NRRD, NIfTI or MHA file, the folder of a DICOM series, or one file of the series.

    Returns:
        vtkMRMLScalarVolumeNode, or vtkMRMLVectorVolumeNode for a colour image.

    Raises:
        InputError: the file is missing or cannot be read, or `check_image` refuses its voxels. Nothing is left in
            the scene then.
    """
    if _is_segmentation(path):
        raise InputError(_("'{path}' is a segmentation; give the image that it was drawn on.").format(path=path))
    volume = _load(scene, path, label_map=False)
    try:
        check_image(image_array(volume.GetImageData()))
    except InputError:
        remove_volume(volume)
        raise
    return volume


def load_mask(scene: Any, path: str) -> Tuple[np.ndarray, Grid]:
    """Load a mask: every voxel that is not 0 in a label map, or lies in any segment of a ".seg.nrrd".

    Args:
        scene: vtkMRMLScene, which is as it was afterwards.
        path: NRRD, NIfTI or MHA file, or DICOM series.

    Returns:
        (k, j, i) bool and its grid, for `Frame.labels`.

    Raises:
        InputError: the file is missing or cannot be read, or has several values per voxel.
    """
    if _is_segmentation(path):
        return _load_segments(scene, path)
    volume = _load(scene, path, label_map=True)
    mask, grid = image_array(volume.GetImageData()) != 0, volume_grid(volume)
    remove_volume(volume)
    return mask, grid


def add_volume(
    scene: Any, array: np.ndarray, to_ras: Optional[np.ndarray] = None, name: str = "Volume", check: bool = True
) -> Any:
    """Add an image that lies in memory.

    Args:
        scene: vtkMRMLScene to add it to.
        array: (k, j, i) of any real type, or (k, j, i, 3 or 4) red, green, blue (and alpha). Types that MRML does
            not know become a near one: bool unsigned char, 64-bit integers int32 or float64, float16 float32.
        to_ras: (4, 4) from index (i, j, k) to RAS in mm; None for 1 mm voxels.
        name: of the node.
        check: refuse what `check_image` refuses, except few whole numbers.

    Returns:
        vtkMRMLScalarVolumeNode or vtkMRMLVectorVolumeNode.

    Raises:
        InputError: the array is no image, or its values are refused.
    """
    array = np.asarray(array)
    if array.ndim not in (3, 4) or array.size == 0 or array.dtype.kind not in "biuf":
        raise InputError(
            _("A volume is an array (k, j, i) of real numbers, not {shape} of {dtype}.").format(
                shape=array.shape, dtype=array.dtype
            )
        )
    if check:
        check_image(array, label_map_allowed=True)
    array = np.ascontiguousarray(array.astype(_storable_type(array), copy=False))
    image = vtk.vtkImageData()
    image.SetDimensions(*array.shape[2::-1])
    components = array.shape[3] if array.ndim == 4 else 1
    scalars = numpy_support.numpy_to_vtk(array.reshape(-1, components), deep=True)
    image.GetPointData().SetScalars(scalars)
    volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode" if components == 1 else "vtkMRMLVectorVolumeNode", name)
    volume.SetIJKToRASMatrix(matrix_from_array(np.eye(4) if to_ras is None else to_ras))
    volume.SetAndObserveImageData(image)
    _show_grey(volume)
    return volume


def remove_volume(volume: Any) -> None:
    """Take a volume with its display and storage nodes out of its scene."""
    scene = volume.GetScene()
    for node in (volume.GetDisplayNode(), volume.GetStorageNode(), volume):
        if node is not None:
            scene.RemoveNode(node)


def check_image(array: np.ndarray, label_map_allowed: bool = False) -> None:
    """Refuse voxels that cannot be segmented.

    NaN and infinite voxels are refused, not replaced: what they stand for only the user can know.

    Args:
        array: (k, j, i) or (k, j, i, components) voxels.
        label_map_allowed: accept few different whole numbers.

    Raises:
        InputError: NaN or infinite values, the same value everywhere, a label map, or a number of components
            other than 1, 3 and 4.
    """
    if array.ndim == 4 and array.shape[3] not in (3, 4):
        raise InputError(
            _("The volume has {count} values per voxel; SPA needs one, or red-green-blue.").format(count=array.shape[3])
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = int(np.count_nonzero(~np.isfinite(array)))
        raise InputError(
            _("The volume holds {count} NaN or infinite voxels; replace them before segmenting.").format(count=bad)
        )
    if array.min() == array.max():
        raise InputError(_("The volume has the same value in all voxels; give an image that shows something."))
    if not label_map_allowed and array.ndim == 3 and _is_label_map(array):
        raise InputError(
            _(
                "The volume looks like a label map (at most {count} different whole numbers); "
                "give the image that it was drawn on."
            ).format(count=LABEL_VALUES)
        )


def _is_label_map(array: np.ndarray) -> bool:
    # A sample of voxels tells an image from a label map at once; only what passes it is counted in full.
    sample = array.ravel()[:: max(array.size // 100_000, 1)]
    for voxels in (sample, array):
        values = np.unique(voxels)
        if len(values) > LABEL_VALUES or values[0] < 0 or (values != np.floor(values)).any():
            return False
    return True


def _is_segmentation(path: str) -> bool:
    return path.lower().endswith(".seg.nrrd")


def _existing(path: str) -> Path:
    place = Path(path).expanduser()
    if not place.exists():
        raise InputError(_("'{path}' does not exist; check the path.").format(path=path))
    return place


def _load_segments(scene: Any, path: str) -> Tuple[np.ndarray, Grid]:
    place = _existing(path)
    try:
        complete = is_complete(place)
    except OSError as error:
        raise InputError(_("'{path}' cannot be read ({reason}).").format(path=path, reason=error.strerror)) from None
    if not complete:
        raise InputError(
            _("'{path}' is damaged or not a segmentation with voxels; save it again from Slicer.").format(path=path)
        )
    storage = slicer.vtkMRMLSegmentationStorageNode()
    storage.SetFileName(str(place))
    node = slicer.vtkMRMLSegmentationNode()
    scene.AddNode(storage)
    scene.AddNode(node)
    try:
        with quiet():
            read = storage.ReadData(node)
        ids = node.GetSegmentation().GetSegmentIDs() if read else ()
        images = [segment_image(node, segment_id)[0] for segment_id in ids]
        first = next((image for image in images if image is not None), None)
        if first is None:
            raise InputError(_("'{path}' is not a segmentation with voxels.").format(path=path))
        grid = image_grid(first, np.eye(4))
        bounds = np.array([image_grid(image, np.eye(4)).extent for image in images if image is not None])
        low, high = bounds.min(axis=0).tolist(), bounds.max(axis=0).tolist()
        grid = Grid(grid.to_local, np.eye(4), (low[0], high[1], low[2], high[3], low[4], high[5]))
        masks = [segment_array(node, segment_id, grid) for segment_id in ids]
        return np.logical_or.reduce(masks), grid
    finally:
        scene.RemoveNode(node)
        scene.RemoveNode(storage)


def _load(scene: Any, path: str, label_map: bool) -> Any:
    place = _existing(path)
    try:
        files = series_files(place)
        cut_off = is_cut_off(place)
    except OSError as error:
        raise InputError(_("'{path}' cannot be read ({reason}).").format(path=path, reason=error.strerror)) from None
    if cut_off:
        raise InputError(
            _("'{path}' is not a readable volume: it ends too early; copy or download it again.").format(path=path)
        )
    options = slicer.vtkSlicerVolumesLogic.AutoWindowLevel
    if label_map:
        options |= slicer.vtkSlicerVolumesLogic.LabelMap
    names = vtk.vtkStringArray()
    if len(files) > 1:
        for file in files:
            names.InsertNextValue(str(file))
    else:
        # Otherwise files that are numbered alike would be taken for further slices.
        options |= slicer.vtkSlicerVolumesLogic.SingleFile
    logic = slicer.vtkSlicerVolumesLogic()
    logic.SetMRMLScene(scene)
    with quiet():
        volume = logic.AddArchetypeVolume(str(files[0]), place.name.split(".")[0], options, names)
    logic.SetMRMLScene(None)
    if volume is None or volume.GetImageData() is None or volume.GetImageData().GetNumberOfPoints() == 0:
        raise InputError(
            _("'{path}' is not a readable volume; SPA reads NRRD, NIfTI, MetaImage (MHA) and DICOM.").format(path=path)
        )
    _show_grey(volume)
    return volume


def _show_grey(volume: Any) -> None:
    """Give a volume the display of Slicer's Volumes module: grey values, window and level from the image."""
    volume.CreateDefaultDisplayNodes()
    display = volume.GetDisplayNode()
    if display.IsA("vtkMRMLScalarVolumeDisplayNode") and display.GetColorNode() is None:
        display.SetAndObserveColorNodeID("vtkMRMLColorTableNodeGrey")


def _storable_type(array: np.ndarray) -> np.dtype:
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "b":
        return np.dtype(np.uint8)
    if kind == "f":
        return np.dtype(np.float64 if size >= 8 else np.float32)
    if size < 8:
        return array.dtype.newbyteorder("=")
    limits = np.iinfo(np.int32)
    return np.dtype(np.int32 if limits.min <= array.min() and array.max() <= limits.max else np.float64)
