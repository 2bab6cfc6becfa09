"""Pixels of DICOM files as they are stored, packed or not, and their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Sequence

import numpy as np

from SPASegmentLib.mrml.io.dicom_files import quietly
from SPASegmentLib.mrml.io.dicom_slices import frames_of
from SPASegmentLib.mrml.io.voxels import UnreadableError, check_wanted, too_early
from SPASegmentLib.translation import texts

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_ = texts(__name__)

_UNPACKED = (
    "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2",
)  # fmt: skip
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_RUN_LENGTHS = "1.2.840.10008.1.2.5"


def is_colour(data: Dataset) -> bool:
    """Whether pixels come out as red, green, blue."""
    return int(data.get("SamplesPerPixel", 1)) == 3 or data.get("PhotometricInterpretation") == "PALETTE COLOR"


def pixels_of(files: Sequence[Dataset]) -> List[np.ndarray]:
    """Stored values of files: each (frames, rows, columns), or (frames, rows, columns, 3) uint8 in colour.

    Raises:
        UnreadableError: there are too few, or they are packed in a way that is not known or are damaged.
    """
    packed = [data for data in files if _syntax(data) not in (*_UNPACKED, _RUN_LENGTHS)]
    unpacked = iter(_unpacked_elsewhere(packed) if packed else [])
    found = []
    for data in files:
        check_wanted()
        if _syntax(data) not in (*_UNPACKED, _RUN_LENGTHS):
            pixels = next(unpacked)
        elif is_colour(data) or _syntax(data) == _RUN_LENGTHS:
            pixels = _by_pydicom(data)
        else:
            pixels = _plain(data)
        found.append(_coloured(data, pixels) if data.get("PhotometricInterpretation") == "PALETTE COLOR" else pixels)
    return found


def _syntax(data: Dataset) -> str:
    # Without meta information: what the oldest files are.
    return str(data.file_meta.get("TransferSyntaxUID", _UNPACKED[0]))


def _shape(data: Dataset) -> List[int]:
    rows, columns, frames = int(data.Rows), int(data.Columns), frames_of(data)
    samples = int(data.get("SamplesPerPixel", 1))
    if min(rows, columns) < 1 or samples not in (1, 3):
        raise UnreadableError(_("its header is damaged; copy or export it again."))
    return [frames, rows, columns] + ([samples] if samples > 1 else [])


def _plain(data: Dataset) -> np.ndarray:
    """One value per pixel, not packed."""
    shape = _shape(data)
    count = int(np.prod(shape, dtype=object))
    for name, kind in (("FloatPixelData", "f4"), ("DoubleFloatPixelData", "f8")):
        if name in data:
            return _from_bytes(data[name].value, np.dtype(kind), count, data).reshape(shape)
    bits = int(data.BitsAllocated)
    content = data.get("PixelData")
    if content is None:
        raise too_early()
    if bits == 1:
        if len(content) * 8 < count:
            raise too_early()
        return np.unpackbits(np.frombuffer(content, np.uint8), count=count, bitorder="little").reshape(shape)
    if bits not in (8, 16, 32):
        raise UnreadableError(_("its pixels have {bits} bits, which is not known.").format(bits=bits))
    signed = int(data.get("PixelRepresentation", 0)) == 1
    values = _from_bytes(content, np.dtype(f"{'i' if signed else 'u'}{bits // 8}"), count, data)
    return _without_overlays(values, data, bits).reshape(shape)


def _from_bytes(content: bytes, dtype: np.dtype, count: int, data: Dataset) -> np.ndarray:
    if len(content) < count * dtype.itemsize:
        raise too_early()
    stored = dtype.newbyteorder(">" if _syntax(data) == _BIG_ENDIAN else "<")
    return np.frombuffer(content, stored, count).astype(dtype)


def _without_overlays(values: np.ndarray, data: Dataset, bits: int) -> np.ndarray:
    """What is stored above the highest bit of a value (drawings, in old files) is none of it."""
    stored = int(data.get("BitsStored", bits))
    if not 0 < stored < bits or int(data.get("HighBit", stored - 1)) != stored - 1:
        return values
    return (values << (bits - stored)) >> (bits - stored)


def _by_pydicom(data: Dataset) -> np.ndarray:
    from pydicom.pixels import pixel_array

    shape = _shape(data)
    with quietly():
        try:
            pixels = np.asarray(pixel_array(data))
        except (AttributeError, ValueError, RuntimeError, NotImplementedError, IndexError, TypeError):
            raise too_early() from None
    return pixels.reshape(shape)


def _unpacked_elsewhere(files: List[Dataset]) -> List[np.ndarray]:
    """Pixels packed as JPEG and its successors, by the decoders of Slicer's libraries, in a process of their own."""
    from SPASegmentLib.mrml.io.dicom_unpack import unpack

    return [pixels.reshape(_shape(data)) for data, pixels in zip(files, unpack(files))]


def _coloured(data: Dataset, pixels: np.ndarray) -> np.ndarray:
    """Red, green, blue of pixels that are places in a table of colours."""
    from pydicom.pixels import apply_color_lut

    with quietly():
        try:
            colours = np.asarray(apply_color_lut(pixels, data))
        except (AttributeError, ValueError, RuntimeError, NotImplementedError, IndexError, TypeError, KeyError):
            raise UnreadableError(_("its table of colours (palette) is damaged; export it again.")) from None
    bits = int(data.RedPaletteColorLookupTableDescriptor[2])
    return (colours >> 8 if bits > 8 else colours)[..., :3].astype(np.uint8)

