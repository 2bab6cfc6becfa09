"""Finds the DICOM files that belong together: in a folder, on a patient's disc, beside a file."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Dict, Iterable, Iterator, List, Optional, Tuple

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.dicom_slices import SEGMENTATIONS, frames_of
from SPASegmentLib.mrml.io.voxels import UnreadableError, check_wanted, too_early
from SPASegmentLib.translation import texts

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_ = texts(__name__)

#: Files looked at in a folder and those below it.
MOST_FILES = 20_000

#: Elements above this many bytes are read when they are needed.
_LATER = 4096

_DIRECTORY = "1.2.840.10008.1.3.10"
_EXAMPLES = 3

#: A file with its header; its pixels are read when they are asked for.
File = Tuple[Path, "Dataset"]


class NoSeriesError(InputError):
    """A folder or disc holds no images."""


class SeveralSeriesError(InputError):
    """A folder or disc holds several series, and nobody has said which is meant."""


def is_dicom(start: bytes) -> bool:
    """Whether a file that begins so is DICOM; old files lack the preamble and begin with their first tag."""
    if start[128:132] == b"DICM":
        return True
    tags = (b"\x02\x00", b"\x08\x00"), (b"\x00\x02", b"\x00\x08")
    # Group 2 or 8, a low element, and either a value's type or a short length.
    little = start[:2] in tags[0] and start[3:4] == b"\x00"
    big = start[:2] in tags[1] and start[2:3] == b"\x00"
    typed = start[4:6].isalpha() and start[4:6].isupper()
    return len(start) >= 16 and (little or big) and (typed or start[6:8] == b"\x00\x00")


def series_of(path: Path) -> List[File]:
    """The files of one series: that of a file and those beside it, or the only one in a folder or on a disc.

    Args:
        path: a DICOM file (one with several frames stands for itself), a DICOMDIR, or a folder.

    Raises:
        NoSeriesError: a folder or disc without images.
        SeveralSeriesError: one with several series.
        UnreadableError: the file is damaged, or holds no image.
        OSError: it cannot be read.
    """
    if path.is_dir():
        return _only_series(path, _in_folder(path))
    own = _header(path)
    if own is None:
        raise too_early()
    if own.file_meta.get("MediaStorageSOPClassUID") == _DIRECTORY or "DirectoryRecordSequence" in own:
        return _only_series(path, _listed(path, own))
    if not _has_pixels(own):
        if _shows_pixels(own) or "Modality" not in own:
            raise too_early()
        raise UnreadableError(
            _("it is a DICOM file without an image ({kind}), or ends too early; give a file of the images.").format(
                kind=str(own.Modality)[:16]
            )
        )
    if frames_of(own) > 1 or own.get("SOPClassUID") in SEGMENTATIONS or "SeriesInstanceUID" not in own:
        return [(path, own)]
    found = _by_series(sorted(each for each in path.parent.iterdir() if each.is_file()))
    return found.get(str(own.SeriesInstanceUID)) or [(path, own)]


def _only_series(path: Path, files: Dict[str, List[File]]) -> List[File]:
    if not files:
        raise NoSeriesError(
            _("The folder '{path}' holds no DICOM images; give a file, or a folder with a series.").format(path=path)
        )
    volumes = [each for each in files.values() if sum(frames_of(data) for _path, data in each) > 1]
    images = [each for each in volumes if each[0][1].get("SOPClassUID") not in SEGMENTATIONS]
    choice = images or volumes or list(files.values())
    if len(choice) > 1:
        examples = ", ".join(str(each[0][0]) for each in choice[:_EXAMPLES])
        raise SeveralSeriesError(
            _(
                "The folder '{path}' holds {count} DICOM series; give one file of the series that you mean, such as "
                "{examples}."
            ).format(path=path, count=len(choice), examples=examples)
        )
    return choice[0]


def _in_folder(folder: Path) -> Dict[str, List[File]]:
    """The series in a folder; where it holds no volume itself, also those in the folders below it."""
    own = _by_series(sorted(each for each in folder.iterdir() if each.is_file()))
    if any(sum(frames_of(data) for _path, data in files) > 1 for files in own.values()):
        return own
    # A scout or a dose page beside the folders of the series is not what is meant.
    below = (each for each in sorted(folder.rglob("*")) if each.is_file())
    return _by_series(below)


def _listed(directory: Path, header: Dataset) -> Dict[str, List[File]]:
    """The series that a DICOMDIR lists, as far as their files are there."""
    paths = []
    for record in header.get("DirectoryRecordSequence") or ():
        name = record.get("ReferencedFileID")
        if name:
            parts = [name] if isinstance(name, str) else list(name)
            path = directory.parent.joinpath(*(str(part) for part in parts))
            # A disc lists only what is on it.
            if directory.parent.resolve() in path.resolve().parents and path.is_file():
                paths.append(path)
    return _by_series(paths)


def _by_series(paths: Iterable[Path]) -> Dict[str, List[File]]:
    series: Dict[str, List[File]] = {}
    damaged: List[Path] = []
    for number, path in enumerate(paths):
        check_wanted()
        if number >= MOST_FILES:
            raise InputError(
                _("There are more than {count} files in the folder; give one file of the series.").format(
                    count=MOST_FILES
                )
            )
        header = _header(path) if _looks_like_one(path) else None
        if header is not None and (_shows_pixels(header) or "SeriesInstanceUID" in header):
            series.setdefault(str(header.get("SeriesInstanceUID", "")), []).append((path, header))
        elif header is None or "DirectoryRecordSequence" not in header:
            damaged += [path] if _looks_like_one(path) else []
    images = {name: [each for each in files if _shows_pixels(each[1])] for name, files in series.items()}
    images = {name: files for name, files in images.items() if files}
    for name, files in images.items():
        # One that was cut off in its header is of the same kind as the others: without it a slice would be left out.
        kinds = {data.get("SOPClassUID") for _path, data in files} | {None}
        damaged += [
            path for path, data in series[name] if not _shows_pixels(data) and data.get("SOPClassUID") in kinds
        ]
    if images and damaged:
        raise InputError(
            _("'{name}' in the folder ends too early or is damaged; copy it again, or take it out.").format(
                name=damaged[0].name
            )
        )
    return images


def _looks_like_one(path: Path) -> bool:
    """Whether a file is DICOM; a copy that has not even begun goes by its name."""
    if path.name.upper() == "DICOMDIR":
        return False
    with open(path, "rb") as file:
        start = file.read(132)
    return is_dicom(start) or (not start and path.suffix.lower() in (".dcm", ".ima", ".dicom"))


def _shows_pixels(header: Dataset) -> bool:
    """Whether there are pixels, or were before the file was cut off."""
    return _has_pixels(header) or ("Rows" in header and "Columns" in header)


def _has_pixels(header: Dataset) -> bool:
    return any(name in header for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"))


def _header(path: Path) -> Optional[Dataset]:
    """What is in a file, but for its pixels, which are read when they are asked for; None where it is damaged."""
    import pydicom

    with quietly():
        try:
            data = pydicom.dcmread(path, defer_size=_LATER, force=True)
            if not len(data):  # packed pixels without an end take everything with them
                data = pydicom.dcmread(path, stop_before_pixels=True, force=True)
            if not getattr(data, "file_meta", None):
                data.file_meta = pydicom.dataset.FileMetaDataset()
            return data
        except OSError:
            raise
        except Exception:  # pydicom raises many types for a damaged file
            return None


@contextmanager
def quietly() -> Iterator[None]:
    """Keep what pydicom says about files off the terminal; the error that follows says it, without patient data."""
    logger = logging.getLogger("pydicom")
    before, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before
