"""Unpacks JPEG, JPEG-LS and JPEG 2000 in DICOM files with the decoders of Slicer's libraries.

They are written in C++ and believe what a file says, so they work in a process of their own, with a limit of time and
memory: a damaged file ends that one, and not a viewer with an open segmentation. It ends, too, when the file is given
up, and when the process that wants the pixels is gone, however that ended.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, List

import numpy as np

from SPASegmentLib.mrml.io.voxels import UnreadableError, check_wanted
from SPASegmentLib.output import temporary_folder
from SPASegmentLib.translation import texts

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_ = texts(__name__)

#: Seconds between two looks at whether the file is still wanted.
_LOOK = 0.1

#: Limits of the process: seconds in all and per frame, and bytes beyond those of the pixels.
_SECONDS, _SECONDS_PER_FRAME, _MEMORY = 60.0, 2.0, 4 << 30

#: Without these the decoders would move, scale or colour pixels by themselves.
_KEPT = (
    "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "BitsAllocated",
    "BitsStored", "HighBit", "PixelRepresentation", "NumberOfFrames", "PixelData",
)  # fmt: skip

#: Secondary capture of several frames: a kind without a place or a scale.
_CAPTURE = "1.2.840.10008.5.1.4.1.1.7.3"


def unpack(files: List[Dataset]) -> List[np.ndarray]:
    """Stored values of all frames of each file, flat.

    Raises:
        UnreadableError: one of them is damaged, or packed in a way that is not known; or they were given up.
    """
    damaged = UnreadableError(
        _("its pixels are packed in a way that is not known, or damaged; export it without compression.")
    )
    with temporary_folder("spa-dicom-") as folder:
        frames = sum(_copy(data, folder / f"{n}.dcm") for n, data in enumerate(files))
        command = [sys.executable, "-m", __name__, str(folder), str(len(files))]
        if not _succeeds(command, seconds_for(frames)):
            raise damaged
        found = [np.load(folder / f"{n}.npy", allow_pickle=False) for n in range(len(files))]
    for data, pixels in zip(files, found):
        expected = int(data.Rows) * int(data.Columns) * int(data.get("SamplesPerPixel", 1))
        if pixels.size != expected * int(data.get("NumberOfFrames") or 1):
            raise damaged
    return found


def _succeeds(command: List[str], limit: float) -> bool:
    """Run a command for so many seconds at most; it does not outlive this call, and ends when its input does.

    Raises:
        UnreadableError: what it does is not wanted any more.
    """
    end = time.monotonic() + limit
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            while time.monotonic() < end:
                check_wanted()
                try:
                    return process.wait(_LOOK) == 0
                except subprocess.TimeoutExpired:
                    pass
            return False
        finally:
            process.kill()  # nothing happens where it has ended


def seconds_for(frames: int) -> float:
    """So long may unpacking take, on a slow machine."""
    return _SECONDS + _SECONDS_PER_FRAME * frames


def _copy(data: Dataset, path: Path) -> int:
    """Write only the pixels and what it takes to unpack them; returns the number of frames."""
    check_wanted()
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID, generate_uid

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = data.file_meta.TransferSyntaxUID
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = UID(_CAPTURE), generate_uid()
    copy = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    copy.SOPClassUID, copy.SOPInstanceUID = _CAPTURE, meta.MediaStorageSOPInstanceUID
    for name in _KEPT:
        if name in data:
            copy[name] = data[name]
    if copy.PhotometricInterpretation == "PALETTE COLOR":
        copy.PhotometricInterpretation = "MONOCHROME2"
    copy.save_as(path, enforce_file_format=True)
    return int(data.get("NumberOfFrames") or 1)


def _work(folder: Path, count: int) -> None:
    """What the process of its own does."""
    import slicer
    from vtk.util import numpy_support

    for n in range(count):
        path = folder / f"{n}.dcm"
        reader = slicer.vtkITKArchetypeImageSeriesScalarReader()
        reader.SetArchetype(str(path))
        reader.SetSingleFile(1)
        reader.UpdateInformation()
        if reader.GetNumberOfComponents() > 1:
            reader = slicer.vtkITKArchetypeImageSeriesVectorReaderFile()
            reader.SetArchetype(str(path))
            reader.SetSingleFile(1)
        reader.SetOutputScalarTypeToNative()
        reader.Update()
        scalars = reader.GetOutput().GetPointData().GetScalars()
        if reader.GetErrorCode() or scalars is None:
            sys.exit(1)
        np.save(folder / f"{n}.npy", numpy_support.vtk_to_numpy(scalars).ravel())


def _end_with_input(folder: Path) -> None:
    """End when nobody holds the other end of the input any more: who wanted the pixels is gone, and cannot tidy up."""

    def wait() -> None:
        sys.stdin.buffer.read()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    Thread(target=wait, daemon=True).start()  # the decoders let other threads run


def _limit_memory(size: int) -> None:
    if sys.platform == "win32":  # has no such limit
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (size, size))


if __name__ == "__main__":
    _folder = Path(sys.argv[1])
    _end_with_input(_folder)
    _limit_memory(_MEMORY + 64 * sum(path.stat().st_size for path in _folder.glob("*.dcm")))
    from SPASegmentLib.mrml.quiet import quiet

    with quiet():
        _work(_folder, int(sys.argv[2]))
    os._exit(0)  # what the libraries do at the end of a process is not needed
