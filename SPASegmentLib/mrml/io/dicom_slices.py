"""Slices of DICOM files: where each lies, how large its pixels are and how they are scaled, whoever says it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, List, Optional, Tuple

import numpy as np

from SPASegmentLib.mrml.io.voxels import UnreadableError
from SPASegmentLib.translation import texts

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_ = texts(__name__)

Numbers = Optional[Tuple[float, ...]]

SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
_ENHANCED_GROUPS = "PerFrameFunctionalGroupsSequence"
#: Unit of a region's coordinates in ultrasound files: cm.
_CENTIMETRES = 3


@dataclass(frozen=True)
class Slice:
    """One frame of one file.

    Attributes:
        path, data: the file, and what is in it.
        frame: number of the frame in it.
        position: (3,) LPS of the first pixel in mm; None where the file does not say.
        orientation: (6,) directions of rows and columns in LPS; None where the file does not say.
        spacing: (2,) distance of rows and of columns in mm; None where the file does not say.
        thickness: of the slice in mm, or the distance to the next one where it says that.
        between: distance to the next slice in mm; None where the file does not say.
        slope, intercept: from stored to meant values.
        segment: number of the segment that a frame of a segmentation belongs to, else 0.
    """

    path: Path
    data: Dataset
    frame: int
    position: Numbers
    orientation: Numbers
    spacing: Numbers
    thickness: Optional[float]
    between: Optional[float]
    slope: float
    intercept: float
    segment: int

    @property
    def kind(self) -> Tuple[Any, ...]:
        """What all slices of a volume have in common: rows, columns, samples per pixel."""
        data = self.data
        return (int(data.Rows), int(data.Columns), int(data.get("SamplesPerPixel", 1)))


def frames_of(data: Dataset) -> int:
    """Number of frames in a file.

    Raises:
        UnreadableError: it is no number.
    """
    try:
        return max(int(data.get("NumberOfFrames") or 1), 1)
    except (TypeError, ValueError):
        raise UnreadableError(_("its header is damaged; copy or export it again.")) from None


def slices_of(path: Path, data: Dataset) -> List[Slice]:
    """The slices of a file, in the order in which they are stored.

    Raises:
        UnreadableError: what it says about its frames does not fit their number.
    """
    count = frames_of(data)
    groups = data.get(_ENHANCED_GROUPS)
    if groups is not None and len(groups) != count:
        raise UnreadableError(_("its header tells of more or fewer frames than it has; export it again."))
    positions = None if groups is not None else list(_classic_positions(data, count))
    return [_slice(path, data, n, positions) for n in range(count)]


def _slice(path: Path, data: Dataset, frame: int, positions: Optional[List[Numbers]]) -> Slice:
    value = _Frame(data, frame)
    position = positions[frame] if positions is not None else _numbers(value.get("ImagePositionPatient"), 3)
    # Volumes of ultrasound lie in their own space.
    position = position or _numbers(value.get("ImagePositionVolume"), 3)
    orientation = _numbers(value.get("ImageOrientationPatient"), 6) or _numbers(value.get("ImageOrientationVolume"), 6)
    between = _numbers(value.get("SpacingBetweenSlices"), 1)
    thickness = between or _numbers(value.get("SliceThickness"), 1)
    slope = _numbers(value.get("RescaleSlope"), 1) or _numbers(data.get("DoseGridScaling"), 1) or (1.0,)
    intercept = _numbers(value.get("RescaleIntercept"), 1) or (0.0,)
    return Slice(
        path,
        data,
        frame,
        position,
        orientation,
        _pixel_size(value, data),
        abs(thickness[0]) if thickness and thickness[0] else None,
        abs(between[0]) if between and between[0] else None,
        slope[0],
        intercept[0],
        int(value.get("ReferencedSegmentNumber") or 0) if data.get("SOPClassUID") in SEGMENTATIONS else 0,
    )


class _Frame:
    """What an enhanced file says of one frame, by itself or for all of them; else what the file says as a whole."""

    _MACROS = (
        "PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence",
        "PixelValueTransformationSequence", "SegmentIdentificationSequence", "PlanePositionVolumeSequence",
        "PlaneOrientationVolumeSequence",
    )  # fmt: skip

    def __init__(self, data: Dataset, frame: int) -> None:
        own = data.get(_ENHANCED_GROUPS)
        shared = data.get("SharedFunctionalGroupsSequence")
        self._places = [own[frame]] if own else []
        self._places += [shared[0]] if shared else []
        self._data = data

    def get(self, name: str) -> Any:
        """A value by the name that pydicom knows it by; None where nothing says it."""
        for place in self._places:
            for macro in self._MACROS:
                items = place.get(macro)
                if items and name in items[0]:
                    return items[0].get(name)
        return self._data.get(name)


def _pixel_size(value: _Frame, data: Dataset) -> Numbers:
    """Distance of rows and of columns in mm, by the best that the file gives."""
    for name in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        numbers = _numbers(value.get(name), 2)
        if numbers and min(numbers) > 0:
            return numbers
    return _region_size(data)


def _region_size(data: Dataset) -> Numbers:
    """Of ultrasound, where all regions of the picture that show tissue have one scale."""
    found = set()
    for region in data.get("SequenceOfUltrasoundRegions") or ():
        units = region.get("PhysicalUnitsXDirection"), region.get("PhysicalUnitsYDirection")
        if units == (_CENTIMETRES, _CENTIMETRES):
            size = _numbers([region.get("PhysicalDeltaY"), region.get("PhysicalDeltaX")], 2)
            found.add(None if size is None else tuple(round(10 * abs(each), 9) for each in size))
    only = found.pop() if len(found) == 1 else None
    return only if only and min(only) > 0 else None


def _classic_positions(data: Dataset, count: int) -> Iterator[Numbers]:
    """Positions of the frames of a file that is not enhanced."""
    first = _numbers(data.get("ImagePositionPatient"), 3)
    orientation = _numbers(data.get("ImageOrientationPatient"), 6)
    if count == 1:
        yield first
        return
    detector = data.get("DetectorInformationSequence")
    if detector and first is None:
        first = _numbers(detector[0].get("ImagePositionPatient"), 3)
    offsets = _numbers(data.get("GridFrameOffsetVector"), count)
    step = _numbers(data.get("SpacingBetweenSlices"), 1)
    if offsets is None and step and step[0] and data.get("Modality") == "NM":
        offsets = tuple(step[0] * n for n in range(count))
    for n in range(count):
        if first is None or orientation is None or offsets is None:
            yield None
        else:
            normal = np.cross(orientation[:3], orientation[3:])
            x, y, z = np.array(first) + (offsets[n] - offsets[0]) * normal
            yield (float(x), float(y), float(z))


def _numbers(value: Any, count: int) -> Numbers:
    """So many finite numbers, or None."""
    if value is None or isinstance(value, (str, bytes)):
        value = [] if value is None or isinstance(value, bytes) else value.split("\\")
    try:
        numbers = [float(each) for each in value]
    except TypeError:
        try:
            numbers = [float(value)]
        except (TypeError, ValueError):
            return None
    except ValueError:
        return None
    return tuple(numbers) if len(numbers) == count and np.isfinite(numbers).all() else None
