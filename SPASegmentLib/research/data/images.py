"""Images and masks, by the readers that the product has, with the same rules."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from SPASegmentLib.errors import InputError, reason
from SPASegmentLib.lattice import Lattice, differences, moved
from SPASegmentLib.mrml.io.masks import bright, drawn
from SPASegmentLib.mrml.io.picture import open_picture
from SPASegmentLib.mrml.io.volumes import read_voxels
from SPASegmentLib.mrml.io.voxels import UnreadableError
from SPASegmentLib.packages import install_extra

#: File endings by what reads them.
VOLUMES = (".nii", ".nii.gz", ".nrrd", ".nhdr")
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class Pixels:
    """What a file holds.

    Attributes:
        values: (h, w) of a picture; (i, j), (i, j, k) or (i, j, k, n) of a NIfTI or NRRD file.
        matrix: (4, 4) indices to RAS in mm; None where the file does not say.
    """

    values: np.ndarray
    matrix: Optional[np.ndarray] = None

    @property
    def lattice(self) -> Lattice:
        """Where the values lie."""
        return Lattice(self.values.shape, self.matrix)


def needed(package: str) -> Any:
    """Import a package of the extra [train].

    Raises:
        InputError: it is missing.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise InputError(f"This needs the package {package}; run {install_extra('train')}.") from error


def read_image(path: Path) -> Pixels:
    """Grey values as float32; colour pictures become grey. NaN and infinite values become those of the background.

    Raises:
        InputError: the file is missing, damaged or of a kind that is not known.
    """
    found = _read(path, grey=True)
    return Pixels(_with_values(_single(found.values)), found.matrix)


def read_mask(path: Path, label: Optional[int] = None, soft: bool = False) -> Pixels:
    """A mask as bool.

    Args:
        path: of the file.
        label: value of the wanted pixels; None for all that are not zero.
        soft: wanted are the pixels above half of the largest value, for masks with blurred edges. JPEG files are
            always read so.

    Raises:
        InputError: the file is missing, damaged or of a kind that is not known; or it is an image.
    """
    found = _read(path, grey=False)
    values = found.values
    if found.blurred and label is not None:
        raise InputError(f"{Path(path).name} is a JPEG file, which does not keep labels; save the mask as PNG.")
    try:
        if found.blurred:
            return Pixels(bright(values), found.matrix)
        if soft:
            return Pixels(values > values.max() / 2, found.matrix)
        return Pixels(drawn(values) if label is None else values == label, found.matrix)
    except UnreadableError as error:
        raise InputError(f"{Path(path).name} is no mask: {error}") from error


def mask_on_grid(mask: Pixels, image: Pixels, name: str) -> np.ndarray:
    """The mask's voxels at the image's, also where the mask is stored cropped (as 3D Slicer does).

    Raises:
        InputError: the lattices differ by more than a crop; the message says how.
    """
    if mask.matrix is None and image.matrix is None:
        return mask.values
    differing = differences(mask.lattice, image.lattice)
    if not differing and mask.values.shape == image.values.shape:
        if (mask.matrix is None) != (image.matrix is None):
            raise InputError(f"Of {name} and its image only one says where it lies; save both in the same way.")
        return mask.values
    cropped, inside = (_uncropped(Pixels(values, mask.matrix), image) for values in (mask.values, mask.values | True))
    if cropped is None or inside is None:
        raise InputError(
            f"{name} lies on another grid than its image ({differing}); resample it to the image's grid first, for "
            "example with 3D Slicer's module Resample Scalar/Vector/DWI Volume."
        )
    if np.count_nonzero(inside) < mask.values.size:
        raise InputError(f"{name} reaches beyond its image ({differing}); resample it to the image's grid first.")
    return cropped


def _uncropped(mask: Pixels, image: Pixels) -> Optional[np.ndarray]:
    """A mask that lies on voxels of its image, in the size of the image; None for any other."""
    if mask.matrix is None or image.matrix is None or mask.values.ndim != image.values.ndim:
        return None
    axes = mask.matrix[:3, :3], image.matrix[:3, :3]
    if not np.allclose(*axes, atol=1e-3 * float(np.abs(axes[1]).max())):
        return None
    whole = [values.reshape(Lattice(values.shape).size) for values in (mask.values, image.values)]
    found = moved(whole[0], Lattice(whole[0].shape, mask.matrix), Lattice(whole[1].shape, image.matrix))
    return None if found is None else found.reshape(image.values.shape)


@dataclass(frozen=True)
class _Found(Pixels):
    """What a file holds, and whether its packing has blurred edges."""

    blurred: bool = False


def _read(path: Path, grey: bool) -> _Found:
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist; look at the paths and at the folder given as data.")
    ending = path.name.lower()
    if not ending.endswith(VOLUMES + PICTURES):
        raise InputError(f"{path.name} is of no kind that can be read; there are {', '.join(PICTURES + VOLUMES)}.")
    try:
        return _volume(path) if ending.endswith(VOLUMES) else _picture(path, grey)
    except UnreadableError as error:
        raise InputError(f"{path.name} cannot be read: {error}") from error
    except (OSError, MemoryError) as error:
        words = reason(error) or "not enough memory"
        raise InputError(f"{path.name} cannot be read: {words}; it may be damaged, copy it again.") from error


def _volume(path: Path) -> _Found:
    image = read_voxels(path)
    values = image.values.transpose(2, 1, 0, *range(3, image.values.ndim))
    if values.ndim == 4 and path.name.lower().endswith(VOLUMES[2:]):
        raise InputError(
            f"{path.name} has 4 axes, as segmentations with overlapping segments do; export the segment as a binary "
            "labelmap."
        )
    if values.shape[2] == 1:
        values = values[:, :, 0]
    return _Found(values, image.to_ras if image.in_mm else None)


def _picture(path: Path, grey: bool) -> _Found:
    with open_picture(path) as (picture, blurred):
        if grey and picture.mode in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB"):
            return _Found(np.asarray(picture.convert("L")), blurred=blurred)
        values = np.asarray(picture)
        if values.ndim == 3:  # a mask in colour; an alpha channel says nothing
            values = values[..., : 1 if picture.mode == "LA" else 3].max(-1)
    return _Found(values, blurred=blurred)


def _single(values: np.ndarray) -> np.ndarray:
    """float32; counted from the smallest value where float32 would lose the differences, as in the product."""
    if values.dtype.kind in "iu" and values.dtype.itemsize > 2:
        low, high = int(values.min()), int(values.max())
        if float(np.spacing(np.float32(max(abs(low), abs(high))))) > 1e-3 * (high - low):
            values = (values - values.min()).astype(np.float64)
    return np.asarray(values, np.float32)


def _with_values(values: np.ndarray) -> np.ndarray:
    """NaN and infinite values as the smallest of their slice (the last axis but that of several values)."""
    if np.isfinite(values).all():
        return values
    finite = np.isfinite(values)
    if not finite.any():
        raise InputError("An image has no value but NaN and infinite ones; leave it out.")
    values = values.copy()
    planes = np.moveaxis(values, 2, 0) if values.ndim > 2 else values[None]
    for plane in planes:
        missing = ~np.isfinite(plane)
        plane[missing] = values[finite].min() if missing.all() else plane[~missing].min()
    return values
