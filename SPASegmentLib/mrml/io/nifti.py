"""Reads NIfTI files of both versions. The sform comes before the qform, in the viewer, the commands and in training."""

from __future__ import annotations

import gzip
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, NamedTuple, Optional, Tuple

import numpy as np

from SPASegmentLib.lattice import Lattice, farthest, shear
from SPASegmentLib.mrml.io.voxels import Image, Outlook, UnreadableError, check_axes, damaged_header, read_values
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Corners may lie so far from those of orthogonal axes, or of the other form, in mm.
ALLOWED = 0.1

#: No file is as long as this.
_FAR = 1 << 62
_GZIP = b"\x1f\x8b"
#: Voxels by their code in the header; colours have three or four bytes.
_TYPES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
    128: "3u1", 2304: "4u1",
}  # fmt: skip
_COLOURS = (128, 2304)
#: Codes of the intent that mean red, green, blue (and alpha) in a file's fifth axis.
_COLOUR_INTENTS = (2003, 2004)
#: mm of the units of length, by the lowest three bits of xyzt_units.
_UNITS = {1: 1e3, 3: 1e-3}


class _Layout(NamedTuple):
    """Where a version of the format keeps its fields: byte in the header, and format for struct."""

    size: int
    dim: Tuple[int, str]
    datatype: Tuple[int, str]
    pixdim: Tuple[int, str]
    start: Tuple[int, str]
    scale: Tuple[int, str]
    codes: Tuple[int, str]
    quaternion: Tuple[int, str]
    sform: Tuple[int, str]
    units: Tuple[int, str]
    intent: Tuple[int, str]
    magic: Tuple[int, str]


_LAYOUTS = (
    _Layout(
        348, (40, "8h"), (70, "h"), (76, "8f"), (108, "f"), (112, "2f"), (252, "2h"), (256, "6f"), (280, "12f"),
        (123, "B"), (68, "h"), (344, "4s"),
    ),
    _Layout(
        540, (16, "8q"), (12, "h"), (104, "8d"), (168, "q"), (176, "2d"), (344, "2i"), (352, "6d"), (400, "12d"),
        (500, "i"), (504, "i"), (4, "8s"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class _Header:
    """The fields of a header by the names of `_Layout`, its byte order, and the size of what is before the voxels."""

    fields: Dict[str, Tuple[Any, ...]]
    order: str
    size: int

    @property
    def in_one_file(self) -> bool:
        return bool(self.fields["magic"][0].startswith(b"n+"))


def is_nifti(start: bytes) -> bool:
    """Whether a file that begins so (512 bytes or more) is one, perhaps packed with gzip."""
    if start.startswith(_GZIP):
        start = _unpacked(start)
    return _layout(start) is not None


def read_nifti(path: Path) -> Image:
    """Read a NIfTI file; time points and vectors come last.

    Args:
        path: ".nii", ".nii.gz", or either file of a pair ".hdr" and ".img".

    Raises:
        UnreadableError: it is damaged, not whole, or holds what is no image.
        OSError: it cannot be read.
    """
    path, voxels = _pair(path)
    header = _read_header(path)
    sizes = _sizes(header)
    values = _values(path if header.in_one_file else voxels, header, sizes)
    colour = _type(header)[1] > 1 or (header.fields["intent"][0] in _COLOUR_INTENTS and values.shape[-1] in (3, 4))
    to_ras, in_mm, notes = place(header.fields, Lattice(sizes).size)
    return Image(values, to_ras, in_mm, colour and values.ndim == 4, notes)


def place(fields: Dict[str, Tuple[Any, ...]], size: Tuple[int, int, int]) -> Tuple[np.ndarray, bool, Tuple[str, ...]]:
    """Index to RAS in mm by the sform, else the qform, else the sizes of voxels; whether these are known; and notes.

    Raises:
        UnreadableError: the form does not span a volume.
    """
    qcode, scode = fields["codes"]
    unit = fields["units"][0] & 7
    per = _UNITS.get(unit, 1.0)
    sizes = np.abs(np.array(fields["pixdim"][1:4], float))
    sform, qform = _sform(fields), _qform(fields)
    known = bool(np.isfinite(sizes).all() and (sizes[: 2 if size[2] == 1 else 3] > 0).all())
    notes: Tuple[str, ...] = ()
    if scode > 0:
        to_ras = sform
        known = True
        apart = farthest(Lattice(size, sform * per), Lattice(size, qform * per))
        if qcode > 0 and ALLOWED < apart < np.inf:
            notes = (
                _(
                    "The file says in two ways where it lies, up to {distance:.1f} mm apart; SPA goes by its sform, 3D "
                    "Slicer by its qform."
                ).format(distance=apart),
            )
    elif qcode > 0:
        to_ras = qform
    else:
        # As in 3D Slicer. Where units are missing too, a size of 1 is what programs fill in.
        known = known and not (unit == 0 and (sizes == 1).all())
        to_ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.diag([*np.where(sizes > 0, sizes, 1.0), 1.0])
    to_ras = to_ras * np.array([per, per, per, 1.0])[:, None]
    check_axes(to_ras)
    return to_ras, known, notes


def is_sheared(image: Image) -> bool:
    """Whether the axes are farther from orthogonal than 3D Slicer can show of a NIfTI file."""
    return shear(image.lattice) > ALLOWED


def nifti_outlook(path: Path) -> Outlook:
    """What the header says.

    Raises:
        UnreadableError, OSError: see `read_nifti`.
    """
    path, voxels = _pair(path)
    header = _read_header(path)
    dtype, samples = _type(header)
    size = int(np.prod(_sizes(header), dtype=object)) * samples * dtype.itemsize
    return Outlook(size, None if header.in_one_file else voxels.name)


def set_sform(path: Path, to_ras: np.ndarray) -> None:
    """Write where the voxels of a file lie by its sform alone; what the qform cannot hold (shear) needs that.

    Raises:
        UnreadableError: the file is no NIfTI file of version 1.
        OSError: it cannot be written.
    """
    content = bytearray(path.read_bytes())
    packed = content.startswith(_GZIP)
    if packed:
        content = bytearray(gzip.decompress(content))
    header = _header(bytes(content[: 1 << 10]))
    layout = _LAYOUTS[0]
    if header.size != layout.size:
        raise UnreadableError(_("it is no NIfTI file of version 1."))
    for (first, kind), values in ((layout.codes, (0, 2)), (layout.sform, np.asarray(to_ras)[:3].ravel())):
        struct.pack_into(header.order + kind, content, first, *values)
    path.write_bytes(gzip.compress(content, 6, mtime=0) if packed else content)


def _pair(path: Path) -> Tuple[Path, Path]:
    """The files of the header and of the voxels."""
    name = path.name
    for header, voxels in ((".hdr", ".img"), (".hdr.gz", ".img.gz"), (".HDR", ".IMG")):
        if name.endswith((header, voxels)):
            stem = name[: -len(header)]
            return path.with_name(stem + header), path.with_name(stem + voxels)
    return path, path


def _unpacked(start: bytes) -> bytes:
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(start, 1 << 16)
    except zlib.error:
        return b""


def _layout(start: bytes) -> Optional[Tuple[_Layout, str]]:
    for layout in _LAYOUTS:
        for order in "<>":
            if len(start) >= layout.size and struct.unpack_from(f"{order}i", start)[0] == layout.size:
                return layout, order
    return None


def _read_header(path: Path) -> _Header:
    with open(path, "rb") as file:
        start = file.read(1 << 16)
    return _header(_unpacked(start) if start.startswith(_GZIP) else start)


def _type(header: _Header) -> Tuple[np.dtype, int]:
    """Type of a value, and values per voxel in colour (1 where it is grey)."""
    code = int(header.fields["datatype"][0])
    if code not in _TYPES:
        raise UnreadableError(
            _("its voxels are of a type (code {code}) that is no number; convert them to float.").format(code=code)
        )
    return np.dtype(header.order + _TYPES[code][-2:]), int(_TYPES[code][0]) if code in _COLOURS else 1


def _header(start: bytes) -> _Header:
    found = _layout(start)
    if found is None:
        raise UnreadableError(_("it ends too early, or its header is damaged; copy or download it again."))
    layout, order = found
    places = layout._asdict()
    size = places.pop("size")
    fields = {name: struct.unpack_from(order + kind, start, first) for name, (first, kind) in places.items()}
    if not fields["magic"][0].startswith((b"n+", b"ni")):
        raise UnreadableError(
            _("it is in the format Analyze, which does not tell left from right; convert it to NIfTI.")
        )
    return _Header(fields, order, size)


def _sizes(header: _Header) -> Tuple[int, ...]:
    """Voxels along each axis, the fastest first; without axes of 1 at the end."""
    count, *sizes = header.fields["dim"]
    if not 1 <= count <= 7 or any(size < 1 for size in sizes[:count]):
        raise damaged_header()
    found = [int(size) for size in sizes[:count]]
    while len(found) > 3 and found[-1] == 1:
        found.pop()
    if sum(size > 1 for size in found[3:]) > 1:
        raise UnreadableError(_("it has more than four axes; save one volume of it."))
    return tuple(found)


def _values(path: Path, header: _Header, sizes: Tuple[int, ...]) -> np.ndarray:
    """(k, j, i) or (k, j, i, n), scaled."""
    dtype, samples = _type(header)
    count = int(np.prod(sizes, dtype=object)) * samples
    (start,) = header.fields["start"]
    if not np.isfinite(start) or start < 0:
        raise damaged_header()
    before = min(int(start), _FAR)
    if header.in_one_file:
        before = max(before, header.size)
    values = _from_file(path, before, dtype, count)
    values = (values if samples > 1 else _scaled(values, header)).reshape(
        (*sizes[::-1], samples) if samples > 1 else sizes[::-1]
    )
    space = values.ndim - (samples > 1)
    values = values.reshape((1,) * max(3 - space, 0) + values.shape)
    if len(sizes) > 3:
        if samples > 1:
            raise UnreadableError(_("it holds several volumes in colour; save one volume of it."))
        values = np.moveaxis(values.reshape((-1, *values.shape[-3:])), 0, -1)
    return values


def _from_file(path: Path, before: int, dtype: np.dtype, count: int) -> np.ndarray:
    """Values that begin so many bytes after the beginning of a file, which may be packed as a whole."""
    with open(path, "rb") as file:
        packed = file.read(2) == _GZIP
        file.seek(0 if packed else before)
        if not packed:
            return read_values(file, "raw", dtype, count)
        content = read_values(file, "gzip", np.dtype("u1"), before + count * dtype.itemsize)
    values = content[before:].view(dtype) if before % dtype.itemsize == 0 else content[before:].copy().view(dtype)
    return values if dtype.isnative else values.astype(dtype.newbyteorder("="))


def _scaled(values: np.ndarray, header: _Header) -> np.ndarray:
    slope, intercept = (float(value) for value in header.fields["scale"])
    if not np.isfinite(slope) or slope == 0 or not np.isfinite(intercept) or (slope, intercept) == (1.0, 0.0):
        return values
    large = values.dtype.itemsize > 4 or (values.dtype.kind in "iu" and values.dtype.itemsize == 4)
    kind = np.dtype(np.float64 if large else np.float32)
    scaled = np.multiply(values, kind.type(slope), dtype=kind)
    return np.add(scaled, kind.type(intercept), out=scaled)


def _sform(fields: Dict[str, Tuple[Any, ...]]) -> np.ndarray:
    return np.vstack([np.array(fields["sform"], float).reshape(3, 4), [0, 0, 0, 1]])


def _qform(fields: Dict[str, Tuple[Any, ...]]) -> np.ndarray:
    b, c, d, x, y, z = (float(value) for value in fields["quaternion"])
    a = 1.0 - (b * b + c * c + d * d)
    # Half a turn: what is left is only the rounding of the three other numbers.
    if a < 3 * float(np.finfo(np.float32).eps):
        length = np.sqrt(b * b + c * c + d * d)
        a, b, c, d = 0.0, b / length, c / length, d / length
    a = np.sqrt(a)
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    sizes = np.abs(np.array(fields["pixdim"][1:4], float))
    sizes = np.where((sizes > 0) & np.isfinite(sizes), sizes, 1.0) * (1, 1, -1.0 if fields["pixdim"][0] < 0 else 1.0)
    to_ras = np.eye(4)
    to_ras[:3, :3] = rotation * sizes
    to_ras[:3, 3] = x, y, z
    return to_ras
