"""Finds and orders the files of a DICOM series, without reading pixels."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import numpy as np
import slicer

from SPASegmentLib.errors import InputError
from SPASegmentLib.translation import texts

_ = texts(__name__)

_SERIES, _POSITION, _ORIENTATION = "0020|000e", "0020|0032", "0020|0037"

#: Distances between slices may differ by this share of their median, and slices may shift sideways by as much.
_UNEVEN = 0.1

#: Directions of cosines may differ by this much within a series.
_TURNED = 1e-3


@dataclass(frozen=True)
class _Slice:
    path: Path
    series: str
    position: Optional[Tuple[float, ...]]
    orientation: Optional[Tuple[float, ...]]


def series_files(path: Path) -> List[Path]:
    """Files that make up the volume at `path`, in the order of their slices.

    The reader of ITK orders files by name, which is wrong in most archives; here they are ordered by position.

    Args:
        path: a file, or a folder with a DICOM series. One DICOM file stands for the whole series that lies beside
            it; any other file for itself.

    Raises:
        InputError: a folder without DICOM files, or with several series, or a series that is no volume: slices
            missing, at the same position, shifted sideways (tilted gantry) or turned against each other.
        OSError: the folder cannot be listed.
    """
    if path.is_dir():
        series = _group(path)
        if not series:
            raise InputError(
                _("The folder '{path}' holds no DICOM images; give a file, or a folder with a series.").format(
                    path=path
                )
            )
        volumes = [slices for slices in series.values() if len(slices) > 1] or list(series.values())
        if len(volumes) > 1:
            raise InputError(
                _("The folder '{path}' holds {count} DICOM series; give one file of the series that you mean.").format(
                    path=path, count=len(volumes)
                )
            )
        return _ordered(volumes[0])
    own = _header(path)
    if own is None:
        return [path]
    return _ordered(_group(path.parent)[own.series])


def _header(path: Path) -> Optional[_Slice]:
    """Tags of a DICOM image, or None where the file is none."""
    with open(path, "rb") as file:
        start = file.read(132)
    if start[128:] != b"DICM":
        return None
    reader = slicer.vtkITKArchetypeImageSeriesScalarReader()
    reader.SetArchetype(str(path))
    reader.SetSingleFile(1)
    shown = reader.GetGlobalWarningDisplay()
    reader.GlobalWarningDisplayOff()
    reader.UpdateInformation()
    reader.SetGlobalWarningDisplay(shown)
    series = reader.GetTagValue(_SERIES)
    if reader.GetErrorCode() or not series:
        return None
    position, orientation = reader.GetTagValue(_POSITION), reader.GetTagValue(_ORIENTATION)
    return _Slice(path, series, _numbers(position, 3), _numbers(orientation, 6))


def _numbers(text: Optional[str], count: int) -> Optional[Tuple[float, ...]]:
    try:
        values = tuple(float(part) for part in (text or "").split("\\"))
    except ValueError:
        return None
    return values if len(values) == count else None


def _group(folder: Path) -> Dict[str, List[_Slice]]:
    series: Dict[str, List[_Slice]] = defaultdict(list)
    for path in sorted(folder.iterdir()):
        header = _header(path) if path.is_file() else None
        if header is not None:
            series[header.series].append(header)
    return series


def _ordered(slices: List[_Slice]) -> List[Path]:
    if len(slices) == 1:
        return [slices[0].path]
    if any(s.position is None or s.orientation is None for s in slices):
        raise InputError(_("The DICOM series does not say where its slices lie; convert it to NRRD or NIfTI."))
    positions = np.array([s.position for s in slices])
    orientations = np.array([s.orientation for s in slices])
    if np.abs(orientations - orientations[0]).max() > _TURNED:
        raise InputError(_("The DICOM series has slices of several directions; give a series of one direction."))
    normal = np.cross(orientations[0, :3], orientations[0, 3:])
    order = np.argsort(positions @ normal, kind="stable")
    steps = np.diff(positions[order], axis=0)
    along = steps @ normal
    if along.min() < 1e-3:
        raise InputError(
            _("The DICOM series has several images at one position (a time series?); give one volume of it.")
        )
    allowed = _UNEVEN * np.median(along)
    if np.abs(along - np.median(along)).max() > allowed:
        raise InputError(
            _("The DICOM series has missing or unevenly spaced slices; complete it, or resample it first.")
        )
    if np.linalg.norm(steps - along[:, None] * normal, axis=1).max() > allowed:
        raise InputError(
            _("The DICOM series was acquired with a tilted gantry; load it in Slicer and resample it first.")
        )
    return [slices[n].path for n in order]
