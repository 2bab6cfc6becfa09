"""Whether a NIfTI file is whole."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, NamedTuple, Tuple, cast

import numpy as np

from SPASegmentLib.mrml.io.nrrd import count_bytes


class _Layout(NamedTuple):
    """Where a version of the format keeps its fields: byte in the header, and format for struct.

    Attributes:
        size: of the header in bytes, which its first field tells.
        sizes: number of dimensions, then their sizes (dim).
        bits: of a voxel, always two bytes (bitpix).
        start: first byte of the voxels (vox_offset).
    """

    size: int
    sizes: Tuple[int, str]
    bits: int
    start: Tuple[int, str]


_LAYOUTS = (_Layout(348, (40, "8h"), 72, (108, "f")), _Layout(540, (16, "8q"), 14, (168, "q")))


def is_cut_off(path: Path) -> bool:
    """Whether a NIfTI file ends before its voxels do; Slicer's reader fills them with what lies in memory.

    Raises:
        OSError: it cannot be read.
    """
    if not path.is_file() or not path.name.lower().endswith((".nii", ".nii.gz")):
        return False
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not packed:
            return _ends_too_early(file)
        try:
            with gzip.open(file) as content:
                return _ends_too_early(cast(BinaryIO, content))
        except (EOFError, gzip.BadGzipFile, zlib.error):
            return True


def _ends_too_early(file: BinaryIO) -> bool:
    header = file.read(max(each.size for each in _LAYOUTS))
    for order in "<>":
        for layout in _LAYOUTS:
            if len(header) < layout.size or struct.unpack_from(f"{order}i", header)[0] != layout.size:
                continue
            count, *sizes = struct.unpack_from(order + layout.sizes[1], header, layout.sizes[0])
            (bits,) = struct.unpack_from(f"{order}h", header, layout.bits)
            (start,) = struct.unpack_from(order + layout.start[1], header, layout.start[0])
            if not np.isfinite(start):
                return False
            voxels = np.prod([max(n, 1) for n in sizes[:count]], dtype=object)
            missing = int(start) + int(voxels) * bits // 8 - len(header)
            return count_bytes(file, missing) < missing
    # No header of NIfTI: the reader finds the words for it.
    return False
