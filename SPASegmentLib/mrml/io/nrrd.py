"""Reads NRRD files (also Slicer's segmentations), with everything that their headers say about place and units."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import count, takewhile
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
    too_early,
    whole_number,
)
from SPASegmentLib.paths import decoded
from SPASegmentLib.translation import texts

_ = texts(__name__)

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
_PACKINGS = {
    "raw": "raw", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2", "text": "text", "txt": "text",
    "ascii": "text",
}  # fmt: skip
#: What the axes of a space run to, in RAS; spaces that are not of a patient are taken as LPS, as Slicer does.
_SPACES = {
    "right-anterior-superior": (1, 1, 1), "ras": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1), "las": (-1, 1, 1),
    "left-posterior-superior": (-1, -1, 1), "lps": (-1, -1, 1),
}  # fmt: skip
_LPS = (-1, -1, 1)
#: Lengths in mm.
_UNITS = {
    "": 1.0, "mm": 1.0, "millimeter": 1.0, "millimetre": 1.0, "um": 1e-3, "micron": 1e-3, "micrometer": 1e-3,
    "micrometre": 1e-3, "nm": 1e-6, "nanometer": 1e-6, "nanometre": 1e-6, "cm": 10.0, "centimeter": 10.0,
    "centimetre": 10.0, "m": 1e3, "meter": 1e3, "metre": 1e3, "in": 25.4, "inch": 25.4, "inche": 25.4,
}  # fmt: skip
_COLOURS = ("rgb-color", "rgba-color", "3-color", "4-color")
_LARGEST_HEADER = 10_000_000

Fields = Dict[str, str]


@dataclass(frozen=True)
class Header:
    """What stands above the voxels.

    Attributes:
        fields: of the format, by their names in lower case.
        notes: what programs add ("name:=value").
        end: where the voxels begin, if they are in this file.
    """

    fields: Fields
    notes: Fields
    end: int


@dataclass(frozen=True)
class _Axes:
    """The axes of the file, the fastest first: which are of space, and where they run.

    Attributes:
        sizes: of all axes.
        spatial: numbers of up to three axes.
        directions: (3, spatial axes) in the file's space, in mm.
        in_mm: whether the header gives sizes of voxels.
    """

    sizes: Tuple[int, ...]
    spatial: Tuple[int, ...]
    directions: np.ndarray
    in_mm: bool


def is_nrrd(start: bytes) -> bool:
    """Whether a file that begins so is one."""
    return start.startswith(b"NRRD")


def read_nrrd(path: Path) -> Image:
    """Read a NRRD file; several values per voxel come last.

    Args:
        path: ".nrrd", or ".nhdr" with the voxels in another file.

    Raises:
        UnreadableError: it is damaged, not whole, or holds what is no image.
        OSError: it cannot be read.
    """
    return _read(path)[0]


def nrrd_outlook(path: Path) -> Outlook:
    """What the header says.

    Raises:
        UnreadableError, OSError: see `read_nrrd`.
    """
    with open(path, "rb") as file:
        fields = read_header(file).fields
    return Outlook(_count(_sizes(fields)) * _type(fields).itemsize, _other(fields))


def read_segments(path: Path) -> Image:
    """Read what lies in any segment of a segmentation that 3D Slicer has saved (".seg.nrrd"), as bool (k, j, i).

    Raises:
        UnreadableError, OSError: see `read_nrrd`.
    """
    image, header = _read(path)
    layers = image.values if image.values.ndim == 4 else image.values[..., None]
    held = np.zeros(layers.shape[:3], bool)
    numbers = list(takewhile(lambda n: f"Segment{n}_ID" in header.notes, count()))
    if not numbers:
        held = (layers != 0).any(axis=3)
    # Slicer 4.10 and older give every segment a layer of its own, in their order, and do not say so.
    unsaid = layers.shape[3] > 1 and not any(f"Segment{number}_Layer" in header.notes for number in numbers)
    for number in numbers:
        layer = _note(header, f"Segment{number}_Layer", number if unsaid else 0)
        if layer >= layers.shape[3]:
            raise damaged_header()
        held |= layers[..., layer] == _note(header, f"Segment{number}_LabelValue", 1)
    return replace(image, values=held, colour=False)


def _note(header: Header, name: str, otherwise: int) -> int:
    text = header.notes.get(name, "").strip()
    try:
        return whole_number(text) if text.isascii() and text.isdigit() else otherwise
    except ValueError:
        raise damaged_header() from None


def _read(path: Path) -> Tuple[Image, Header]:
    with open(path, "rb") as file:
        header = read_header(file)
        fields = header.fields
        axes = _axes(fields)
        values = _values(path, file, header, axes.sizes)
    other = [n for n in range(len(axes.sizes)) if n not in axes.spatial and axes.sizes[n] > 1]
    if len(other) > 1:
        raise UnreadableError(
            _("it has {count} axes that are none of space; save one volume of it.").format(count=len(other))
        )
    # NumPy's axes run from slow to fast.
    axis_count = len(axes.sizes)
    order = [axis_count - 1 - n for n in reversed(axes.spatial)] + [axis_count - 1 - n for n in other]
    rest = [n for n in range(axis_count) if n not in order]
    values = values.transpose(rest + order).reshape([values.shape[n] for n in order])
    values = values[(None,) * (3 - len(axes.spatial))]
    to_ras, note = _to_ras(fields, axes)
    kinds = _words(fields.get("kinds", ""))
    colour = bool(other) and values.shape[-1] in (3, 4) and len(kinds) == axis_count and kinds[other[0]] in _COLOURS
    return Image(values, to_ras, axes.in_mm, colour, (note,) if note else ()), header


def read_header(file: BinaryIO) -> Header:
    """The header of a file that stands at its beginning.

    Raises:
        UnreadableError: it is none, or does not end, or has a field twice.
    """
    if not is_nrrd(file.readline(20)):
        raise damaged_header()
    fields: Fields = {}
    notes: Fields = {}
    while file.tell() < _LARGEST_HEADER:
        raw = file.readline(_LARGEST_HEADER)
        if not raw.endswith(b"\n"):
            break  # without an empty line: all of the file is header, and the voxels are elsewhere
        line = decoded(raw).strip("\r\n")
        if not line:
            return Header(fields, notes, file.tell())
        name, found, value = line.partition(":")
        if line.startswith("#") or not found:
            continue
        if value.startswith("="):
            notes[name] = value[1:]
            continue
        name = name.strip().lower()
        if name in fields:
            raise damaged_header()
        fields[name] = value.strip()
    if "data file" in fields or "datafile" in fields:
        return Header(fields, notes, file.tell())
    raise damaged_header()


def _values(path: Path, file: BinaryIO, header: Header, sizes: Tuple[int, ...]) -> np.ndarray:
    """Voxels, the fastest axis last."""
    fields = header.fields
    dtype = _type(fields)
    encoding = fields.get("encoding", "").lower()
    packing = _PACKINGS.get(encoding)
    if packing is None:
        raise UnreadableError(
            _("its voxels are packed as '{encoding}'; save it with the encoding raw or gzip.").format(
                encoding=encoding[:40]
            )
        )
    count = _count(sizes)
    other = _other(fields)
    if other is None:
        _skip(file, fields, packing, count * dtype.itemsize)
        return read_values(file, packing, dtype, count).reshape(sizes[::-1])
    with open(file_beside(path, other, pattern=r"%\d*d"), "rb") as data:
        _skip(data, fields, packing, count * dtype.itemsize)
        return read_values(data, packing, dtype, count).reshape(sizes[::-1])


def _type(fields: Fields) -> np.dtype:
    kind = next((name for name, names in _TYPES.items() if fields.get("type", "").lower() in names), None)
    if kind is None:
        raise UnreadableError(
            _("its voxels are of the type '{type}', which is no number.").format(type=fields.get("type", "")[:40])
        )
    big = fields.get("endian", "little").lower() == "big"
    return np.dtype(kind).newbyteorder(">" if big else "<")


def _count(sizes: Tuple[int, ...]) -> int:
    return int(np.prod(sizes, dtype=object))


def _other(fields: Fields) -> Optional[str]:
    """Name of the file that holds the voxels, where it is another one."""
    return fields.get("data file", fields.get("datafile"))


def _skip(file: BinaryIO, fields: Fields, packing: str, expected: int) -> None:
    for _number in range(_whole(fields, "line skip", "lineskip")):
        if not file.readline(_LARGEST_HEADER):
            raise too_early()
    skip = _whole(fields, "byte skip", "byteskip")
    if skip < 0 and packing == "raw":
        file.seek(0, 2)
        file.seek(max(file.tell() - expected, 0))
    elif skip and packing == "raw":
        skip_bytes(file, skip)
    elif skip:
        raise UnreadableError(_("bytes are to be left out of its packed voxels; save it again."))


def _whole(fields: Fields, *names: str) -> int:
    try:
        return whole_number(next((fields[name] for name in names if name in fields), "0"))
    except ValueError:
        raise damaged_header() from None


def _axes(fields: Fields) -> _Axes:
    sizes = _sizes(fields)
    vectors = _vectors(fields.get("space directions", ""))
    spacings = _numbers(fields.get("spacings", ""))
    if vectors:
        spatial = tuple(n for n, vector in enumerate(vectors) if vector is not None)
        lengths = {len(vector) for vector in vectors if vector is not None}
        found = np.array([vectors[n] for n in spatial] if len(lengths) == 1 else []).T
        if len(vectors) != len(sizes) or found.shape not in ((2, 2), (3, 3), (3, 2)):
            raise UnreadableError(_("its axes cannot be told apart; save it as a volume with three axes."))
        directions = np.zeros((3, len(spatial)))
        directions[: len(found)] = found * _space_units(fields, len(found))[:, None]
        return _Axes(sizes, spatial, directions, True)
    spatial = _likely_spatial(sizes, fields)
    given = [spacings[n] if len(spacings) == len(sizes) else float("nan") for n in spatial]
    known = all(np.isfinite(n) and n > 0 for n in given)
    units = _quoted(fields.get("units", ""))
    per = [_unit(units[n]) if known and len(units) == len(sizes) else 1.0 for n in spatial]
    directions = np.eye(3)[:, : len(spatial)] * np.array([n * u if known else 1.0 for n, u in zip(given, per)])
    return _Axes(sizes, spatial, directions, known)


def _sizes(fields: Fields) -> Tuple[int, ...]:
    words = fields.get("sizes", "").split()
    try:
        sizes = tuple(whole_number(word) if word.isascii() and word.isdigit() else 0 for word in words)
    except ValueError:
        sizes = ()
    if not 2 <= len(sizes) <= 16 or min(sizes) < 1:
        raise damaged_header()
    return sizes


def _likely_spatial(sizes: Tuple[int, ...], fields: Fields) -> Tuple[int, ...]:
    """Without directions: what `kinds` says, else the three axes that are left when one of few values is left out."""
    kinds = _words(fields.get("kinds", ""))
    if len(kinds) == len(sizes) and 2 <= kinds.count("domain") + kinds.count("space") <= 3:
        return tuple(n for n, kind in enumerate(kinds) if kind in ("domain", "space"))
    if len(sizes) <= 3:
        return tuple(range(len(sizes)))
    return (1, 2, 3) if sizes[0] <= 4 else (0, 1, 2)


def _to_ras(fields: Fields, axes: _Axes) -> Tuple[np.ndarray, str]:
    """Index (i, j, k) to RAS, and what has to be said about it."""
    matrix = np.eye(4)
    matrix[:3, : axes.directions.shape[1]] = axes.directions
    if axes.directions.shape[1] == 2:
        # A picture's slice is as thick as its pixels are wide.
        normal = np.cross(axes.directions[:, 0], axes.directions[:, 1])
        matrix[:3, 2] = normal / max(np.linalg.norm(normal), 1e-30) * np.linalg.norm(axes.directions[:, 0])
    origin = _vectors(fields.get("space origin", ""))
    if origin and origin[0] is not None and len(origin[0]) in (2, 3):
        place = np.array(origin[0]) * _space_units(fields, len(origin[0]))
        matrix[: len(place), 3] = place
    space = fields.get("space", "")
    known = _SPACES.get(space.lower().split("-time")[0])
    to_ras = matrix * np.array([*(known or _LPS), 1.0])[:, None]
    check_axes(to_ras)
    note = ""
    if space and known is None:
        note = _("The file's space is '{space}', not a patient's; it is taken as left, posterior, superior.").format(
            space=space[:40]
        )
    return to_ras, note


def _space_units(fields: Fields, count: int) -> np.ndarray:
    units = _quoted(fields.get("space units", ""))
    return np.array([_unit(units[n]) if len(units) >= count else 1.0 for n in range(count)])


def _unit(name: str) -> float:
    """A unit's length in mm."""
    plain = name.strip().lower().replace("\u00b5", "u").replace("\u03bc", "u")
    for word in (plain, plain.rstrip("s")):
        if word in _UNITS:
            return _UNITS[word]
    raise UnreadableError(_("its lengths are in '{unit}', which is not known; save it in mm.").format(unit=name[:40]))


def _vectors(text: str) -> List[Optional[Tuple[float, ...]]]:
    """Vectors such as "(1,0,0) none (0,0,2)"; empty where the text is none."""
    found: List[Optional[Tuple[float, ...]]] = []
    for word in re.findall(r"\([^()]*\)|none", text.lower()):
        numbers = None if word == "none" else tuple(_numbers(word.strip("()").replace(",", " ")))
        found.append(None if numbers is None or not np.isfinite(numbers).all() or not numbers else numbers)
    return found


def _numbers(text: str) -> List[float]:
    try:
        return [float(word) for word in text.split()]
    except ValueError:
        return []


def _words(text: str) -> List[str]:
    return text.lower().split()


def _quoted(text: str) -> List[str]:
    return re.findall(r'"([^"]*)"', text)
