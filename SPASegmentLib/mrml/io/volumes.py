"""From a path to voxels and where they lie, whatever the format; no scene, no VTK."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Callable, List, Optional, Tuple, TypeVar

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.dicom import dicom_files, read_dicom, read_dicom_mask
from SPASegmentLib.mrml.io.dicom_files import is_dicom
from SPASegmentLib.mrml.io.masks import bright, drawn
from SPASegmentLib.mrml.io.metaimage import is_metaimage, metaimage_outlook, read_metaimage
from SPASegmentLib.mrml.io.nifti import is_nifti, is_sheared, nifti_outlook, read_nifti
from SPASegmentLib.mrml.io.nrrd import is_nrrd, nrrd_outlook, read_nrrd, read_segments
from SPASegmentLib.mrml.io.picture import is_blurred, is_picture, picture_outlook, read_picture
from SPASegmentLib.mrml.io.voxels import Image, Outlook, UnreadableError
from SPASegmentLib.translation import texts

_ = texts(__name__)

Read = TypeVar("Read")

#: Bytes at the beginning of a file that tell its format.
_START = 1 << 14

#: Values above this are not all whole in float64, the largest type that Slicer shows.
_EXACT = 2**53


def read_image(path: str, component: Optional[int] = None) -> Image:
    """Read an image.

    Voxels without a value (NaN, infinite) become the smallest value of their slice, and a note says so.

    Args:
        path: NRRD, NIfTI or MetaImage file, the folder of a DICOM series, or one file of the series; or a picture (PNG,
            JPEG, BMP or TIFF).
        component: number (from 1) of the volume or value to take where the file has several; None for the only one,
            or colours.

    Returns:
        Values (k, j, i), or (k, j, i, 3 or 4) in colour, of a type that MRML knows.

    Raises:
        InputError: the file is missing, cannot be read or is no image; the message says why.
    """
    if path.lower().endswith(".seg.nrrd"):
        raise InputError(_("'{path}' is a segmentation; give the image that it was drawn on.").format(path=path))
    place = _existing(path)
    return _told(path, lambda: usable(_one(_image(place), component)))


def read_mask(path: str) -> Image:
    """Read a mask: all that is not 0 in a label map, or lies in any segment of a segmentation.

    JPEG blurs edges: of such a file it is what is brighter than half.

    Args:
        path: ".seg.nrrd", NRRD, NIfTI or MetaImage file, a DICOM segmentation or series, or a picture.

    Returns:
        Values (k, j, i) bool.

    Raises:
        InputError: the file is missing, cannot be read, has several values per voxel, or is an image.
    """
    place = _existing(path)
    if path.lower().endswith(".seg.nrrd"):
        return _segments(path, place)
    return _told(path, lambda: _mask(place))


def _mask(place: Path) -> Image:
    if _is_dicom(place):
        return read_dicom_mask(place)
    image = read_voxels(place)
    if image.values.ndim == 4:
        raise UnreadableError(
            _("a mask has one value per voxel, this one has {count}.").format(count=image.values.shape[3])
        )
    return replace(image, values=bright(image.values) if is_blurred(_start(place)) else drawn(image.values))


def _existing(path: str) -> Path:
    place = Path(path).expanduser()
    if not place.exists():
        raise InputError(_("'{path}' does not exist; check the path.").format(path=path))
    return place


def _segments(path: str, place: Path) -> Image:
    try:
        image = _told(path, lambda: read_segments(place))
    except InputError as error:
        if not isinstance(error.__cause__, UnreadableError):
            raise
        raise InputError(
            _("'{path}' is damaged or not a segmentation with voxels; save it again from Slicer.").format(path=path)
        ) from error
    if not image.values.any():
        raise InputError(_("'{path}' is not a segmentation with voxels.").format(path=path))
    return image


def _told(path: str, read: Callable[[], Read]) -> Read:
    """What a reader returns; what it raises as a sentence about the file."""
    try:
        return read()
    except OSError as error:
        # Of a folder the system names the file.
        named = path if error.filename is None else os.fsdecode(error.filename)
        raise InputError(
            _("'{path}' cannot be read ({reason}).").format(path=named, reason=error.strerror or error)
        ) from error
    except UnreadableError as error:
        raise InputError(_("'{path}' is not a readable volume: {reason}").format(path=path, reason=error)) from error
    except MemoryError as error:
        raise InputError(_("'{path}' needs more memory than there is.").format(path=path)) from error


def files_of(place: Path) -> List[Path]:
    """All files that `read_image` would read.

    Raises:
        InputError: as it would.
    """
    return _told(str(place), lambda: _files(place))


def _files(place: Path) -> List[Path]:
    if _is_dicom(place):
        return dicom_files(place)
    other = _outlook(place).other
    return [place] if other is None else [place, place.parent / other]


def check_alone(place: Path, limit: int) -> None:
    """Refuse a file that names other files, or would take much memory, before it is read. DICOM is not looked at.

    The same code reads the header here and when the voxels are read, so that it cannot say one thing to each.

    Args:
        place: NRRD, NIfTI or MetaImage file, or a picture.
        limit: bytes that its voxels may take.

    Raises:
        InputError: it does, or its header is damaged.
    """
    outlook = _told(place.name, lambda: _outlook(place))
    if outlook.other is not None:
        raise InputError(
            _("The file refers to another file; save it as one file (.nrrd, .nii.gz or .mha) and open that.")
        )
    if outlook.size > limit:
        raise InputError(
            _("The volume needs {size:.1f} GiB; the page takes up to {limit:.1f} GiB.").format(
                size=outlook.size / 2**30, limit=limit / 2**30
            )
        )


def _outlook(place: Path) -> Outlook:
    return _format(place)[1](place)


def read_voxels(place: Path) -> Image:
    """Read a file of one of the formats that keep all voxels in one file, as it is.

    Raises:
        UnreadableError: it is none, damaged or not whole.
        OSError: it cannot be read.
    """
    return _format(place)[0](place)


def _format(place: Path) -> Tuple[Callable[[Path], Image], Callable[[Path], Outlook]]:
    """What reads a file, by its first bytes; by its name where these say nothing, for the words that it finds."""
    start, name = _start(place), place.name.lower()
    if is_nrrd(start):
        return read_nrrd, nrrd_outlook
    if is_nifti(start):
        return read_nifti, nifti_outlook
    if is_metaimage(start):
        return read_metaimage, metaimage_outlook
    if is_picture(start):
        return read_picture, picture_outlook
    if not start:
        raise UnreadableError(_("it is empty; copy or download it again."))
    if name.endswith((".nrrd", ".nhdr")):
        return read_nrrd, nrrd_outlook
    if name.endswith((".nii", ".nii.gz", ".img", ".img.gz")):
        return read_nifti, nifti_outlook
    if name.endswith((".mha", ".mhd")):
        return read_metaimage, metaimage_outlook
    raise UnreadableError(_("SPA reads NRRD, NIfTI, MetaImage (MHA), DICOM, PNG, JPEG, BMP and TIFF."))


def _start(place: Path) -> bytes:
    with open(place, "rb") as file:
        return file.read(_START)


def _is_dicom(place: Path) -> bool:
    return place.is_dir() or is_dicom(_start(place)) or place.name.upper() == "DICOMDIR"


def _image(place: Path) -> Image:
    if _is_dicom(place):
        return read_dicom(place)
    image = read_voxels(place)
    if is_nifti(_start(place)) and is_sheared(image):
        raise UnreadableError(
            _("its axes are sheared, not orthogonal, which 3D Slicer does not show; resample it first.")
        )
    return image


def _one(image: Image, component: Optional[int]) -> Image:
    """One value per voxel, or colours.

    Raises:
        UnreadableError: there are several values, and none is chosen; or there is no such one.
    """
    values = image.values
    count = values.shape[3] if values.ndim == 4 else 1
    if component is not None:
        if not 1 <= component <= count:
            raise UnreadableError(
                _("it has no volume {number}; there are {count}.").format(number=component, count=count)
            )
        return replace(image, values=values[..., component - 1] if count > 1 else values, colour=False)
    if values.ndim == 3 or image.colour:
        return image
    if count in (3, 4) and values.dtype == np.uint8:
        note = _("The {count} values of each voxel are taken for red, green and blue.").format(count=count)
        return replace(image, colour=True, notes=(*image.notes, note))
    raise UnreadableError(
        _(
            "it has {count} values per voxel (time points, or components of a vector); choose one volume of it, on the "
            "command line with --component 1 to {count}."
        ).format(count=count)
    )


def usable(image: Image) -> Image:
    """The image in values that MRML knows and that can be segmented.

    NaN and infinite voxels become the smallest value of their slice, and a note says so.

    Raises:
        UnreadableError: no voxel has a value, or there are integers of 64 bits that no such type holds.
    """
    image = _with_values(image)
    values = image.values
    if image.colour and values.dtype.kind == "u" and values.dtype.itemsize > 1:
        # Cameras use 10 or 12 bits of 16: the highest bit that is used stays the highest.
        surplus = max(int(values.max()).bit_length() - 8, 0)
        values = (values >> surplus).astype(np.uint8)
    return replace(image, values=_storable(values))


def _with_values(image: Image) -> Image:
    values = image.values
    if values.dtype.kind != "f" or np.isfinite(values.sum(dtype=np.float64)):
        return image
    with np.errstate(invalid="ignore"):
        bad = ~np.isfinite(values)
    count = int(np.count_nonzero(bad))
    if not count:
        return image
    if bad.all():
        raise UnreadableError(_("none of its voxels has a value (all are NaN or infinite)."))
    values = values.copy()
    overall = float(values[~bad].min())
    for plane, missing in zip(values, bad):
        plane[missing] = overall if missing.all() else plane[~missing].min()
    note = _("{count} voxels are NaN or infinite; they count as the background of their slice.").format(count=count)
    return replace(image, values=values, notes=(*image.notes, note))


def _storable(values: np.ndarray) -> np.ndarray:
    """The same values in a type that MRML knows: bool unsigned char, 64-bit integers int32 or float64, float16 float32.

    Raises:
        UnreadableError: integers of 64 bits that no such type holds.
    """
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind == "b":
        return values.astype(np.uint8)
    if kind == "f":
        return values.astype(np.float64 if size >= 8 else np.float32, copy=False)
    if size < 8:
        return values.astype(values.dtype.newbyteorder("="), copy=False)
    low, high = int(values.min()), int(values.max())
    limits = np.iinfo(np.int32)
    if limits.min <= low and high <= limits.max:
        return values.astype(np.int32)
    if max(abs(low), abs(high)) > _EXACT:
        raise UnreadableError(
            _("its integers of 64 bits are too large ({low} to {high}); save them as differences from a smaller value.")
            .format(low=low, high=high)
        )
    return values.astype(np.float64)
