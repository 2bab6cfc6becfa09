"""A CSV file that lists images and who drew which mask: the adapter for one's own data.

Either a column for each rater, named ``mask`` and something, where an empty cell is a rater who did not draw::

    image,patient,mask_anna,mask_ben
    scans/001.nii.gz,p1,anna/001.nii.gz,ben/001.nrrd
    scans/002.nii.gz,p2,anna/002.nii.gz,

or a row for each mask::

    image,patient,rater,mask
    scans/001.png,p1,anna,anna/001.png
    scans/001.png,p1,ben,ben/001.png

Paths are relative to the CSV file; columns may be separated by semicolons or tabs as well. Images and masks are PNG,
JPEG, BMP or TIFF, NIfTI or NRRD; of volumes every slice that somebody drew on is used. ``patient`` may be left out
where each image is of another patient. Raters are numbered in the order of their names; there can be eight.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.paths import identity
from SPASegmentLib.research.data.images import mask_on_grid, read_image, read_mask
from SPASegmentLib.research.data.rated import RatedImage, slices_of
from SPASegmentLib.research.data.shards import MAX_RATERS
from SPASegmentLib.research.data.table import read_table

#: An image and its patient to the masks by rater.
Entries = Dict[Tuple[str, str], Dict[str, str]]


def manifest_images(file: Path, label: Optional[int] = None, axis: int = 2) -> Iterator[RatedImage]:
    """All images of a manifest, volumes slice by slice.

    Args:
        file: see above.
        label: value of the structure in the masks; None for everything that is not zero.
        axis: of volumes, along which slices are cut: 0, 1 or 2 as stored.

    Raises:
        InputError: a column, a file or a grid is not as it has to be; the message says which.
    """
    entries = read_manifest(file)
    raters = sorted({rater for masks in entries.values() for rater in masks})
    if len(raters) > MAX_RATERS:
        raise InputError(f"{Path(file).name} names {len(raters)} raters; there can be {MAX_RATERS}.")
    folder = Path(file).parent
    for (name, patient), masks in entries.items():
        image = read_image(folder / name)
        drawn: Dict[int, np.ndarray] = {}
        for rater, path in masks.items():
            drawn[raters.index(rater)] = mask_on_grid(read_mask(folder / path, label), image, path)
        if image.values.ndim not in (2, 3):
            raise InputError(f"{name} has {image.values.ndim} axes; an image has 2 and a volume 3.")
        yield from slices_of(image.values, drawn, patient, name, axis)


def read_manifest(file: Path) -> Entries:
    """What a manifest lists, in its order; an image that is spelt in several ways is one, by its first spelling.

    Raises:
        InputError: it cannot be read, lacks columns, or lists an image for two patients.
    """
    table = read_table(file, ("image", "patient", "rater", "mask"))
    name, folder, columns = table.name, Path(file).parent, table.columns
    by_row = {"rater", "mask"} <= set(columns)
    by_column = [] if by_row else [column for column in columns if column.startswith("mask")]
    if "image" not in columns or not (by_row or by_column):
        raise InputError(
            f"{name} needs a column 'image' and either a column 'mask...' for each rater or the columns 'rater' and "
            f"'mask', separated by commas or semicolons; it has {', '.join(columns) or 'none'}."
        )
    entries: Entries = {}
    listed: Dict[object, Tuple[str, str]] = {}
    for line, cells in table.rows:
        if not cells["image"]:
            raise InputError(f"{name}, line {line}: the image is missing.")
        image = existing_spelling(folder, cells["image"])
        patient = cells.get("patient") or cells["image"]
        first, before = listed.setdefault(identity(folder / image), (image, patient))
        if before != patient and cells.get("patient"):
            other = "" if first == image else f" (as {first})"
            raise InputError(f"{name}, line {line}: {image} belongs to {before!r} already{other}, not {patient!r}.")
        masks = entries.setdefault((first, before), {})
        drawn: List[Tuple[str, str]] = [(column, cells[column]) for column in by_column]
        if by_row:
            drawn = [(cells["rater"], cells["mask"])]
        for rater, path in drawn:
            if path:
                if not rater or rater in masks:
                    raise InputError(
                        f"{name}, line {line}: "
                        + (f"{image} has two masks of {rater!r}." if rater else "the mask has no rater.")
                    )
                masks[rater] = existing_spelling(folder, path)
    return entries


def existing_spelling(folder: Path, name: str) -> str:
    """A file's name as it is spelt here: lists from Windows have backslashes, those from a Mac other forms of umlauts.

    Where no spelling leads to a file, the name as it is given.
    """
    slashes = name.replace("\\", "/")
    for spelling in (name, slashes, *(unicodedata.normalize(form, slashes) for form in ("NFC", "NFD"))):
        if (folder / spelling).is_file():
            return spelling
    return name
