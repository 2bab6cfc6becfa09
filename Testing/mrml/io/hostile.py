"""Reads files with changed headers, one after the other, under a limit of memory: a program, see test_hostile_files.py.

It prints how many were read and how many refused; whatever else happens ends it.
"""

from __future__ import annotations

import gzip
import io
import resource
import struct
import sys
import zlib
from pathlib import Path
from typing import Callable, Dict, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.volumes import check_alone, read_image
from SPASegmentLib.viewer.uploads import MAX_VOXELS

VOXELS = np.random.default_rng(0).integers(0, 500, (6, 7, 8)).astype("<i2")
#: What numbers in headers are replaced with.
NUMBERS = (
    b"0", b"-1", b"1e300", b"-1e-300", b"nan", b"inf", b"30", b"65536", b"2147483647", b"4294967296", b"1e12",
    b"999999999999999999999", b"", b"a", b"9" * 4000, b"9" * 5000,
)  # fmt: skip


def nrrd() -> Tuple[bytes, bytes]:
    head = (
        "NRRD0005\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 8 7 6\n"
        'space directions: (1,0,0) (0,1,0) (0,0,2)\nkinds: domain domain domain\nspace units: "mm" "mm" "mm"\n'
        "endian: little\nline skip: 0\nencoding: gzip\nspace origin: (0,0,0)\n\n"
    )
    return head.encode(), gzip.compress(VOXELS.tobytes())


def metaimage() -> Tuple[bytes, bytes]:
    packed = zlib.compress(VOXELS.tobytes())
    head = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = True\n"
        f"CompressedDataSize = {len(packed)}\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\n"
        "ElementSpacing = 1 1 2\nDimSize = 8 7 6\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    )
    return head.encode(), packed


def nifti() -> Tuple[bytes, bytes]:
    head = bytearray(352)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, 3, 8, 7, 6, 1, 1, 1, 1)
    struct.pack_into("<2h", head, 70, 4, 16)
    struct.pack_into("<8f", head, 76, 1, 1, 1, 2, 1, 1, 1, 1)
    struct.pack_into("<3f", head, 108, 352, 2, 1)
    struct.pack_into("<2h", head, 252, 1, 1)
    struct.pack_into("<12f", head, 280, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0)
    head[344:348] = b"n+1\0"
    return bytes(head), VOXELS.tobytes()


def dicom() -> Tuple[bytes, bytes]:
    import pydicom

    meta = pydicom.dataset.FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4"
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data = pydicom.dataset.FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID, data.SeriesInstanceUID = meta.MediaStorageSOPClassUID, "1.2.3.4", "1.2.3"
    data.Modality, data.NumberOfFrames, data.PixelSpacing, data.Rows, data.Columns = "CT", 6, [1, 1], 7, 8
    data.SamplesPerPixel, data.PhotometricInterpretation, data.PixelRepresentation = 1, "MONOCHROME2", 1
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 16, 15
    data.RescaleSlope, data.RescaleIntercept = 1, -1024
    data.PixelData = VOXELS.tobytes()
    stream = io.BytesIO()
    data.save_as(stream, enforce_file_format=True)
    content = stream.getvalue()
    return content[: -VOXELS.nbytes], content[-VOXELS.nbytes :]


FORMATS: Dict[str, Tuple[Callable[[], Tuple[bytes, bytes]], str]] = {
    "nrrd": (nrrd, ".nrrd"), "metaimage": (metaimage, ".mha"), "nifti": (nifti, ".nii"),
    "packed nifti": (nifti, ".nii.gz"), "dicom": (dicom, ".dcm"),
}  # fmt: skip


def changed(head: bytes, voxels: bytes, text: bool, rng: np.random.Generator) -> bytes:
    """A file of which one to three things are wrong."""
    content = bytearray(head)
    for _ in range(rng.integers(1, 4)):
        way, place = rng.integers(6 if text else 4), int(rng.integers(len(content) - 8))
        if way == 0:
            content[place] ^= 1 << rng.integers(8)
        elif way == 1:
            content[place : place + 4] = rng.bytes(4)
        elif way == 2:
            content[place : place + 4] = struct.pack("<I", int(rng.choice([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])))
        elif way == 3 and rng.random() < 0.3:
            return bytes(content[:place])
        elif way == 4:
            lines = bytes(content).split(b"\n")
            words = lines[int(rng.integers(len(lines)))]
            for word in words.replace(b"(", b" ").replace(b")", b" ").replace(b",", b" ").split()[-3:]:
                if rng.random() < 0.5:
                    content = bytearray(bytes(content).replace(word, NUMBERS[rng.integers(len(NUMBERS))], 1))
        elif way == 5:
            lines = bytes(content).split(b"\n")
            n, m = (int(v) for v in rng.integers(len(lines), size=2))
            lines[n] = lines[m] if rng.random() < 0.7 else b""
            content = bytearray(b"\n".join(lines))
        if len(content) < 12:
            break
    return bytes(content) + voxels


def main(name: str, count: int, folder: Path) -> None:
    """Read so many files of a format."""
    make, ending = FORMATS[name]
    head, voxels = make()
    rng = np.random.default_rng(1)
    read = refused = 0
    path = folder / f"a{ending}"
    for _ in range(count):
        content = changed(head, voxels, name in ("nrrd", "metaimage"), rng)
        path.write_bytes(gzip.compress(content, 1) if ending.endswith("gz") else content)
        try:
            if name != "dicom":
                check_alone(path, MAX_VOXELS)
            image = read_image(str(path))
            assert image.values.size and np.isfinite(image.to_ras).all()
            read += 1
        except InputError as error:
            assert 20 < len(str(error)) < 400
            refused += 1
    print(read, refused)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
