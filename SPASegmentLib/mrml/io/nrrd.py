"""Whether a NRRD file is complete; asked before Slicer's segmentation reader, which a damaged file brings down."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import BinaryIO, Dict, Optional, Union

import numpy as np

#: Names that the format allows for the types of voxels, by what NumPy calls them.
_TYPES = {
    "int8": ("signed char", "int8", "int8_t"),
    "uint8": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "int16": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "uint16": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "int32": ("int", "signed int", "int32", "int32_t"),
    "uint32": ("uint", "unsigned int", "uint32", "uint32_t"),
    "int64": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "uint64": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "float32": ("float",),
    "float64": ("double",),
}
_LARGEST_HEADER = 10_000_000


def is_complete(path: Path) -> bool:
    """Whether a NRRD file with its voxels in the same file (raw or gzip) has them all.

    Raises:
        OSError: it cannot be read.
    """
    with open(path, "rb") as file:
        header = _header(file)
        expected = None if header is None else _size(header)
        if header is None or expected is None:
            return False
        encoding = header.get("encoding", "").lower()
        if encoding == "raw":
            return count_bytes(file, expected) == expected
        if encoding not in ("gzip", "gz"):
            return False
        try:
            with gzip.open(file) as voxels:
                return count_bytes(voxels, expected) == expected
        except (EOFError, gzip.BadGzipFile, zlib.error):
            return False


def _header(file: BinaryIO) -> Optional[Dict[str, str]]:
    """The fields of a header; None where it is none or does not end. The file stands at the voxels then."""
    if not file.readline(20).startswith(b"NRRD"):
        return None
    fields: Dict[str, str] = {}
    while file.tell() < _LARGEST_HEADER:
        line = file.readline(_LARGEST_HEADER)
        if line.strip(b"\r\n") == b"" and line:
            return fields
        if not line.endswith(b"\n"):
            return None
        name, _, value = line.decode("latin-1").partition(":")
        fields[name.strip().lower()] = value.strip()
    return None


def _size(header: Dict[str, str]) -> Optional[int]:
    """Bytes that the voxels take; None where the header does not say or they lie in another file."""
    kind = next((name for name, names in _TYPES.items() if header.get("type", "").lower() in names), None)
    sizes = header.get("sizes", "").split()
    if kind is None or not sizes or not all(n.isdigit() for n in sizes) or "data file" in header:
        return None
    return int(np.prod([int(n) for n in sizes], dtype=object)) * np.dtype(kind).itemsize


def count_bytes(stream: Union[BinaryIO, gzip.GzipFile], enough: int) -> int:
    """Bytes that a stream holds, counted to the end, or to one more than enough."""
    count = 0
    while count <= enough:
        piece = stream.read(1 << 20)
        if not piece:
            break
        count += len(piece)
    return count
