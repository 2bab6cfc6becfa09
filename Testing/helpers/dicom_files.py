"""Writes DICOM files of all kinds, with pydicom alone; tests import it once they know that pydicom is there."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as Items

from SPASegmentLib.mrml.io.voxels import Image

AXIAL = (1.0, 0, 0, 0, 1, 0)
TURNED = (0.8, 0.6, 0, 0, 0, -1.0)
FRAMES = np.random.default_rng(0).integers(0, 900, (5, 8, 9)).astype("u2")  # (frame, row, column)
ENHANCED = "1.2.840.10008.5.1.4.1.1.2.1"
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
CAPTURE = "1.2.840.10008.5.1.4.1.1.7.3"


def items(**values: Any) -> Items:
    one = Dataset()
    for name, value in values.items():
        setattr(one, name, value)
    return Items([one])


def file(
    pixels: np.ndarray, kind: str = "1.2.840.10008.5.1.4.1.1.2", syntax: str = "1.2.840.10008.1.2.1",
    series: str = "1.2.3", number: int = 1, **tags: Any,
) -> FileDataset:  # fmt: skip
    """One file; a tag of None is left out."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = kind, f"{series}.{number}"
    meta.TransferSyntaxUID = syntax
    data = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    bits = 8 * pixels.dtype.itemsize
    given: Dict[str, Any] = {
        "SOPClassUID": kind, "SOPInstanceUID": f"{series}.{number}", "SeriesInstanceUID": series, "Modality": "CT",
        "StudyInstanceUID": "1.2", "PatientID": "1", "PatientName": "Phantom", "InstanceNumber": number,
        "Rows": pixels.shape[-2], "Columns": pixels.shape[-1], "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2", "BitsAllocated": bits, "BitsStored": bits, "HighBit": bits - 1,
        "PixelRepresentation": int(pixels.dtype.kind == "i"), **tags,
    }  # fmt: skip
    if pixels.ndim == 3:
        given.setdefault("NumberOfFrames", len(pixels))
    content = given.pop("content", None)
    for name, value in given.items():
        if value is not None:
            setattr(data, name, value)
    data.add_new(0x7FE00010, "OW" if bits > 8 else "OB", pixels.tobytes() if content is None else content)
    if content is not None:
        data["PixelData"].is_undefined_length = True
    return data


def save(data: FileDataset, path: Path) -> Path:
    data.save_as(path, enforce_file_format=True)
    return path


def enhanced(
    frames: np.ndarray, positions: Sequence[Sequence[float]], orientation: Sequence[float] = AXIAL,
    scales: Optional[Sequence[Tuple[float, float]]] = None, measures_in_frames: bool = False, **tags: Any,
) -> FileDataset:  # fmt: skip
    measures = items(PixelSpacing=[0.8, 0.7], SliceThickness=2.0)
    shared = Dataset()
    shared.PlaneOrientationSequence = items(ImageOrientationPatient=list(orientation))
    groups = []
    for n, position in enumerate(positions):
        group = Dataset()
        group.PlanePositionSequence = items(ImagePositionPatient=[float(v) for v in position])
        if scales is not None:
            group.PixelValueTransformationSequence = items(RescaleSlope=scales[n][0], RescaleIntercept=scales[n][1])
        if measures_in_frames:
            group.PixelMeasuresSequence = measures
        groups.append(group)
    if not measures_in_frames:
        shared.PixelMeasuresSequence = measures
    return file(
        frames, ENHANCED, SharedFunctionalGroupsSequence=Items([shared]),
        PerFrameFunctionalGroupsSequence=Items(groups), **tags,
    )  # fmt: skip


def value_at(image: Image, position: Sequence[float], orientation: Sequence[float], row: int, column: int) -> float:
    """Value at a pixel of a frame that lies at a position, with pixels of 0.8 x 0.7 mm."""
    lps = np.array(position) + 0.7 * column * np.array(orientation[:3]) + 0.8 * row * np.array(orientation[3:])
    index = np.linalg.solve(image.to_ras, [-lps[0], -lps[1], lps[2], 1])[:3]
    i, j, k = np.rint(index).astype(int)
    assert np.abs(index - [i, j, k]).max() < 0.11
    return float(image.values[k, j, i])


def along(orientation: Sequence[float], steps: Sequence[float]) -> List[np.ndarray]:
    normal = np.cross(orientation[:3], orientation[3:])
    return [np.array([5.0, 7, 10]) + step * normal for step in steps]


def series(folder: Path, pixels: np.ndarray = FRAMES, step: float = 2.0, **tags: Any) -> Path:
    """A plain series; a tag that is a list or tuple of the series' length gives a value to each file."""
    folder.mkdir(exist_ok=True)
    for n, plane in enumerate(pixels):
        given: Dict[str, Any] = {
            "PixelSpacing": [0.8, 0.7], "ImageOrientationPatient": list(AXIAL),
            "ImagePositionPatient": [5.0, 7.0, 10 + step * n],
        }  # fmt: skip
        given.update({name: value[n] if isinstance(value, tuple) else value for name, value in tags.items()})
        save(file(plane, number=n + 1, **given), folder / f"{n}.dcm")
    return folder


def encoded(planes: np.ndarray, how: str, **options: Any) -> bytes:
    from pydicom.encaps import encapsulate

    pictures = pytest.importorskip("PIL.Image")
    found = []
    for plane in planes:
        stream = io.BytesIO()
        pictures.fromarray(plane).save(stream, how, **options)
        found.append(stream.getvalue())
    return encapsulate(found)


def segmentation(
    mask: np.ndarray, frames: Sequence[int], segments: Sequence[int], orientation: Sequence[float] = AXIAL,
    kind: str = "BINARY", between: Optional[float] = 2.0,
) -> FileDataset:  # fmt: skip
    measures = items(PixelSpacing=[0.8, 0.7], SliceThickness=2.0)
    if between:
        measures[0].SpacingBetweenSlices = between
    shared = Dataset()
    shared.PlaneOrientationSequence = items(ImageOrientationPatient=list(orientation))
    shared.PixelMeasuresSequence = measures
    normal = np.cross(orientation[:3], orientation[3:])
    groups = []
    for k, number in zip(frames, segments):
        group = Dataset()
        group.PlanePositionSequence = items(ImagePositionPatient=(np.array([5.0, 7, 10]) + 2 * k * normal).tolist())
        group.SegmentIdentificationSequence = items(ReferencedSegmentNumber=number)
        groups.append(group)
    drawn = mask[list(frames)]
    data = file(
        drawn.astype("u1"), SEGMENTATION, Modality="SEG", SegmentationType=kind, NumberOfFrames=len(drawn),
        SharedFunctionalGroupsSequence=Items([shared]), PerFrameFunctionalGroupsSequence=Items(groups),
    )  # fmt: skip
    if kind == "BINARY":
        data.BitsAllocated = data.BitsStored = 1
        data.HighBit = 0
        data.PixelData = np.packbits(drawn.ravel(), bitorder="little").tobytes()
    else:
        data.MaximumFractionalValue = 200
        data.PixelData = (drawn * 150 + ~drawn * 40).astype("u1").tobytes()
    return data


def disc(folder: Path, names: Sequence[str]) -> Path:
    """A patient's disc with a series of each name."""
    from pydicom.fileset import FileSet

    plain = folder / "plain"
    plain.mkdir()
    files = FileSet()
    for name, (n, plane) in itertools.product(names, enumerate(FRAMES)):
        data = file(
            plane, series=name, number=n + 1, PixelSpacing=[0.8, 0.7], ImageOrientationPatient=list(AXIAL),
            ImagePositionPatient=[5.0, 7, 10 + 2 * n], StudyDate="20200101", StudyTime="101010", StudyID="1",
            SeriesNumber=names.index(name) + 1,
        )  # fmt: skip
        files.add(save(data, plain / f"{name}.{n}"))
    files.write(folder / "disc")
    return folder / "disc"
