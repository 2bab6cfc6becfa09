"""Files from the page are not trusted: names, sizes, archives and headers are checked before any reader sees them."""

from __future__ import annotations

import mmap
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Dict, List

from SPASegmentLib.errors import InputError

VOLUME_ENDINGS = (".nii.gz", ".nii", ".nrrd", ".mha", ".zip")

#: Bytes of an upload, of the voxels in it, and of a profile.
MAX_UPLOAD, MAX_VOXELS, MAX_PROFILE = 1 << 30, 4 << 30, 1 << 20

#: What names the file of the voxels in an MHA file.
_POINTER = re.compile(rb"ElementDataFile\s*[=:]?\s*([^\r\n]*)")

#: Files in an archive, and how much of a header is read.
MAX_FILES, _HEADER = 5000, 1 << 16


def safe_name(name: str) -> str:
    """The last part of a file name, without anything that a file system or a page could misunderstand.

    Raises:
        InputError: it ends in none of `VOLUME_ENDINGS`.
    """
    last = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", last).lstrip(".-")[-100:].lstrip(".-")
    ending = next((e for e in VOLUME_ENDINGS if plain.lower().endswith(e)), None)
    if ending is None or plain.lower() == ending.lstrip("."):
        raise InputError("The page takes NRRD, NIfTI and MHA files, and a DICOM series as a .zip archive.")
    return plain[: -len(ending)] + ending


def check_upload(path: Path, limit: int = MAX_VOXELS) -> None:
    """Refuse a volume file whose header asks for too much memory or for other files.

    Args:
        path: NRRD, NIfTI or MHA file.
        limit: bytes that its voxels may take.

    Raises:
        InputError: it does, or it has no such header.
    """
    with path.open("rb") as file:
        start = file.read(_HEADER)
    if path.name.endswith(".nii.gz"):
        start = _unzipped(start)
    try:
        if path.suffix == ".mha":
            _check_pointer(path)
        size = {".nrrd": _nrrd_bytes, ".mha": _mha_bytes}.get(path.suffix, _nifti_bytes)(start)
    except (ValueError, struct.error):
        raise InputError("The file is damaged or of another kind than its name says; check it elsewhere.") from None
    if size > limit:
        raise InputError(f"The volume needs {size / 2**30:.1f} GiB; the page takes up to {limit / 2**30:.1f} GiB.")


def unpack_series(archive: Path, folder: Path, limit: int = MAX_VOXELS) -> None:
    """Unpack a zipped DICOM series.

    The names in the archive are not used, so that none can lead out of the folder; what comes out is counted, not
    believed.

    Args:
        archive: the .zip file.
        folder: an empty folder to unpack into.
        limit: bytes that may come out.

    Raises:
        InputError: it is no archive, damaged, encrypted, empty, or holds too much.
    """
    left = limit
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = _files(opened)
            for number, entry in enumerate(entries):
                with opened.open(entry) as source, (folder / f"{number:05d}.dcm").open("wb") as target:
                    while block := source.read(1 << 20):
                        left -= len(block)
                        if left < 0:
                            raise InputError(f"The archive holds more than {limit / 2**30:.1f} GiB; take less.")
                        target.write(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise InputError("The archive is damaged, encrypted or of a rare kind; zip the series again.") from None


def _files(archive: zipfile.ZipFile) -> List[zipfile.ZipInfo]:
    entries = [e for e in archive.infolist() if not e.is_dir() and not e.filename.startswith("__MACOSX")]
    if not entries:
        raise InputError("The archive is empty; zip the folder of a DICOM series.")
    if any(e.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for e in entries):
        # LZMA takes as much memory as the archive asks for.
        raise NotImplementedError
    if len(entries) > MAX_FILES:
        raise InputError(f"The archive holds {len(entries)} files; the page takes up to {MAX_FILES}.")
    return entries


def _unzipped(start: bytes) -> bytes:
    """The beginning of what is in a gzip stream; never more than a header's length."""
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(start, _HEADER)
    except zlib.error:
        return b""


def _nifti_bytes(start: bytes) -> int:
    order = "<" if struct.unpack("<i", start[:4])[0] in (348, 540) else ">"
    version = struct.unpack(order + "i", start[:4])[0]
    if version == 348:
        dims, bits = struct.unpack(order + "8h", start[40:56]), struct.unpack(order + "h", start[72:74])[0]
    elif version == 540:
        dims, bits = struct.unpack(order + "8q", start[16:80]), struct.unpack(order + "h", start[14:16])[0]
    else:
        raise ValueError
    if not 1 <= dims[0] <= 7:
        raise ValueError
    return _product([*dims[1 : dims[0] + 1], max(bits // 8, 1)])


def _check_pointer(path: Path) -> None:
    """Refuse an MHA file whose voxels may lie in another file.

    Its reader may take lines together or apart that look otherwise, so the whole file has to name just one place.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        places = [match.group(1).strip().upper() for match in _POINTER.finditer(content)]
    if not places:
        raise ValueError
    if places != [b"LOCAL"]:
        raise InputError("The MHA file refers to another file; save it with its voxels in it (.mha) and open that.")


def _nrrd_bytes(start: bytes) -> int:
    head, *rest = re.split(rb"\r?\n\r?\n", start, maxsplit=1)
    if not head.startswith(b"NRRD") or not rest:
        raise ValueError
    fields = _fields(head, ":")
    if "datafile" in fields or "data file" in fields:
        raise InputError("The NRRD file refers to another file; save it as one file (.nrrd) and open that.")
    large = any(word in fields.get("type", "") for word in ("double", "64", "long"))
    return _product([*map(int, fields.get("sizes", "").split()), 8 if large else 4])


def _mha_bytes(start: bytes) -> int:
    head, found, _ = start.partition(b"ElementDataFile")
    fields = _fields(head, "=")
    if not found or "dimsize" not in fields:
        raise ValueError
    channels = int(fields.get("elementnumberofchannels", "1"))
    return _product([*map(int, fields["dimsize"].split()), channels, 8])


def _fields(head: bytes, separator: str) -> Dict[str, str]:
    """The fields of a header. One that is there twice is refused: which of them the reader takes is its own affair."""
    fields: Dict[str, str] = {}
    for line in head.decode("latin-1").splitlines():
        key, found, value = line.partition(separator)
        name = key.strip().lower()
        # With ":=" it is a note in an NRRD header, not a field.
        if not found or value.startswith("=") or name.startswith("#"):
            continue
        if name in fields:
            raise ValueError
        fields[name] = value.strip()
    return fields


def _product(numbers: List[int]) -> int:
    product = 1
    for number in numbers:
        if number < 1:
            raise ValueError
        product *= number
    if len(numbers) < 3:
        raise ValueError
    return product
