"""Images and masks from PNG (and what else Pillow reads), NIfTI and NRRD files."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from SPASegmentLib.errors import InputError

#: File endings by the package that reads them.
NIFTI = (".nii", ".nii.gz")
NRRD = (".nrrd", ".nhdr")
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
#: Axes of NRRD's named spaces that point the other way in RAS.
_TO_RAS = {
    "right-anterior-superior": (1, 1, 1), "ras": (1, 1, 1),
    "left-posterior-superior": (-1, -1, 1), "lps": (-1, -1, 1),
    "left-anterior-superior": (-1, 1, 1), "las": (-1, 1, 1),
}  # fmt: skip


@dataclass(frozen=True)
class Pixels:
    """What a file holds.

    Attributes:
        values: (h, w) of a picture; (i, j), (i, j, k) or with more axes of a NIfTI or NRRD file, as stored.
        matrix: (4, 4) indices to RAS in mm; None where the file does not say.
    """

    values: np.ndarray
    matrix: Optional[np.ndarray] = None


def needed(package: str) -> Any:
    """Import a package of the extra [train].

    Raises:
        InputError: it is missing.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise InputError(f"This needs the package {package}; run pip install 'spa-segment[train]'.") from error


def read_image(path: Path) -> Pixels:
    """Grey values as float32; colour pictures become grey.

    Raises:
        InputError: the file is missing, damaged or of a kind that is not known.
    """
    return _read(path, grey=True)


def read_mask(path: Path, label: Optional[int] = None, soft: bool = False) -> Pixels:
    """A mask as bool.

    Args:
        path: of the file.
        label: value of the wanted pixels; None for all that are not zero.
        soft: wanted are the pixels above half of the largest value, for masks with blurred edges.

    Raises:
        InputError: the file is missing, damaged or of a kind that is not known.
    """
    found = _read(path, grey=False)
    values = found.values
    if soft:
        return Pixels(values > values.max() / 2, found.matrix)
    return Pixels(values != 0 if label is None else values == label, found.matrix)


def mask_on_grid(mask: Pixels, image: Pixels, name: str) -> np.ndarray:
    """The mask's voxels at the image's, also where the mask is stored cropped (as 3D Slicer does).

    Raises:
        InputError: the grids differ by more than a crop.
    """
    if mask.matrix is None or image.matrix is None:
        return mask.values
    relative = np.linalg.inv(image.matrix) @ mask.matrix
    shift = np.rint(relative[:3, 3]).astype(int)
    expected = np.eye(4)
    expected[:3, 3] = shift
    if not np.allclose(relative, expected, atol=0.01):
        raise InputError(
            f"{name} lies on another grid than its image (other spacing, orientation or place); resample it to the "
            "image's grid first, for example with 3D Slicer's module Resample Scalar/Vector/DWI Volume."
        )
    if not shift.any() and mask.values.shape == image.values.shape:
        return mask.values
    ends = shift[: image.values.ndim] + mask.values.shape
    if mask.values.ndim != image.values.ndim or (shift < 0).any() or (ends > image.values.shape).any():
        raise InputError(f"{name} reaches beyond its image; resample it to the image's grid first.")
    whole = np.zeros(image.values.shape, bool)
    whole[tuple(slice(a, b) for a, b in zip(shift, ends))] = mask.values
    return whole


def _read(path: Path, grey: bool) -> Pixels:
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist; look at the paths and at the folder given as data.")
    ending = path.name.lower()
    try:
        if ending.endswith(NIFTI):
            found = _nifti(path)
        elif ending.endswith(NRRD):
            found = _nrrd(path)
        elif ending.endswith(PICTURES):
            found = _picture(path, grey)
        else:
            raise InputError(
                f"{path.name} is of no kind that can be read; there are {', '.join(PICTURES + NIFTI + NRRD)}."
            )
    except InputError:
        raise
    except Exception as error:  # the three packages raise many types for a damaged file
        reason = (str(error) or repr(error)).splitlines()[0]
        raise InputError(f"{path.name} cannot be read: {reason}; it may be damaged, copy it again.") from error
    return Pixels(np.asarray(found.values, np.float32), found.matrix) if grey else found


def _nifti(path: Path) -> Pixels:
    image = needed("nibabel").load(path)
    return Pixels(np.asarray(image.dataobj), np.asarray(image.affine, float))


def _nrrd(path: Path) -> Pixels:
    values, header = needed("nrrd").read(str(path))
    if values.ndim > 3:
        raise InputError(
            f"{path.name} has {values.ndim} axes, as segmentations with overlapping segments do; export the segment as "
            "a binary labelmap."
        )
    directions, space = header.get("space directions"), str(header.get("space", "")).lower()
    if directions is None or space not in _TO_RAS or values.ndim != 3 or np.shape(directions) != (3, 3):
        return Pixels(values)
    matrix = np.eye(4)
    matrix[:3, :3] = np.asarray(directions, float).T
    matrix[:3, 3] = header.get("space origin", np.zeros(3))
    matrix[:3] *= np.array(_TO_RAS[space])[:, None]
    return Pixels(values, matrix)


def _picture(path: Path, grey: bool) -> Pixels:
    with needed("PIL.Image").open(path) as picture:
        if grey and picture.mode in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB"):
            return Pixels(np.asarray(picture.convert("L")))
        values = np.asarray(picture)
    if values.ndim == 3:  # a mask in colour; an alpha channel says nothing
        values = values[..., : 1 if picture.mode == "LA" else 3].max(-1)
    return Pixels(values)
