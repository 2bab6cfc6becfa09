"""What the readers of all formats return, and how voxels come out of a file: raw, packed or as text, never too few.

Files are not trusted: no header makes a reader take more memory than the file can fill.
"""

from __future__ import annotations

import bz2
import os
import re
import zlib
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Callable, Iterator, Optional, Tuple

import numpy as np

from SPASegmentLib.lattice import Lattice
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: A gzip stream becomes at most this many times as large (the format allows no more).
_DEFLATE = 1032

#: Bytes of a packed stream that are unpacked at once, and of what may follow the voxels in it.
_PIECE, _SURPLUS = 1 << 16, 1 << 20

#: Letters of a number that is text; the longest that programs write have some twenty.
_LONGEST_NUMBER = 1000

#: Digits of a number in a header; no file has more voxels.
_DIGITS = 18


#: Tells between two pieces of a file whether it is not wanted any more, see `unless`.
_given_up: ContextVar[Callable[[], bool]] = ContextVar("given_up", default=lambda: False)


class UnreadableError(Exception):
    """Why a file cannot be read, and what to do; the end of a sentence that begins with its name and a colon."""


@dataclass(frozen=True)
class Image:
    """A file's voxels and where they lie.

    Attributes:
        values: (k, j, i), or (k, j, i, n) where there are several values per voxel or several volumes.
        to_ras: (4, 4) float64, index (i, j, k) to RAS in mm. Axes may be left-handed, as they are in the file.
        in_mm: whether the file says how large a voxel is; where it does not, `to_ras` takes it for 1 mm.
        colour: whether the values of a voxel are red, green, blue (and alpha).
        notes: sentences for the user about what the file leaves open and how it was taken.
    """

    values: np.ndarray
    to_ras: np.ndarray
    in_mm: bool = True
    colour: bool = False
    notes: Tuple[str, ...] = ()

    @property
    def lattice(self) -> Lattice:
        """Where the voxels lie."""
        k, j, i = self.values.shape[:3]
        return Lattice((i, j, k), self.to_ras)


@dataclass(frozen=True)
class Outlook:
    """What a header says of a file before its voxels are read.

    Attributes:
        size: bytes that the voxels take.
        other: name of the file that they are in, where it is another one.
    """

    size: int
    other: Optional[str] = None


@contextmanager
def unless(given_up: Callable[[], bool]) -> Iterator[None]:
    """Files that are read in this block are not read to their end once they are given up.

    Args:
        given_up: asked now and then, in the thread that reads.
    """
    before = _given_up.set(given_up)
    try:
        yield
    finally:
        _given_up.reset(before)


def check_wanted() -> None:
    """Called between two pieces of what takes long.

    Raises:
        UnreadableError: the file has been given up, see `unless`.
    """
    if _given_up.get()():
        raise UnreadableError(_("it was given up before its end."))


def read_values(file: BinaryIO, packing: str, dtype: np.dtype, count: int) -> np.ndarray:
    """Voxels from a file that stands at the first of them.

    Args:
        file: opened to read bytes.
        packing: "raw", "gzip" (or zlib), "bzip2" or "text".
        dtype: of a voxel, with its byte order.
        count: of voxels.

    Returns:
        (count,) in this machine's byte order.

    Raises:
        UnreadableError: there are fewer, or the packed stream is damaged or not whole; or the file was given up.
        OSError: the file cannot be read.
    """
    left = os.fstat(file.fileno()).st_size - file.tell()
    most = {"raw": left, "gzip": left * _DEFLATE, "text": left * dtype.itemsize}.get(packing)
    if most is not None and count * dtype.itemsize > most:
        raise too_early()
    if packing == "text":
        return _from_text(file, dtype, count)
    try:
        values = np.empty(count, dtype)
    except (MemoryError, ValueError):
        raise UnreadableError(_("its header asks for more memory than there is; it may be damaged.")) from None
    target = memoryview(values.view(np.uint8).data)
    if packing == "raw":
        _fill(target, iter(lambda: file.read(_SURPLUS), b""))
    else:
        try:
            _fill(target, _unzipped(file) if packing == "gzip" else _from_bzip2(file))
        except (zlib.error, OSError, ValueError):
            raise UnreadableError(_("its voxels are packed and damaged; copy or download it again.")) from None
    return values if dtype.isnative else values.astype(dtype.newbyteorder("="))


def file_beside(path: Path, name: str, pattern: str) -> Path:
    """The file in which a header says that the voxels are.

    Args:
        path: of the header.
        name: of the other file, as the header has it.
        pattern: regular expression for what stands in the names of several files.

    Raises:
        UnreadableError: it is not there, or there are several.
    """
    found = path.parent / name
    if name.upper().startswith("LIST") or re.search(pattern, name) or not found.is_file():
        raise UnreadableError(
            _("its voxels are in other files ({name}), which are not there or several; save it as one file.").format(
                name=name[:80]
            )
        )
    return found


def check_axes(to_ras: np.ndarray) -> None:
    """Refuse a (4, 4) matrix from index to RAS that makes no volume.

    Raises:
        UnreadableError: its axes do not span one.
    """
    if not np.isfinite(to_ras).all() or abs(np.linalg.det(to_ras[:3, :3])) < 1e-30:
        raise UnreadableError(_("its axes do not span a volume; the header is damaged, save it again."))


def whole_number(text: str) -> int:
    """A number of a header.

    Raises:
        ValueError: it is none, or larger than any that a file can have. How Python's own `int` takes such is not the
            same in all of its versions.
    """
    if len(text.strip()) > _DIGITS:
        raise ValueError
    return int(text)


def skip_bytes(file: BinaryIO, count: int) -> None:
    """Go on behind so many bytes.

    Raises:
        UnreadableError: there are fewer.
    """
    if count > os.fstat(file.fileno()).st_size - file.tell():
        raise too_early()
    file.seek(count, os.SEEK_CUR)


def damaged_header() -> UnreadableError:
    """A header that says what cannot be."""
    return UnreadableError(_("its header is damaged; save it again."))


def too_early() -> UnreadableError:
    """A file that was not copied or downloaded to its end."""
    return UnreadableError(_("it ends too early; copy or download it again."))


def _fill(target: memoryview, pieces: Iterator[Optional[bytes]]) -> None:
    """Copy pieces into `target`, and read on to the end of the stream, where its checksum is, unless that is far.

    None stands for the end of a stream that others may follow.
    """
    filled, beyond = 0, 0
    for piece in pieces:
        check_wanted()
        if piece is None:
            if filled == len(target):
                return
            continue
        kept = min(len(piece), len(target) - filled)
        target[filled : filled + kept] = piece[:kept]
        filled += kept
        beyond += len(piece) - kept
        if beyond > _SURPLUS:
            return
    if filled < len(target):
        raise too_early()


def _unzipped(file: BinaryIO) -> Iterator[Optional[bytes]]:
    """What is in gzip streams that follow each other, or in a zlib stream; anything else behind them is left alone."""
    stream = zlib.decompressobj(32 + zlib.MAX_WBITS)
    waiting = file.read(_PIECE)
    while True:
        if not waiting:
            raise too_early()
        yield stream.decompress(waiting)
        waiting = stream.unused_data + file.read(_PIECE)
        if stream.eof:
            yield None
            if not waiting.startswith(b"\x1f\x8b\x08"):
                return
            stream = zlib.decompressobj(16 + zlib.MAX_WBITS)


def _from_bzip2(file: BinaryIO) -> Iterator[Optional[bytes]]:
    with bz2.BZ2File(file) as content:
        try:
            yield from iter(lambda: content.read(_SURPLUS), b"")
        except EOFError:
            raise too_early() from None


def _from_text(file: BinaryIO, dtype: np.dtype, count: int) -> np.ndarray:
    """Numbers between spaces and line ends; no more is read than they take, whatever follows."""
    try:
        values = np.empty(count, dtype.newbyteorder("="))
    except (MemoryError, ValueError):
        raise UnreadableError(_("its header asks for more memory than there is; it may be damaged.")) from None
    filled, begun = 0, b""
    while filled < count:
        check_wanted()
        piece = file.read(_PIECE)
        words = (begun + piece).split()
        # The piece may end within a number.
        begun = words.pop() if piece and words and not piece[-1:].isspace() else b""
        try:
            if len(begun) > _LONGEST_NUMBER:
                raise ValueError
            found = np.array(words[: count - filled], dtype=np.float64)
        except ValueError:
            raise UnreadableError(_("its voxels are text that is no numbers; save it again.")) from None
        values[filled : filled + len(found)] = found.astype(values.dtype)
        filled += len(found)
        if not piece and filled < count:
            raise too_early()
    return values
