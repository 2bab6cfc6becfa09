"""Files from the page are not trusted: names, sizes, archives and headers are checked before any reader sees them."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from threading import Event
from typing import List, Optional

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.dicom_files import NoSeriesError, SeveralSeriesError
from SPASegmentLib.mrml.io.volumes import check_alone, read_image
from SPASegmentLib.mrml.io.voxels import Image
from SPASegmentLib.translation import texts

_ = texts(__name__)

VOLUME_ENDINGS = (".nii.gz", ".nii", ".nrrd", ".mha", ".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".zip")

#: Bytes of an upload, of the voxels in it, and of a profile.
MAX_UPLOAD, MAX_VOXELS, MAX_PROFILE = 1 << 30, 4 << 30, 1 << 20

#: Letters of a name that is shown.
_LONGEST_NAME = 100

#: Files in an archive.
MAX_FILES = 5000


def safe_name(name: str) -> str:
    """The last part of a file name, without anything that a file system or a page could misunderstand.

    Raises:
        InputError: it ends in none of `VOLUME_ENDINGS`.
    """
    last = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", last).lstrip(".-")[-100:].lstrip(".-")
    ending = next((e for e in VOLUME_ENDINGS if plain.lower().endswith(e)), None)
    if ending is None or plain.lower() == ending.lstrip("."):
        raise InputError(
            _(
                "The page takes NRRD, NIfTI and MHA files, pictures (PNG, JPEG, BMP, TIFF), and a DICOM series as a "
                ".zip archive."
            )
        )
    return plain[: -len(ending)] + ending


def shown_name(name: str) -> str:
    """The last part of a file name as the user knows it, to be read and not to be a path: printable, and not long."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable())[-_LONGEST_NAME:]


def check_upload(path: Path, limit: int = MAX_VOXELS) -> None:
    """Refuse a volume file whose header asks for too much memory or for other files.

    Args:
        path: NRRD, NIfTI or MHA file, or a picture.
        limit: bytes that its voxels may take.

    Raises:
        InputError: it does, or it has no such header.
    """
    check_alone(path, limit)


def read_archive(archive: Path, folder: Path, stop: Optional[Event] = None) -> Image:
    """Read a zipped DICOM series.

    Args:
        archive: the .zip file.
        folder: an empty folder to unpack into.
        stop: see `unpack_series`.

    Raises:
        InputError: see `unpack_series` and `read_image`.
    """
    unpack_series(archive, folder, stop=stop)
    try:
        return read_image(str(folder))
    except NoSeriesError:
        raise InputError(
            _("The archive holds no DICOM images; open NIfTI, NRRD or MHA files and pictures themselves.")
        ) from None
    except SeveralSeriesError:
        raise InputError(_("The archive holds several DICOM series; zip the folder of one of them.")) from None


def unpack_series(
    archive: Path, folder: Path, limit: int = MAX_VOXELS, stop: Optional[Event] = None
) -> None:
    """Unpack a zipped DICOM series.

    The names in the archive are not used, so that none can lead out of the folder; what comes out is counted, not
    believed.

    Args:
        archive: the .zip file.
        folder: an empty folder to unpack into.
        limit: bytes that may come out.
        stop: once it is set, no more is unpacked: the viewer ends.

    Raises:
        InputError: it is no archive, damaged, encrypted, empty, or holds too much; or it was stopped.
    """
    left = limit
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = _files(opened)
            for number, entry in enumerate(entries):
                with opened.open(entry) as source, (folder / f"{number:05d}.dcm").open("wb") as target:
                    while block := source.read(1 << 20):
                        if stop is not None and stop.is_set():
                            raise InputError(_("The viewer ends; the archive was not read."))
                        left -= len(block)
                        if left < 0:
                            raise InputError(
                                _("The archive holds more than {size} GiB; take less.").format(
                                    size=f"{limit / 2**30:.1f}"
                                )
                            )
                        target.write(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise InputError(_("The archive is damaged, encrypted or of a rare kind; zip the series again.")) from None


def _files(archive: zipfile.ZipFile) -> List[zipfile.ZipInfo]:
    entries = [e for e in archive.infolist() if not e.is_dir() and not e.filename.startswith("__MACOSX")]
    if not entries:
        raise InputError(_("The archive is empty; zip the folder of a DICOM series."))
    if any(e.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for e in entries):
        # LZMA takes as much memory as the archive asks for.
        raise NotImplementedError
    if len(entries) > MAX_FILES:
        raise InputError(
            _("The archive holds {count} files; the page takes up to {limit}.").format(
                count=len(entries), limit=MAX_FILES
            )
        )
    return entries
