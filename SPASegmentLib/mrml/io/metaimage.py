"""Reads MetaImage files (.mha, or .mhd with the voxels in another file)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO, Dict, List, Optional, Tuple

import numpy as np

from SPASegmentLib.mrml.io.voxels import (
    Image,
    Outlook,
    UnreadableError,
    check_axes,
    damaged_header,
    file_beside,
    read_values,
    skip_bytes,
    whole_number,
)
from SPASegmentLib.paths import decoded
from SPASegmentLib.translation import texts

_ = texts(__name__)

_TYPES = {
    "char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4", "long": "i4", "ulong": "u4",
    "long_long": "i8", "ulong_long": "u8", "float": "f4", "double": "f8",
}  # fmt: skip
_LARGEST_HEADER = 1_000_000

Fields = Dict[str, str]


def is_metaimage(start: bytes) -> bool:
    """Whether a file that begins so is one."""
    line = start.lstrip().split(b"\n", 1)[0].lower()
    return re.match(rb"(objecttype|ndims|comment)\s*=", line) is not None


def read_metaimage(path: Path) -> Image:
    """Read a MetaImage file; several values per voxel come last.

    Raises:
        UnreadableError: it is damaged, not whole, or holds what is no image.
        OSError: it cannot be read.
    """
    with open(path, "rb") as file:
        fields, place = _header(file)
        sizes, channels = _sizes(fields)
        if place.upper() == "LOCAL":
            values = _values(file, fields, sizes, channels)
        else:
            with open(file_beside(path, place, pattern=r"%"), "rb") as data:
                values = _values(data, fields, sizes, channels)
    to_ras, in_mm = _to_ras(fields, len(sizes))
    return Image(values, to_ras, in_mm)


def metaimage_outlook(path: Path) -> Outlook:
    """What the header says.

    Raises:
        UnreadableError, OSError: see `read_metaimage`.
    """
    with open(path, "rb") as file:
        fields, place = _header(file)
    sizes, channels = _sizes(fields)
    size = int(np.prod(sizes, dtype=object)) * channels * _type(fields).itemsize
    return Outlook(size, None if place.upper() == "LOCAL" else place)


def _header(file: BinaryIO) -> Tuple[Fields, str]:
    """All fields, and where the voxels are; the file stands behind the header then."""
    fields: Fields = {}
    while file.tell() < _LARGEST_HEADER:
        raw = file.readline(_LARGEST_HEADER)
        name, found, value = decoded(raw).partition("=")
        if not raw or (raw.strip() and not found):
            break
        name = name.strip().lower()
        if name in fields and name != "comment":
            break
        fields[name] = value.strip()
        if name == "elementdatafile":
            return fields, value.strip()
    raise damaged_header()


def _sizes(fields: Fields) -> Tuple[Tuple[int, ...], int]:
    """Voxels along each axis, the fastest first, and values per voxel."""
    numbers = _whole(fields.get("dimsize", ""))
    (channels,) = _whole(fields.get("elementnumberofchannels", "1")) or [0]
    if [len(numbers)] != _whole(fields.get("ndims", "")) or not numbers or min(*numbers, channels, 9) < 1:
        raise damaged_header()
    while len(numbers) > 3 and numbers[-1] == 1:
        numbers.pop()
    if not 2 <= len(numbers) <= 4 or (len(numbers) == 4 and channels > 1):
        raise UnreadableError(_("it has {count} axes; save one volume of it.").format(count=len(numbers)))
    return tuple(numbers), channels


def _values(file: BinaryIO, fields: Fields, sizes: Tuple[int, ...], channels: int) -> np.ndarray:
    dtype = _type(fields)
    count = int(np.prod(sizes, dtype=object)) * channels
    packing = "raw" if _yes(fields, "binarydata", True) else "text"
    if _yes(fields, "compresseddata"):
        packing = "gzip"
    _skip(file, fields, packing, count * dtype.itemsize)
    values = read_values(file, packing, dtype, count)
    values = values.reshape((*sizes[::-1], channels) if channels > 1 else sizes[::-1])
    if len(sizes) == 4:
        return np.moveaxis(values, 0, -1)
    return values[(None,) * (3 - len(sizes))]


def _type(fields: Fields) -> np.dtype:
    name = fields.get("elementtype", "").upper()
    kind = _TYPES.get(re.sub(r"^MET_|_ARRAY$", "", name).lower())
    if kind is None:
        raise UnreadableError(_("its voxels are of the type '{type}', which is no number.").format(type=name[:40]))
    big = _yes(fields, "binarydatabyteordermsb") or _yes(fields, "elementbyteordermsb")
    return np.dtype(kind).newbyteorder(">" if big else "<")


def _skip(file: BinaryIO, fields: Fields, packing: str, expected: int) -> None:
    (before,) = _whole(fields.get("headersize", "0")) or [0]
    if before == -1 and packing == "raw":
        file.seek(0, 2)
        file.seek(max(file.tell() - expected, 0))
    elif before > 0 and fields["elementdatafile"].upper() != "LOCAL":
        skip_bytes(file, before)


def _to_ras(fields: Fields, axes: int) -> Tuple[np.ndarray, bool]:
    axes = min(axes, 3)
    spacing = _first(fields, ("elementspacing", "elementsize"), axes)
    if spacing is not None and min(spacing) < 0:
        raise UnreadableError(_("its spacing is negative, which programs read in different ways; save it again."))
    known = spacing is not None and bool((np.array(spacing) > 0).all())
    turn = _first(fields, ("transformmatrix", "orientation", "rotation"), axes * axes)
    origin = _first(fields, ("offset", "position", "origin"), axes)
    # A row of the file is the direction of an axis.
    directions = np.eye(axes) if turn is None else np.array(turn).reshape(axes, axes).T
    matrix = np.eye(4)
    matrix[:axes, :axes] = directions * (np.array(spacing) if spacing is not None and known else 1.0)
    if axes == 2:
        matrix[2, 2] = np.linalg.norm(matrix[:2, 0])
    if origin is not None:
        matrix[:axes, 3] = origin
    to_ras = matrix * np.array([-1.0, -1.0, 1.0, 1.0])[:, None]
    check_axes(to_ras)
    return to_ras, known


def _first(fields: Fields, names: Tuple[str, ...], count: int) -> Optional[List[float]]:
    """The numbers of the first of these fields that is there; of four axes those of space."""
    for name in names:
        if name not in fields:
            continue
        try:
            numbers = [float(word) for word in fields[name].split()]
        except ValueError:
            raise damaged_header() from None
        if len(numbers) == 4 and count == 3:
            return numbers[:3]
        if len(numbers) == 16 and count == 9:
            return [numbers[4 * row + column] for row in range(3) for column in range(3)]
        if len(numbers) != count:
            raise damaged_header()
        return numbers
    return None


def _whole(text: str) -> List[int]:
    try:
        return [whole_number(word) for word in text.split()]
    except ValueError:
        return []


def _yes(fields: Fields, name: str, otherwise: bool = False) -> bool:
    return fields[name].lower().startswith(("t", "1", "y")) if name in fields else otherwise
