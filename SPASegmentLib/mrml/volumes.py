"""Loading volumes from files and arrays, with errors that say what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional, Tuple

import numpy as np
import vtk
from vtk.util import numpy_support

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.grey import show_grey
from SPASegmentLib.mrml.grid import Grid, matrix_from_array
from SPASegmentLib.mrml.io.volumes import read_image, read_mask, usable
from SPASegmentLib.mrml.io.voxels import Image, UnreadableError
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: At most this many different whole numbers may be a label map.
LABEL_VALUES = 16

#: Attributes of volume nodes: what their files leave open, and that these give no size of voxels.
_NOTES, _NO_SIZE = "SPA.Notes", "SPA.VoxelSizeUnknown"


def load_volume(scene: Any, path: str, component: Optional[int] = None) -> Any:
    """Load an image for segmentation; what has to be said about it, `notes_of` tells.

    Args:
        scene: vtkMRMLScene to load into.
        path: NRRD, NIfTI or MetaImage file, the folder of a DICOM series, or one file of the series; or a picture (PNG,
            JPEG, BMP or TIFF).
        component: number (from 1) of the volume to take where the file has several.

    Returns:
        vtkMRMLScalarVolumeNode, or vtkMRMLVectorVolumeNode for a colour image, on the lattice of the file.

    Raises:
        InputError: see `read_image`, or `check_image` refuses the voxels. Nothing is left in the scene then.
    """
    return add_image(scene, read_image(path, component), name_of(path))


def add_image(scene: Any, image: Image, name: str) -> Any:
    """Add an image that `read_image` has read, perhaps in another thread; see `load_volume`.

    Raises:
        InputError: `check_image` refuses the voxels.
    """
    check_image(image.values)
    notes = image.notes
    if image.values.ndim == 3 and _may_be_label_map(image.values):
        notes += (
            _(
                "The volume may be a label map (it has at most {count} different whole numbers); if it is one, give "
                "the image that it was drawn on."
            ).format(count=LABEL_VALUES),
        )
    volume = _add(scene, image, name)
    volume.SetAttribute(_NOTES, "\n".join(notes) if notes else None)
    volume.SetAttribute(_NO_SIZE, None if image.in_mm else "1")
    return volume


def name_of(path: str) -> str:
    """Name of a node for a file or folder."""
    return Path(path).name.split(".")[0] or "Volume"


def notes_of(volume: Any) -> Tuple[str, ...]:
    """Sentences for the user about a volume that `load_volume` has loaded: what was odd, and how it was taken."""
    return tuple((volume.GetAttribute(_NOTES) or "").splitlines())


def is_in_mm(volume: Any) -> bool:
    """Whether the size of a volume's voxels is known; where its file gives none, lengths are counted in voxels."""
    return volume.GetAttribute(_NO_SIZE) is None


def load_mask(scene: Any, path: str) -> Tuple[np.ndarray, Grid]:
    """Load a mask: every voxel that is not 0 in a label map, or lies in any segment of a segmentation.

    Args:
        scene: is not touched.
        path: ".seg.nrrd", NRRD, NIfTI or MetaImage file, a DICOM segmentation or series.

    Returns:
        (k, j, i) bool and its grid, for `Frame.labels`.

    Raises:
        InputError: see `read_mask`.
    """
    image = read_mask(path)
    k, j, i = image.values.shape
    return image.values, Grid(image.to_ras, np.eye(4), (0, i - 1, 0, j - 1, 0, k - 1))


def add_volume(
    scene: Any, array: np.ndarray, to_ras: Optional[np.ndarray] = None, name: str = "Volume", check: bool = True
) -> Any:
    """Add an image that lies in memory.

    Args:
        scene: vtkMRMLScene to add it to.
        array: (k, j, i) of any real type, or (k, j, i, 3 or 4) red, green, blue (and alpha). Types that MRML does
            not know become a near one: bool unsigned char, 64-bit integers int32 or float64, float16 float32. NaN and
            infinite voxels become the smallest value of their slice.
        to_ras: (4, 4) from index (i, j, k) to RAS in mm; None for 1 mm voxels.
        name: of the node.
        check: refuse what `check_image` refuses.

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
    try:
        image = usable(Image(array, np.eye(4) if to_ras is None else np.asarray(to_ras, float)))
    except UnreadableError as error:
        raise InputError(_("The volume cannot be used: {reason}").format(reason=error)) from error
    if check:
        check_image(image.values)
    return _add(scene, image, name)


def remove_volume(volume: Any) -> None:
    """Take a volume with its display and storage nodes out of its scene."""
    scene = volume.GetScene()
    for node in (volume.GetDisplayNode(), volume.GetStorageNode(), volume):
        if node is not None:
            scene.RemoveNode(node)


def check_image(array: np.ndarray) -> None:
    """Refuse voxels that cannot be segmented.

    Args:
        array: (k, j, i) or (k, j, i, components) voxels.

    Raises:
        InputError: the same value everywhere, or a number of components other than 1, 3 and 4.
    """
    if array.ndim == 4 and array.shape[3] not in (3, 4):
        raise InputError(
            _("The volume has {count} values per voxel; SPA needs one, or red-green-blue.").format(count=array.shape[3])
        )
    if array.min() == array.max():
        raise InputError(_("The volume has the same value in all voxels; give an image that shows something."))


def _add(scene: Any, image: Image, name: str) -> Any:
    array = np.ascontiguousarray(image.values)
    data = vtk.vtkImageData()
    data.SetDimensions(*array.shape[2::-1])
    components = array.shape[3] if array.ndim == 4 else 1
    data.GetPointData().SetScalars(numpy_support.numpy_to_vtk(array.reshape(-1, components), deep=True))
    kind = "vtkMRMLScalarVolumeNode" if components == 1 else "vtkMRMLVectorVolumeNode"
    # A file's name may be no Unicode text, which VTK does not survive.
    volume = scene.AddNewNodeByClass(kind, name.encode("utf-8", "replace").decode())
    volume.SetIJKToRASMatrix(matrix_from_array(image.to_ras))
    volume.SetAndObserveImageData(data)
    show_grey(volume)
    return volume


def _may_be_label_map(array: np.ndarray) -> bool:
    # A sample of voxels tells an image from a label map at once; only what passes it is counted in full.
    sample = array.ravel()[:: max(array.size // 100_000, 1)]
    for voxels in (sample, array):
        values = np.unique(voxels)
        if len(values) > LABEL_VALUES or values[0] < 0 or (values != np.floor(values)).any():
            return False
    return True
