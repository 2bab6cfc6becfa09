"""Reads DICOM: series, files of several frames, and segmentations, each slice where its header says."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Tuple, TypeVar

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.dicom_files import File, quietly, series_of
from SPASegmentLib.mrml.io.dicom_pixels import is_colour, pixels_of
from SPASegmentLib.mrml.io.dicom_slices import SEGMENTATIONS, Slice, slices_of
from SPASegmentLib.mrml.io.masks import drawn
from SPASegmentLib.mrml.io.voxels import Image, UnreadableError
from SPASegmentLib.translation import texts

_ = texts(__name__)

Read = TypeVar("Read")

#: No slice may lie farther from its place on the lattice than this share of the distance of slices, or of a pixel.
_UNEVEN = 0.1

#: Cosines of directions may differ by this much within a series, spacings by this share.
_TURNED, _OTHER_SPACING = 1e-3, 1e-3


def read_dicom(path: Path) -> Image:
    """Read the volume at a path.

    Args:
        path: a folder with a series, a file (which stands for the series beside it), or a DICOMDIR.

    Returns:
        Rescaled values (k, j, i), or (k, j, i, 3) uint8; slices are in the order of their positions along the normal.

    Raises:
        InputError: a folder without images or with several series; a series that is no volume.
        UnreadableError: a file is damaged, not whole, or holds what is no image.
        OSError: a file cannot be read.
    """
    return _understood(lambda: _volume(series_of(path)))


def dicom_files(path: Path) -> List[Path]:
    """The files that `read_dicom` would read.

    Raises:
        InputError, UnreadableError, OSError: see `read_dicom`.
    """
    return _understood(lambda: [each for each, _header in series_of(path)])


def read_dicom_mask(path: Path) -> Image:
    """Read a mask: a segmentation (all its segments together), or a series of which all that is not 0 counts.

    Raises:
        InputError, UnreadableError, OSError: see `read_dicom`.
    """

    def read() -> Image:
        files = series_of(path)
        if files[0][1].get("SOPClassUID") in SEGMENTATIONS:
            return _segments(files[0])
        image = _volume(files)
        values = image.values.max(axis=3) if image.values.ndim == 4 else image.values
        return Image(drawn(values), image.to_ras, image.in_mm, notes=image.notes)

    return _understood(read)


def _understood(read: Callable[[], Read]) -> Read:
    try:
        with quietly():
            return read()
    except (InputError, UnreadableError, OSError):
        raise
    except Exception:  # pydicom raises many types for a damaged file, some only when a value is looked at
        raise UnreadableError(_("its header is damaged; copy or export it again.")) from None


def _volume(files: List[File]) -> Image:
    if files[0][1].get("SOPClassUID") in SEGMENTATIONS:
        raise UnreadableError(_("it is a segmentation; give the image that it was drawn on."))
    if files[0][1].get("Modality") == "RTSTRUCT":
        raise UnreadableError(_("it holds outlines, no image; give the image that they were drawn on."))
    slices = [each for path, data in files for each in slices_of(path, data)]
    _check_alike(slices)
    slices, notes = _without_copies(slices)
    located = len(slices) > 1 and all(each.position is not None and each.orientation is not None for each in slices)
    if len(slices) > 1 and not located:
        if len(files) > 1:
            raise InputError(_("The DICOM series does not say where its slices lie; convert it to NRRD or NIfTI."))
        notes.append(_("The file does not say where its frames lie; they are stacked as if they were one pixel apart."))
    order, step = _in_order(slices) if located else (list(range(len(slices))), None)
    slices = [slices[n] for n in order]
    to_ras, in_mm = _place(slices, step)
    return Image(_values(slices), to_ras, in_mm, is_colour(slices[0].data), tuple(notes))


def _check_alike(slices: Sequence[Slice]) -> None:
    """Refuse slices that are none of one volume.

    Raises:
        InputError: sizes, colours, directions or spacings change.
    """
    kinds = sorted({each.kind for each in slices})
    if len({kind[:2] for kind in kinds}) > 1:
        sizes = [f"{columns} x {rows}" for rows, columns in sorted({kind[:2] for kind in kinds})][:3]
        raise InputError(
            _("The DICOM series has slices of several sizes ({sizes} pixels); give a series of one size.").format(
                sizes=", ".join(sizes)
            )
        )
    if len({is_colour(each.data) for each in slices}) > 1:
        raise InputError(
            _("The DICOM series has colour images among grey ones (a page of results?); take them out of the folder.")
        )
    spacings = np.array([each.spacing or (0.0, 0.0) for each in slices])
    if (np.abs(spacings - spacings[0]) > _OTHER_SPACING * spacings.max()).any():
        low, high = spacings.min(), spacings.max()
        raise InputError(
            _(
                "The DICOM series has pixels of several sizes ({low:.3g} to {high:.3g} mm); give a series of one pixel "
                "spacing."
            ).format(low=low, high=high)
        )


def _without_copies(slices: List[Slice]) -> Tuple[List[Slice], List[str]]:
    """Files that are there twice count once."""

    def place(each: Slice) -> Tuple[str, int, Tuple[float, ...]]:
        return (str(each.data.get("SOPInstanceUID", "")), each.frame, each.position or ())

    kept: List[Slice] = []
    for _key, group in groupby(sorted(slices, key=place), key=place):
        same = list(group)
        first = same[0]
        kept.append(first)
        kept += [each for each in same[1:] if each.data.get("PixelData") != first.data.get("PixelData")]
    kept.sort(key=slices.index)
    copies = len(slices) - len(kept)
    note = _("{count} images of the series are there twice; each is used once.").format(count=copies)
    return kept, [note] if copies else []


def _in_order(slices: Sequence[Slice]) -> Tuple[List[int], np.ndarray]:
    """Order of slices along their normal, and the (3,) step from one to the next in LPS.

    Raises:
        InputError: they are no volume.
    """
    positions = np.array([each.position for each in slices], float)
    orientations = np.array([each.orientation for each in slices], float)
    if np.abs(orientations - orientations[0]).max() > _TURNED:
        raise InputError(_("The DICOM series has slices of several directions; give a series of one direction."))
    normal = np.cross(orientations[0, :3], orientations[0, 3:])
    order = np.argsort(positions @ normal, kind="stable")
    steps = np.diff(positions[order], axis=0)
    along = steps @ normal
    if along.min() < 1e-3 * max(float(np.median(along)), 1e-3):
        raise InputError(
            _("The DICOM series has several images at one position (a time series?); give one volume of it.")
        )
    step = steps.mean(axis=0)
    apart = positions[order] - positions[order][0] - np.arange(len(slices))[:, None] * step
    allowed = _UNEVEN * float(np.median(along))
    if np.abs(apart @ normal).max() > allowed or np.abs(along - np.median(along)).max() > allowed:
        raise InputError(
            _("The DICOM series has missing or unevenly spaced slices; complete it, or resample it first.")
        )
    sideways = step - (step @ normal) * normal
    pixel = min(slices[0].spacing or (1.0, 1.0))
    shifts = np.linalg.norm(apart - (apart @ normal)[:, None] * normal, axis=1).max()
    if np.linalg.norm(sideways) * (len(slices) - 1) > max(_UNEVEN, 0.5) * pixel or shifts > 0.5 * pixel:
        raise InputError(
            _("The DICOM series was acquired with a tilted gantry; load it in Slicer and resample it first.")
        )
    return order.tolist(), step


def _place(slices: Sequence[Slice], step: Optional[np.ndarray]) -> Tuple[np.ndarray, bool]:
    """Index to RAS, and whether pixels have a known size."""
    first = slices[0]
    across, down = first.spacing[::-1] if first.spacing else (1.0, 1.0)
    orientation = np.array(first.orientation or (1.0, 0, 0, 0, 1, 0))
    matrix = np.eye(4)
    matrix[:3, 0] = orientation[:3] * across
    matrix[:3, 1] = orientation[3:] * down
    normal = np.cross(orientation[:3], orientation[3:])
    alone = first.thickness if len(slices) == 1 and first.thickness else across
    matrix[:3, 2] = normal * alone if step is None else step
    matrix[:3, 3] = first.position or (0.0, 0.0, 0.0)
    if abs(np.linalg.det(matrix[:3, :3])) < 1e-30:
        raise UnreadableError(_("its axes do not span a volume; the header is damaged, export it again."))
    return matrix * np.array([-1.0, -1.0, 1.0, 1.0])[:, None], first.spacing is not None


def _values(slices: Sequence[Slice]) -> np.ndarray:
    """Pixels of slices, scaled, in the smallest type that holds them all."""
    files: Dict[int, Slice] = {id(each.data): each for each in slices}
    stored = dict(zip(files, pixels_of([each.data for each in files.values()])))
    frames = [stored[id(each.data)][each.frame] for each in slices]
    if is_colour(slices[0].data):
        return np.stack(frames)
    scales = {(each.slope, each.intercept) for each in slices}
    if scales == {(1.0, 0.0)}:
        return np.stack(frames)
    if all(slope == 1 and intercept == int(intercept) for slope, intercept in scales) and frames[0].dtype.kind in "iu":
        low = min(int(f.min()) + int(s.intercept) for f, s in zip(frames, slices))
        high = max(int(f.max()) + int(s.intercept) for f, s in zip(frames, slices))
        kind = np.dtype(np.int16 if low >= -(2**15) and high < 2**15 else np.int64)
        # Sums in which a step wraps around come out right all the same.
        return np.stack([f.astype(kind) + np.int64(s.intercept).astype(kind) for f, s in zip(frames, slices)])
    large = frames[0].dtype.itemsize > 2
    kind = np.dtype(np.float64 if large else np.float32)
    return np.stack([f.astype(kind) * kind.type(s.slope) + kind.type(s.intercept) for f, s in zip(frames, slices)])


def _segments(file: File) -> Image:
    """All segments of a DICOM segmentation, as bool (k, j, i); slices without a frame are empty."""
    path, data = file
    slices = slices_of(path, data)
    if any(each.position is None or each.orientation is None or each.spacing is None for each in slices):
        raise UnreadableError(_("it does not say where its frames lie; convert it to NRRD or NIfTI."))
    _check_alike(slices)
    orientation = np.array(slices[0].orientation)
    turned = max(float(np.abs(np.array(each.orientation) - orientation).max()) for each in slices)
    normal = np.cross(orientation[:3], orientation[3:])
    positions = np.array([each.position for each in slices])
    depths = positions @ normal
    sideways = positions - depths[:, None] * normal
    step = _distance(depths, slices[0])
    index = (depths - depths.min()) / step
    whole = np.rint(index).astype(int)
    pixel = min(slices[0].spacing or (1.0,))
    if turned > _TURNED or np.abs(index - whole).max() > _UNEVEN or np.ptp(sideways, axis=0).max() > 0.5 * pixel:
        raise UnreadableError(_("its frames do not lie on one lattice; convert it to NRRD or NIfTI."))
    values = pixels_of([data])[0]
    most = int(data.get("MaximumFractionalValue", 0)) if data.get("SegmentationType") == "FRACTIONAL" else 0
    drawn = values > most / 2
    mask = np.zeros((int(whole.max()) + 1, *values.shape[1:3]), bool)
    for each, k in zip(slices, whole):
        mask[k] |= drawn[each.frame]
    first = slices[int(depths.argmin())]
    to_ras, in_mm = _place([first], normal * step)
    return Image(mask, to_ras, in_mm)


def _distance(depths: np.ndarray, first: Slice) -> float:
    """Distance of a segmentation's slices: what it says, if frames lie on such steps, else the smallest there is.

    How thick they are says nothing: slices may be thinner than their distance, or overlap.
    """
    steps = np.diff(np.unique(np.round(depths, 4)))
    if not len(steps):
        return first.thickness or 1.0
    smallest, given = float(steps.min()), first.between
    if given and np.abs((depths - depths.min()) / given - np.rint((depths - depths.min()) / given)).max() <= _UNEVEN:
        return given
    return smallest
